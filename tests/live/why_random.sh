#!/bin/bash
exec "${top_builddir:?}/tests/live/why_random"
