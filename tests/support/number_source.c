/* number_source.c - a spout that writes down what becomes of its numbers. */
#include "tests/support/number_source.h"
#include <stdlib.h>

enum { ID_HI = 7 };

struct source_task {
    uint64_t next; /* the k-th number of this task */
    uint64_t *again;
    uint64_t n_again, capacity;
};

static struct number_source *source_of(gale_task *task)
{
    return probe_arg(task);
}

static gale_result emit(gale_task *task, uint64_t number)
{
    struct number_source *s = source_of(task);
    gale_value value = gale_int((int64_t)number);

    tally_add(&s->emitted, 1);
    if (s->untracked)
        return gale_emit(task, value);
    return gale_emit_msg(task, ((gale_msgid){ID_HI, number}), value);
}

static gale_result next(gale_task *task)
{
    struct number_source *s = source_of(task);
    struct source_task *t = probe_state(task);
    uint64_t step = gale_n_tasks(task), number;
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < s->batch && result == GALE_OK; i++) {
        if (t->n_again > 0) {
            result = emit(task, t->again[--t->n_again]);
            continue;
        }
        number = t->next * step + gale_task_index(task);
        if (number >= s->n && (!s->endless || s->ends)) {
            gale_exhausted(task);
            break;
        }
        t->next++;
        result = emit(task, number);
    }
    return result;
}

static bool is_ours(struct number_source *s, gale_msgid id)
{
    if (id.hi != ID_HI || (id.lo >= s->n && !s->endless))
        s->strangers++;
    return id.hi == ID_HI && id.lo < s->n;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct number_source *s = source_of(task);

    if (is_ours(s, id))
        s->acks[id.lo]++;
    tally_add(&s->acked, 1);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct number_source *s = source_of(task);
    struct source_task *t = probe_state(task);

    if (is_ours(s, id))
        s->fails[id.lo]++;
    if (s->replays) {
        if (t->n_again == t->capacity) {
            t->capacity = t->capacity ? 2 * t->capacity : 16;
            t->again = realloc(t->again, t->capacity * sizeof(*t->again));
            if (t->again == NULL)
                abort();
        }
        t->again[t->n_again++] = id.lo;
    }
    tally_add(&s->failed, 1);
}

static void close_source(gale_task *task)
{
    struct source_task *t = probe_state(task);

    if (t != NULL)
        free(t->again);
}

void number_source_init(struct number_source *s, uint64_t n)
{
    static const struct tally zero = TALLY_INIT;
    static const char *const fields[] = {"number"};
    static const gale_stream stream = {
        "default", 0, 0, {fields, 1, sizeof(char *)}, NULL};

    memset(s, 0, sizeof(*s));
    s->n = n;
    s->batch = 16;
    s->emitted = s->acked = s->failed = zero;
    s->acks = calloc(n + 1, sizeof(*s->acks));
    s->fails = calloc(n + 1, sizeof(*s->fails));
    if (s->acks == NULL || s->fails == NULL)
        abort();
    s->probe = (struct probe){.arg = s,
                              .state_size = sizeof(struct source_task),
                              .streams = {&stream, 1, sizeof(stream)},
                              .next = next,
                              .ack = ack,
                              .fail = fail,
                              .close = close_source};
}

void number_source_fini(struct number_source *s)
{
    free(s->acks);
    free(s->fails);
}

uint64_t number_source_unacked(const struct number_source *s)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < s->n; i++)
        n += s->acks[i] != 1;
    return n;
}

uint64_t number_source_failed(const struct number_source *s)
{
    uint64_t n = 0;

    for (uint64_t i = 0; i < s->n; i++)
        n += s->fails[i] > 0;
    return n;
}
