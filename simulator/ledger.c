/* ledger.c - the books of a run; see ledger.h. */
#include "simulator/ledger.h"
#include "simulator/lives.h"
#include "simulator/number_map.h"
#include <stdarg.h>

enum settled { OPEN, ACKED, FAILED, GIVEN_UP, ABANDONED };

struct message {
    uint64_t root;
    int32_t task;
    gale_msgid id;
    uint64_t open; /* tuples that are sent and not acked */
    bool named;    /* else only its tuples were seen so far */
    enum settled settled;
    uint32_t life; /* of its task, when it was emitted */
    bool covered;  /* by a position that its task went on from */
    bool twin;     /* another one of its id was open: which one, nobody tells */
    uint32_t next; /* of the same id, or NONE */
};

#define NONE UINT32_MAX

/* What one task has sent another, oldest first. */
struct edge {
    int32_t from, to;
    uint64_t *tuples;
    size_t first, end, capacity;
};

struct ledger {
    struct message *messages;
    uint32_t n_messages, messages_capacity;
    struct number_map by_root; /* numbers of messages */
    struct number_map by_id;   /* … the latest of the id */
    struct edge *edges;
    uint32_t n_edges;
    struct number_map by_tasks; /* numbers of edges */
    struct number_map keys;     /* tasks */
    struct lives lives;
    struct ledger_counts counts;
    char violation[600];
    void (*tell)(void *arg); /* … of it; NULL: nobody */
    void *arg;
};

struct ledger *ledger_new(void)
{
    return xcalloc(1, sizeof(struct ledger));
}

void ledger_free(struct ledger *l)
{
    if (l == NULL)
        return;
    for (uint32_t i = 0; i < l->n_edges; i++)
        free(l->edges[i].tuples);
    free(l->edges);
    free(l->messages);
    number_map_fini(&l->by_root);
    number_map_fini(&l->by_id);
    number_map_fini(&l->by_tasks);
    number_map_fini(&l->keys);
    lives_fini(&l->lives);
    free(l);
}

void ledger_break(struct ledger *l, const char *format, ...)
{
    va_list args;

    if (l->violation[0] != '\0')
        return;
    va_start(args, format);
    vsnprintf(l->violation, sizeof(l->violation), format, args);
    va_end(args);
    if (l->tell != NULL)
        l->tell(l->arg);
}

void ledger_tell(struct ledger *l, void (*fn)(void *arg), void *arg)
{
    l->tell = fn;
    l->arg = arg;
}

const char *ledger_violation(const struct ledger *l)
{
    return l->violation[0] != '\0' ? l->violation : NULL;
}

struct ledger_counts ledger_counts(const struct ledger *l)
{
    return l->counts;
}

/* -- messages -------------------------------------------------------------- */

static uint64_t id_hash(int32_t task, gale_msgid id)
{
    return mix64(mix64(id.hi + (uint64_t)(uint32_t)task) ^ id.lo);
}

static struct message *add_message(struct ledger *l)
{
    if (l->n_messages == l->messages_capacity) {
        l->messages_capacity =
            l->messages_capacity > 0 ? 2 * l->messages_capacity : 256;
        l->messages =
            xrealloc(l->messages, l->messages_capacity * sizeof(*l->messages));
    }
    return &l->messages[l->n_messages++];
}

static struct message *by_root(struct ledger *l, uint64_t root)
{
    uint64_t *number = number_map_get(&l->by_root, root, l->n_messages);

    if (*number == l->n_messages)
        *add_message(l) = (struct message){.root = root, .next = NONE};
    return &l->messages[*number];
}

#define ID_FORMAT "(%llu, %llu) of task %d"
#define ID_ARGS(task, id)                                                      \
    (unsigned long long)(id).hi, (unsigned long long)(id).lo, task

static bool is_of(const struct message *m, const struct message *other)
{
    return m->task == other->task && m->id.hi == other->id.hi &&
           m->id.lo == other->id.lo;
}

/* In the same life. A spout that keeps no positions may use an id as often as
 * it likes; of one that did so once, nothing can be said. */
static void look_for_repeated(struct ledger *l, const struct message *m,
                              struct life *life)
{
    if (life->keeps && !life->repeats)
        ledger_break(l,
                     "D: message " ID_FORMAT " was acked, and is emitted again "
                     "by a spout that keeps positions and did not begin anew",
                     ID_ARGS(m->task, m->id));
    else
        life->repeats = true;
}

/* D: it is emitted again though it was acked. */
static void look_for_acked(struct ledger *l, const struct message *m)
{
    struct life *life = lives_of(&l->lives, m->task);

    for (uint32_t i = m->next; i != NONE; i = l->messages[i].next) {
        const struct message *before = &l->messages[i];

        if (before->settled != ACKED || !is_of(before, m))
            continue;
        if (before->life == life->number)
            look_for_repeated(l, m, life);
        else if (before->covered && !life->repeats)
            ledger_break(l,
                         "D: message " ID_FORMAT " was acked, and is emitted "
                         "again by a spout that went on from a saved position "
                         "behind it",
                         ID_ARGS(m->task, m->id));
    }
}

/* An open message of the id; of several, one that has open tuples or has none,
 * as it should be. */
static struct message *by_id(const struct ledger *l, int32_t task,
                             gale_msgid id, bool done)
{
    const uint64_t *latest = number_map_find(&l->by_id, id_hash(task, id));
    uint32_t i = latest != NULL ? (uint32_t)*latest : NONE;
    struct message *found = NULL;

    for (; i != NONE; i = l->messages[i].next) {
        struct message *m = &l->messages[i];

        if (m->settled != OPEN || m->task != task)
            continue;
        found = m;
        if ((m->open == 0) == done)
            break;
    }
    return found;
}

bool ledger_is_open(const struct ledger *l, int32_t task, gale_msgid id)
{
    return by_id(l, task, id, true) != NULL;
}

/* The last one of its id has failed: it is emitted again. */
static bool is_replay(const struct ledger *l, const struct message *m)
{
    return m->next != NONE && is_of(&l->messages[m->next], m) &&
           l->messages[m->next].settled == FAILED;
}

void ledger_message(struct ledger *l, int32_t task, gale_msgid id,
                    uint64_t root)
{
    struct message *m = by_root(l, root);
    struct message *twin = by_id(l, task, id, true);
    uint64_t *latest = number_map_get(&l->by_id, id_hash(task, id), NONE);

    if (m->named) {
        ledger_break(l, "L: two messages of task %d have the tree %llx", task,
                     (unsigned long long)root);
        return;
    }
    m->named = true;
    m->task = task;
    m->id = id;
    m->next = (uint32_t)*latest;
    m->life = lives_of(&l->lives, task)->number;
    *latest = (uint64_t)(m - l->messages);
    l->counts.messages++;
    l->counts.fresh += !is_replay(l, m);
    if (twin != NULL)
        m->twin = twin->twin = true;
    look_for_acked(l, m);
}

/* One of the same id was, in a life before that one. */
static bool was_acked(const struct ledger *l, const struct message *m,
                      uint32_t life)
{
    uint32_t i = (uint32_t)*number_map_find(&l->by_id, id_hash(m->task, m->id));

    for (; i != NONE; i = l->messages[i].next)
        if (is_of(&l->messages[i], m) && l->messages[i].settled == ACKED &&
            l->messages[i].life < life)
            return true;
    return false;
}

/* It was emitted later, too: what fails then is its spout's to know. */
static bool comes_again(const struct ledger *l, const struct message *m)
{
    uint32_t i = (uint32_t)*number_map_find(&l->by_id, id_hash(m->task, m->id));

    for (; i != NONE && &l->messages[i] > m; i = l->messages[i].next)
        if (is_of(&l->messages[i], m))
            return true;
    return was_acked(l, m, UINT32_MAX);
}

/* It is open, or has failed and was not emitted again so far. */
static bool is_owed(const struct ledger *l, const struct message *m)
{
    const uint64_t *latest =
        number_map_find(&l->by_id, id_hash(m->task, m->id));

    return m->settled == OPEN ||
           (m->settled == FAILED && &l->messages[*latest] == m);
}

void ledger_give_up(struct ledger *l, int32_t task, gale_msgid id)
{
    const uint64_t *latest = number_map_find(&l->by_id, id_hash(task, id));
    uint32_t i = latest != NULL ? (uint32_t)*latest : NONE;

    for (; i != NONE; i = l->messages[i].next)
        if (l->messages[i].settled == FAILED)
            l->messages[i].settled = GIVEN_UP;
}

void ledger_abandon(struct ledger *l, int32_t task)
{
    for (uint32_t i = 0; i < l->n_messages; i++) {
        struct message *m = &l->messages[i];

        if (m->task != task || !m->named || !is_owed(l, m))
            continue;
        m->settled = ABANDONED;
        l->counts.abandoned++;
    }
    lives_of(&l->lives, task)->number++;
}

void ledger_position(struct ledger *l, int32_t task, uint64_t position)
{
    lives_position(&l->lives, task, position, l->n_messages);
}

void ledger_go_on(struct ledger *l, int32_t task, const uint64_t *positions,
                  uint32_t n)
{
    struct covered covered;

    if (!lives_go_on(&l->lives, task, positions, n, &covered))
        return;
    for (uint32_t i = 0; i < covered.before; i++)
        if (l->messages[i].task == task && l->messages[i].life == covered.life)
            l->messages[i].covered = true;
}

void ledger_acked(struct ledger *l, int32_t task, gale_msgid id)
{
    struct message *m = by_id(l, task, id, true);

    l->counts.acked++;
    if (m == NULL) {
        ledger_break(l,
                     "L: message " ID_FORMAT " is acked, and none of this id "
                     "is open",
                     ID_ARGS(task, id));
        return;
    }
    if (was_acked(l, m, m->life))
        l->counts.again++;
    if (m->open > 0)
        ledger_break(l,
                     "L: message " ID_FORMAT " is acked, and %llu of its "
                     "tuples are not",
                     ID_ARGS(task, id), (unsigned long long)m->open);
    m->settled = ACKED;
}

void ledger_failed(struct ledger *l, int32_t task, gale_msgid id)
{
    struct message *m = by_id(l, task, id, false);

    l->counts.failed++;
    if (m == NULL)
        ledger_break(l,
                     "L: message " ID_FORMAT " fails, and none of this id is "
                     "open",
                     ID_ARGS(task, id));
    else
        m->settled = FAILED;
}

static void look_for_lost(struct ledger *l)
{
    for (uint32_t i = 0; i < l->n_edges; i++) {
        const struct edge *e = &l->edges[i];

        if (e->first < e->end)
            ledger_break(l,
                         "L: the run is complete, and %zu tuples from task %d "
                         "to task %d were not executed",
                         e->end - e->first, e->from, e->to);
    }
}

void ledger_complete(struct ledger *l)
{
    look_for_lost(l);
    for (uint32_t i = 0; i < l->n_messages; i++) {
        const struct message *m = &l->messages[i];

        if (!m->named)
            ledger_break(l,
                         "L: tuples belong to the tree %llx, of which no "
                         "message was emitted",
                         (unsigned long long)m->root);
        else if (m->settled == ABANDONED && !comes_again(l, m))
            ledger_break(l,
                         "L: message " ID_FORMAT " was pending when its spout "
                         "began anew, and was not emitted again",
                         ID_ARGS(m->task, m->id));
        else if (m->settled == OPEN)
            ledger_break(l,
                         "L: the run is complete, and message " ID_FORMAT
                         " is neither acked nor failed",
                         ID_ARGS(m->task, m->id));
        else if (m->settled == FAILED && is_owed(l, m))
            l->counts.dropped++;
    }
}

/* -- tuples ---------------------------------------------------------------- */

static struct edge *edge_of(struct ledger *l, int32_t from, int32_t to)
{
    uint64_t tasks = (uint64_t)(uint32_t)from << 32 | (uint32_t)to;
    uint64_t *number = number_map_get(&l->by_tasks, tasks, l->n_edges);

    if (*number == l->n_edges) {
        l->edges = xrealloc(l->edges, (l->n_edges + 1) * sizeof(*l->edges));
        l->edges[l->n_edges++] = (struct edge){.from = from, .to = to};
    }
    return &l->edges[*number];
}

static void push(struct edge *e, uint64_t tuple)
{
    if (e->end == e->capacity && e->first > e->capacity / 2) {
        memmove(e->tuples, e->tuples + e->first,
                (e->end - e->first) * sizeof(*e->tuples));
        e->end -= e->first;
        e->first = 0;
    } else if (e->end == e->capacity) {
        e->capacity = e->capacity > 0 ? 2 * e->capacity : 64;
        e->tuples = xrealloc(e->tuples, e->capacity * sizeof(*e->tuples));
    }
    e->tuples[e->end++] = tuple;
}

static void count_open(struct ledger *l, uint64_t root)
{
    struct message *m = by_root(l, root);

    if (m->settled == ACKED && !m->twin)
        ledger_break(l,
                     "L: a tuple of message " ID_FORMAT
                     " is sent after that was acked",
                     ID_ARGS(m->task, m->id));
    else
        m->open++;
}

void ledger_sent(struct ledger *l, int32_t from, int32_t to, uint64_t tuple,
                 const uint64_t *roots, uint32_t n)
{
    push(edge_of(l, from, to), tuple);
    l->counts.sent++;
    for (uint32_t i = 0; i < n; i++)
        count_open(l, roots[i]);
}

void ledger_lost(struct ledger *l, int32_t from, int32_t to, uint64_t tuple)
{
    struct edge *e = edge_of(l, from, to);
    size_t i = e->first;

    l->counts.lost++;
    while (i < e->end && e->tuples[i] != tuple)
        i++;
    if (i == e->end) {
        ledger_break(l,
                     "D: a tuple from task %d to task %d is lost that was "
                     "not sent",
                     from, to);
        return;
    }
    memmove(e->tuples + i, e->tuples + i + 1,
            (e->end - i - 1) * sizeof(*e->tuples));
    e->end--;
}

static bool is_later(const struct edge *e, uint64_t tuple)
{
    for (size_t i = e->first; i < e->end; i++)
        if (e->tuples[i] == tuple)
            return true;
    return false;
}

void ledger_executed(struct ledger *l, int32_t from, int32_t to, uint64_t tuple)
{
    struct edge *e = edge_of(l, from, to);

    l->counts.executed++;
    if (e->first < e->end && e->tuples[e->first] == tuple)
        e->first++;
    else if (is_later(e, tuple))
        ledger_break(l,
                     "O: task %d executes a tuple of task %d before one that "
                     "was sent earlier",
                     to, from);
    else
        ledger_break(l,
                     "D: task %d executes a tuple that task %d has not sent, "
                     "or executes it again",
                     to, from);
}

void ledger_done(struct ledger *l, const uint64_t *roots, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct message *m = by_root(l, roots[i]);

        if (m->open == 0)
            ledger_break(l,
                         "L: more tuples of the tree %llx are acked than "
                         "were sent",
                         (unsigned long long)roots[i]);
        else
            m->open--;
    }
}

void ledger_key(struct ledger *l, uint64_t stream, uint64_t key, int32_t task)
{
    uint64_t *known =
        number_map_get(&l->keys, mix64(stream) ^ key, (uint64_t)(uint32_t)task);

    if (*known != (uint64_t)(uint32_t)task)
        ledger_break(l, "K: a key that went to task %d goes to task %d",
                     (int32_t)*known, task);
}
