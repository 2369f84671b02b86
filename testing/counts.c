/* counts.c - the engine's counters, as a test asks for them; see
 * gale/testing.h. */
#include "testing/kit.h"
#include "topology-api/memory.h"

struct wanted_stats {
    const char *id;
    gale_component_stats stats;
    char last_error[sizeof(((gale_test *)0)->last_error)];
};

static void take(void *arg, const gale_component_stats *stats)
{
    struct wanted_stats *wanted = arg;

    if (strcmp(stats->id, wanted->id) != 0)
        return;
    wanted->stats = *stats;
    snprintf(wanted->last_error, sizeof(wanted->last_error), "%s",
             stats->last_error);
}

static bool find(gale_test *t, const char *component, struct wanted_stats *to)
{
    uint32_t c = capture_component(t, component);

    *to = (struct wanted_stats){0};
    if (c == UINT32_MAX || t->local == NULL)
        return false;
    to->id = t->model->components[c].id;
    gale_local_stats(t->local, take, to);
    return true;
}

/* -- messages -------------------------------------------------------------- */

/* Of what was fed. */
static uint64_t of_fed(const gale_test *t, gale_test_counter counter)
{
    if (counter == GALE_TEST_ACKED)
        return t->n_acked;
    if (counter == GALE_TEST_FAILED)
        return t->n_failed;
    return t->n_fed - t->n_acked - t->n_failed;
}

/* -- components ------------------------------------------------------------ */

static uint64_t of_component(const gale_test *t, const struct wanted_stats *w,
                             gale_test_counter counter)
{
    const gale_component_stats *s = &w->stats;

    switch (counter) {
    case GALE_TEST_ACKED:
        return s->acked;
    case GALE_TEST_FAILED:
        return s->failed;
    case GALE_TEST_PENDING:
        return s->spout ? s->pending : s->queued + s->held;
    case GALE_TEST_EMITTED:
        return s->emitted;
    case GALE_TEST_EXECUTED:
        return s->executed;
    case GALE_TEST_DROPPED:
        return s->dropped;
    case GALE_TEST_POISONED:
        return s->poisoned;
    case GALE_TEST_HELD:
        return s->held;
    case GALE_TEST_TICKS:
        return t->ticks[model_find(t->model, w->id)];
    case GALE_TEST_ERRORS:
        return s->errors;
    }
    return 0;
}

uint64_t counts_now(gale_test *t, const char *component,
                    gale_test_counter counter)
{
    struct wanted_stats wanted;

    if (component == NULL && counter <= GALE_TEST_PENDING && t->plugin == NULL)
        return of_fed(t, counter);
    if (!find(t, component, &wanted))
        return 0;
    return of_component(t, &wanted, counter);
}

uint64_t gale_test_count(gale_test *t, const char *component,
                         gale_test_counter counter)
{
    gale_test_settle(t);
    return counts_now(t, component, counter);
}

const char *gale_test_last_error(gale_test *t, const char *component)
{
    struct wanted_stats wanted;

    gale_test_settle(t);
    if (!find(t, component, &wanted))
        return "";
    snprintf(t->last_error, sizeof(t->last_error), "%s", wanted.last_error);
    return t->last_error;
}
