/*
 * own_exit.c - _exit() and _Exit() of the command, which plugins find instead
 * of those of libc: nothing else sees that they are called.
 *
 * The linker exports what a library defines, too, so that it holds for all code
 * of the process that is loaded; libc's own calls stay libc's. Code of the
 * command itself leaves at once.
 */
#include "common/leaving.h"
#include <stdbool.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FOR_ALL __attribute__((visibility("default"), noreturn))

/* The linker's: where the code of the command begins and ends. */
extern const char __executable_start[], etext[];

static bool is_own(const void *caller)
{
    return (const char *)caller >= __executable_start &&
           (const char *)caller < etext;
}

__attribute__((noreturn)) static void leave(const char *call, int status,
                                            const void *caller)
{
    if (!is_own(caller) && leaving != NULL)
        leaving(call, status);
    for (;;)
        syscall(SYS_exit_group, status);
}

FOR_ALL void _exit(int status);
FOR_ALL void _Exit(int status);

void _exit(int status)
{
    leave("_exit", status, __builtin_return_address(0));
}

void _Exit(int status)
{
    leave("_Exit", status, __builtin_return_address(0));
}
