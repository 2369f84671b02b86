/* zookeeper_session.c - what a client does when; see zookeeper_session.h. */
#include "common/zookeeper_session.h"

#define SECOND INT64_C(1000000000)
#define RETRY_MAX (30 * SECOND)
#define PINGS 6 /* in the time of a session */
#define LOOK_AGAIN (5 * SECOND)

int64_t zookeeper_session_share(int64_t timeout)
{
    return timeout / 3 * 2;
}

/* 1, 2, 4 … 30 s. */
static void retry_later(struct zookeeper_session *s, int64_t now)
{
    s->retry_in = s->retry_in == 0 ? SECOND : 2 * s->retry_in;
    if (s->retry_in > RETRY_MAX)
        s->retry_in = RETRY_MAX;
    s->retry_at = now + s->retry_in;
}

static void connecting(struct zookeeper_session *s, int64_t now)
{
    s->phase = ZOOKEEPER_CONNECTING;
    s->look_at = now + LOOK_AGAIN;
}

static uint32_t time_has_come(struct zookeeper_session *s, int64_t now)
{
    if (now < zookeeper_session_next(s))
        return 0;
    switch (s->phase) {
    case ZOOKEEPER_WAITING:
        s->phase = ZOOKEEPER_OPENING;
        return ZOOKEEPER_DO_OPEN;
    case ZOOKEEPER_CONNECTING:
        s->look_at = now + LOOK_AGAIN;
        return ZOOKEEPER_LOOK_UP;
    case ZOOKEEPER_LOOKING:
        s->retry_at = 0;
        return ZOOKEEPER_LOOK_FOR_ROOT;
    case ZOOKEEPER_READY:
        return ZOOKEEPER_PING;
    default:
        return 0;
    }
}

static uint32_t ready(struct zookeeper_session *s)
{
    s->phase = ZOOKEEPER_READY;
    s->known = true;
    s->retry_in = 0;
    s->retry_at = 0;
    return ZOOKEEPER_SAY_CONNECTED | ZOOKEEPER_PING;
}

/* Its user knows that the root is there, if it knows of the session. */
static uint32_t linked(struct zookeeper_session *s)
{
    if (s->phase != ZOOKEEPER_CONNECTING)
        return 0;
    if (s->known)
        return ready(s);
    s->phase = ZOOKEEPER_LOOKING;
    s->retry_at = 0;
    return ZOOKEEPER_PING | ZOOKEEPER_LOOK_FOR_ROOT; /* it has a lease then */
}

static uint32_t unlinked(struct zookeeper_session *s, int64_t now)
{
    enum zookeeper_phase before = s->phase;

    if (before != ZOOKEEPER_READY && before != ZOOKEEPER_LOOKING)
        return 0;
    connecting(s, now);
    return before == ZOOKEEPER_READY ? ZOOKEEPER_SAY_AWAY : 0;
}

/* A session that ended before anybody knew of it is not tried again at once:
 * the library refuses whatever the server refuses (AUTH_FAILED). */
static uint32_t over(struct zookeeper_session *s, int64_t now)
{
    bool known = s->known;

    if (s->phase < ZOOKEEPER_CONNECTING || s->phase == ZOOKEEPER_CLOSING)
        return 0;
    s->phase = ZOOKEEPER_CLOSING;
    s->known = false;
    s->lease = 0;
    s->retry_at = 0;
    if (!known)
        retry_later(s, now);
    return ZOOKEEPER_DO_CLOSE | ZOOKEEPER_DROP_CALLS |
           (known ? ZOOKEEPER_SAY_LOST : 0);
}

static uint32_t closed(struct zookeeper_session *s, int64_t now)
{
    s->phase = ZOOKEEPER_WAITING;
    return time_has_come(s, now);
}

uint32_t zookeeper_session_step(struct zookeeper_session *s,
                                enum zookeeper_event event, int64_t now)
{
    switch (event) {
    case ZOOKEEPER_TIME:
        return time_has_come(s, now);
    case ZOOKEEPER_OPENED:
        connecting(s, now);
        return 0;
    case ZOOKEEPER_NOT_OPENED:
        s->phase = ZOOKEEPER_WAITING;
        retry_later(s, now);
        return 0;
    case ZOOKEEPER_LINKED:
        return linked(s);
    case ZOOKEEPER_UNLINKED:
        return unlinked(s, now);
    case ZOOKEEPER_OVER:
        return over(s, now);
    case ZOOKEEPER_ROOT_THERE:
        return s->phase == ZOOKEEPER_LOOKING ? ready(s) : 0;
    case ZOOKEEPER_ROOT_MISSING:
        if (s->phase == ZOOKEEPER_LOOKING)
            retry_later(s, now);
        return 0;
    case ZOOKEEPER_CLOSED:
        return closed(s, now);
    }
    return 0;
}

int64_t zookeeper_session_next(const struct zookeeper_session *s)
{
    switch (s->phase) {
    case ZOOKEEPER_WAITING:
        return s->retry_at;
    case ZOOKEEPER_CONNECTING:
        return s->look_at;
    case ZOOKEEPER_LOOKING:
        return s->retry_at != 0 ? s->retry_at : INT64_MAX;
    case ZOOKEEPER_READY:
        return s->sent + s->timeout / PINGS;
    default:
        return INT64_MAX;
    }
}

void zookeeper_session_sent(struct zookeeper_session *s, int64_t now)
{
    s->sent = now;
}

void zookeeper_session_answered(struct zookeeper_session *s, int64_t sent)
{
    int64_t lease = sent + zookeeper_session_share(s->timeout);

    if (s->phase != ZOOKEEPER_CLOSING && lease > s->lease)
        s->lease = lease;
}
