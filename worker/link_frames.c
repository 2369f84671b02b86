/* link_frames.c - frames that come, and those that go but for slices; see
 * link.h. What comes is judged before anything is made of it. */
#include "worker/link.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/cause.h"
#include "worker/intake.h"
#include "worker/links.h"
#include "worker/outbox.h"
#include "worker/pending.h"
#include "worker/stand_in.h"
#include "worker/task_base.h"
#include "worker/wire_acks.h"
#include "worker/wire_bytes.h"
#include "worker/wire_credit.h"
#include "worker/wire_slice.h"
#include "worker/worker.h"
#include <stdlib.h>

#define SHARED_BYTES                                                           \
    (BLOCK_SIZE_MAX / 8) /* larger slices have their own block */

#define WIRE_PLAN_SIZE 8u

/* Where tuples of one task come from, for one subscription. */
struct far_route {
    struct route route;
    const struct component *to;
    struct far_route *next; /* of the same task */
};

static struct worker *worker_of(const struct link *l)
{
    return l->executor.worker;
}

/* -- slices ---------------------------------------------------------------- */

/* The component of a task of the other worker; NULL: it has no such task. */
static const struct component *component_there(const struct link *l, int64_t id)
{
    const struct worker *w = worker_of(l);
    const struct model *m = w->model;

    if (id < 1 || id > w->n_tasks || w->homes[id] != &l->home)
        return NULL;
    for (uint32_t i = 0; i < m->n_components; i++)
        if (id - m->components[i].first_task < m->components[i].tasks)
            return &m->components[i];
    return NULL;
}

static struct far_route *add_route(struct link *l, const struct wire_slice *s,
                                   const struct component *to,
                                   const struct component *from)
{
    const struct input_decl *in = &to->inputs[s->input];
    struct far_route *r = xcalloc(1, sizeof(*r));

    r->to = to;
    r->route.from = from;
    r->route.stream = &from->streams[in->stream];
    r->route.source_task = s->task;
    r->route.input = s->input;
    r->route.kind = in->kind;
    r->route.in_cycle = in->in_cycle;
    r->next = l->routes[s->task];
    l->routes[s->task] = r;
    return r;
}

/* NULL: nobody there emits what this consumer takes. */
static const struct route *route_of(struct link *l, const struct wire_slice *s,
                                    const struct component *to)
{
    const struct model *m = worker_of(l)->model;
    const struct component *from;
    struct far_route *r;

    if (s->task < 1 || (uint32_t)s->task > worker_of(l)->n_tasks ||
        s->input >= to->n_inputs)
        return NULL;
    for (r = l->routes[s->task]; r != NULL; r = r->next)
        if (r->route.input == s->input && r->to == to)
            return &r->route;
    from = component_there(l, s->task);
    if (from == NULL || from != &m->components[to->inputs[s->input].from])
        return NULL;
    return &add_route(l, s, to, from)->route;
}

/* NULL: it is none of ours. */
static struct executor *consumer_of(const struct link *l, uint32_t number)
{
    const struct worker *w = worker_of(l);

    struct executor *e = number <= w->n_tasks ? w->executors[number] : NULL;

    return e != NULL && !e->away ? e : NULL;
}

static void close_block(struct link *l)
{
    if (l->block != NULL)
        block_unref(&l->executor.carrier->pool, l->block);
    l->block = NULL;
}

/* Memory for a slice; small ones share a block. The block's reference is the
 * caller's. */
static struct block *block_for(struct link *l, uint32_t bytes, char **at)
{
    struct block_pool *pool = &l->executor.carrier->pool;
    struct block *b;

    if (bytes > SHARED_BYTES) {
        b = block_new(pool, block_class(bytes + BLOCK_HEADER), bytes);
        *at = b->data;
        return b;
    }
    if (l->block == NULL ||
        (size_t)((char *)l->block + l->block->size - l->block_at) < bytes) {
        close_block(l);
        l->block = block_new(pool, BLOCK_CLASSES - 1, 0);
        l->block_at = l->block->data;
    }
    block_ref(l->block);
    *at = l->block_at;
    l->block_at += bytes;
    return l->block;
}

static struct envelope *envelope_of(struct link *l, const struct wire_slice *s,
                                    struct block *b, const struct route *r)
{
    struct envelope *env = block_pool_item(&l->executor.carrier->pool);

    env->block = b;
    env->route = r;
    env->offset = (uint32_t)(s->tuples - b->data);
    env->shared = (uint32_t)(s->shared - b->data);
    env->n = s->n;
    env->bytes = s->bytes;
    env->stride = s->stride;
    return env;
}

static struct intake *intake_for(struct link *l, struct executor *to)
{
    struct intake **i;

    if (l->intakes == NULL)
        l->intakes = xcalloc(worker_of(l)->n_here, sizeof(struct intake *));
    i = &l->intakes[to->here];
    if (*i == NULL)
        *i = intake_new(l, to);
    return *i;
}

uint32_t link_tuple_bytes(const struct link *l)
{
    uint64_t max = worker_of(l)->config.max_tuple_bytes;

    return max > BLOCK_SIZE_MAX ? (uint32_t)max : BLOCK_SIZE_MAX;
}

static const char *take_slice(struct link *l, const struct wire_frame *f,
                              struct wire_slice *s, struct executor *to,
                              const struct route *r)
{
    const struct wire_limits limits = {.n_fields = r->stream->n_fields,
                                       .n_tasks = to->n_tasks,
                                       .tuple_bytes = link_tuple_bytes(l)};
    struct block *b = block_for(l, s->bytes, &s->tuples);
    const char *wrong = wire_slice_decode(s, f->payload, f->size, &limits);

    if (wrong != NULL) {
        block_unref(&l->executor.carrier->pool, b);
        return wrong;
    }
    l->received++;
    atomic_fetch_add_explicit(&l->all_received, 1, memory_order_relaxed);
    intake_push(intake_for(l, to), envelope_of(l, s, b, r));
    return NULL;
}

static const char *handle_data(struct link *l, const struct wire_frame *f)
{
    struct wire_slice s;
    struct executor *to;
    const struct route *r;
    const char *wrong =
        wire_slice_open(&s, f->payload, f->size, l->in.payload_max);

    if (wrong != NULL)
        return wrong;
    to = consumer_of(l, s.executor);
    if (to == NULL)
        return "is for an executor that is not here";
    r = route_of(l, &s, to->component);
    if (r == NULL || s.n_fields != r->stream->n_fields)
        return "holds tuples that its consumer does not take";
    return take_slice(l, f, &s, to, r);
}

/* -- acks ------------------------------------------------------------------ */

/* The message is one of a spout of ours. */
static bool is_ours(const struct worker *w, uint64_t root)
{
    uint64_t id = root >> PENDING_SEQ_BITS;

    return id >= 1 && id <= w->n_tasks && w->tasks[id] != NULL &&
           w->tasks[id]->spout != NULL;
}

static struct ack_record *records_for(struct link *l, uint32_t n)
{
    if (n > l->n_records) {
        l->records = xrealloc(l->records, n * sizeof(*l->records));
        l->n_records = n;
    }
    return l->records;
}

static const char not_ours[] = "settles messages of no spout that is here";

static const char *handle_acks(struct link *l, const struct wire_frame *f)
{
    uint32_t n = wire_acks_n(f->payload, f->size);
    struct ack_record *records;
    const char *wrong;

    if (n == UINT32_MAX)
        return "is too short for acks";
    records = records_for(l, n);
    wrong = wire_acks_decode(f->payload, f->size, records);
    if (wrong != NULL)
        return wrong;
    for (uint32_t i = 0; i < n; i++)
        if (!is_ours(worker_of(l), records[i].root))
            return not_ours;
    carrier_acks(l->executor.carrier,
                 (struct ack_span){records, sizeof(*records), n});
    return NULL;
}

static const char *handle_fails(struct link *l, const struct wire_frame *f)
{
    const uint8_t *at = f->payload, *end = f->payload + f->size;

    while (at < end) {
        struct cause *cause;
        uint64_t root;
        const char *wrong = wire_fail_decode(&at, end, &root, &cause);

        if (wrong != NULL)
            return wrong;
        if (!is_ours(worker_of(l), root)) {
            free(cause);
            return not_ours;
        }
        carrier_fail(l->executor.carrier, root, cause);
    }
    return NULL;
}

static struct cause *cause_of(const struct ack_record *r)
{
    return (struct cause *)(uintptr_t)r->value;
}

/* Its spouts may have left since they were acked: nobody there knows them. */
static void drop_strangers(struct link *l, struct ack_batch *b)
{
    const struct worker *w = worker_of(l);
    uint32_t n = 0;

    for (uint32_t i = 0; i < b->n; i++) {
        if (w->homes[b->records[i].root >> PENDING_SEQ_BITS] == &l->home)
            b->records[n++] = b->records[i];
        else if (b->failed)
            free(cause_of(&b->records[i]));
    }
    atomic_fetch_add(&l->lost_acks, b->n - n);
    b->n = n;
}

static void write_acks(struct link *l, const struct ack_batch *b)
{
    char *to = link_frame(l, wire_acks_room(b->n));

    link_frame_end(l, WIRE_ACKS, wire_acks_encode(b->records, b->n, to));
}

/* Each has a text, so that few of them go into a frame. */
static void write_fails(struct link *l, const struct ack_batch *b)
{
    for (uint32_t i = 0; i < b->n; i++) {
        char *to = link_frame(l, WIRE_FAIL_ROOM);

        link_frame_end(
            l, WIRE_FAILS,
            wire_fail_encode(b->records[i].root, cause_of(&b->records[i]), to));
    }
}

/* -- credit ---------------------------------------------------------------- */

/* NULL: the other worker has no such executor. */
static struct stand_in *stand_in_for(const struct link *l, uint32_t number)
{
    const struct worker *w = worker_of(l);
    struct executor *e = number <= w->n_tasks ? w->executors[number] : NULL;

    return e != NULL && e->away && stand_in_of(e)->link == l ? stand_in_of(e)
                                                             : NULL;
}

static const char *handle_credit(struct link *l, const struct wire_frame *f)
{
    uint32_t n = wire_credit_n(f->size);

    if (n == UINT32_MAX)
        return "is no whole number of credits";
    for (uint32_t i = 0; i < n; i++) {
        struct stand_in *s;
        struct wire_credit c;
        const char *wrong;

        wire_credit_decode(f->payload, i, &c);
        s = stand_in_for(l, c.executor);
        if (s == NULL)
            return "gives credit for an executor that is not there";
        wrong = stand_in_credit(s, &c);
        if (wrong != NULL)
            return wrong;
    }
    return NULL;
}

static void write_credit(struct intake *i, char *to)
{
    struct wire_credit c = {
        .executor = i->to->number,
        .tuples = i->tuples,
        .bytes = i->bytes,
        .limits = intake_limits(i),
    };

    wire_credit_encode(&c, to);
    i->tuples = 0;
    i->bytes = 0;
}

#define CREDITS_PER_FRAME 100u

/* Those of some intakes. */
static void write_credits(struct link *l)
{
    char *to = link_frame(l, (uint64_t)CREDITS_PER_FRAME * WIRE_CREDIT_SIZE);
    uint32_t n = 0;

    while (l->telling != NULL && n < CREDITS_PER_FRAME) {
        struct intake *i = l->telling;

        l->telling = i->next_telling;
        i->tells = false;
        write_credit(i, to + WIRE_CREDIT_SIZE * n++);
    }
    link_frame_end(l, WIRE_CREDIT, (size_t)n * WIRE_CREDIT_SIZE);
}

/* -- plans ----------------------------------------------------------------- */

static const char *handle_plan(struct link *l, const struct wire_frame *f)
{
    if (f->size != WIRE_PLAN_SIZE)
        return "is no version of a plan";
    atomic_store(&l->version, wire_get64(f->payload));
    worker_notify(worker_of(l));
    return NULL;
}

static void write_plan(struct link *l, uint64_t version)
{
    if (l->told == version)
        return;
    wire_put64(link_frame(l, WIRE_PLAN_SIZE), version);
    link_frame_end(l, WIRE_PLAN, WIRE_PLAN_SIZE);
    l->told = version;
}

/* -- all of them ----------------------------------------------------------- */

void link_writes(struct link *l)
{
    struct ack_batch *b;

    write_plan(l, links_version(l->links));
    while ((b = l->acks) != NULL) {
        l->acks = b->next;
        if (worker_of(l)->rewired)
            drop_strangers(l, b);
        if (b->failed)
            write_fails(l, b);
        else if (b->n > 0)
            write_acks(l, b);
        ack_batch_free(b);
    }
    l->acks_end = &l->acks;
    l->n_acks = 0;
    while (l->telling != NULL)
        write_credits(l);
}

const char *link_handles(struct link *l, const struct wire_frame *f)
{
    switch (f->kind) {
    case WIRE_DATA:
        return handle_data(l, f);
    case WIRE_ACKS:
        return handle_acks(l, f);
    case WIRE_FAILS:
        return handle_fails(l, f);
    case WIRE_CREDIT:
        return handle_credit(l, f);
    case WIRE_PLAN:
        return handle_plan(l, f);
    case WIRE_OFFER:
        return link_takes_offer(l, f);
    case WIRE_SHARED:
        return link_takes_shared(l);
    case WIRE_PING:
        return NULL;
    case WIRE_END:
        l->is_ended = true;
        return NULL;
    default:
        return "is of a kind that a link does not take";
    }
}

static void free_routes(struct link *l)
{
    for (uint32_t i = 0; i <= worker_of(l)->model->n_tasks; i++)
        while (l->routes[i] != NULL) {
            struct far_route *next = l->routes[i]->next;

            free(l->routes[i]);
            l->routes[i] = next;
        }
    free(l->routes);
}

void link_frames_fini(struct link *l)
{
    close_block(l);
    for (uint32_t i = 0; l->intakes != NULL && i < worker_of(l)->n_here; i++)
        intake_free(l->intakes[i]);
    free(l->intakes);
    free_routes(l);
    free(l->records);
}
