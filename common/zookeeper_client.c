/* zookeeper_client.c - real ZooKeeper servers; see zookeeper_client.h. */
#include "common/zookeeper_client.h"
#include "common/check.h"
#include "common/zookeeper_calls.h"
#include "common/zookeeper_handle.h"
#include "common/zookeeper_log.h"
#include "common/zookeeper_root.h"
#include "common/zookeeper_session.h"
#include "common/zookeeper_watches.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <netdb.h>
#include <string.h>

#define MS INT64_C(1000000)

struct client {
    struct zookeeper base; /* first: who uses it holds a pointer to it */
    struct loop *loop;
    struct zookeeper_options options;
    struct log *log;
    zookeeper_state_fn *fn;
    void *arg;
    struct zookeeper_box box;
    struct zookeeper_handle handle;
    struct zookeeper_session session;
    struct zookeeper_root root;
    struct zookeeper_watches watches;
    struct zookeeper_calls calls;
    struct loop_timer timer;
    bool busy;  /* a callback is under way */
    bool ends;  /* nothing is sent any more */
    int told;   /* the state of the handle, as the library says it */
    int64_t id; /* of the session, as its owner */
    char trouble[800];
};

static void happened(struct client *c, enum zookeeper_event event);
static void set_timer(struct client *c);

static struct client *client_of(const struct zookeeper *base)
{
    return (struct client *)base;
}

/* -- what is said ---------------------------------------------------------- */

static void no_answer(struct client *c)
{
    snprintf(c->trouble, sizeof(c->trouble),
             "ZooKeeper at %s does not answer: is it running, and are "
             "storm.zookeeper.servers and storm.zookeeper.port its addresses?",
             c->options.hosts);
}

/* What will not mend itself; said once. */
GALE_PRINTF(2, 3)
static void complain(struct client *c, const char *format, ...)
{
    char text[sizeof(c->trouble)];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (strcmp(text, c->trouble) == 0)
        return;
    memcpy(c->trouble, text, sizeof(text));
    if (c->log != NULL)
        log_error(c->log, "zookeeper", "%s", text);
}

static void no_root(struct client *c, enum zookeeper_result result)
{
    const char *asked = c->root.asks == ZOOKEEPER_CREATE ? "made" : "used";

    if (result == ZOOKEEPER_AWAY || result == ZOOKEEPER_UNKNOWN)
        no_answer(c);
    else
        complain(c,
                 "the node %s of ZooKeeper at %s cannot be %s: %s; it is "
                 "needed for storm.zookeeper.root",
                 c->root.path, c->options.hosts, asked, zookeeper_says(result));
}

static void say(struct client *c, enum zookeeper_state state)
{
    static const char *const words[] = {
        [ZOOKEEPER_IS_CONNECTED] = "connected",
        [ZOOKEEPER_IS_AWAY] = "away",
        [ZOOKEEPER_IS_LOST] = "the session is lost",
    };

    if (c->log != NULL)
        log_at(c->log,
               state == ZOOKEEPER_IS_CONNECTED ? GALE_LOG_INFO : GALE_LOG_WARN,
               "zookeeper", "%s: %s", c->options.hosts, words[state]);
    if (c->fn != NULL)
        c->fn(c->arg, state);
}

/* -- sending --------------------------------------------------------------- */

/* An answer that no server gives comes by the box, too: not inside the call,
 * and behind what is there. */
static void answer_itself(struct zookeeper_call *call, int rc)
{
    struct zookeeper_mail *mail = zookeeper_mail_new(ZOOKEEPER_MAIL_REPLY);

    mail->rc = rc;
    mail->call = call;
    zookeeper_box_put(call->box, mail);
}

/* Not the library's words: it has none for "nothing was sent". */
enum { RC_AWAY = 1, RC_TOO_LARGE, RC_BAD_PATH };

static void sent(struct client *c, struct zookeeper_call *call, int rc)
{
    if (zookeeper_call_proves(call))
        zookeeper_session_sent(&c->session, call->sent);
    if (rc != ZOK) /* the library will not call back */
        answer_itself(call, rc == ZINVALIDSTATE ? RC_AWAY : rc);
}

static const struct ACL_vector *acl_of(const struct client *c)
{
    return c->options.secret != NULL ? &ZOO_CREATOR_ALL_ACL
                                     : &ZOO_OPEN_ACL_UNSAFE;
}

/* The time of sending is taken before: the server hears of it later. */
static struct zookeeper_call *start(struct client *c,
                                    const struct zookeeper_request *r,
                                    const char *root, uint64_t spot)
{
    struct zookeeper_call *call = zookeeper_call_new(&c->box, r, root, spot);

    call->handle = c->handle.number;
    call->sent = loop_now(c->loop);
    call->deadline =
        call->sent + zookeeper_session_share(c->options.session_ns);
    zookeeper_calls_add(&c->calls, call);
    return call;
}

static void send_request(struct client *c, const struct zookeeper_request *r,
                         const char *root)
{
    uint64_t spot = 0;
    struct zookeeper_call *call;

    if (r->watch != NULL)
        spot = zookeeper_watches_add(&c->watches, r->path,
                                     r->kind == ZOOKEEPER_CHILDREN, r->watch)
                   ->id;
    call = start(c, r, root, spot);
    if (zookeeper_kind_writes(r->kind))
        sent(c, call,
             zookeeper_call_write(call, c->handle.zh, r, root, acl_of(c)));
    else
        sent(c, call, zookeeper_call_read(call, c->handle.zh));
}

static void refuse(struct client *c, const struct zookeeper_request *r,
                   enum zookeeper_result result)
{
    int rc = result == ZOOKEEPER_TOO_LARGE  ? RC_TOO_LARGE
             : result == ZOOKEEPER_BAD_PATH ? RC_BAD_PATH
                                            : RC_AWAY;

    struct zookeeper_call *call = start(c, r, c->options.root, 0);

    call->handle = ZOOKEEPER_NOT_SENT;
    if (!c->ends)
        answer_itself(call, rc);
}

/* While the library is not connected it would keep a request and send it
 * later, when nobody expects that any more. */
static void request(struct zookeeper *base, const struct zookeeper_request *r)
{
    struct client *c = client_of(base);
    enum zookeeper_result result =
        zookeeper_request_check(r, strlen(c->options.root));

    if (result == ZOOKEEPER_OK &&
        (c->ends || c->session.phase != ZOOKEEPER_READY ||
         zoo_state(c->handle.zh) != ZOO_CONNECTED_STATE))
        result = ZOOKEEPER_AWAY;
    if (result == ZOOKEEPER_OK)
        send_request(c, r, c->options.root);
    else
        refuse(c, r, result);
    if (!c->ends)
        set_timer(c);
}

/* -- the root, and pings --------------------------------------------------- */

static void root_answered(void *arg, const struct zookeeper_answer *answer);

static void ask_for_root(struct client *c)
{
    const struct zookeeper_write write = {.kind = ZOOKEEPER_CREATE,
                                          .path = c->root.path};
    struct zookeeper_request r = {.kind = c->root.asks,
                                  .then = {root_answered, c}};

    if (r.kind == ZOOKEEPER_CREATE) {
        r.writes = &write;
        r.n = 1;
    } else {
        r.path = c->root.path;
    }
    send_request(c, &r, "");
}

static void root_answered(void *arg, const struct zookeeper_answer *answer)
{
    struct client *c = arg;

    if (c->session.phase != ZOOKEEPER_LOOKING)
        return;
    switch (zookeeper_root_step(&c->root, answer->result)) {
    case ZOOKEEPER_ROOT_ASK:
        ask_for_root(c);
        return;
    case ZOOKEEPER_ROOT_YES:
        happened(c, ZOOKEEPER_ROOT_THERE);
        return;
    case ZOOKEEPER_ROOT_NO:
        no_root(c, answer->result);
        happened(c, ZOOKEEPER_ROOT_MISSING);
        return;
    }
}

static void look_for_root(struct client *c)
{
    zookeeper_root_begin(&c->root, c->options.root);
    ask_for_root(c);
}

static void ping(struct client *c)
{
    const struct zookeeper_request r = {.kind = ZOOKEEPER_EXISTS, .path = "/"};
    struct zookeeper_call *call = start(c, &r, c->options.root, 0);
    int rc = zookeeper_call_sync(call, c->handle.zh);

    sent(c, call, rc);
}

/* -- sessions -------------------------------------------------------------- */

static void connected(struct client *c)
{
    c->trouble[0] = '\0';
    say(c, ZOOKEEPER_IS_CONNECTED);
}

static void away(struct client *c)
{
    no_answer(c);
    say(c, ZOOKEEPER_IS_AWAY);
}

static void lost(struct client *c)
{
    say(c, ZOOKEEPER_IS_LOST);
    zookeeper_watches_fire_all(&c->watches);
}

static void perform(struct client *c, uint32_t actions)
{
    if (actions & ZOOKEEPER_DROP_CALLS)
        zookeeper_calls_drop(&c->calls);
    if (actions & ZOOKEEPER_SAY_AWAY)
        away(c);
    if (actions & ZOOKEEPER_SAY_LOST)
        lost(c);
    if (actions & ZOOKEEPER_DO_CLOSE)
        zookeeper_handle_close(&c->handle);
    if (actions & ZOOKEEPER_DO_OPEN)
        zookeeper_handle_open(&c->handle);
    if (actions & ZOOKEEPER_LOOK_UP)
        zookeeper_handle_look_up(&c->handle);
    if (actions & ZOOKEEPER_PING)
        ping(c);
    if (actions & ZOOKEEPER_LOOK_FOR_ROOT)
        look_for_root(c);
    if (actions & ZOOKEEPER_SAY_CONNECTED)
        connected(c);
}

static void happened(struct client *c, enum zookeeper_event event)
{
    perform(c, zookeeper_session_step(&c->session, event, loop_now(c->loop)));
    set_timer(c);
}

static void time_has_come(void *arg)
{
    struct client *c = arg;

    c->busy = true;
    zookeeper_calls_tell_overdue(&c->calls, loop_now(c->loop));
    happened(c, ZOOKEEPER_TIME);
    c->busy = false;
}

static void set_timer(struct client *c)
{
    int64_t due = zookeeper_calls_next(&c->calls);
    int64_t at = zookeeper_session_next(&c->session);

    loop_timer_set(c->loop, &c->timer, due < at ? due : at, time_has_come, c);
}

/* -- mails ----------------------------------------------------------------- */

/* As it was told last, perhaps before it was known that there is a handle. */
static void look_at_handle(struct client *c)
{
    if (c->handle.zh == NULL)
        return;
    if (c->told == ZOO_AUTH_FAILED_STATE)
        complain(c, "ZooKeeper at %s refuses storm.zookeeper.auth.payload",
                 c->options.hosts);
    if (c->told == ZOO_EXPIRED_SESSION_STATE ||
        c->told == ZOO_AUTH_FAILED_STATE) {
        happened(c, ZOOKEEPER_OVER);
    } else if (c->told == ZOO_CONNECTED_STATE) {
        c->session.timeout = zoo_recv_timeout(c->handle.zh) * MS;
        c->id = zoo_client_id(c->handle.zh)->client_id;
        happened(c, ZOOKEEPER_LINKED);
    } else {
        happened(c, ZOOKEEPER_UNLINKED);
    }
}

static void opened(struct client *c, const struct zookeeper_mail *mail)
{
    zookeeper_handle_opened(&c->handle);
    if (mail->rc == 0) {
        no_answer(c);
        happened(c, ZOOKEEPER_OPENED);
        look_at_handle(c);
        return;
    }
    if (mail->rc < 0)
        complain(c,
                 "none of the ZooKeeper servers %s is found (%s): expected "
                 "names or addresses in storm.zookeeper.servers",
                 c->options.hosts, gai_strerror(mail->rc));
    else if (mail->rc == EAGAIN)
        complain(c,
                 "cannot begin to call ZooKeeper at %s: no thread can be "
                 "started: raise the limit of threads (ulimit -u, or TasksMax "
                 "of the unit)",
                 c->options.hosts);
    else
        complain(c, "cannot begin to call ZooKeeper at %s: %s",
                 c->options.hosts, strerror(mail->rc));
    happened(c, ZOOKEEPER_NOT_OPENED);
}

static void closed(struct client *c)
{
    uint64_t handle = c->handle.number;

    c->told = 0;
    zookeeper_handle_closed(&c->handle);
    zookeeper_calls_free_of(&c->calls, handle);
    happened(c, ZOOKEEPER_CLOSED);
}

static void make_answer(const struct zookeeper_call *call,
                        struct zookeeper_mail *mail,
                        struct zookeeper_answer *answer)
{
    static const enum zookeeper_result own[] = {
        [RC_AWAY] = ZOOKEEPER_AWAY,
        [RC_TOO_LARGE] = ZOOKEEPER_TOO_LARGE,
        [RC_BAD_PATH] = ZOOKEEPER_BAD_PATH,
    };

    if (mail->rc > 0)
        *answer =
            (struct zookeeper_answer){.result = own[mail->rc], .data = ""};
    else
        zookeeper_call_answer(call, mail, answer);
}

static void replied(struct client *c, struct zookeeper_mail *mail)
{
    struct zookeeper_call *call = mail->call;
    struct zookeeper_answer answer;

    if (zookeeper_call_from_server(mail->rc) && zookeeper_call_proves(call) &&
        call->handle == c->handle.number)
        zookeeper_session_answered(&c->session, call->sent);
    if (!call->told && c->handle.zh != NULL && mail->rc <= 0 &&
        zookeeper_call_goes_on(call, mail)) {
        call->sent = loop_now(c->loop);
        sent(c, call, zookeeper_call_read(call, c->handle.zh));
        return;
    }
    if (!call->told) {
        make_answer(call, mail, &answer);
        zookeeper_calls_tell(call, &answer);
    }
    zookeeper_calls_remove(&c->calls, call);
    set_timer(c);
}

static void take(void *arg, struct zookeeper_mail *mail)
{
    struct client *c = arg;

    c->busy = true;
    switch (mail->kind) {
    case ZOOKEEPER_MAIL_REPLY:
        replied(c, mail);
        break;
    case ZOOKEEPER_MAIL_WATCH:
        zookeeper_watches_fire(&c->watches, mail->spot);
        break;
    case ZOOKEEPER_MAIL_SESSION:
        c->told = mail->state;
        look_at_handle(c);
        break;
    case ZOOKEEPER_MAIL_OPENED:
        opened(c, mail);
        break;
    case ZOOKEEPER_MAIL_LOOKED_UP:
        zookeeper_handle_looked_up(&c->handle);
        break;
    case ZOOKEEPER_MAIL_CLOSED:
        closed(c);
        break;
    }
    zookeeper_mail_free(mail);
    c->busy = false;
}

/* -- what is asked of it --------------------------------------------------- */

static enum zookeeper_state state(const struct zookeeper *base)
{
    const struct client *c = client_of(base);

    return !c->ends && c->session.phase == ZOOKEEPER_READY
               ? ZOOKEEPER_IS_CONNECTED
               : ZOOKEEPER_IS_AWAY;
}

static int64_t session(const struct zookeeper *base)
{
    const struct client *c = client_of(base);

    return c->session.known ? c->id : 0;
}

static int64_t lease_until(const struct zookeeper *base)
{
    const struct client *c = client_of(base);

    return c->session.known ? c->session.lease : 0;
}

static const char *trouble(const struct zookeeper *base)
{
    return client_of(base)->trouble;
}

/* By us: which of its completions the library calls when a handle is closed is
 * its own affair, and some it drops. */
static void answer_all(struct client *c)
{
    c->busy = c->ends = true;
    zookeeper_calls_tell_all(&c->calls);
    c->busy = false;
}

static void free_client(struct zookeeper *base)
{
    struct client *c = client_of(base);

    check(!c->busy);
    loop_timer_clear(&c->timer);
    zookeeper_handle_finish(&c->handle);
    answer_all(c);
    zookeeper_box_fini(&c->box);
    zookeeper_log_end(c->log);
    zookeeper_calls_fini(&c->calls);
    zookeeper_watches_clear(&c->watches);
    zookeeper_options_free(&c->options);
    free(c);
}

static const struct zookeeper_ops ops = {.request = request,
                                         .state = state,
                                         .session = session,
                                         .lease_until = lease_until,
                                         .trouble = trouble,
                                         .free = free_client};

struct zookeeper *zookeeper_client_new(struct loop *loop,
                                       const struct zookeeper_options *options,
                                       struct log *log, zookeeper_state_fn *fn,
                                       void *arg)
{
    struct client *c = xcalloc(1, sizeof(*c));

    c->base.ops = &ops;
    c->loop = loop;
    c->log = log;
    c->fn = fn;
    c->arg = arg;
    zookeeper_calls_init(&c->calls);
    zookeeper_options_copy(&c->options, options);
    zookeeper_log_to(loop_env(loop), log);
    zookeeper_box_init(&c->box, loop, take, c);
    c->handle.box = &c->box;
    c->handle.options = &c->options;
    no_answer(c);
    happened(c, ZOOKEEPER_TIME);
    return &c->base;
}
