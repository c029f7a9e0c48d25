# INETTOP_PROC2: libproc2 >= 4.0, or our own /proc reader with --without-libproc2.
# procps-ng 4.0.5 took the last argument away from PIDS_VAL; PIDS_VAL_ARGS says how many it has.
AC_DEFUN([INETTOP_PROC2], [
	AC_ARG_WITH([libproc2],
		[AS_HELP_STRING([--without-libproc2], [read process facts with our own code])],
		[], [with_libproc2=yes])
	proc2_summary="own reader"
	AS_IF([test "x$with_libproc2" != xno], [
		PKG_CHECK_MODULES([PROC2], [libproc2 >= 4.0])
		AC_DEFINE([HAVE_LIBPROC2], [1], [process facts come from libproc2])
		AC_CACHE_CHECK([how many arguments PIDS_VAL takes], [inettop_cv_pids_val_args], [
			inettop_save_CFLAGS=$CFLAGS
			CFLAGS="$CFLAGS $PROC2_CFLAGS"
			AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#include <libproc2/pids.h>]],
				[[struct pids_stack *s = 0; return PIDS_VAL(0, s_int, s);]])],
				[inettop_cv_pids_val_args=3], [inettop_cv_pids_val_args=4])
			CFLAGS=$inettop_save_CFLAGS
		])
		AC_DEFINE_UNQUOTED([PIDS_VAL_ARGS], [$inettop_cv_pids_val_args],
			[number of arguments of libproc2's PIDS_VAL])
		proc2_summary="libproc2 $($PKG_CONFIG --modversion libproc2)"
	])
])
