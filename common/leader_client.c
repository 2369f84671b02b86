/* leader_client.c - calls the leading nimbus; see leader_client.h. */
#include "common/leader_client.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define AGAIN_NS (100 * INT64_C(1000000)) /* after nobody could say more */
#define HOPS_AT_ONCE 2 /* from who does not lead to who is said to */
/* One that is stopped or cut off says nothing, and there are others. */
#define HANDSHAKE_NS (2 * INT64_C(1000000000))

/* A connection to one nimbus; the latest is the one that calls go to, those
 * before wait for their answers. */
struct contact {
    struct leader_client *owner;
    struct contact *next;
    struct rpc_client *client;
    struct rpc_address address;
    uint32_t under_way; /* calls */
    bool over;          /* another one is the latest */
    struct loop_timer gone;
};

struct request {
    struct leader_client *owner;
    struct request *next, **link; /* all that are not answered */
    struct contact *contact;      /* under way there; NULL: it waits */
    char *method;
    struct pack params;
    bool has_params;
    int64_t began, deadline;
    uint32_t in_vain; /* attempts to reach anybody */
    uint32_t hops;    /* so far */
    bool leaderless;  /* that nobody leads is why it was not answered */
    void (*fn)(void *arg, const struct rpc_result *result);
    void *arg;
    struct loop_timer again;
    char text[600]; /* why it was not answered the last time */
    enum rpc_outcome outcome;
};

struct leader_client {
    struct loop *loop;
    struct leader_client_options options;
    bool heard; /* some nimbus has answered, at any time */
    struct rpc_address seeds[LEADER_SEEDS_MAX];
    uint32_t n_seeds;
    uint32_t next_seed;
    struct contact *contacts; /* the latest first */
    struct request *requests;
};

static void send_request(void *arg);

/* -- contacts -------------------------------------------------------------- */

static bool same_address(const struct rpc_address *a,
                         const struct rpc_address *b)
{
    return a->size == b->size && memcmp(&a->at, &b->at, a->size) == 0;
}

static struct contact *latest(const struct leader_client *c)
{
    return c->contacts != NULL && !c->contacts->over ? c->contacts : NULL;
}

static void contact_free(void *arg)
{
    struct contact *contact = arg;
    struct contact **link = &contact->owner->contacts;

    while (*link != contact)
        link = &(*link)->next;
    *link = contact->next;
    loop_timer_clear(&contact->gone);
    rpc_client_free(contact->client);
    free(contact);
}

/* No callback of its client is under way when it is freed. */
static void free_if_idle(struct contact *contact)
{
    struct loop *loop = contact->owner->loop;

    if (contact->over && contact->under_way == 0)
        loop_timer_set(loop, &contact->gone, loop_now(loop), contact_free,
                       contact);
}

static void let_go(struct contact *contact)
{
    contact->over = true;
    free_if_idle(contact);
}

static void contact_changed(void *arg, bool up, const char *why)
{
    struct contact *contact = arg;
    struct leader_client *c = contact->owner;

    if (!contact->over && c->options.changed != NULL)
        c->options.changed(c->options.arg, up, why);
}

static void contact_notified(void *arg, gale_str method,
                             const msgpack_object *params)
{
    struct contact *contact = arg;
    struct leader_client *c = contact->owner;

    if (!contact->over && c->options.notified != NULL)
        c->options.notified(c->options.arg, method, params);
}

static struct contact *contact_to(struct leader_client *c,
                                  const struct rpc_address *address)
{
    struct contact *contact = xcalloc(1, sizeof(*contact));
    const struct rpc_client_options options = {
        .address = *address,
        .me = c->options.me,
        .impatient = true,
        .arg = contact,
        .changed = contact_changed,
        .notified = contact_notified,
        .limits = {.handshake = HANDSHAKE_NS},
    };

    if (latest(c) != NULL)
        let_go(latest(c));
    contact->owner = c;
    contact->address = *address;
    contact->client = rpc_client_new(c->loop, &options);
    contact->next = c->contacts;
    c->contacts = contact;
    return contact;
}

/* The one to ask now; NULL: there is no address. */
static struct contact *contact_now(struct leader_client *c)
{
    if (latest(c) != NULL)
        return latest(c);
    if (c->n_seeds == 0)
        return NULL;
    return contact_to(c, &c->seeds[c->next_seed++ % c->n_seeds]);
}

/* -- answers --------------------------------------------------------------- */

static void request_free(struct request *r)
{
    *r->link = r->next;
    if (r->next != NULL)
        r->next->link = r->link;
    loop_timer_clear(&r->again);
    if (r->has_params)
        pack_free(&r->params);
    free(r->method);
    free(r);
}

static void answer(struct request *r, const struct rpc_result *result)
{
    r->fn(r->arg, result);
    request_free(r);
}

/* Nobody could carry it out: again, if there is time; and to somebody else. */
static void ask_again(struct request *r, struct contact *asked, int64_t in)
{
    struct leader_client *c = r->owner;

    if (asked != NULL && asked == latest(c))
        let_go(asked);
    loop_timer_set(c->loop, &r->again, loop_now(c->loop) + in, send_request, r);
}

static void give_up(struct request *r)
{
    const struct rpc_result result = {
        .outcome = r->outcome,
        .code = RPC_NOT_LEADER,
        .text = r->text,
    };

    answer(r, &result);
}

/* All were tried, for long enough. */
static bool is_hopeless(const struct request *r)
{
    const struct leader_client *c = r->owner;

    return c->options.patience > 0 && !c->heard && r->in_vain >= c->n_seeds &&
           loop_now(c->loop) - r->began >= c->options.patience;
}

/* Who says that nobody leads, and why, knows more than who names a leader that
 * was found not to lead. */
static void remember(struct request *r, const struct rpc_result *result)
{
    bool leaderless = result->outcome == RPC_REFUSED && result->detail == NULL;

    if (r->leaderless && result->outcome == RPC_REFUSED && !leaderless)
        return;
    r->leaderless = leaderless;
    r->outcome = result->outcome;
    snprintf(r->text, sizeof(r->text), "%s", result->text);
}

/* Who leads is known to whom was asked: that one is asked at once; but while
 * one takes over from the other, they may name each other. */
static void ask_leader(struct request *r, struct contact *asked,
                       const char *detail)
{
    struct leader_client *c = r->owner;
    struct rpc_address leader;

    if (detail == NULL || rpc_address_parse(detail, &leader, NULL) != 0 ||
        same_address(&leader, &asked->address)) {
        ask_again(r, asked, c->options.pause_ns);
        return;
    }
    if (asked == latest(c) || latest(c) == NULL)
        contact_to(c, &leader);
    ask_again(r, NULL, r->hops++ < HOPS_AT_ONCE ? 0 : c->options.pause_ns);
}

static void request_answered(void *arg, const struct rpc_result *result)
{
    struct request *r = arg;
    struct contact *asked = r->contact;

    r->contact = NULL;
    asked->under_way--;
    free_if_idle(asked);
    asked->owner->heard |= result->outcome != RPC_AWAY;
    if (result->outcome == RPC_AWAY) {
        remember(r, result);
        r->in_vain++;
        if (is_hopeless(r))
            give_up(r);
        else
            ask_again(r, asked, r->owner->options.pause_ns);
    } else if (result->outcome == RPC_REFUSED &&
               result->code == RPC_NOT_LEADER) {
        remember(r, result);
        ask_leader(r, asked, result->detail);
    } else {
        answer(r, result);
    }
}

/* -- requests -------------------------------------------------------------- */

static void send_to(struct request *r, struct contact *contact, int64_t left)
{
    r->contact = contact;
    contact->under_way++;
    rpc_client_call(contact->client, r->method,
                    r->has_params ? &r->params : NULL, left, request_answered,
                    r);
}

static void send_request(void *arg)
{
    struct request *r = arg;
    struct leader_client *c = r->owner;
    int64_t left = r->deadline - loop_now(c->loop);
    int64_t pause = c->options.pause_ns;
    struct contact *contact;

    if (left <= 0) {
        give_up(r);
        return;
    }
    contact = contact_now(c);
    if (contact == NULL)
        ask_again(r, NULL, left < pause ? left : pause);
    else
        send_to(r, contact, left);
}

void leader_client_call(struct leader_client *c, const char *method,
                        const struct pack *params, int64_t timeout,
                        void (*fn)(void *arg, const struct rpc_result *result),
                        void *arg)
{
    struct request *r = xcalloc(1, sizeof(*r));
    struct contact *contact = timeout > 0 ? contact_now(c) : NULL;

    r->owner = c;
    r->method = xstrdup(method);
    if (params != NULL) {
        r->has_params = true;
        pack_init(&r->params);
        pack_packed(&r->params, params);
    }
    r->began = loop_now(c->loop);
    r->deadline = r->began + timeout;
    r->fn = fn;
    r->arg = arg;
    r->outcome = RPC_AWAY;
    snprintf(r->text, sizeof(r->text), "no address of a nimbus is known");
    r->next = c->requests;
    r->link = &c->requests;
    if (r->next != NULL)
        r->next->link = &r->next;
    c->requests = r;
    if (contact != NULL)
        send_to(r, contact, timeout);
    else
        ask_again(r, NULL, 0);
}

bool leader_client_was_answered(const struct leader_client *c)
{
    return c->heard;
}

bool leader_client_notify(struct leader_client *c, const char *method,
                          const struct pack *params)
{
    struct contact *contact = contact_now(c);

    return contact != NULL && rpc_client_is_up(contact->client) &&
           rpc_client_notify(contact->client, method, params);
}

/* -- the client ------------------------------------------------------------ */

struct leader_client *leader_client_new(
    struct loop *loop, const struct leader_client_options *options)
{
    struct leader_client *c = xcalloc(1, sizeof(*c));

    c->loop = loop;
    c->options = *options;
    if (c->options.pause_ns == 0)
        c->options.pause_ns = AGAIN_NS;
    return c;
}

void leader_client_free(struct leader_client *c)
{
    if (c == NULL)
        return;
    while (c->requests != NULL)
        request_free(c->requests);
    while (c->contacts != NULL)
        contact_free(c->contacts);
    digest_wipe(&c->options.me.key, sizeof(c->options.me.key));
    free(c);
}

void leader_client_seeds(struct leader_client *c,
                         const struct rpc_address *seeds, uint32_t n)
{
    struct contact *now = latest(c);
    bool kept = false;

    c->n_seeds = n < LEADER_SEEDS_MAX ? n : LEADER_SEEDS_MAX;
    c->next_seed = 0;
    for (uint32_t i = 0; i < c->n_seeds; i++) {
        c->seeds[i] = seeds[i];
        kept |= now != NULL && same_address(&now->address, &seeds[i]);
    }
    if (now != NULL && !kept)
        let_go(now);
}
