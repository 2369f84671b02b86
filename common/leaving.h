/*
 * leaving.h - whom to ask before the process ends by _exit(), which libc ends
 * without asking anybody.
 *
 * A program may define _exit() itself, as the command does (cli/own_exit.c),
 * and call this first when it was not its own code that wants to leave.
 */
#ifndef GALE_LEAVING_H
#define GALE_LEAVING_H

/* Somebody calls `call`, such as "_exit"; may end the process in another way.
 * NULL: nobody asks. Set before there is a second thread. */
typedef void leaving_fn(const char *call, int status);
extern leaving_fn *leaving;

#endif
