#!/bin/bash
# Random bind() situations: see tests/live/bind_random.c, which prints the TAP and skips by itself.
exec "${top_builddir:?}/tests/live/bind_random"
