# INETTOP_SANITIZERS: SAN_CFLAGS, used to compile and to link; FUZZ_LDFLAGS for the fuzz targets.
AC_DEFUN([INETTOP_SANITIZERS], [
	SAN_CFLAGS=
	inettop_sanitize=
	AS_IF([test "x$enable_asan" = xyes], [inettop_sanitize="address"])
	AS_IF([test "x$enable_ubsan" = xyes],
		[inettop_sanitize="${inettop_sanitize:+$inettop_sanitize,}undefined"])
	AS_IF([test "x$enable_fuzzing" = xyes],
		[inettop_sanitize="${inettop_sanitize:+$inettop_sanitize,}fuzzer-no-link"])
	AS_IF([test -n "$inettop_sanitize"], [
		SAN_CFLAGS="-fsanitize=$inettop_sanitize -fno-omit-frame-pointer"
		AS_IF([test "x$enable_ubsan" = xyes],
			[SAN_CFLAGS="$SAN_CFLAGS -fno-sanitize-recover=undefined"])
		inettop_save_CFLAGS=$CFLAGS
		CFLAGS="$CFLAGS $SAN_CFLAGS"
		AC_MSG_CHECKING([whether $CC links with -fsanitize=$inettop_sanitize])
		AC_LINK_IFELSE([AC_LANG_PROGRAM()],
			[AC_MSG_RESULT([yes])],
			[AC_MSG_RESULT([no])
			 AC_MSG_ERROR([this compiler lacks -fsanitize=$inettop_sanitize])])
		CFLAGS=$inettop_save_CFLAGS
	])
	FUZZ_LDFLAGS=-fsanitize=fuzzer
	AC_SUBST([SAN_CFLAGS])
	AC_SUBST([FUZZ_LDFLAGS])
])
