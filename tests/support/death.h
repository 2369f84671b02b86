/*
 * death.h - tests of what ends the process.
 *
 *     static void twice(void *timers) { … }
 *
 *     assert_dies(twice, &timers, "!timers_has(timer)");
 */
#ifndef GALE_DEATH_H
#define GALE_DEATH_H

#include <stddef.h>

/* Run fn(arg) in a process of its own; what it said on standard error before
 * it aborted goes to text. 0, or -1 if it did not abort. */
int death_of(void (*fn)(void *arg), void *arg, char *text, size_t size);

#define assert_dies(fn, arg, expected)                                         \
    do {                                                                       \
        char death_text_[1024];                                                \
        assert_int_equal(death_of(fn, arg, death_text_, sizeof(death_text_)),  \
                         0);                                                   \
        if (!strstr(death_text_, expected))                                    \
            fail_msg("\"%s\" is not in: %s", expected, death_text_);           \
    } while (0)

#endif
