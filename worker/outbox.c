/* outbox.c - emit, the general way: pack the values, choose the tasks, write;
 * see outbox.h. */
#include "worker/hooks.h"
#include "worker/outbox.h"
#include "common/log.h"
#include "worker/borrowed.h"
#include "worker/carrier.h"
#include "worker/grouper.h"
#include "worker/outlet.h"
#include "worker/task_base.h"
#include "worker/worker.h"

/* One emit, packed: the same bytes go to every target. */
struct packed {
    const gale_value *values;
    uint32_t n;
    uint32_t size; /* of the whole tuple */
    uint32_t slots_at;
    bool tails; /* some value has bytes beyond its slot */
    struct slot slots[TUPLE_FIELDS_MAX];
};

/* -- writing --------------------------------------------------------------- */

static inline char *write_anchors(char *p, struct outlet *o, struct emission *x)
{
    if (x->n_trees == 1) {
        struct anchor a = {x->trees->root, outlet_edge(o, x->trees)};

        memcpy(p, &a, sizeof(a));
        o->from->last_anchor = (struct anchor *)(void *)p;
        return p + sizeof(a);
    }
    if (x->n_trees == 0)
        return p;

    uint64_t n = x->n_trees;

    memcpy(p, &n, sizeof(n));
    p += sizeof(n);
    for (uint32_t i = 0; i < x->n_trees; i++) {
        struct anchor a = {x->trees[i].root, outlet_edge(o, &x->trees[i])};

        memcpy(p, &a, sizeof(a));
        p += sizeof(a);
    }
    return p;
}

static void write_tails(char *tuple, const struct packed *p)
{
    uint64_t offset = p->slots_at + p->n * sizeof(struct slot);

    for (uint32_t i = 0; i < p->n; i++)
        offset = value_write_tail(tuple, offset, &p->values[i]);
}

static inline uint8_t anchor_flags(uint32_t n_trees)
{
    return n_trees == 0   ? 0
           : n_trees == 1 ? TUPLE_ANCHORED
                          : TUPLE_ANCHORED | TUPLE_EXTENDED;
}

/* Write the tuple for one task of the route's consumer. */
static inline void put(struct task *task, struct emission *x, struct route *r,
                       uint32_t target, const struct packed *p)
{
    struct destination *to = r->to;
    uint32_t place = to->place[target];
    struct outlet *o = to->outlets[place >> 16];

    if (__builtin_expect(o == NULL, 0))
        o = outlet_new(task, r, place >> 16);

    char *tuple = outlet_reserve(o, r, p->size);
    uint64_t head =
        outlet_tuple_head(p->size, p->n, anchor_flags(x->n_trees), place);
    char *slots;

    memcpy(tuple, &head, sizeof(head));
    slots = write_anchors(tuple + sizeof(head), o, x);
    for (uint32_t i = 0; i < p->n; i++)
        slot_store(slots + i * sizeof(struct slot), &p->slots[i]);
    if (p->tails)
        write_tails(tuple, p);
    outlet_written(o, p->size, head);
    if (__builtin_expect(x->tasks != NULL, 0) && x->n_tasks < x->tasks_max)
        x->tasks[x->n_tasks] = to->component->first_task + (int32_t)target;
    x->n_tasks++;
}

/* -- choosing -------------------------------------------------------------- */

__attribute__((noinline, cold)) static bool bad_key(struct task *task,
                                                    const struct route *r,
                                                    uint32_t field)
{
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text),
             "field \"%s\" of stream \"%s\" is a list or a map, and \"%s\" "
             "groups by it: keys are nil, bool, numbers, strings or bytes",
             r->stream->fields[field], r->stream->name, r->to->component->id);
    task_fatal(task, "emit", text);
    return false;
}

static inline bool key_hash(struct task *task, const struct route *r,
                            const struct packed *p, uint64_t *hash)
{
    struct slot key[GROUPER_KEY_MAX];

    for (uint32_t i = 0; i < r->n_key; i++) {
        uint32_t field = r->key[i];

        if (!grouper_key(p->slots[field], &p->values[field], r->seed, &key[i]))
            return bad_key(task, r, field);
    }
    *hash = grouper_hash(key, r->n_key, r->seed);
    return true;
}

static inline bool put_by_fields(struct task *task, struct emission *x,
                                 struct route *r, const struct packed *p)
{
    uint64_t hash;

    if (!key_hash(task, r, p, &hash))
        return false;
    put(task, x, r, grouper_owner(grouper_group(hash), r->to->n_tasks), p);
    return true;
}

static bool put_partial_key(struct task *task, struct emission *x,
                            struct route *r, const struct packed *p)
{
    uint32_t candidates[2], target;
    uint64_t hash;

    if (!key_hash(task, r, p, &hash))
        return false;
    grouper_candidates(hash, r->to->n_tasks, candidates);
    target = r->used[candidates[1]] < r->used[candidates[0]] ? candidates[1]
                                                             : candidates[0];
    r->used[target]++;
    put(task, x, r, target, p);
    return true;
}

static bool put_direct(struct task *task, struct emission *x, struct route *r,
                       const struct packed *p)
{
    int64_t target = (int64_t)x->direct_task - r->to->component->first_task;

    if (target >= 0 && target < r->to->n_tasks)
        put(task, x, r, (uint32_t)target, p);
    return true;
}

/* found: "3 targets", "target 7"; the task stops for it. */
__attribute__((noinline, cold)) static bool refuse_choice(struct task *task,
                                                          const struct route *r,
                                                          const char *found)
{
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text),
             "grouping \"%s\" of bolt \"%s\" for stream \"%s\" chose %s; "
             "expected targets from 0 to %u, each at most once",
             r->to->component->inputs[r->input].custom_name,
             r->to->component->id, r->stream->name, found, r->to->n_tasks - 1);
    task_fatal(task, "emit", text);
    return false;
}

__attribute__((noinline, cold)) static bool refuse_target(struct task *task,
                                                          const struct route *r,
                                                          uint32_t target)
{
    char found[40];

    snprintf(found, sizeof(found), "target %u%s", target,
             target < r->to->n_tasks ? " twice" : "");
    return refuse_choice(task, r, found);
}

/* It says why itself, or that it does not know where to. */
__attribute__((noinline, cold)) static bool no_choice(struct task *task,
                                                      const struct route *r)
{
    const char *error = r->router->error;
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text),
             "grouping \"%s\" of bolt \"%s\" for stream \"%s\" chose no "
             "target%s%s",
             r->to->component->inputs[r->input].custom_name,
             r->to->component->id, r->stream->name,
             error[0] != '\0' ? ": " : "", error);
    task_fatal(task, "emit", text);
    return false;
}

/* `used` remembers the number of the last choice that had the task. */
static bool choice_is_good(struct task *task, struct route *r, uint32_t n)
{
    char found[40];

    if (n == GALE_NO_CHOICE)
        return no_choice(task, r);
    if (n > r->to->n_tasks) {
        snprintf(found, sizeof(found), "%u targets", n);
        return refuse_choice(task, r, found);
    }
    r->n_choices++;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t target = r->chosen[i];

        if (target >= r->to->n_tasks || r->used[target] == r->n_choices)
            return refuse_target(task, r, target);
        r->used[target] = r->n_choices;
    }
    return true;
}

/* A crash meanwhile is the grouping's: see culprit.c. */
static uint32_t choose(struct task *task, struct route *r,
                       const struct packed *p)
{
    uint32_t n;

    task->choosing = r->custom;
    n = r->custom->choose(r->router, p->values, p->n, r->chosen);
    task->choosing = NULL;
    return n;
}

static bool put_custom(struct task *task, struct emission *x, struct route *r,
                       const struct packed *p)
{
    uint32_t n = choose(task, r, p);

    if (!choice_is_good(task, r, n))
        return false;
    for (uint32_t i = 0; i < n; i++)
        put(task, x, r, r->chosen[i], p);
    return true;
}

static bool put_route(struct task *task, struct emission *x, struct route *r,
                      const struct packed *p)
{
    switch (r->kind) {
    case GALE_BY_FIELDS:
        return put_by_fields(task, x, r, p);
    case GALE_PARTIAL_KEY:
        return put_partial_key(task, x, r, p);
    case GALE_ALL:
        for (uint32_t i = 0; i < r->to->n_tasks; i++)
            put(task, x, r, i, p);
        return true;
    case GALE_GLOBAL:
        put(task, x, r, 0, p);
        return true;
    case GALE_DIRECT:
        return put_direct(task, x, r, p);
    case GALE_CUSTOM:
        return put_custom(task, x, r, p);
    default: /* shuffle, none, local-or-shuffle: see route.here */
        put(task, x, r, outlet_shuffle(r, p->size), p);
        return true;
    }
}

/* -- emit ------------------------------------------------------------------ */

__attribute__((noinline, cold, format(printf, 2, 3))) static gale_result refuse(
    struct task *task, const char *format, ...)
{
    char text[TASK_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    task_fatal(task, "emit", text);
    return GALE_FATAL;
}

static gale_result refuse_value(struct task *task, const struct emission *x,
                                const struct packed *p)
{
    const struct stream_decl *decl = x->stream->decl;
    const char *defect = NULL;
    uint32_t i = 0;

    while ((defect = value_defect(&p->values[i], 0)) == NULL)
        i++;
    return refuse(task,
                  "the value for the field \"%s\" of stream \"%s\" cannot be "
                  "sent: it is %s",
                  decl->fields[i], decl->name, defect);
}

static gale_result refuse_size(struct task *task, const struct emission *x,
                               const struct packed *p, uint64_t size)
{
    if (size == UINT64_MAX)
        return refuse_value(task, x, p);
    return refuse(
        task,
        "a tuple of %llu bytes for stream \"%s\" is larger than "
        "gale.topology.max.tuple.bytes, %llu",
        (unsigned long long)size, x->stream->decl->name,
        (unsigned long long)task->executor->worker->config.max_tuple_bytes);
}

/* GALE_RETRY if there are lists that emit_borrowed() can do something about. */
__attribute__((noinline, cold)) static gale_result not_packed(
    struct task *task, const struct emission *x, const struct packed *p,
    uint64_t size)
{
    if (size == UINT64_MAX && borrowed_any(p->values, p->n))
        return GALE_RETRY;
    return refuse_size(task, x, p, size);
}

/* Slots of values with tails, and the tuple's whole size. */
static bool pack_long(struct packed *p, uint64_t max, uint64_t *size)
{
    uint64_t offset = p->slots_at + p->n * sizeof(struct slot);

    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t tail = value_tail(&p->values[i], 0);

        if (tail == UINT64_MAX) {
            *size = UINT64_MAX;
            return false;
        }
        p->slots[i] = slot_of(&p->values[i], offset);
        offset += tail;
    }
    *size = offset;
    p->size = (uint32_t)offset;
    return offset <= max;
}

static inline gale_result pack(struct task *task, const struct emission *x,
                               struct packed *p)
{
    bool simple = true;

    p->slots_at = (uint32_t)sizeof(struct tuple) + anchors_size(x->n_trees);
    p->size = p->slots_at + p->n * (uint32_t)sizeof(struct slot);
    for (uint32_t i = 0; i < p->n; i++) {
        const gale_value *v = &p->values[i];

        if (value_is_short(v))
            p->slots[i] = slot_of(v, 0);
        else
            simple = false;
    }
    p->tails = !simple;
    if (__builtin_expect(!simple || x->n_trees > 1, 0)) {
        uint64_t size;

        if (!pack_long(p, task->executor->worker->config.max_tuple_bytes,
                       &size))
            return not_packed(task, x, p, size);
    }
    return GALE_OK;
}

/* The run has failed, and why was said. A callback that emits on, however
 * often, is to end soon. */
static gale_result refuse_quickly(struct task *task)
{
    if (!task->said)
        task_set_text(task, "nothing is emitted any more: the run has failed");
    task->marked |= task->call != CALL_NONE && task_has_input(task);
    return GALE_FATAL;
}

__attribute__((noinline, cold)) static gale_result refuse_shape(
    struct task *task, const struct emission *x, uint32_t n)
{
    const struct stream_decl *decl = x->stream->decl;

    if (n != decl->n_fields)
        return refuse(task,
                      "%u value%s for stream \"%s\", which declares %u "
                      "field%s",
                      n, n == 1 ? "" : "s", decl->name, decl->n_fields,
                      decl->n_fields == 1 ? "" : "s");
    if (!task->can_emit && task->call == CALL_TOLD)
        return GALE_RETRY; /* of the last messages: nobody would take it */
    if (!task->can_emit && worker_halted(task->executor->worker))
        return refuse_quickly(task);
    if (!task->can_emit)
        return refuse(task,
                      "called from %s; nothing can be emitted from close, "
                      "cleanup and hooks, nor before open or prepare has "
                      "returned",
                      task_calls_name(task));
    if (x->direct_task == 0)
        return refuse(task,
                      "stream \"%s\" is direct: say which task with "
                      "gale_emit_opts.direct_task",
                      decl->name);
    return refuse(task, "direct_task is set, but stream \"%s\" is not direct",
                  decl->name);
}

static bool direct_found(const struct emission *x)
{
    return x->direct_task == 0 || x->n_tasks > 0 || x->stream->n_routes == 0;
}

/* topology.debug: every tuple in the log. */
__attribute__((noinline, cold)) static void log_emit(struct task *task,
                                                     const struct emission *x,
                                                     const gale_value *values,
                                                     uint32_t n)
{
    char name[300], text[LOG_TEXT_MAX];

    log_info(task->executor->worker->log, task_name(task, name, sizeof(name)),
             "emit %s %s to %u task%s", x->stream->decl->name,
             value_text(gale_list(values, n), text, sizeof(text)), x->n_tasks,
             x->n_tasks == 1 ? "" : "s");
}

static void show_emit(struct task *task, const struct emission *x,
                      const gale_value *values, uint32_t n)
{
    if (task->debug)
        log_emit(task, x, values, n);
    if (task->hooks != NULL)
        hooks_emitted(task, x, values, n);
}

/* Once more, with lists and maps as a plugin makes them. */
__attribute__((noinline, cold)) static gale_result emit_borrowed(
    struct task *task, struct emission *x, const struct packed *p)
{
    struct borrowed made = {NULL};
    gale_value values[TUPLE_FIELDS_MAX];
    struct packed same = {.values = values, .n = p->n};
    gale_result result;

    memcpy(values, p->values, p->n * sizeof(values[0]));
    if (borrowed_resolve(&made, task, values, p->n))
        result = outbox_emit(task, x, values, p->n);
    else
        result = refuse_value(task, x, &same);
    borrowed_free(&made);
    return result;
}

gale_result outbox_emit(struct task *task, struct emission *x,
                        const gale_value *values, uint32_t n)
{
    struct stream_out *s = x->stream;
    gale_result result;
    struct packed p;

    if (__builtin_expect(n != s->decl->n_fields || !task->can_emit ||
                             (x->direct_task != 0) !=
                                 ((s->decl->flags & GALE_STREAM_DIRECT) != 0),
                         0))
        return refuse_shape(task, x, n);
    p.values = values;
    p.n = n;
    result = pack(task, x, &p);
    if (__builtin_expect(result != GALE_OK, 0))
        return result == GALE_RETRY ? emit_borrowed(task, x, &p) : result;
    x->n_tasks = 0;
    for (uint32_t i = 0; i < s->n_routes; i++)
        if (!put_route(task, x, &s->routes[i], &p))
            return GALE_FATAL;
    if (__builtin_expect(!direct_found(x), 0))
        return refuse(task,
                      "direct_task %d is no task that takes stream \"%s\"",
                      x->direct_task, s->decl->name);
    if (__builtin_expect(x->n_tasks == 0, 0)) /* else outlet_open() looks */
        task_check_thread(task, "gale_emit()");
    counter_add(&s->emitted, 1);
    counter_add(&s->transferred, x->n_tasks);
    if (__builtin_expect(task->watched, 0))
        show_emit(task, x, values, n);
    return GALE_OK;
}
