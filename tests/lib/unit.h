/* Everything a cmocka test includes, in the order cmocka.h wants it. */
#ifndef TESTS_LIB_UNIT_H
#define TESTS_LIB_UNIT_H

/* A failed assert_non_null() does not return, which the compiler cannot know. */
#pragma GCC diagnostic ignored "-Wnull-dereference"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Ends the running case as skipped; the test driver prints the reason (a string literal). */
#define skip_because(reason)                                                                       \
	do {                                                                                       \
		print_message("# skip: " reason "\n");                                             \
		skip();                                                                            \
	} while (0)

#endif
