/*
 * own_exit.c - _exit() and _Exit() of the command, which plugins find instead
 * of those of libc: nothing else sees that they are called.
 *
 * Code of the command itself leaves at once.
 */
#include "cli/own_code.h"
#include "common/leaving.h"
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

__attribute__((noreturn)) static void leave(const char *call, int status,
                                            const void *caller)
{
    if (!own_code_is(caller) && leaving != NULL)
        leaving(call, status);
    for (;;)
        syscall(SYS_exit_group, status);
}

OWN_CODE_FOR_ALL void _exit(int status) __attribute__((noreturn));
OWN_CODE_FOR_ALL void _Exit(int status) __attribute__((noreturn));

void _exit(int status)
{
    leave("_exit", status, __builtin_return_address(0));
}

void _Exit(int status)
{
    leave("_Exit", status, __builtin_return_address(0));
}
