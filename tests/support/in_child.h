/*
 * in_child.h - tests that are each a process of its own: what they leave in
 * memory is gone with it, and what is wrong in one is so in no other.
 */
#ifndef GALE_IN_CHILD_H
#define GALE_IN_CHILD_H

#include "tests/support/cmocka_all.h"

/* What a test calls that does the same; it fails if fn does. */
void in_child(void (*fn)(void));

void in_child_run(void **state);

/* static void a_sentence(void) {…}  …  in_child_test(a_sentence), */
#define in_child_test(fn)                                                      \
    {                                                                          \
#fn, in_child_run, NULL, NULL, (void *)(uintptr_t)(fn)                 \
    }

#endif
