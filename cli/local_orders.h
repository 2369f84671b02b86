/*
 * local_orders.h - what is typed while `gale local --cluster` runs: lines,
 * taken apart into words.
 */
#ifndef GALE_LOCAL_ORDERS_H
#define GALE_LOCAL_ORDERS_H

#include "common/loop.h"
#include <gale/local.h> /* gale_err */

#define LOCAL_ORDERS_LINE 1000u
#define LOCAL_ORDERS_WORDS 50

struct local_orders;

/*
 * from: a named pipe, or "-" for standard input; NULL: standard input if it is
 * a terminal, otherwise nothing. fn(arg, argc, argv) for each line that is not
 * empty; argv ends with NULL. What is longer than a line is cut. NULL with the
 * error: it cannot be opened, or is a file, which is read before anything runs.
 */
struct local_orders *local_orders_new(struct loop *loop, const char *from,
                                      void (*fn)(void *arg, int argc,
                                                 char **argv),
                                      void *arg, gale_err *error);
void local_orders_free(struct local_orders *o); /* NULL is fine */

#endif
