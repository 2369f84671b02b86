/* bolt_checks.c - what must hold of a bolt; see checks.h. */
#include "testing/checks.h"
#include "common/other_time.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_check.h"

enum { FIELDS_MAX = 255, FIELDS_USUAL = 2 };

static void descriptor(const struct checked *c, struct trial *trial)
{
    gale_bolt bolt;
    gale_err error;

    if (plugin_check_bolt(c->plugin, c->id, &bolt, &error))
        trial_found(trial, "%s", error.text);
    else
        checks_texts(bolt.summary, &bolt.options, trial);
}

/* -- feeding --------------------------------------------------------------- */

static void name_fields(const struct checked *c, gale_test *t)
{
    static const char *const usual[] = {"f0", "f1"};
    const struct conformance_options *o = c->options;

    gale_test_field_names(t, NULL, NULL, o->n_fields > 0 ? o->fields : usual,
                          o->n_fields > 0 ? o->n_fields : FIELDS_USUAL);
}

/* The value in each field. */
static void feed(const struct checked *c, gale_test *t, gale_value value)
{
    uint32_t n = c->options->n_fields > 0 ? c->options->n_fields : FIELDS_USUAL;
    gale_value values[FIELDS_MAX];

    for (uint32_t i = 0; i < n && i < FIELDS_MAX; i++)
        values[i] = value;
    gale_test_feed_values(t, values, n);
}

/* Each by itself, so that it is clear which one breaks something. */
static void feed_all(const struct checked *c, gale_test *t, gale_rows rows,
                     struct trial *trial)
{
    char text[200];

    for (uint32_t i = 0; i < rows.n; i++) {
        gale_value value = rows.items[i].values[0];

        feed(c, t, value);
        if (*gale_test_error(t) != '\0')
            trial_found(trial, "after a tuple with %s: %s",
                        value_text(value, text, sizeof(text)),
                        gale_test_error(t));
    }
}

static gale_test *begin(const struct checked *c)
{
    gale_test *t = checks_bolt(c);

    name_fields(c, t);
    return t;
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
    gale_test *t = begin(c);

    gale_test_start(t);
    end(t, trial);
}

static void opens_and_closes(const struct checked *c, struct trial *trial)
{
    checks_leave_nothing(c, trial, open_and_close);
}

static void work(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);

    feed_all(c, t, checks_values(), trial);
    end(t, trial);
}

static void works_and_closes(const struct checked *c, struct trial *trial)
{
    checks_leave_nothing(c, trial, work);
}

/* Those that ask for ticks themselves may want none before there is input. */
static void ticks_before_input(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);

    gale_test_override(t, "topology.tick.tuple.freq.secs=1");
    gale_test_advance(t, 3000);
    feed(c, t, gale_cstr("a"));
    gale_test_advance(t, 3000);
    end(t, trial);
}

static void empty_tuples(const struct checked *c, struct trial *trial)
{
    gale_test *t = checks_bolt(c);

    gale_test_feed_values(t, NULL, 0);
    gale_test_feed_values(t, NULL, 0);
    end(t, trial);
}

static void every_type(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);

    feed_all(c, t, checks_values(), trial);
    end(t, trial);
}

/* A bolt may make very many of them, and copies take longer than all else. */
static void huge_tuples(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);

    t->keeps_nothing = true;
    feed_all(c, t, checks_huge_values(), trial);
    end(t, trial);
}

static void replays(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);

    for (int i = 0; i < 3; i++)
        feed_all(c, t, checks_values(), trial);
    end(t, trial);
}

/* -- settling -------------------------------------------------------------- */

struct settled {
    uint64_t lost, stale; /* lost: timed out, or held to the end */
};

static void take(void *arg, const gale_component_stats *s)
{
    struct settled *settled = arg;

    settled->lost += s->timed_out + s->held;
    settled->stale += s->stale;
}

static void settles(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);
    struct settled settled = {0, 0};

    feed_all(c, t, checks_values(), trial);
    gale_test_end(t);
    checks_fine(t, trial);
    if (t->local != NULL)
        gale_local_stats(t->local, take, &settled);
    if (settled.lost > 0)
        trial_found(trial,
                    "%llu inputs were held and neither acked nor failed: let "
                    "go of them by a tick, at the latest",
                    (unsigned long long)settled.lost);
    if (settled.stale > 0)
        trial_found(trial, "%llu acks or fails of inputs that it did not hold",
                    (unsigned long long)settled.stale);
    gale_test_free(t);
}

/* -- repeating ------------------------------------------------------------- */

static gale_test *whole_run(const struct checked *c, struct trial *trial)
{
    gale_test *t = begin(c);

    feed_all(c, t, checks_values(), trial);
    gale_test_advance(t, 5000);
    feed_all(c, t, checks_values(), trial);
    gale_test_end(t);
    return t;
}

static void repeats(const struct checked *c, struct trial *trial)
{
    gale_test *first = whole_run(c, trial);

    other_time = true;
    checks_equal(first, whole_run(c, trial), trial);
}

const struct check bolt_checks[] = {
    {"its descriptor is sound, summary and options are explained", descriptor},
    {"it opens and closes, again and again, and leaves nothing behind",
     opens_and_closes},
    {"a tick before the first tuple is fine", ticks_before_input},
    {"tuples without a field are fine", empty_tuples},
    {"values of every type are fine", every_type},
    {"huge values are fine", huge_tuples},
    {"tuples that come again are fine", replays},
    {"every input is acked or failed, once", settles},
    {"it leaves nothing behind when it has worked", works_and_closes},
    {"two runs from one seed are equal", repeats},
    {NULL, NULL},
};
