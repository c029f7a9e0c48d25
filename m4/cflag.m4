# INETTOP_CFLAG(FLAG, VARIABLE): append FLAG to VARIABLE if the compiler takes it without a word.
# -Werror turns clang's "unknown warning option" into a refusal.
AC_DEFUN([INETTOP_CFLAG], [
	AS_VAR_PUSHDEF([cache], [inettop_cv_cflag_$1])
	AC_CACHE_CHECK([whether $CC accepts $1], [cache], [
		inettop_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS -Werror $1"
		AC_COMPILE_IFELSE([AC_LANG_PROGRAM()],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		CFLAGS=$inettop_save_CFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
	AS_VAR_POPDEF([cache])
])

# INETTOP_LDFLAG(FLAG, VARIABLE): the same for the linker.
AC_DEFUN([INETTOP_LDFLAG], [
	AS_VAR_PUSHDEF([cache], [inettop_cv_ldflag_$1])
	AC_CACHE_CHECK([whether $CC links with $1], [cache], [
		inettop_save_LDFLAGS=$LDFLAGS
		LDFLAGS="$LDFLAGS $1"
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
			[AS_VAR_SET([cache], [yes])], [AS_VAR_SET([cache], [no])])
		LDFLAGS=$inettop_save_LDFLAGS
	])
	AS_VAR_IF([cache], [yes], [AS_VAR_APPEND([$2], [" $1"])])
	AS_VAR_POPDEF([cache])
])
