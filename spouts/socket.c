/*
 * socket.c - spout: the lines that come over sockets.
 *
 * Connects to a server, or listens for whoever comes, by TCP or by a path
 * (connectors/socket_address.h). Emits (line, peer). The newline is cut off,
 * everything else is data, but for the option line.end. What a peer has sent
 * behind its last newline is a line when it closes in order, and is lost, and
 * said to be, when it breaks off.
 *
 * A socket cannot be read again: lines are kept until they are acked, and no
 * more is read while they are too many, which holds up the peer. What a process
 * that is killed had read is gone; a source that must not lose anything is a
 * file or a topic.
 *
 * One task connects. Several that listen share a port: the kernel deals out who
 * comes.
 */
#include "connectors/must.h"
#include "connectors/socket_caller.h"
#include "connectors/socket_open.h"
#include "spouts/kept.h"
#include "spouts/line_reader.h"
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <gale/spout.h>
#include <inttypes.h>
#include <sys/epoll.h>

enum {
    BATCH_LINES = 64, /* at most, of one call of next */
    READ_SIZE = 64 * 1024,
    KEPT_MAX = 64 * 1024 * 1024, /* bytes of lines that are not acked */
    EVENTS = 64,
    PEER_MAX = 64,                    /* bytes of a peer's name */
    ACCEPT_PAUSE = 100 * 1000 * 1000, /* ns, after an error */
};

enum mode { CONNECT, LISTEN };
enum at_end { AGAIN, END };

struct peer {
    struct line_reader reader; /* fd -1: no peer */
    char name[PEER_MAX];
    bool ready; /* there is something to read */
    bool skips; /* inside a line that is too long */
};

struct socket {
    gale_str where; /* options */
    int32_t mode, at_end;
    int64_t max_line, max_peers;
    int32_t ends;

    struct socket_address address;
    struct socket_caller caller;
    int64_t due;  /* ns; before, nobody is accepted */
    bool heard;   /* a peer has sent something: who only looks whether somebody
                     listens is no end */
    bool at_work; /* connects or listens; false: others do, or it has ended */

    int epoll, listener; /* or -1 */
    struct peer *peers;  /* max_peers */
    uint32_t n_peers;    /* that are there */
    uint32_t turn;       /* whose lines come next */

    bool tracked;
    uint32_t batch;
    uint64_t serial; /* of the last line */
    struct replay failed;
    struct kept kept;
    gale_metric *too_long;
};

/* -- descriptors that are waited for --------------------------------------- */

/* The key of an event: a peer's place, or one of these. */
#define LISTENER UINT64_MAX
#define CONNECTING (UINT64_MAX - 1)

static void watch(const struct socket *s, int fd, uint32_t events, uint64_t key)
{
    struct epoll_event event = {.events = events, .data.u64 = key};

    if (epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &event)) {
        fprintf(stderr, "gale: socket: epoll_ctl: %s\n", strerror(errno));
        abort();
    }
}

/* -- lines ----------------------------------------------------------------- */

static gale_result emit_text(gale_task *task, gale_msgid id, const char *peer,
                             gale_str text)
{
    const struct socket *s = gale_instance(task);

    if (!s->tracked)
        return gale_emit(task, gale_s(text), gale_cstr(peer));
    return gale_emit_msg(task, id, gale_s(text), gale_cstr(peer));
}

/* What is kept of a line: its peer's name, a NUL byte, the line. */
static void keep(struct socket *s, gale_msgid id, const char *peer,
                 gale_str text)
{
    size_t name = strlen(peer) + 1;
    char *both = replay_grown(NULL, name + text.size);

    memcpy(both, peer, name);
    memcpy(both + name, text.data, text.size);
    kept_add(&s->kept, id, gale_str_make(both, name + text.size));
    free(both);
}

static gale_result emit_line(gale_task *task, struct peer *p, size_t size)
{
    struct socket *s = gale_instance(task);
    gale_str text = line_reader_line(&p->reader, size, s->ends);
    gale_msgid id = {0, ++s->serial};

    if (s->tracked)
        keep(s, id, p->name, text);
    return emit_text(task, id, p->name, text);
}

/* A stranger must not stop a topology: the line is left out. */
static void begin_to_skip(gale_task *task, struct peer *p)
{
    struct socket *s = gale_instance(task);

    p->skips = true;
    gale_counter_add(task, s->too_long, 1);
    gale_report_error(task,
                      "%s sends a line that is longer than max.line.bytes "
                      "(%" PRId64 "): it is left out; raise the option or "
                      "break the line",
                      p->name, s->max_line);
}

/* Take what is whole of the line at the front; false: there is none. */
static bool take_line(gale_task *task, struct peer *p, gale_result *result)
{
    const struct socket *s = gale_instance(task);
    size_t size = line_reader_size(&p->reader);
    size_t unread = line_reader_unread(&p->reader);
    bool whole = size != LINE_READER_NONE;

    if (!p->skips && (whole ? size : unread) > (size_t)s->max_line)
        begin_to_skip(task, p);
    if (p->skips) {
        line_reader_skip(&p->reader, whole ? size + 1 : unread);
        p->skips = !whole;
        return whole;
    }
    if (whole) {
        *result = emit_line(task, p, size);
        line_reader_skip(&p->reader, size + 1);
    }
    return whole;
}

static uint32_t emit_batch(gale_task *task, struct peer *p, uint32_t most,
                           gale_result *result)
{
    uint32_t n = 0;

    while (n < most && *result == GALE_OK && take_line(task, p, result))
        n++;
    return n;
}

/* -- peers ----------------------------------------------------------------- */

/* There is room for it. */
static void add_peer(struct socket *s, int fd,
                     const struct sockaddr_storage *from)
{
    uint32_t i = 0;

    while (s->peers[i].reader.fd >= 0)
        i++;
    s->peers[i].reader.fd = fd;
    s->peers[i].ready = s->peers[i].skips = false;
    if (from == NULL ||
        !socket_peer_name(from, s->peers[i].name, sizeof(s->peers[i].name)))
        snprintf(s->peers[i].name, sizeof(s->peers[i].name), "%s",
                 s->where.data);
    s->n_peers++;
    watch(s, fd, EPOLLIN | EPOLLRDHUP, i);
}

static void drop_peer(gale_task *task, struct peer *p)
{
    struct socket *s = gale_instance(task);
    bool was_full = s->n_peers == s->max_peers;

    line_reader_close(&p->reader);
    s->n_peers--;
    if (s->mode == LISTEN && was_full && s->listener >= 0)
        watch(s, s->listener, EPOLLIN, LISTENER);
    if (s->at_end == END)
        s->at_work = s->mode == LISTEN && (s->n_peers > 0 || !s->heard);
    else if (s->mode == CONNECT)
        socket_caller_rest(&s->caller, task);
}

/* It has closed: what is left is its last line. */
static gale_result end_peer(gale_task *task, struct peer *p)
{
    size_t size = line_reader_unread(&p->reader);
    gale_result result = GALE_OK;

    if (size > 0 && !p->skips)
        result = emit_line(task, p, size);
    drop_peer(task, p);
    return result;
}

static void lose_peer(gale_task *task, struct peer *p, const char *why)
{
    gale_report_error(task,
                      "the connection with %s is broken: %s; %zu bytes behind "
                      "its last whole line are left out",
                      p->name, why, line_reader_unread(&p->reader));
    drop_peer(task, p);
}

static gale_result read_peer(gale_task *task, struct peer *p)
{
    struct socket *s = gale_instance(task);
    ssize_t n = line_reader_fill(&p->reader, READ_SIZE);

    p->ready = false;
    if (n > 0) {
        s->heard = true;
        socket_caller_heard(&s->caller);
    }
    if (n == 0)
        return end_peer(task, p);
    if (n < 0 && errno != EAGAIN)
        lose_peer(task, p, strerror(errno));
    return GALE_OK;
}

/* -- listening ------------------------------------------------------------- */

static void accept_one(gale_task *task, struct socket *s)
{
    struct sockaddr_storage from;
    socklen_t size = sizeof(from);
    int fd = accept4(s->listener, (void *)&from, &size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd >= 0) {
        add_peer(s, fd, size > sizeof(from.ss_family) ? &from : NULL);
    } else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
        gale_report_error(task, "cannot accept who connects to %s: %s",
                          s->where.data, strerror(errno));
        s->due = gale_now(task) + ACCEPT_PAUSE;
    }
}

/* Who finds no room waits in the kernel's queue. */
static void accept_some(gale_task *task, struct socket *s)
{
    if (gale_now(task) < s->due)
        return;
    accept_one(task, s);
    if (s->n_peers == s->max_peers)
        epoll_ctl(s->epoll, EPOLL_CTL_DEL, s->listener, NULL);
}

static gale_result begin_to_listen(gale_task *task, struct socket *s)
{
    const char *why = NULL;

    s->listener = socket_listen(&s->address, gale_n_tasks(task) > 1, &why);
    if (s->listener < 0)
        return gale_error(task, GALE_FATAL, "cannot listen at %s: %s",
                          s->where.data, why);
    watch(s, s->listener, EPOLLIN, LISTENER);
    return GALE_OK;
}

/* -- callbacks ------------------------------------------------------------- */

static void open_peers(struct socket *s)
{
    size_t size = (size_t)s->max_peers * sizeof(*s->peers);

    s->peers = replay_grown(NULL, size);
    memset(s->peers, 0, size);
    for (int64_t i = 0; i < s->max_peers; i++)
        s->peers[i].reader.fd = -1;
}

static void share_work(gale_task *task, struct socket *s)
{
    s->at_work = s->mode == LISTEN || gale_task_index(task) == 0;
    if (s->mode == CONNECT && gale_n_tasks(task) > 1 && s->at_work)
        gale_log(task, GALE_LOG_WARN,
                 "%u tasks are to connect to one server, and would all get "
                 "the same lines: only the first does",
                 gale_n_tasks(task));
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct socket *s = instance;
    struct socket_address address;
    const char *wrong = socket_address_read(s->where, &address);
    char text[400];

    if (wrong == NULL)
        return GALE_OK;
    snprintf(text, sizeof(text), "option address: \"%.150s\" %s", s->where.data,
             wrong);
    return gale_declare_error(out, text);
}

static gale_result open_socket(gale_task *task)
{
    struct socket *s = gale_instance(task);
    gale_value ackers = gale_config(task, "topology.acker.executors");

    s->listener = s->epoll = s->caller.fd = -1;
    must(socket_address_read(s->where, &s->address) == NULL);
    s->tracked = ackers.kind != GALE_INT || ackers.as.i != 0;
    s->batch = per_call(task, BATCH_LINES);
    s->too_long = gale_counter(task, "lines-too-long");
    if (s->mode == CONNECT)
        s->max_peers = 1;
    open_peers(s);
    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s->epoll < 0)
        return gale_error(task, GALE_FATAL, "cannot wait for sockets: %s",
                          strerror(errno));
    socket_caller_init(&s->caller, &s->address, s->where.data, s->epoll,
                       CONNECTING);
    share_work(task, s);
    return s->mode == LISTEN ? begin_to_listen(task, s) : GALE_OK;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void report_unread(gale_task *task, const struct peer *p)
{
    size_t n = line_reader_unread(&p->reader);

    if (p->reader.fd >= 0 && n > 0)
        gale_log(task, GALE_LOG_WARN,
                 "%s: %zu bytes behind the last line that was emitted were "
                 "read, and are lost: the run was stopped",
                 p->name, n);
}

static void close_socket(gale_task *task, gale_close_reason reason)
{
    struct socket *s = gale_instance(task);

    (void)reason;
    for (int64_t i = 0; s->peers != NULL && i < s->max_peers; i++) {
        report_unread(task, &s->peers[i]);
        line_reader_close(&s->peers[i].reader);
        free(s->peers[i].reader.data);
    }
    free(s->peers);
    if (s->listener >= 0 && s->address.path[0] != '\0')
        unlink(s->address.path);
    close_fd(s->listener);
    socket_caller_fini(&s->caller);
    close_fd(s->epoll);
    kept_free(&s->kept);
    replay_free(&s->failed);
}

static gale_result emit_failed(gale_task *task, struct socket *s)
{
    gale_result result = GALE_OK;

    for (uint32_t n = 0; n < s->batch && result == GALE_OK; n++) {
        const struct kept_text *t;
        gale_msgid id;
        size_t name;

        if (replay_empty(&s->failed))
            break;
        id = replay_pop(&s->failed);
        t = kept_find(&s->kept, id);
        if (t == NULL)
            continue;
        name = strlen(t->data) + 1;
        result = emit_text(task, id, t->data,
                           gale_str_make(t->data + name, t->size - name));
    }
    return result;
}

static void greet(gale_task *task, struct socket *s)
{
    int fd = socket_caller_decided(&s->caller, task);

    if (fd >= 0)
        add_peer(s, fd, NULL);
}

/* What has happened; peers are only marked. */
static void take_events(gale_task *task, struct socket *s)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(s->epoll, events, EVENTS, 0);

    for (int i = 0; i < n; i++) {
        uint64_t key = events[i].data.u64;

        if (key == LISTENER)
            accept_some(task, s);
        else if (key == CONNECTING)
            greet(task, s);
        else
            s->peers[key].ready = true;
    }
}

/* Peers in turn, a batch in all; how many lines. */
static uint32_t emit_lines(gale_task *task, struct socket *s,
                           gale_result *result)
{
    uint32_t n = 0, all = (uint32_t)s->max_peers;

    for (uint32_t i = 0; i < all && n < s->batch && *result == GALE_OK; i++) {
        struct peer *p = &s->peers[s->turn];

        if (p->reader.fd >= 0)
            n += emit_batch(task, p, s->batch - n, result);
        if (n == s->batch)
            break;
        if (p->ready && *result == GALE_OK)
            *result = read_peer(task, p);
        if (p->reader.fd >= 0 && *result == GALE_OK)
            n += emit_batch(task, p, s->batch - n, result);
        if (n < s->batch)
            s->turn = (s->turn + 1) % all;
    }
    return n;
}

static void wait_for_more(gale_task *task, const struct socket *s)
{
    if (!s->at_work) {
        gale_exhausted(task);
        return;
    }
    if (s->mode == LISTEN && gale_now(task) < s->due) {
        gale_wait_until(task,
                        s->due); /* who cannot be accepted is still there */
        return;
    }
    gale_wait_fd(task, s->epoll, POLLIN);
    gale_wait_wakeup(task);
    if (s->mode == CONNECT && s->caller.state == SOCKET_RESTS)
        gale_wait_until(task, s->caller.due);
}

static gale_result next(gale_task *task)
{
    struct socket *s = gale_instance(task);
    gale_result result = GALE_OK;

    if (!replay_empty(&s->failed))
        return emit_failed(task, s);
    if (s->kept.bytes > KEPT_MAX)
        return GALE_OK; /* until some are acked */
    if (s->mode == CONNECT && s->at_work)
        result = socket_caller_call(&s->caller, task);
    if (result != GALE_OK)
        return result;
    take_events(task, s);
    if (emit_lines(task, s, &result) == 0 && result == GALE_OK)
        wait_for_more(task, s);
    return result;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct socket *s = gale_instance(task);

    kept_drop(&s->kept, id);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct socket *s = gale_instance(task);

    replay_push(&s->failed, id);
}

GALE_SPOUT(
    socket, .summary = "the lines that come over sockets",
    .needs = GALE_NEEDS_NETWORK, .declare = declare, .open = open_socket,
    .close = close_socket, .next = next, .ack = ack, .fail = fail,
    .instance_size = sizeof(struct socket),
    .streams = GALE_OUTPUTS("line", "peer"),
    .options = GALE_OPTIONS(
        GALE_OPTION_STR(struct socket, where, "address", NULL,
                        "HOST:PORT, [HOST]:PORT or unix:PATH"),
        GALE_OPTION_ENUM(struct socket, mode, "mode", "connect",
                         "connect listen",
                         "connect to a server there, or be the one"),
        GALE_OPTION_ENUM(struct socket, at_end, "at.end", "again", "again end",
                         "when the peer has closed: connect or listen "
                         "again, or be exhausted; who has connected to a "
                         "listener and sent nothing does not count"),
        LINE_READER_ENDS_OPTION(struct socket, ends),
        GALE_OPTION_INT(struct socket, max_line, "max.line.bytes", "1048576", 1,
                        1073741824,
                        "a longer line is left out, and is an error"),
        GALE_OPTION_INT(struct socket, max_peers, "max.peers", "64", 1, 65536,
                        "who may be connected at a time; others "
                        "wait")));
