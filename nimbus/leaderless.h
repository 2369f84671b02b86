/*
 * leaderless.h - what a nimbus says that does not lead, to who has waited for a
 * leader for long enough. Pure.
 */
#ifndef GALE_LEADERLESS_H
#define GALE_LEADERLESS_H

#include <stdbool.h>

#define LEADERLESS_TEXT 900 /* bytes, with the NUL */

/* Whether who was elected last leads, as far as is known: while ZooKeeper does
 * not answer that is not known of anybody. leader: its address, "": nobody is
 * known; trouble: zookeeper_trouble(). */
bool leaderless_is_known(const char *leader, const char *trouble);

/* The sentence for `gale status`. */
void leaderless_text(char text[LEADERLESS_TEXT], const char *leader,
                     const char *trouble);

#endif
