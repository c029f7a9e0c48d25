# INETTOP_WARN_ADD(FLAG): add one warning to WARN_CFLAGS if the compiler knows it.
AC_DEFUN([INETTOP_WARN_ADD], [INETTOP_CFLAG([$1], [WARN_CFLAGS])])

# INETTOP_WARNINGS: every warning our own code is kept clean of, each probed alone.
AC_DEFUN([INETTOP_WARNINGS], [
	WARN_CFLAGS=
	INETTOP_WARN_ADD([-Wall])
	INETTOP_WARN_ADD([-Wextra])
	INETTOP_WARN_ADD([-Wshadow])
	INETTOP_WARN_ADD([-Wformat=2])
	INETTOP_WARN_ADD([-Wstrict-prototypes])
	INETTOP_WARN_ADD([-Wmissing-prototypes])
	INETTOP_WARN_ADD([-Wold-style-definition])
	INETTOP_WARN_ADD([-Wpointer-arith])
	INETTOP_WARN_ADD([-Wcast-qual])
	INETTOP_WARN_ADD([-Wwrite-strings])
	INETTOP_WARN_ADD([-Wundef])
	INETTOP_WARN_ADD([-Wvla])
	INETTOP_WARN_ADD([-Wfloat-equal])
	INETTOP_WARN_ADD([-Wnull-dereference])
	AS_IF([test "x$enable_werror" = xyes], [WARN_CFLAGS="$WARN_CFLAGS -Werror"])
	AC_SUBST([WARN_CFLAGS])
])
