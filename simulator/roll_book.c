/* roll_book.c - the books of a roll call; see roll_book.h. */
#include "simulator/roll_book.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <gale/abi.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ANSWERS = 2, ALL_ANSWERS = (1 << ANSWERS) - 1, TASKS_MAX = 64 };
#define NUMBERS_MAX UINT64_C(1000000)

struct number {
    uint32_t answers; /* bits */
    bool acked;
    uint64_t life; /* the newest that has called it; 0: none */
    bool open;     /* there, and it has not heard of it */
};

struct roll_book {
    char *topology;
    struct number *numbers;
    uint64_t n, room;
    uint64_t newest[TASKS_MAX]; /* life of each task */
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

static struct number *number_of(struct roll_book *b, const struct roll_life *l,
                                uint64_t k)
{
    return number_at(b, k * l->n_tasks + l->task);
}

/* -- what happens ---------------------------------------------------------- */

struct roll_life roll_book_open(struct roll_book *b, uint32_t task,
                                uint32_t n_tasks, uint64_t k)
{
    struct roll_life l = {task, n_tasks, ++b->counts.lives};

    check(task < n_tasks && n_tasks <= TASKS_MAX);
    b->newest[task] = l.number;
    for (uint64_t i = 0; i < k; i++)
        if (!number_of(b, &l, i)->acked)
            say_wrong(b,
                      "L: task %u of numbers goes on with its number %" PRIu64
                      ", and number %" PRIu64 " was never acked",
                      task, k, i);
    return l;
}

static bool is_newest(const struct roll_book *b, const struct roll_life *l)
{
    return b->newest[l->task] == l->number;
}

void roll_book_called(struct roll_book *b, const struct roll_life *l,
                      uint64_t k)
{
    struct number *n = number_of(b, l, k);

    b->counts.called++;
    if (!is_newest(b, l))
        return;
    if (n->life == l->number && n->open)
        say_wrong(b, "D: task %u calls number %" PRIu64 " while it is pending",
                  l->task, k);
    else if (n->life == l->number && n->acked)
        say_wrong(b, "D: task %u calls number %" PRIu64 ", which was acked",
                  l->task, k);
    n->life = l->number;
    n->open = true;
}

void roll_book_acked(struct roll_book *b, const struct roll_life *l, uint64_t k)
{
    struct number *n = number_of(b, l, k);

    if (n->answers != ALL_ANSWERS)
        say_wrong(b,
                  "L: task %u hears that number %" PRIu64
                  " is acked, and not all of its answers were seen",
                  l->task, k);
    if (n->acked)
        b->counts.again++;
    else
        b->counts.acked++;
    n->acked = true;
    if (n->life == l->number)
        n->open = false;
}

void roll_book_failed(struct roll_book *b, const struct roll_life *l,
                      uint64_t k)
{
    struct number *n = number_of(b, l, k);

    b->counts.failed++;
    if (n->life == l->number)
        n->open = n->acked = false;
}

void roll_book_answered(struct roll_book *b, uint64_t number, uint32_t answer)
{
    if (number >= NUMBERS_MAX || answer >= ANSWERS)
        say_wrong(b,
                  "answer %u of number %" PRIu64 " has come, which nobody sent",
                  answer, number);
    else
        number_at(b, number)->answers |= 1u << answer;
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
        if (*missing >= b->n || !b->numbers[*missing].acked)
            return false;
    return true;
}

const char *roll_book_wrong(const struct roll_book *b)
{
    return b->wrong;
}
