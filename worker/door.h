/*
 * door.h - where other workers call: connections are taken and greeted, and
 * then handed to the link that they are for.
 *
 * An executor on the first carrier. It takes nobody in before the tasks of this
 * worker are open; who calls earlier waits in the kernel. While DOOR_GUESTS are
 * being greeted, who comes gets the place of the one that has proved nothing
 * for longest: so a crowd that says nothing keeps no worker out.
 */
#ifndef GALE_DOOR_H
#define GALE_DOOR_H

#include <gale/local.h>
#include <stdint.h>

struct carrier;
struct door;
struct links;
struct worker;

#define DOOR_GUESTS 64u
#define DOOR_GREETING_NS INT64_C(5000000000) /* a guest has so long */
#define DOOR_PAUSE_NS INT64_C(100000000)     /* when no descriptor was left */

struct door *door_new(struct links *links, struct worker *w, struct carrier *c);
/* Carriers are stopped. */
void door_free(struct door *d);

/* See links_listen(). */
int door_listen(struct door *d, gale_err *error);
uint16_t door_port(const struct door *d);

/* See links_share(). */
void door_share(struct door *d);

/* Any thread, once: let them in. */
void door_open(struct door *d);

#endif
