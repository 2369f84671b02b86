/* listed_nimbuses.h - what copies.h answers about who takes part, as text. */
#ifndef TESTS_LISTED_NIMBUSES_H
#define TESTS_LISTED_NIMBUSES_H

#include "nimbus/copies.h"

/* Hosts of all that are listed, a blank behind each, and a ! behind who leads:
 * "host-a1! host-b2 ". */
void listed_nimbuses(struct copies *c, const char *leader, char *text,
                     size_t size);

#endif
