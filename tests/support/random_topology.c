/* random_topology.c - topologies drawn by lot; see random_topology.h. */
#include "tests/support/random_topology.h"
#include "tests/support/random_parts.h"
#include "tests/support/random_tree.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct random_message *random_topology_message(struct random_topology *t,
                                               const struct random_part *spout,
                                               uint32_t message)
{
    return &t->messages[spout->number * t->n_messages + message];
}

/* -- drawing --------------------------------------------------------------- */

static uint32_t lot(struct random_topology *t, uint32_t n)
{
    return (uint32_t)(random_next(&t->random) % n);
}

static void draw_part(struct random_topology *t, uint32_t number, bool spout)
{
    struct random_part *p = &t->parts[number];

    p->topology = t;
    p->number = number;
    p->executors = 1 + (int)lot(t, 3);
    p->tasks = p->executors + (lot(t, 3) == 0 ? (int)lot(t, 4) : 0);
    snprintf(p->id, sizeof(p->id), "%s%u", spout ? "spout" : "bolt", number);
    p->probe = (struct probe){.arg = p};
    p->blocking = lot(t, 6) == 0;
    if (!spout) {
        p->slow = lot(t, 4) == 0;
        p->style = (enum bolt_style)lot(t, STYLES);
        p->batches = !p->blocking && lot(t, 3) > 0;
        p->by_rows = t->shape != SHAPE_FIELDS && lot(t, 3) > 0;
    }
    random_parts_fill(p, spout);
}

static void draw_input(struct random_topology *t, struct random_part *p,
                       uint32_t from)
{
    static const uint32_t kinds[] = {
        GALE_SHUFFLE, GALE_SHUFFLE, GALE_BY_FIELDS,        GALE_ALL,
        GALE_GLOBAL,  GALE_NONE,    GALE_LOCAL_OR_SHUFFLE, GALE_PARTIAL_KEY,
        GALE_CUSTOM,
    };
    struct random_input *in = &p->inputs[p->n_inputs];

    in->from = from;
    in->stream = lot(t, 2);
    in->kind = kinds[lot(t, sizeof(kinds) / sizeof(*kinds))];
    for (uint32_t i = 0; i < p->n_inputs; i++) /* each stream once */
        if (p->inputs[i].from == from && p->inputs[i].stream == in->stream)
            return;
    p->n_inputs++;
    t->parts[from].fan[in->stream] +=
        in->kind == GALE_ALL ? (uint32_t)p->tasks : 1;
}

/* The first bolt takes what the first spout gives; others anything before them,
 * and sometimes what comes behind them: a cycle. */
static void draw_inputs(struct random_topology *t, uint32_t number)
{
    struct random_part *p = &t->parts[number];
    uint32_t n = 1 + lot(t, RANDOM_TOPOLOGY_INPUTS);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t all = t->n_spouts + t->n_bolts, from;

        from = i == 0 && number == t->n_spouts ? 0
               : i > 0 && lot(t, 4) == 0
                   ? t->n_spouts + lot(t, all - t->n_spouts)
                   : lot(t, number);
        draw_input(t, p, from);
    }
}

static void expect(struct random_topology *t)
{
    for (uint32_t s = 0; s < t->n_spouts; s++)
        for (uint32_t m = 0; m < t->n_messages; m++) {
            struct random_message *message =
                random_topology_message(t, &t->parts[s], m);

            for (uint32_t a = 0; a < message->emitted; a++) {
                struct random_content c = random_tree_first(&t->parts[s], m, a);

                (void)random_tree_follow(t, s, 0, &c);
            }
        }
}

void random_topology_init(struct random_topology *t, uint64_t seed)
{
    static const int64_t limits[] = {0, 0, 1, 7, 100, 1000};

    memset(t, 0, sizeof(*t));
    t->seed = seed;
    t->settled = (struct tally)TALLY_INIT;
    random_seed(&t->random, seed);
    t->n_spouts = 1 + lot(t, RANDOM_TOPOLOGY_SPOUTS);
    t->n_bolts = 1 + lot(t, RANDOM_TOPOLOGY_BOLTS);
    t->n_messages = (100 + lot(t, 500)) * (lot(t, 8) == 0 ? 10 : 1);
    t->max_pending = limits[lot(t, 6)];
    t->shape = (enum random_shape)lot(t, SHAPES);
    t->attempts = 1 + lot(t, RANDOM_TOPOLOGY_ATTEMPTS);
    t->messages = calloc(t->n_spouts * t->n_messages, sizeof(*t->messages));
    if (t->messages == NULL)
        abort();
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++)
        draw_part(t, i, i < t->n_spouts);
    for (uint32_t i = t->n_spouts; i < t->n_spouts + t->n_bolts; i++)
        draw_inputs(t, i);
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++)
        if (lot(t, 5) == 0 && !t->parts[i].blocking)
            t->parts[i].naps = 24;
}

void random_topology_fini(struct random_topology *t)
{
    free(t->messages);
}

/* -- building -------------------------------------------------------------- */

static const char *plugin_of(const struct random_part *p, bool spout)
{
    if (spout)
        return p->blocking ? "probe_spout_blocking" : "probe_spout";
    if (p->batches)
        return p->style == STYLE_PLAIN ? "probe_bolt_batch"
                                       : "probe_bolt_batch_manual";
    if (p->style == STYLE_PLAIN)
        return p->blocking ? "probe_bolt_blocking" : "probe_bolt";
    return p->blocking ? "probe_bolt_slow_join" : "probe_bolt_manual";
}

static void subscribe(struct random_topology *t, gale_declarer *d,
                      const struct random_input *in)
{
    static const char *const key[] = {"salt"};
    gale_input input = {.size = sizeof(input),
                        .kind = in->kind,
                        .from = t->parts[in->from].id,
                        .stream = in->stream == 0 ? "default" : "other"};

    if (in->kind == GALE_BY_FIELDS || in->kind == GALE_PARTIAL_KEY) {
        input.fields = key;
        input.n_fields = 1;
    }
    if (in->kind == GALE_CUSTOM)
        input.custom = "probe_grouping.so:turns";
    gale_subscribe(d, &input);
}

void random_topology_build(struct random_topology *t, struct topology_run *r)
{
    gale_configure(r->builder, "gale.topology.max.async", gale_int(20));
    if (t->max_pending > 0)
        gale_configure(r->builder, "topology.max.spout.pending",
                       gale_int(t->max_pending));
    r->carriers = 1 + lot(t, 4);
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++) {
        struct random_part *p = &t->parts[i];
        bool spout = i < t->n_spouts;
        gale_declarer *d;

        d = spout ? topology_run_spout_as(r, p->id, plugin_of(p, true),
                                          &p->probe, p->executors)
                  : topology_run_bolt_as(r, p->id, plugin_of(p, false),
                                         &p->probe, p->executors);
        gale_set_tasks(d, p->tasks);
        for (uint32_t k = 0; k < p->n_inputs; k++)
            subscribe(t, d, &p->inputs[k]);
    }
}

/* -- judging --------------------------------------------------------------- */

static char why[400];

/* Each attempt ended once, as its tree says; or is still under way. */
static const char *wrong_message(struct random_topology *t, uint32_t spout,
                                 uint32_t number, bool settled)
{
    struct random_message *m =
        random_topology_message(t, &t->parts[spout], number);

    for (uint32_t a = 0; a < RANDOM_TOPOLOGY_ATTEMPTS; a++) {
        struct random_content c =
            random_tree_first(&t->parts[spout], number, a);
        uint32_t ends = m->acked[a] + m->failed[a];
        bool fails_ = a < m->emitted && random_tree_follow(t, spout, 0, &c);

        snprintf(why, sizeof(why),
                 "message %u of spout %u, attempt %u of %u: %u acks, %u fails, "
                 "its tree %s",
                 number, spout, a, (unsigned)m->emitted, (unsigned)m->acked[a],
                 (unsigned)m->failed[a], fails_ ? "fails" : "succeeds");
        if (ends > 1 || (a >= m->emitted && ends > 0) ||
            (ends == 1 && (m->failed[a] == 1) != fails_) ||
            (settled && a < m->emitted && ends != 1))
            return why;
    }
    return NULL;
}

static const char *wrong_spout(struct random_topology *t,
                               struct topology_run *r, uint32_t spout)
{
    gale_component_stats c = topology_run_stats(r, t->parts[spout].id);

    snprintf(why, sizeof(why),
             "%s: emitted %" PRIu64 ", acked %" PRIu64 ", failed %" PRIu64
             ", pending %" PRIu64,
             c.id, c.emitted, c.acked, c.failed, c.pending);
    return c.emitted == c.acked + c.failed + c.pending && c.timed_out == 0
               ? NULL
               : why;
}

static const char *wrong_bolt(struct random_topology *t, struct topology_run *r,
                              uint32_t bolt, bool settled)
{
    const struct random_part *p = &t->parts[bolt];
    gale_component_stats c = topology_run_stats(r, p->id);

    snprintf(why, sizeof(why),
             "%s: executed %" PRIu64 " (itself %" PRIu64 ", expected %" PRIu64
             "), acked %" PRIu64 ", failed %" PRIu64 ", held %" PRIu64,
             c.id, c.executed, (uint64_t)p->executed, p->expected, c.acked,
             c.failed, c.held);
    if (c.executed != p->executed || c.executed != c.acked + c.failed + c.held)
        return why;
    return settled                    ? c.executed != p->expected ? why : NULL
           : c.executed > p->expected ? why
                                      : NULL;
}

const char *random_topology_wrong(struct random_topology *t,
                                  struct topology_run *r, bool settled)
{
    const char *wrong = NULL;

    for (uint32_t s = 0; s < t->n_spouts && wrong == NULL; s++) {
        wrong = wrong_spout(t, r, s);
        for (uint32_t m = 0; m < t->n_messages && wrong == NULL; m++)
            wrong = wrong_message(t, s, m, settled);
    }
    for (uint32_t i = 0; i < t->n_spouts + t->n_bolts; i++)
        t->parts[i].expected = 0;
    expect(t);
    for (uint32_t b = t->n_spouts;
         b < t->n_spouts + t->n_bolts && wrong == NULL; b++)
        wrong = wrong_bolt(t, r, b, settled);
    return wrong;
}

bool random_topology_all_acked(const struct random_topology *t)
{
    for (uint32_t i = 0; i < t->n_spouts * t->n_messages; i++) {
        uint32_t acks = 0;

        for (uint32_t a = 0; a < RANDOM_TOPOLOGY_ATTEMPTS; a++)
            acks += t->messages[i].acked[a];
        if (acks != 1)
            return false;
    }
    return true;
}
