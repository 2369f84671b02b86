/* rpc_session.c - one end of a connection, in bytes; see rpc_session.h. */
#include "common/rpc_session.h"
#include "common/check.h"
#include "common/rpc_frame.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <string.h>

enum {
    PAUSE_BYTES = 1 << 20, /* so much waits: no more requests for now */
    BEATS = 4              /* how often one says that one is alive, before
                                  one is taken for gone */
};

struct rpc_session {
    struct rpc_limits limits;
    struct rpc_handshake *handshake; /* NULL once it is done */
    struct rpc_peer peer;            /* server */
    bool server;
    bool over, told_over, refused;
    gale_err why;

    struct rpc_bytes in, out;
    struct unpacked message; /* if there is one that views point into */
    bool has_message;

    int64_t began;
    int64_t heard; /* when bytes came last */
    int64_t said;  /* when something was written to `out` */
    int64_t taken; /* when the peer took some of it, or it was empty */
};

/* -- beginning ------------------------------------------------------------- */

struct rpc_limits rpc_limits_of(const struct rpc_limits *given)
{
    struct rpc_limits l = *given;
    const int64_t second = 1000000000;

    if (l.frame_max == 0)
        l.frame_max = 8u << 20;
    if (l.output_max == 0)
        l.output_max = 32u << 20;
    if (l.calls_max == 0)
        l.calls_max = 16384;
    if (l.handshake == 0)
        l.handshake = 5 * second;
    if (l.silence == 0)
        l.silence = 10 * second;
    return l;
}

static struct rpc_session *session_new(const struct rpc_limits *limits,
                                       int64_t now)
{
    struct rpc_session *s = xcalloc(1, sizeof(*s));

    s->limits = rpc_limits_of(limits);
    s->began = s->heard = s->said = s->taken = now;
    return s;
}

static void write_frame(struct rpc_session *s, const struct pack *content,
                        int64_t now)
{
    if (rpc_bytes_size(&s->out) == 0)
        s->taken = now;
    rpc_frame_write(&s->out, content->buffer.data,
                    (uint32_t)content->buffer.size);
    s->said = now;
}

struct rpc_session *rpc_session_client(const struct rpc_identity *me,
                                       const struct rpc_nonce *nonce,
                                       const struct rpc_limits *limits,
                                       int64_t now)
{
    struct rpc_session *s = session_new(limits, now);
    struct pack hello;

    pack_init(&hello);
    s->handshake = rpc_handshake_client(me, nonce, &hello);
    write_frame(s, &hello, now);
    pack_free(&hello);
    return s;
}

struct rpc_session *rpc_session_server(const struct rpc_gate *gate,
                                       const struct rpc_nonce *nonce,
                                       const struct rpc_limits *limits,
                                       int64_t now)
{
    struct rpc_session *s = session_new(limits, now);

    s->server = true;
    s->handshake = rpc_handshake_server(gate, nonce);
    return s;
}

/* What was looked at last is done with. */
static void drop_message(struct rpc_session *s)
{
    if (!s->has_message)
        return;
    unpacked_free(&s->message);
    rpc_frame_drop(&s->in);
    s->has_message = false;
}

void rpc_session_free(struct rpc_session *s)
{
    if (s == NULL)
        return;
    drop_message(s);
    rpc_handshake_free(s->handshake);
    rpc_bytes_fini(&s->in);
    rpc_bytes_fini(&s->out);
    free(s);
}

/* -- what comes ------------------------------------------------------------ */

static bool is_ready(const struct rpc_session *s)
{
    return s->handshake == NULL;
}

void rpc_session_receive(struct rpc_session *s, const void *data, size_t size,
                         int64_t now)
{
    check(!s->has_message);
    if (s->over || size == 0)
        return;
    rpc_bytes_add(&s->in, data, size);
    s->heard = now;
}

static void end_for_ever(struct rpc_session *s, const char *why)
{
    s->refused = !is_ready(s);
    rpc_session_end(s, why);
}

/* A stranger is told why, as one whose frame can be read. */
static void turn_away(struct rpc_session *s, const char *why, int64_t now)
{
    struct pack refusal;

    if (!s->server || is_ready(s))
        return;
    pack_init(&refusal);
    rpc_handshake_refuse(&refusal, why);
    write_frame(s, &refusal, now);
    pack_free(&refusal);
}

static void too_long(struct rpc_session *s, uint32_t size, uint32_t max,
                     int64_t now)
{
    gale_err why;

    error_set(&why,
              is_ready(s)
                  ? "it sends a frame of %u bytes, at most %u are allowed"
                  : "it does not speak gale's RPC (a frame of %u bytes, at "
                    "most %u are allowed at first)",
              size, max);
    turn_away(s, why.text, now);
    end_for_ever(s, why.text);
}

/* True: it is done, the event says so. */
static bool shake(struct rpc_session *s, const uint8_t *frame, uint32_t size,
                  int64_t now)
{
    enum rpc_handshake_state state;
    struct pack answer;
    gale_err error = {""};

    pack_init(&answer);
    state = rpc_handshake_step(s->handshake, frame, size, &answer, &error);
    if (answer.buffer.size > 0)
        write_frame(s, &answer, now);
    pack_free(&answer);
    if (state == RPC_HANDSHAKE_REFUSED)
        end_for_ever(s, error.text);
    if (state != RPC_HANDSHAKE_DONE)
        return false;
    if (s->server)
        s->peer = *rpc_handshake_peer(s->handshake);
    rpc_handshake_free(s->handshake);
    s->handshake = NULL;
    return true;
}

/* True: the event has it, until it is dropped. */
static bool read_message(struct rpc_session *s, const uint8_t *frame,
                         uint32_t size, struct rpc_message *message)
{
    const struct pack_limits limits = {s->limits.frame_max,
                                       s->server ? RPC_ELEMENTS_TO_SERVER
                                                 : RPC_ELEMENTS_TO_CLIENT};
    const char *defect;
    gale_err error;

    if (unpack(&s->message, frame, size, limits, "a message that it sent",
               &error) != 0) {
        rpc_session_end(s, error.text);
        return false;
    }
    s->has_message = true;
    defect = rpc_message_read(s->message.root, message);
    if (defect == NULL)
        return true;
    error_set(&error, "a message that it sent %s", defect);
    rpc_session_end(s, error.text);
    return false;
}

/* Whether the frame is an event. */
static bool take_frame(struct rpc_session *s, const uint8_t *frame,
                       uint32_t size, int64_t now,
                       struct rpc_session_event *event)
{
    bool is_event;

    if (is_ready(s) && size > 0) {
        event->kind = RPC_SESSION_MESSAGE;
        return read_message(s, frame, size, &event->message);
    }
    event->kind = RPC_SESSION_READY;
    is_event = !is_ready(s) && shake(s, frame, size, now);
    rpc_frame_drop(&s->in);
    return is_event;
}

static bool tell_over(struct rpc_session *s, struct rpc_session_event *event)
{
    if (s->told_over)
        return false;
    s->told_over = true;
    event->kind = RPC_SESSION_OVER;
    event->why = s->why.text;
    event->refused = s->refused;
    return true;
}

bool rpc_session_next(struct rpc_session *s, int64_t now,
                      struct rpc_session_event *event)
{
    const uint8_t *frame;
    uint32_t size;

    drop_message(s);
    *event = (struct rpc_session_event){.kind = RPC_SESSION_OVER};
    while (!s->over && rpc_session_wants_input(s)) {
        uint32_t max = is_ready(s) ? s->limits.frame_max : RPC_FRAME_FIRST_MAX;
        enum rpc_frame_found found = rpc_frame_read(&s->in, max, &frame, &size);

        if (found == RPC_FRAME_NONE)
            return false;
        if (found == RPC_FRAME_TOO_LONG)
            too_long(s, size, max, now);
        else if (take_frame(s, frame, size, now, event))
            return true;
    }
    return s->over && tell_over(s, event);
}

const struct rpc_peer *rpc_session_peer(const struct rpc_session *s)
{
    check(s->server && is_ready(s));
    return &s->peer;
}

/* -- what goes ------------------------------------------------------------- */

bool rpc_session_send(struct rpc_session *s, const struct pack *message,
                      int64_t now)
{
    size_t waits = rpc_bytes_size(&s->out);
    gale_err why;

    if (s->over)
        return true;
    check(is_ready(s));
    if (message->buffer.size > s->limits.frame_max)
        return false;
    if (waits + message->buffer.size > s->limits.output_max) {
        error_set(&why,
                  "it does not take what it is sent: %zu bytes wait for it, at "
                  "most %u are allowed",
                  waits + message->buffer.size, s->limits.output_max);
        rpc_session_end(s, why.text);
        return true;
    }
    write_frame(s, message, now);
    return true;
}

const void *rpc_session_output(const struct rpc_session *s, size_t *size)
{
    *size = rpc_bytes_size(&s->out);
    return *size > 0 ? rpc_bytes_at(&s->out) : NULL;
}

bool rpc_session_wants_input(const struct rpc_session *s)
{
    size_t max = s->limits.output_max / 4;

    return rpc_bytes_size(&s->out) <= (max < PAUSE_BYTES ? max : PAUSE_BYTES);
}

void rpc_session_sent(struct rpc_session *s, size_t size, int64_t now)
{
    bool wanted = rpc_session_wants_input(s);

    if (size == 0)
        return;
    rpc_bytes_take(&s->out, size);
    s->taken = now;
    if (!wanted && rpc_session_wants_input(s))
        s->heard = now; /* nobody listened to it before */
}

/* -- time, and the end ----------------------------------------------------- */

static int64_t beat_due(const struct rpc_session *s)
{
    return s->said + s->limits.silence / BEATS;
}

/* When it is given up for its silence. */
static int64_t silent_due(const struct rpc_session *s)
{
    return rpc_session_wants_input(s) ? s->heard + s->limits.silence
                                      : INT64_MAX;
}

/* When it is given up for what it does not take. */
static int64_t stuck_due(const struct rpc_session *s)
{
    return rpc_bytes_size(&s->out) > 0 ? s->taken + s->limits.silence
                                       : INT64_MAX;
}

static int64_t min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When one is given up, whatever for. */
static int64_t end_due(const struct rpc_session *s)
{
    return is_ready(s) ? min(silent_due(s), stuck_due(s))
                       : s->began + s->limits.handshake;
}

int64_t rpc_session_due(const struct rpc_session *s)
{
    if (s->over)
        return INT64_MAX;
    return is_ready(s) ? min(beat_due(s), end_due(s)) : end_due(s);
}

static double seconds(int64_t ns)
{
    return (double)ns / 1e9;
}

static void give_up(struct rpc_session *s, int64_t now)
{
    gale_err why;

    if (!is_ready(s))
        error_set(&why, "the handshake was not done within %g s",
                  seconds(s->limits.handshake));
    else if (now >= stuck_due(s))
        error_set(&why, "it has taken nothing of what it is sent for %g s",
                  seconds(s->limits.silence));
    else
        error_set(&why, "nothing was heard of it for %g s",
                  seconds(s->limits.silence));
    rpc_session_end(s, why.text);
}

void rpc_session_tick(struct rpc_session *s, int64_t now)
{
    const struct pack nothing = {.buffer = {.size = 0}};

    if (s->over)
        return;
    if (now >= end_due(s)) {
        give_up(s, now);
        return;
    }
    if (!is_ready(s) || now < beat_due(s))
        return;
    if (rpc_bytes_size(&s->out) == 0)
        write_frame(s, &nothing, now);
    s->said = now;
}

void rpc_session_end(struct rpc_session *s, const char *why)
{
    if (s->over)
        return;
    s->over = true;
    error_set(&s->why, "%s", why);
}

bool rpc_session_is_over(const struct rpc_session *s)
{
    return s->over;
}
