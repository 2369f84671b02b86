/*
 * uneven.c - two streams of which one makes more work: spout, bolt, topology.
 *
 * `uneven N WORK`: of N messages each third goes to the stream "slow", of which
 * a tuple costs the bolt so many steps, and the others to "quick", of which one
 * costs none.
 */
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdlib.h>

enum { QUICK, SLOW };

/* -- the spout ------------------------------------------------------------- */

struct source {
    int64_t n; /* option */
    int64_t next;
};

static gale_result next(gale_task *task)
{
    struct source *s = gale_instance(task);
    gale_msgid id = {0, (uint64_t)s->next};
    gale_emit_opts opts = {.size = sizeof(opts),
                           .id = &id,
                           .stream = s->next % 3 == 0 ? SLOW : QUICK};

    if (s->next == s->n) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_with(task, &opts, gale_int(s->next++));
}

static const gale_stream both[] = {GALE_STREAM("quick", "number"),
                                   GALE_STREAM("slow", "number")};

GALE_SPOUT(uneven_source, .summary = "numbers on two streams", .next = next,
           .streams = {both, 2, sizeof(both[0])},
           .instance_size = sizeof(struct source),
           .options = GALE_OPTIONS(GALE_OPTION_INT(struct source, n, "n", "99",
                                                   0, INT64_MAX,
                                                   "so many numbers")));

/* -- the bolt -------------------------------------------------------------- */

struct worker {
    int64_t work;  /* option */
    uint64_t left; /* what the work comes to, so that it is done */
};

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct worker *w = gale_instance(task);

    if (strcmp(gale_source_stream(in), "slow") == 0)
        for (int64_t i = 0; i < w->work; i++)
            w->left = w->left * 6364136223846793005u + (uint64_t)i;
    return GALE_OK;
}

GALE_BOLT(uneven, .summary = "works on what the stream \"slow\" brings",
          .execute = execute, .instance_size = sizeof(struct worker),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct worker, work, "work",
                                                  "100", 0, INT64_MAX,
                                                  "steps per tuple")));

/* -- the topology ---------------------------------------------------------- */

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *d;

    if (argc != 2)
        return gale_usage(b, "uneven N WORK");
    gale_set(gale_add_spout(b, "source", "uneven_source", 1), "n",
             gale_int(strtoll(argv[0], NULL, 10)));
    d = gale_set(gale_add_bolt(b, "uneven", "uneven", 2), "work",
                 gale_int(strtoll(argv[1], NULL, 10)));
    gale_shuffle_stream(d, "source", "quick");
    gale_shuffle_stream(d, "source", "slow");
    return GALE_OK;
}

GALE_TOPOLOGY(uneven, .summary = "one bolt, and two streams that differ",
              .build = build);
