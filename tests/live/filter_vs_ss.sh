#!/bin/bash
# The filter against ss and lsof: see tests/live/filter_vs_ss.c, which prints the TAP and skips by itself.
. "${top_srcdir:?}/tests/lib/tap.sh"
tap_need_command ss lsof ip
exec "${top_builddir:?}/tests/live/filter_vs_ss" "${top_builddir:?}/inettop"
