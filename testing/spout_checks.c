/* spout_checks.c - what must hold of a spout; see checks.h. */
#include "testing/checks.h"
#include "common/other_time.h"
#include "topology-api/plugin_check.h"

#define STEP_MIN_NS 20000
#define STEP_MAX_NS 1000000

enum { ENOUGH = 200, PATIENCE_MS = 60000, REFUSED = 3 };

static void descriptor(const struct checked *c, struct trial *trial)
{
    gale_spout spout;
    gale_err error;

    if (plugin_check_spout(c->plugin, c->id, &spout, &error))
        trial_found(trial, "%s", error.text);
    else
        checks_texts(spout.summary, &spout.options, trial);
}

/* -- running --------------------------------------------------------------- */

static uint64_t emitted(gale_test *t)
{
    return t->n_emitted;
}

static int64_t step_after(int64_t ns)
{
    int64_t step = STEP_MIN_NS + ns / 8;

    return step < STEP_MAX_NS ? step : STEP_MAX_NS;
}

/* Spouts may have no end: until it has emitted some more, or a minute is over;
 * then it is deactivated. */
static void run_some(gale_test *t)
{
    uint64_t enough;
    int64_t ns = 0;

    gale_test_start(t);
    enough = emitted(t) + ENOUGH;
    while (ns < (int64_t)PATIENCE_MS * 1000000 && emitted(t) < enough &&
           course_pass(t, step_after(ns)))
        ns += step_after(ns);
    gale_test_activate(t, false);
    gale_test_settle(t);
}

static void end(gale_test *t, struct trial *trial)
{
    gale_test_end(t);
    checks_fine(t, trial);
    gale_test_free(t);
}

/* -- the checks ------------------------------------------------------------ */

static void open_and_close(const struct checked *c, struct trial *trial)
{
    gale_test *t = checks_spout(c);

    gale_test_activate(t, false);
    end(t, trial);
}

static void opens_and_closes(const struct checked *c, struct trial *trial)
{
    checks_leave_nothing(c, trial, open_and_close);
}

static void work(const struct checked *c, struct trial *trial)
{
    gale_test *t = checks_spout(c);

    gale_test_refuse(t, REFUSED);
    run_some(t);
    end(t, trial);
}

static void works_and_closes(const struct checked *c, struct trial *trial)
{
    checks_leave_nothing(c, trial, work);
}

static void deactivates(const struct checked *c, struct trial *trial)
{
    gale_test *t = checks_spout(c);
    uint64_t before;

    for (int i = 0; i < 3; i++) {
        run_some(t);
        before = emitted(t);
        gale_test_advance(t, PATIENCE_MS);
        if (emitted(t) > before)
            trial_found(trial, "it emits while it is inactive");
        gale_test_activate(t, true);
    }
    gale_test_activate(t, false);
    end(t, trial);
}

/* A spout without a `fail` has given them up. */
static void replays(const struct checked *c, struct trial *trial)
{
    gale_test *t = checks_spout(c);
    uint64_t failed, acked;
    bool hears;

    gale_test_refuse(t, REFUSED);
    run_some(t);
    gale_test_activate(t, true);
    run_some(t);
    failed = gale_test_count(t, NULL, GALE_TEST_FAILED);
    acked = gale_test_count(t, NULL, GALE_TEST_ACKED);
    hears = t->model != NULL && t->model->components[0].spout.fail != NULL;
    if (failed > 0 && hears && acked + failed > emitted(t))
        trial_found(trial, "%llu messages acked and %llu failed of %llu",
                    (unsigned long long)acked, (unsigned long long)failed,
                    (unsigned long long)emitted(t));
    if (failed > 0 && hears && acked == 0)
        trial_found(trial,
                    "nothing is emitted again or any more after "
                    "%llu messages have failed",
                    (unsigned long long)failed);
    end(t, trial);
}

static gale_test *whole_run(const struct checked *c)
{
    gale_test *t = checks_spout(c);

    gale_test_refuse(t, REFUSED);
    run_some(t);
    gale_test_end(t);
    return t;
}

static void repeats(const struct checked *c, struct trial *trial)
{
    gale_test *first = whole_run(c);

    other_time = true;
    checks_equal(first, whole_run(c), trial);
}

const struct check spout_checks[] = {
    {"its descriptor is sound, summary and options are explained", descriptor},
    {"it opens and closes, again and again, and leaves nothing behind",
     opens_and_closes},
    {"it emits nothing while it is inactive, and goes on afterwards",
     deactivates},
    {"messages that fail are fine", replays},
    {"it leaves nothing behind when it has worked", works_and_closes},
    {"two runs from one seed are equal", repeats},
    {NULL, NULL},
};
