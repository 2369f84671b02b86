/*
 * link_state.h - when a link to another worker connects, speaks, and is given
 * up. Pure: events and time come in, what is to be done goes out.
 *
 *                 CONNECT                 GREET
 *     WAITING ─────────────▶ CONNECTING ─────────▶ GREETING ─ welcomed ─▶ UP
 *        ▲                        │                    │                  │
 *        └────────── DROP ────────┴────── failed, late, silent ───────────┘
 *
 * The worker with the lower number opens; the other one waits in WAITING until
 * a connection is taken, which has been greeted by then (door.h).
 */
#ifndef GALE_LINK_STATE_H
#define GALE_LINK_STATE_H

#include <stdbool.h>
#include <stdint.h>

#define LINK_PAUSE_MIN_NS INT64_C(50000000)   /* before the next attempt … */
#define LINK_PAUSE_MAX_NS INT64_C(1000000000) /* … twice as long each time */
#define LINK_GREETING_NS INT64_C(5000000000)  /* to be there and welcomed */
#define LINK_PINGS 4 /* in the time after which silence is the end */

enum link_phase { LINK_WAITING, LINK_CONNECTING, LINK_GREETING, LINK_UP };

struct link_state {
    bool opens;
    bool begun; /* the tasks of this worker are open */
    enum link_phase phase;
    int64_t silent_ns; /* how long the other may say nothing */
    int64_t pause_ns;  /* the next one */
    int64_t try_at;    /* WAITING */
    int64_t give_up;   /* CONNECTING, GREETING */
    int64_t heard;     /* UP: when a whole frame came last */
    int64_t said;      /* UP: when bytes went last, or were to */
};

enum link_event {
    LINK_TICK,     /* link_due() has come, or nothing */
    LINK_BEGIN,    /* the tasks are open */
    LINK_THERE,    /* the connection that was asked for can be written */
    LINK_WELCOMED, /* the other side takes frames */
    LINK_TAKEN,    /* a connection that the other side has opened is here, and
                      was welcomed */
    LINK_HEARD,    /* a frame has come */
    LINK_SAID,     /* bytes have gone */
    LINK_FAILED,   /* the connection has ended, or what came was wrong */
    LINK_MOVED,    /* the other worker is at another place */
    LINK_GONE,     /* there is no such worker any more, until it BEGINs again */
};

/* What is to be done, in this order. */
enum link_action {
    LINK_DROP = 1u << 0,    /* close the connection; what is on it is lost */
    LINK_CONNECT = 1u << 1, /* begin one */
    LINK_GREET = 1u << 2,   /* say who we are */
    LINK_USE = 1u << 3,     /* frames may go from now on */
    LINK_PING = 1u << 4,
};

void link_state_init(struct link_state *s, bool opens, int64_t silent_ns);

/* Actions, as bits. */
uint32_t link_step(struct link_state *s, enum link_event event, int64_t now);

/* When the next LINK_TICK is due; INT64_MAX: never. */
int64_t link_due(const struct link_state *s);

#endif
