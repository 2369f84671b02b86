/* link_state.c - the life of a link, step by step; see link_state.h. */
#include "worker/link_state.h"
#include "common/check.h"

void link_state_init(struct link_state *s, bool opens, int64_t silent_ns)
{
    *s = (struct link_state){
        .opens = opens, .silent_ns = silent_ns, .pause_ns = LINK_PAUSE_MIN_NS};
}

static int64_t ping_at(const struct link_state *s)
{
    return s->said + s->silent_ns / LINK_PINGS;
}

static int64_t silence_ends(const struct link_state *s)
{
    return s->heard + s->silent_ns;
}

/* Whoever opens tries again, later each time. */
static uint32_t fail(struct link_state *s, int64_t now)
{
    if (s->phase == LINK_WAITING)
        return 0;
    s->phase = LINK_WAITING;
    s->try_at = now + s->pause_ns;
    s->pause_ns *= 2;
    if (s->pause_ns > LINK_PAUSE_MAX_NS)
        s->pause_ns = LINK_PAUSE_MAX_NS;
    return LINK_DROP;
}

static uint32_t up(struct link_state *s, int64_t now)
{
    s->phase = LINK_UP;
    s->pause_ns = LINK_PAUSE_MIN_NS;
    s->heard = s->said = now;
    return LINK_USE;
}

static uint32_t try(struct link_state *s, int64_t now)
{
    if (!s->opens || !s->begun || s->phase != LINK_WAITING || now < s->try_at)
        return 0;
    s->phase = LINK_CONNECTING;
    s->give_up = now + LINK_GREETING_NS;
    return LINK_CONNECT;
}

/* Once in that time, also when nothing can go: what waits is sent when it can,
 * and more of it would say no more. */
static uint32_t ping(struct link_state *s, int64_t now)
{
    if (now < ping_at(s))
        return 0;
    s->said = now;
    return LINK_PING;
}

static uint32_t tick(struct link_state *s, int64_t now)
{
    switch (s->phase) {
    case LINK_WAITING:
        return try(s, now);
    case LINK_CONNECTING:
    case LINK_GREETING:
        return now >= s->give_up ? fail(s, now) : 0;
    default:
        if (now >= silence_ends(s))
            return fail(s, now);
        return ping(s, now);
    }
}

/* The one before is of no use: the other side has begun anew. */
static uint32_t take(struct link_state *s, int64_t now)
{
    uint32_t drop = s->phase == LINK_WAITING ? 0 : LINK_DROP;

    check(!s->opens);
    return drop | up(s, now);
}

/* At once, if it is we who open. */
static uint32_t move(struct link_state *s, int64_t now)
{
    uint32_t drop = fail(s, now);

    s->pause_ns = LINK_PAUSE_MIN_NS;
    s->try_at = now;
    return drop | try(s, now);
}

uint32_t link_step(struct link_state *s, enum link_event event, int64_t now)
{
    switch (event) {
    case LINK_TICK:
        return tick(s, now);
    case LINK_BEGIN:
        s->begun = true;
        return try(s, now);
    case LINK_THERE:
        if (s->phase != LINK_CONNECTING)
            return 0;
        s->phase = LINK_GREETING;
        return LINK_GREET;
    case LINK_WELCOMED:
        return s->phase == LINK_GREETING ? up(s, now) : 0;
    case LINK_TAKEN:
        return take(s, now);
    case LINK_HEARD:
        s->heard = now;
        return 0;
    case LINK_SAID:
        s->said = now;
        return 0;
    case LINK_FAILED:
        return fail(s, now);
    case LINK_MOVED:
        return move(s, now);
    case LINK_GONE:
        s->begun = false;
        return fail(s, now);
    }
    return 0;
}

int64_t link_due(const struct link_state *s)
{
    switch (s->phase) {
    case LINK_WAITING:
        return s->opens && s->begun ? s->try_at : INT64_MAX;
    case LINK_CONNECTING:
    case LINK_GREETING:
        return s->give_up;
    default:
        return ping_at(s) < silence_ends(s) ? ping_at(s) : silence_ends(s);
    }
}
