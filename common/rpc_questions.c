/* rpc_questions.c - calls under way; see rpc_questions.h. */
#include "common/rpc_questions.h"
#include "common/check.h"
#include "common/rpc_message.h"
#include "topology-api/memory.h"

struct rpc_question {
    struct timer timer; /* first: until when */
    struct rpc_questions *all;
    struct rpc_question *next, **here; /* in order */
    struct rpc_question *in_bucket;
    uint64_t number; /* of those that were ever asked */
    bool sent;
    enum rpc_error refused; /* RPC_OTHER: it is not */
    struct pack message;    /* until it is sent */
    void (*fn)(void *arg, const struct rpc_result *result); /* NULL: none */
    void *arg;
};

/* -- the list and the table ------------------------------------------------ */

static uint32_t id_of(const struct rpc_question *x)
{
    return (uint32_t)x->number;
}

static struct rpc_question **bucket_of(const struct rpc_questions *q,
                                       uint32_t id)
{
    return &q->buckets[id & (q->n_buckets - 1)];
}

static void put_in_bucket(struct rpc_questions *q, struct rpc_question *x)
{
    struct rpc_question **bucket = bucket_of(q, id_of(x));

    x->in_bucket = *bucket;
    *bucket = x;
}

static void put_all_in_buckets(struct rpc_questions *q,
                               const struct rpc_question_list *list)
{
    for (struct rpc_question *x = list->first; x != NULL; x = x->next)
        put_in_bucket(q, x);
}

/* As many buckets as questions, or more. */
static void grow(struct rpc_questions *q)
{
    if (q->n < q->n_buckets)
        return;
    q->n_buckets = q->n_buckets == 0 ? 16 : q->n_buckets * 2;
    free(q->buckets);
    q->buckets = xcalloc(q->n_buckets, sizeof(*q->buckets));
    put_all_in_buckets(q, &q->sent);
    put_all_in_buckets(q, &q->unsent);
}

static void take_from_bucket(struct rpc_questions *q, struct rpc_question *x)
{
    struct rpc_question **at = bucket_of(q, id_of(x));

    while (*at != x)
        at = &(*at)->in_bucket;
    *at = x->in_bucket;
}

static struct rpc_question_list *list_of(struct rpc_question *x)
{
    return x->sent ? &x->all->sent : &x->all->unsent;
}

static void append(struct rpc_question *x)
{
    struct rpc_question_list *list = list_of(x);

    x->next = NULL;
    x->here = list->last;
    *list->last = x;
    list->last = &x->next;
    if (!x->sent)
        x->all->unsent_bytes += x->message.buffer.size;
}

static void take_from_list(struct rpc_question *x)
{
    *x->here = x->next;
    if (x->next != NULL)
        x->next->here = x->here;
    else
        list_of(x)->last = x->here;
    if (!x->sent)
        x->all->unsent_bytes -= x->message.buffer.size;
}

static void take_out(struct rpc_questions *q, struct rpc_question *x)
{
    timers_remove(&q->due, &x->timer);
    take_from_bucket(q, x);
    take_from_list(x);
    q->n--;
}

static void question_free(struct rpc_question *x)
{
    if (!x->sent)
        pack_free(&x->message);
    free(x);
}

/* Its end. */
static void finish(struct rpc_question *x, const struct rpc_result *result)
{
    take_out(x->all, x);
    if (x->fn != NULL)
        x->fn(x->arg, result);
    question_free(x);
}

/* -- beginning and end of all ---------------------------------------------- */

void rpc_questions_init(struct rpc_questions *q)
{
    *q = (struct rpc_questions){.sent = {.last = &q->sent.first},
                                .unsent = {.last = &q->unsent.first}};
    timers_init(&q->due);
}

static void drop_all(struct rpc_questions *q,
                     const struct rpc_question_list *list)
{
    while (list->first != NULL) {
        struct rpc_question *x = list->first;

        take_out(q, x);
        question_free(x);
    }
}

void rpc_questions_fini(struct rpc_questions *q)
{
    drop_all(q, &q->sent);
    drop_all(q, &q->unsent);
    timers_fini(&q->due);
    free(q->buckets);
}

/* -- asking ---------------------------------------------------------------- */

static void out_of_time(struct timer *timer, int64_t now)
{
    struct rpc_question *x = (struct rpc_question *)timer;
    struct rpc_result result = {.outcome = RPC_AWAY,
                                .text = "there was no connection in time"};

    (void)now;
    if (x->sent) {
        result.outcome = RPC_TIMED_OUT;
        result.text = "no answer came in time";
    }
    if (x->refused != RPC_OTHER) {
        result.outcome = RPC_REFUSED;
        result.code = x->refused;
        result.text = x->refused == RPC_BUSY
                          ? "too many calls are under way already"
                          : "the request is longer than a frame may be";
    }
    finish(x, &result);
}

static enum rpc_error refusal_of(const struct rpc_questions *q,
                                 const struct rpc_question *x,
                                 uint32_t frame_max)
{
    size_t size = x->message.buffer.size;

    if (size > frame_max)
        return RPC_BAD_REQUEST;
    if (q->n >= RPC_QUESTIONS_MAX ||
        q->unsent_bytes + size > RPC_QUESTIONS_BYTES_MAX)
        return RPC_BUSY;
    return RPC_OTHER;
}

void rpc_questions_ask(struct rpc_questions *q, const char *method,
                       const struct pack *params, uint32_t frame_max,
                       int64_t until,
                       void (*fn)(void *arg, const struct rpc_result *result),
                       void *arg)
{
    struct rpc_question *x = xcalloc(1, sizeof(*x));

    x->timer.fire = out_of_time;
    x->all = q;
    x->number = ++q->asked;
    x->fn = fn;
    x->arg = arg;
    pack_init(&x->message);
    rpc_message_request(&x->message, id_of(x), method, params);
    x->refused = refusal_of(q, x, frame_max);
    if (x->refused != RPC_OTHER) {
        pack_free(&x->message);
        pack_init(&x->message);
        until = INT64_MIN;
    }
    grow(q);
    put_in_bucket(q, x);
    append(x);
    q->n++;
    timers_add(&q->due, &x->timer, until);
}

static void forget(const struct rpc_question_list *list, const void *arg)
{
    for (struct rpc_question *x = list->first; x != NULL; x = x->next)
        if (x->arg == arg)
            x->fn = NULL;
}

void rpc_questions_forget(struct rpc_questions *q, const void *arg)
{
    forget(&q->sent, arg);
    forget(&q->unsent, arg);
}

bool rpc_questions_send(struct rpc_questions *q, struct pack *message)
{
    struct rpc_question *x = q->unsent.first;

    while (x != NULL && x->refused != RPC_OTHER)
        x = x->next;
    if (x == NULL)
        return false;
    take_from_list(x);
    *message = x->message;
    x->sent = true;
    append(x);
    return true;
}

/* -- ends ------------------------------------------------------------------ */

static struct rpc_question *find(const struct rpc_questions *q, uint32_t id)
{
    struct rpc_question *x = q->n_buckets > 0 ? *bucket_of(q, id) : NULL;

    while (x != NULL && (id_of(x) != id || !x->sent))
        x = x->in_bucket;
    return x;
}

/* NULL for no text; otherwise to be freed. What would end a C text early is
 * cut there. */
static char *text_of(gale_str text)
{
    size_t n = text.size < 8192 ? text.size : 8192;

    return text.data == NULL ? NULL : xstrndup(text.data, n);
}

void rpc_questions_answer(struct rpc_questions *q,
                          const struct rpc_message *message)
{
    struct rpc_question *x = find(q, message->id);
    struct rpc_result result = {.outcome = RPC_OK, .value = message->result};
    char *text, *detail;

    if (x == NULL)
        return;
    if (!message->failed) {
        finish(x, &result);
        return;
    }
    text = text_of(message->text);
    detail = text_of(message->detail);
    result = (struct rpc_result){.outcome = RPC_REFUSED,
                                 .code = message->error,
                                 .text = text,
                                 .detail = detail};
    finish(x, &result);
    free(text);
    free(detail);
}

void rpc_questions_lose(struct rpc_questions *q, const char *why)
{
    const struct rpc_result result = {.outcome = RPC_UNKNOWN, .text = why};

    while (q->sent.first != NULL)
        finish(q->sent.first, &result);
}

void rpc_questions_give_up(struct rpc_questions *q, bool refused,
                           const char *why)
{
    const struct rpc_result result = {.outcome =
                                          refused ? RPC_REFUSED : RPC_AWAY,
                                      .code = RPC_FORBIDDEN,
                                      .text = why};
    uint64_t last = q->asked;

    while (q->unsent.first != NULL && q->unsent.first->number <= last)
        finish(q->unsent.first, &result);
}

int64_t rpc_questions_due(const struct rpc_questions *q)
{
    return timers_next_due(&q->due);
}

void rpc_questions_expire(struct rpc_questions *q, int64_t now)
{
    timers_expire(&q->due, now);
}
