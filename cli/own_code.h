/*
 * own_code.h - whether it is the command itself that calls what it defines in
 * the place of libc.
 *
 * The linker exports what a library defines, too, so that a function of such a
 * name holds for all code of the process that is loaded; libc's own calls stay
 * libc's.
 */
#ifndef GALE_OWN_CODE_H
#define GALE_OWN_CODE_H

#include <stdbool.h>

#define OWN_CODE_FOR_ALL __attribute__((visibility("default")))

/* The linker's: where the code of the command begins and ends. */
extern const char __executable_start[], etext[];

/* caller: __builtin_return_address(0). */
static inline bool own_code_is(const void *caller)
{
    return (const char *)caller >= __executable_start &&
           (const char *)caller < etext;
}

#endif
