# INETTOP_WITH_BPF: --with-bpf=auto|yes|no. BPF sources need libbpf to load, clang to compile and
# bpftool to make the skeleton; with auto the program is built without them if one is missing.
AC_DEFUN([INETTOP_WITH_BPF], [
	AC_ARG_WITH([bpf],
		[AS_HELP_STRING([--with-bpf=auto|yes|no], [read owners and events with BPF (default: auto)])],
		[], [with_bpf=auto])
	AC_ARG_VAR([BPF_CLANG], [clang that can compile for the bpf target])
	AC_ARG_VAR([BPFTOOL], [bpftool, to generate skeletons])
	AS_CASE([$with_bpf], [auto|yes|no], [],
		[AC_MSG_ERROR([--with-bpf takes auto, yes or no, not "$with_bpf"])])
	bpf_missing=
	AS_IF([test $with_bpf != no], [
		PKG_CHECK_MODULES([BPF], [libbpf >= 1.0], [:], [bpf_missing="libbpf"])
		AC_PATH_PROGS([BPF_CLANG], [clang clang-19 clang-18 clang-17 clang-16 clang-15 clang-14])
		AC_PATH_PROG([BPFTOOL], [bpftool], [], [$PATH:/usr/sbin:/sbin])
		AS_IF([test -z "$BPFTOOL"], [bpf_missing="$bpf_missing bpftool"])
		BPF_CPPFLAGS=
		bpf_multiarch=$($CC -print-multiarch 2>/dev/null)
		AS_IF([test -n "$bpf_multiarch" && test -d "/usr/include/$bpf_multiarch"],
			[BPF_CPPFLAGS="-idirafter /usr/include/$bpf_multiarch"])
		INETTOP_BPF_COMPILES([], [bpf_missing="$bpf_missing clang-with-bpf-target"])
	], [bpf_missing="--with-bpf=no"])
	AS_IF([test -z "$bpf_missing"], [
		AC_DEFINE([HAVE_BPF], [1], [BPF programs are built in])
		bpf_summary="yes (libbpf $($PKG_CONFIG --modversion libbpf), $BPF_CLANG, $BPFTOOL)"
	], [test $with_bpf = yes], [
		AC_MSG_ERROR([--with-bpf=yes, but missing: $bpf_missing])
	], [
		BPF_CFLAGS= BPF_LIBS=
		bpf_summary="no (missing: $bpf_missing)"
		AS_IF([test $with_bpf = no], [bpf_summary="no (--with-bpf=no)"])
	])
	AM_CONDITIONAL([WITH_BPF], [test -z "$bpf_missing"])
	AC_SUBST([BPF_CPPFLAGS])
])

# INETTOP_BPF_COMPILES(IF-YES, IF-NO): does BPF_CLANG have the bpf target and libbpf's headers?
AC_DEFUN([INETTOP_BPF_COMPILES], [
	AC_MSG_CHECKING([whether ${BPF_CLANG:-clang} compiles for bpf])
	cat >conftest.bpf.c <<'EOF'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
char LICENSE@<:@@:>@ SEC("license") = "GPL";
EOF
	AS_IF([test -n "$BPF_CLANG" && $BPF_CLANG -target bpf -O2 -g $BPF_CPPFLAGS $BPF_CFLAGS \
		-c conftest.bpf.c -o conftest.bpf.o >&AS_MESSAGE_LOG_FD 2>&1],
		[AC_MSG_RESULT([yes])
		 $1], [AC_MSG_RESULT([no])
		 $2])
	rm -f conftest.bpf.c conftest.bpf.o
])
