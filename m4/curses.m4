# INETTOP_CURSES: CURSES_CFLAGS and CURSES_LIBS with wide characters and panels.
# Distributions disagree about the name of the wide library, and some ship no .pc file at all.
AC_DEFUN([INETTOP_CURSES], [
	inettop_curses=no
	m4_foreach_w([name], [ncursesw6 ncursesw ncurses], [
		AS_IF([test $inettop_curses = no], [
			PKG_CHECK_MODULES([CURSES], name, [inettop_curses=name], [:])
		])
	])
	m4_foreach_w([name], [panelw6 panelw panel], [
		AS_IF([test $inettop_curses != no && test -z "$PANEL_LIBS"], [
			PKG_CHECK_MODULES([PANEL], name, [:], [:])
		])
	])
	inettop_save_LIBS=$LIBS
	inettop_save_CPPFLAGS=$CPPFLAGS
	LIBS="$PANEL_LIBS $CURSES_LIBS $LIBS"
	CPPFLAGS="$CPPFLAGS $CURSES_CFLAGS -DNCURSES_WIDECHAR=1"
	AC_SEARCH_LIBS([setcchar], [ncursesw ncurses], [],
		[AC_MSG_ERROR([ncurses with wide characters is needed (libncurses-dev)])])
	AC_SEARCH_LIBS([new_panel], [panelw panel], [],
		[AC_MSG_ERROR([the ncurses panel library is needed (libncurses-dev)])])
	AC_CHECK_HEADERS([ncursesw/curses.h ncurses.h curses.h], [break])
	AC_CHECK_HEADER([panel.h], [], [AC_MSG_ERROR([panel.h is needed (libncurses-dev)])])
	CURSES_LIBS=$LIBS
	CURSES_CFLAGS="$CURSES_CFLAGS -DNCURSES_WIDECHAR=1"
	LIBS=$inettop_save_LIBS
	CPPFLAGS=$inettop_save_CPPFLAGS
	AC_SUBST([CURSES_CFLAGS])
	AC_SUBST([CURSES_LIBS])
])
