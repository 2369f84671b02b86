/* roll_book.c - the books of a roll call; see roll_book.h. */
#include "simulator/roll_book.h"
#include "common/check.h"
#include "simulator/roll_positions.h"
#include "topology-api/memory.h"
#include <gale/abi.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS = 2 };
#define NUMBERS_MAX UINT64_C(1000000)
#define SOON_NS INT64_C(10000000000) /* what is acked is kept by then */

struct number {
    uint32_t calls; /* that were tried */
    uint32_t executed[ANSWERS];
    bool acked; /* once, at least … */
    bool owed;  /* … and it has failed since, and was called by the newest */
    uint64_t life; /* the newest that has called it; 0: none */
    bool open;     /* there, and it has not heard of it … */
    bool done;     /* … or that it is acked */
};

/* Of spouts. */
struct caller {
    uint64_t newest;      /* its life; 0: none yet */
    uint64_t birth;       /* of that */
    bool runs;            /* its process has not ended */
    uint64_t next;        /* behind all that any life has called */
    uint64_t unacked;     /* the first that was never acked, … */
    uint64_t was_unacked; /* … and was at `looked` */
    int64_t looked;       /* INT64_MAX: not in this life */
};

struct roll_book {
    char *topology;
    struct number *numbers;
    uint64_t n, room;
    uint32_t n_tasks; /* 0: none was opened yet */
    struct caller callers[ROLL_TASKS_MAX];
    struct roll_positions positions;
    struct roll_counts counts;
    char wrong[400];
};

struct roll_book *roll_book_new(const char *topology)
{
    struct roll_book *b = xcalloc(1, sizeof(*b));

    b->topology = xstrdup(topology);
    return b;
}

void roll_book_free(struct roll_book *b)
{
    if (b == NULL)
        return;
    roll_positions_fini(&b->positions);
    free(b->topology);
    free(b->numbers);
    free(b);
}

const char *roll_book_topology(const struct roll_book *b)
{
    return b->topology;
}

static void say_wrong(struct roll_book *b, const char *format, ...)
    GALE_PRINTF(2, 3);

static void say_wrong(struct roll_book *b, const char *format, ...)
{
    int n;
    va_list args;

    if (b->wrong[0] != '\0')
        return;
    n = snprintf(b->wrong, sizeof(b->wrong), "%s: ", b->topology);
    va_start(args, format);
    vsnprintf(b->wrong + n, sizeof(b->wrong) - (size_t)n, format, args);
    va_end(args);
}

static struct number *number_at(struct roll_book *b, uint64_t i)
{
    check(i < NUMBERS_MAX);
    while (i >= b->room) {
        uint64_t room = b->room > 0 ? 2 * b->room : 1024;

        b->numbers = xreallocarray(b->numbers, room, sizeof(*b->numbers));
        memset(b->numbers + b->room, 0, (room - b->room) * sizeof(*b->numbers));
        b->room = room;
    }
    if (i >= b->n)
        b->n = i + 1;
    return &b->numbers[i];
}

static struct number *number_of(struct roll_book *b, uint32_t task, uint64_t k)
{
    return number_at(b, k * b->n_tasks + task);
}

/* -- lives ----------------------------------------------------------------- */

static bool is_newest(const struct roll_book *b, const struct roll_life *l)
{
    return b->callers[l->task].newest == l->number;
}

static void look_at_begin(struct roll_book *b, uint32_t task, uint64_t k,
                          uint64_t birth)
{
    struct roll_birth *of = roll_positions_birth(&b->positions, birth);

    for (uint64_t i = 0; i < k; i++)
        if (!number_of(b, task, i)->acked || number_of(b, task, i)->owed)
            say_wrong(b,
                      "L: task %u of numbers goes on with its number %" PRIu64
                      ", and number %" PRIu64 " was never acked",
                      task, k, i);
    if (of == NULL)
        return;
    if (k < of->least[task])
        say_wrong(b,
                  "P: task %u of numbers goes on with its number %" PRIu64
                  ", and %" PRIu64 " was kept before",
                  task, k, of->least[task]);
    if (of->begin[task] == UINT64_MAX)
        of->begin[task] = k;
}

struct roll_life roll_book_open(struct roll_book *b, uint32_t task,
                                uint32_t n_tasks, uint64_t k, uint64_t birth)
{
    struct roll_life l = {
        .task = task, .n_tasks = n_tasks, .number = ++b->counts.lives};
    struct caller *c = &b->callers[task];

    check(task < n_tasks && n_tasks <= ROLL_TASKS_MAX &&
          (b->n_tasks == 0 || b->n_tasks == n_tasks));
    b->n_tasks = n_tasks;
    look_at_begin(b, task, k, birth);
    c->newest = l.number;
    c->birth = birth;
    c->runs = true;
    c->looked = INT64_MAX;
    if (c->next > k)
        b->counts.explained += c->next - k;
    return l;
}

void roll_book_assigned(struct roll_book *b, uint64_t birth)
{
    if (roll_positions_birth(&b->positions, birth) == NULL)
        roll_positions_look(&b->positions, birth);
}

void roll_book_ended(struct roll_book *b, uint64_t birth)
{
    roll_positions_look(&b->positions, birth);
    for (uint32_t i = 0; i < b->n_tasks; i++)
        if (b->callers[i].birth == birth)
            b->callers[i].runs = false;
}

/* -- numbers --------------------------------------------------------------- */

void roll_book_calls(struct roll_book *b, const struct roll_life *l, uint64_t k)
{
    number_of(b, l->task, k)->calls++;
    if (!is_newest(b, l))
        b->counts.explained++;
    if (b->callers[l->task].next <= k)
        b->callers[l->task].next = k + 1;
}

void roll_book_called(struct roll_book *b, struct roll_life *l, uint64_t k)
{
    struct number *n = number_of(b, l->task, k);

    b->counts.called++;
    l->called++;
    if (!is_newest(b, l))
        return;
    if (n->life == l->number && n->open)
        say_wrong(b, "D: task %u calls number %" PRIu64 " while it is pending",
                  l->task, k);
    else if (n->life == l->number && n->done)
        say_wrong(b, "D: task %u calls number %" PRIu64 ", which was acked",
                  l->task, k);
    n->life = l->number;
    n->open = true;
    n->done = false;
}

static bool is_answered(const struct number *n)
{
    for (int i = 0; i < ANSWERS; i++)
        if (n->executed[i] == 0)
            return false;
    return true;
}

/* Of a number that was acked already. */
static void count_again(struct roll_book *b, const struct roll_life *l,
                        uint64_t k)
{
    if (++b->counts.again > b->counts.explained)
        say_wrong(b,
                  "D: task %u hears again that number %" PRIu64
                  " is acked: so are %" PRIu64
                  " numbers, and those who began anew explain %" PRIu64,
                  l->task, k, b->counts.again, b->counts.explained);
}

void roll_book_acked(struct roll_book *b, struct roll_life *l, uint64_t k)
{
    struct number *n = number_of(b, l->task, k);

    l->acked++;
    if (!is_answered(n))
        say_wrong(b,
                  "L: task %u hears that number %" PRIu64
                  " is acked, and not all of its answers were seen",
                  l->task, k);
    if (n->acked)
        count_again(b, l, k);
    else
        b->counts.acked++;
    n->acked = true;
    n->owed = false;
    if (n->life == l->number) {
        n->open = false;
        n->done = true;
    }
}

void roll_book_failed(struct roll_book *b, struct roll_life *l, uint64_t k)
{
    struct number *n = number_of(b, l->task, k);

    b->counts.failed++;
    l->failed++;
    if (n->life == l->number) {
        n->open = n->done = false;
        n->owed = true;
    }
}

void roll_book_answered(struct roll_book *b, uint64_t number, uint32_t answer)
{
    struct number *n;

    if (number >= NUMBERS_MAX || answer >= ANSWERS) {
        say_wrong(b,
                  "answer %u of number %" PRIu64 " has come, which nobody sent",
                  answer, number);
        return;
    }
    n = number_at(b, number);
    if (++n->executed[answer] > n->calls)
        say_wrong(b,
                  "D: answer %u of number %" PRIu64
                  " is executed %u times, and it was called %u times",
                  answer, number, n->executed[answer], n->calls);
}

/* -- positions ------------------------------------------------------------- */

static uint64_t first_unacked(struct roll_book *b, uint32_t task)
{
    struct caller *c = &b->callers[task];

    while (c->unacked < c->next && number_of(b, task, c->unacked)->acked)
        c->unacked++;
    return c->unacked;
}

static void look_at_kept(struct roll_book *b, uint32_t task, uint64_t k,
                         struct position_order order)
{
    const struct roll_birth *of =
        roll_positions_birth(&b->positions, order.birth);

    if (k > first_unacked(b, task))
        say_wrong(b,
                  "P: it is kept that task %u goes on with its number %" PRIu64
                  ", and number %" PRIu64 " was never acked",
                  task, k, first_unacked(b, task));
    if (position_order_compare(order, b->positions.kept[task].order) < 0)
        say_wrong(b,
                  "P: a position of task %u, birth %" PRIu64
                  ", takes the place of a newer one, birth %" PRIu64,
                  task, order.birth, b->positions.kept[task].order.birth);
    if (of == NULL || of->begin[task] == UINT64_MAX)
        say_wrong(b,
                  "P: a position of task %u is kept, and birth %" PRIu64
                  " has never begun with it",
                  task, order.birth);
    else if (k < of->begin[task])
        say_wrong(b,
                  "P: it is kept that task %u goes on with its number %" PRIu64
                  ", and its birth began with %" PRIu64,
                  task, k, of->begin[task]);
}

void roll_book_kept(struct roll_book *b, uint32_t task, uint64_t k,
                    struct position_order order)
{
    if (task >= b->n_tasks) {
        say_wrong(b, "P: a position of task %u is kept, which there is not",
                  task);
        return;
    }
    b->counts.kept++;
    look_at_kept(b, task, k, order);
    roll_positions_keep(&b->positions, task, k, order);
}

/* -- calm ------------------------------------------------------------------ */

static void look_if_kept(struct roll_book *b, uint32_t task, int64_t now)
{
    struct caller *c = &b->callers[task];

    if (!c->runs || (c->looked != INT64_MAX && now - c->looked < SOON_NS))
        return;
    if (c->looked != INT64_MAX && b->positions.kept[task].k < c->was_unacked)
        say_wrong(b,
                  "P: all numbers of task %u below %" PRIu64
                  " were acked %" PRId64 " s ago, and %" PRIu64 " is kept",
                  task, c->was_unacked, (now - c->looked) / 1000000000,
                  b->positions.kept[task].k);
    c->was_unacked = first_unacked(b, task);
    c->looked = now;
}

void roll_book_is_calm(struct roll_book *b, int64_t now)
{
    if (b->counts.failed + b->counts.again > 0)
        say_wrong(b,
                  "D: %" PRIu64 " numbers have failed and %" PRIu64
                  " were acked again, and nothing went wrong",
                  b->counts.failed, b->counts.again);
    for (uint32_t i = 0; i < b->n_tasks; i++)
        look_if_kept(b, i, now);
}

/* -- looking --------------------------------------------------------------- */

struct roll_counts roll_book_counts(const struct roll_book *b)
{
    return b->counts;
}

bool roll_book_is_complete(const struct roll_book *b, uint64_t count,
                           uint64_t *missing)
{
    for (*missing = 0; *missing < count; ++*missing)
        if (*missing >= b->n || !b->numbers[*missing].acked ||
            b->numbers[*missing].owed)
            return false;
    return true;
}

const char *roll_book_wrong(const struct roll_book *b)
{
    return b->wrong;
}
