/* link.c - a connection is made, greeted, used and lost; see link.h. */
#include "worker/link.h"
#include "common/check.h"
#include "common/log.h"
#include "topology-api/memory.h"
#include "worker/intake.h"
#include "worker/links.h"
#include "worker/stand_in.h"
#include "worker/wire_slice.h"
#include "worker/worker.h"
#include <errno.h>
#include <poll.h>
#include <stdlib.h>

#define NO_CONNECTION (UINT64_C(1) << 30) /* bytes: there is no room at all */

static struct link *link_of(struct executor *e)
{
    return (struct link *)(void *)e;
}

static struct env *env_of(const struct link *l)
{
    return l->executor.worker->env;
}

static void happens(struct link *l, enum link_event event);

/* -- what goes out --------------------------------------------------------- */

char *link_frame(struct link *l, uint64_t payload_max)
{
    check(l->state.phase == LINK_UP);
    return link_out_frame(&l->out, payload_max);
}

/* How much waits, for those who wait for room. */
static void show_room(struct link *l)
{
    uint64_t bytes =
        l->state.phase == LINK_UP ? link_out_queued(&l->out) : NO_CONNECTION;

    gate_hold(&l->executor.own_gate, bytes, l->executor.carrier);
}

void link_frame_end(struct link *l, enum wire_kind kind, size_t payload)
{
    link_out_seal(&l->out, kind, payload);
    if (kind == WIRE_DATA) {
        l->sent++;
        atomic_fetch_add_explicit(&l->all_sent, 1, memory_order_relaxed);
        show_room(l);
    }
    carrier_schedule(&l->executor, l->executor.carrier);
}

/* -- what is said about it ------------------------------------------------- */

/* A few per interval, whatever the other side does. */
static void say(struct link *l, const char *what, const char *why)
{
    struct worker *w = l->executor.worker;
    char name[32];

    if (!throttle_allow(&l->throttle, l->executor.carrier->now))
        return;
    snprintf(name, sizeof(name), "link-%u", l->peer);
    log_warn(w->log, name, "worker %u at %s:%u: %s%s", l->peer, l->place.host,
             l->place.port, what, why);
}

/* The connection is of no more use. */
static void lose(struct link *l, const char *what, const char *why)
{
    if (l->state.phase != LINK_WAITING)
        say(l, what, why);
    happens(l, LINK_FAILED);
}

/* -- actions --------------------------------------------------------------- */

static void set_up(struct link *l, bool up)
{
    atomic_store(&l->up, up);
    worker_notify(l->executor.worker);
}

/* Neither side counts what was on it: the other one loses it, too. */
static void forget_counts(struct link *l)
{
    atomic_fetch_sub_explicit(&l->all_sent, l->sent, memory_order_relaxed);
    atomic_fetch_sub_explicit(&l->all_received, l->received,
                              memory_order_relaxed);
    l->sent = l->received = 0;
}

static void lose_what_was_on_it(struct link *l)
{
    struct worker *w = l->executor.worker;

    for (struct stand_in *s = l->stand_ins; s != NULL; s = s->next)
        stand_in_lose(s);
    for (uint32_t i = 0; l->intakes != NULL && i < w->n_here; i++)
        if (l->intakes[i] != NULL)
            intake_lose(l->intakes[i]);
    forget_counts(l);
    atomic_fetch_add(&l->breaks, 1);
    set_up(l, false);
}

static void drop(struct link *l)
{
    link_rings_drop(&l->rings);
    link_socket_close(&l->socket);
    atomic_store(&l->number, 0);
    atomic_store(&l->version, 0);
    link_out_drop(&l->out);
    l->has_more = false;
    if (l->is_reading) {
        wire_reader_fini(&l->in);
        l->is_reading = false;
        lose_what_was_on_it(l);
    }
    show_room(l);
}

/* The first attempts are made while the other one starts. */
static void not_there(struct link *l)
{
    if (l->state.pause_ns == LINK_PAUSE_MAX_NS)
        lose(l,
             transport_takes_tcp(l->executor.worker->config.transport)
                 ? "cannot connect: "
                 : "cannot connect by a Unix socket, which "
                   "gale.worker.transport asks for: is it on this host? ",
             strerror(errno));
    else
        happens(l, LINK_FAILED);
}

static void connect_to(struct link *l)
{
    int fd = link_call(l);

    if (fd >= 0)
        link_socket_use(&l->socket, fd);
    else
        not_there(l);
}

static void greet(struct link *l)
{
    const struct worker *w = l->executor.worker;
    struct greeting_name me = links_me(l->links);
    struct greeting_name them = {l->peer, atomic_load(&l->birth), 0};
    uint8_t nonce[GREETING_NONCE];
    struct greeting_out out;

    links_nonce(l->links, nonce);
    greeting_open(&l->greeting, &w->plan->key, &me, &them, nonce, &out);
    l->n_greeting = 0;
    link_out_put(&l->out, out.bytes, out.size);
}

/* Acks of messages of a process that is gone mean nothing to the next one. */
static void drop_acks(struct link *l)
{
    struct ack_batch *b;

    while ((b = l->acks) != NULL) {
        l->acks = b->next;
        atomic_fetch_add(&l->lost_acks, b->n);
        ack_batch_free(b);
    }
    l->acks_end = &l->acks;
    l->n_acks = 0;
}

static void use(struct link *l)
{
    const struct worker *w = l->executor.worker;

    wire_reader_init(&l->in,
                     (uint32_t)wire_slice_room(link_tuple_bytes(l) + 64));
    l->is_reading = l->has_more = true;
    l->is_ended = false;
    l->told = 0;
    for (uint32_t i = 0; l->intakes != NULL && i < w->n_here; i++)
        if (l->intakes[i] != NULL)
            intake_begin(l->intakes[i]);
    set_up(l, true);
    link_offers(l);
    show_room(l);
}

static void ping(struct link *l)
{
    link_frame(l, 0);
    link_frame_end(l, WIRE_PING, 0);
}

static void happens(struct link *l, enum link_event event)
{
    uint32_t actions = link_step(&l->state, event, l->executor.carrier->now);

    if (actions & LINK_DROP)
        drop(l);
    if (actions & LINK_CONNECT)
        connect_to(l);
    if (actions & LINK_GREET)
        greet(l);
    if (actions & LINK_USE)
        use(l);
    if (actions & LINK_PING)
        ping(l);
}

/* errno says how. */
static void is_over(struct link *l)
{
    if (errno == EBADMSG)
        lose(l,
             "the other side says of the memory that both share what cannot "
             "be: it was damaged there",
             "");
    else
        lose(l, "the connection ended: ", strerror(errno));
}

/* -- sending --------------------------------------------------------------- */

static void flush(struct link *l)
{
    while (l->socket.fd >= 0 && link_out_queued(&l->out) > 0) {
        int64_t n = link_rings_send(&l->rings, env_of(l), l->socket.fd);

        if (n < 0 && errno != EAGAIN)
            is_over(l);
        if (n < 0)
            break;
        happens(l, LINK_SAID);
    }
    show_room(l);
}

/* -- what comes in --------------------------------------------------------- */

/* At most so many bytes; how many. 0: none now, or it was lost. */
static size_t receive(struct link *l, void *data, size_t size)
{
    struct env *env = env_of(l);
    int64_t n = link_rings_receive(&l->rings, env, l->socket.fd, data, size);

    if (n > 0)
        return (size_t)n;
    l->has_more = false;
    if (n == 0)
        lose(l, "the connection was closed by the other side", "");
    else if (errno != EAGAIN)
        is_over(l);
    return 0;
}

/* Is another process there than the last time? The first that is heard of may
 * have sent already, by way of others. */
static void know(struct link *l, uint64_t birth, uint64_t incarnation)
{
    if (l->them.birth != 0 && l->them.incarnation != incarnation)
        drop_acks(l);
    l->them = (struct greeting_name){l->peer, birth, incarnation};
}

static void take_greeting(struct link *l)
{
    struct greeting_out out;
    gale_err error;

    l->n_greeting = 0;
    switch (greeting_take(&l->greeting, l->greeting_bytes, &out, &error)) {
    case GREETING_GOES_ON:
        link_out_put(&l->out, out.bytes, out.size);
        break;
    case GREETING_IS_DONE:
        know(l, l->greeting.peer.birth, l->greeting.peer.incarnation);
        atomic_store(&l->number, greeting_number(&l->greeting));
        happens(l, LINK_WELCOMED);
        break;
    case GREETING_REPLACED:
        links_replaced(l->links, l->peer);
        happens(l, LINK_FAILED);
        break;
    case GREETING_REFUSED: /* it hears why, if it was replaced */
        link_out_put(&l->out, out.bytes, out.size);
        flush(l);
        happens(l, LINK_FAILED);
        break;
    case GREETING_WRONG:
        lose(l, "the greeting failed: ", error.text);
        break;
    }
}

static void read_greeting(struct link *l)
{
    while (l->state.phase == LINK_GREETING) {
        uint32_t wants = greeting_wants(&l->greeting);
        size_t n = receive(l, l->greeting_bytes + l->n_greeting,
                           wants - l->n_greeting);

        if (n == 0) {
            l->shuns_unix =
                l->state.phase == LINK_WAITING && l->by == TRANSPORT_UNIX;
            return;
        }
        l->n_greeting += (uint32_t)n;
        if (l->n_greeting == wants)
            take_greeting(l);
    }
}

static void read_frames(struct link *l)
{
    struct wire_frame f;
    gale_err error;
    enum wire_read r = WIRE_MORE;

    while (l->is_reading && !l->is_ended &&
           (r = wire_reader_next(&l->in, &f, &error)) == WIRE_READ) {
        const char *wrong = link_handles(l, &f);

        happens(l, LINK_HEARD); /* not before a frame is whole: its length may
                                   be damaged, and never come */
        if (wrong != NULL) {
            lose(l, "the frame ", wrong);
            return;
        }
    }
    if (r == WIRE_BROKEN)
        lose(l, "", error.text);
    else if (l->is_ended)
        happens(l, LINK_FAILED); /* nobody need be told */
}

/* One read, of up to 256 KiB: then others have their turn. */
static void read_some(struct link *l)
{
    size_t size, n;
    uint8_t *to = wire_reader_room(&l->in, &size);

    n = receive(l, to, size);
    if (n == 0)
        return;
    if (n < size)
        l->has_more = false;
    wire_reader_came(&l->in, n);
    read_frames(l);
}

/* -- running --------------------------------------------------------------- */

static void free_note(struct link *l, struct link_note *note)
{
    if (note->fd >= 0)
        env_of(l)->ops->net_close(env_of(l), note->fd);
    free(note);
}

/* One that is older than what we were told meanwhile is not taken. */
static void take_connection(struct link *l, struct link_note *note)
{
    if (l->place.birth != note->place.birth)
        return;
    happens(l, LINK_FAILED);
    know(l, note->place.birth, note->incarnation);
    atomic_store(&l->number, note->number);
    link_socket_use(&l->socket, note->fd);
    l->by = note->by;
    note->fd = -1;
    happens(l, LINK_TAKEN);
}

/* Who is spoken to needs no other port: a Unix socket was called by name. */
void link_move(struct link *l, const struct plan_worker *place)
{
    bool same = l->place.birth == place->birth;
    bool stays = same && (l->state.phase == LINK_UP ||
                          (l->place.port == place->port &&
                           strcmp(l->place.host, place->host) == 0));

    if (!same)
        drop_acks(l);
    l->place = *place;
    if (!stays)
        happens(l, LINK_MOVED);
}

void link_begin(struct link *l)
{
    happens(l, LINK_BEGIN);
    carrier_schedule(&l->executor, l->executor.carrier);
}

void link_end(struct link *l)
{
    happens(l, LINK_GONE);
    carrier_schedule(&l->executor, l->executor.carrier);
}

/* A later plan may have been taken up while the note was on its way. */
static void hear_of_move(struct link *l, const struct plan_worker *place)
{
    if (place->birth >= l->place.birth)
        link_move(l, place);
}

static void take_note(struct link *l, struct link_note *note)
{
    if (note->event == LINK_TAKEN) {
        take_connection(l, note);
    } else if (note->event == LINK_MOVED) {
        hear_of_move(l, &note->place);
    } else {
        happens(l, note->event);
    }
    free_note(l, note);
}

static void take_notes(struct link *l)
{
    struct inbox_node *n;

    while ((n = inbox_pop(&l->executor.control)) != NULL)
        take_note(l, (struct link_note *)(void *)n);
}

static void take_ready(struct link *l)
{
    uint32_t ready = link_socket_take(&l->socket);

    if (ready == 0 || l->socket.fd < 0)
        return;
    if (l->state.phase == LINK_CONNECTING) {
        if (env_of(l)->ops->net_connected(env_of(l), l->socket.fd) == 0)
            happens(l, LINK_THERE);
        else
            not_there(l);
    }
    if (l->rings.reads)
        link_rings_hear(&l->rings, env_of(l), l->socket.fd);
    else
        l->has_more |= (ready & ~(uint32_t)POLLOUT) != 0;
}

static void await(struct link *l)
{
    uint32_t out = (link_out_queued(&l->out) > 0 && !l->rings.writes) ||
                           l->state.phase == LINK_CONNECTING
                       ? POLLOUT
                       : 0;
    uint32_t in = l->state.phase == LINK_CONNECTING ? 0 : POLLIN;

    if (l->socket.fd >= 0 && !link_socket_await(&l->socket, in | out))
        lose(l, "cannot wait for the connection: ", strerror(errno));
}

/* Later is soon enough when the time has come. */
static void set_timer(struct link *l)
{
    int64_t due = link_due(&l->state);

    if (due != INT64_MAX && (!timers_has(&l->timer) || due < l->timer.due))
        timers_change(&l->executor.carrier->timers, &l->timer, due);
}

static enum run_result link_run(struct executor *e)
{
    struct link *l = link_of(e);

    take_notes(l);
    take_ready(l);
    happens(l, LINK_TICK);
    l->has_more |= link_rings_has(&l->rings);
    if (l->state.phase == LINK_GREETING)
        read_greeting(l);
    if (l->state.phase == LINK_UP && l->has_more)
        read_some(l);
    if (l->state.phase == LINK_UP)
        link_writes(l);
    flush(l);
    await(l);
    set_timer(l);
    return l->has_more && l->state.phase == LINK_UP ? RUN_MORE : RUN_IDLE;
}

static void is_due(struct timer *timer, int64_t now)
{
    char *at = (char *)timer - offsetof(struct link, timer);
    struct link *l = (struct link *)(void *)at;

    (void)now;
    carrier_schedule(&l->executor, l->executor.carrier);
}

/* Without a connection, messages go on timing out: what is too much is not
 * missed. */
void link_takes_acks(struct link *l, struct ack_batch *b)
{
    if (l->n_acks > LINK_ACKS_MAX)
        drop_acks(l);
    l->n_acks += b->n;
    b->next = NULL;
    *l->acks_end = b;
    l->acks_end = &b->next;
    if (l->state.phase == LINK_UP)
        carrier_schedule(&l->executor, l->executor.carrier);
}

/* -- life ------------------------------------------------------------------ */

struct link_note *link_note_new(enum link_event event)
{
    struct link_note *note = xcalloc(1, sizeof(*note));

    note->message.kind = MESSAGE_NOTE;
    note->event = event;
    note->fd = -1;
    return note;
}

void link_tell(struct link *l, struct link_note *note, struct carrier *from)
{
    inbox_push(&l->executor.control, &note->message.node);
    carrier_schedule(&l->executor, from);
}

struct link *link_new(struct links *links, struct worker *w, uint32_t peer,
                      struct carrier *carrier)
{
    size_t size = (sizeof(struct link) + 63) & ~(size_t)63;
    struct link *l = memory_check(aligned_alloc(64, size), 1, size);

    memset(l, 0, sizeof(*l));
    executor_init(&l->executor, w, NULL, carrier, link_run);
    gate_limit(
        &l->executor.own_gate,
        (struct credit){.tuples = UINT32_MAX / 2, .bytes = LINK_ROOM_BYTES});
    l->links = links;
    l->peer = peer;
    l->home = (struct ack_home){carrier, l};
    link_state_init(&l->state, w->plan->me < peer, w->config.link_timeout_ns);
    link_socket_init(&l->socket, &l->executor);
    link_rings_init(&l->rings, &l->executor, &l->out);
    l->timer.fire = is_due;
    throttle_init(&l->throttle, w->config.errors_max,
                  w->config.errors_interval_ns);
    l->place = w->plan->workers[peer];
    atomic_store(&l->birth, l->place.birth);
    l->routes = xcalloc((size_t)w->model->n_tasks + 1, sizeof(*l->routes));
    l->acks_end = &l->acks;
    show_room(l);
    return l;
}

void link_share(struct link *l)
{
    executor_share(&l->executor);
    for (uint32_t i = 0; l->intakes != NULL && i < l->executor.worker->n_here;
         i++)
        if (l->intakes[i] != NULL)
            executor_share(&l->intakes[i]->executor);
}

/* As far as it goes without waiting. */
static void say_goodbye(struct link *l)
{
    if (l->state.phase != LINK_UP)
        return;
    link_out_frame(&l->out, 0);
    link_out_seal(&l->out, WIRE_END, 0);
    link_rings_send(&l->rings, env_of(l), l->socket.fd);
}

void link_free(struct link *l)
{
    struct inbox_node *n;

    say_goodbye(l);
    while ((n = inbox_pop(&l->executor.control)) != NULL)
        free_note(l, (struct link_note *)(void *)n);
    drop_acks(l);
    if (l->is_reading)
        wire_reader_fini(&l->in);
    link_rings_drop(&l->rings);
    link_socket_close(&l->socket);
    timers_remove(&l->executor.carrier->timers, &l->timer);
    link_frames_fini(l);
    executor_fini(&l->executor);
    link_out_fini(&l->out);
    free(l);
}
