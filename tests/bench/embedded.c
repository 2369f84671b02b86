/* embedded.c - a topology that runs in this process; see embedded.h. */
#include "tests/bench/embedded.h"
#include <gale/topology.h>
#include <inttypes.h>
#include <stdio.h>

static int refused(const char *what, const char *why)
{
    fprintf(stderr, "bench: %s: %s\n", what, why);
    return -1;
}

/* -- building -------------------------------------------------------------- */

static void build_wordcount(gale_builder *b, const struct bench_case *c)
{
    int n = (int)c->parallelism;
    bool plain = !strcmp(c->topology, "plain");
    const char *split = plain ? "plain_words.so:plain_split" : "split";
    const char *count = plain ? "plain_words.so:plain_count" : "count";
    gale_declarer *spout = gale_add_spout(b, "sentences", "sentences", n);

    gale_set(spout, "order", gale_cstr(plain ? "turn" : c->topology));
    gale_set(spout, "tracked", gale_bool(c->acked));
    gale_shuffle(gale_add_bolt(b, "split", split, n), "sentences");
    gale_by_fields(gale_add_bolt(b, "count", count, n), "split", "word");
}

/* How many are under way is the case, not to be found out. */
static void build_held(gale_builder *b, const struct bench_case *c)
{
    gale_configure(b, "topology.max.spout.pending",
                   gale_int(2 * (int64_t)c->size));
    gale_add_spout(b, "const", "const", (int)c->parallelism);
    gale_shuffle(gale_set(gale_add_bolt(b, "holder", "holder", 1), "n",
                          gale_int((int64_t)c->size)),
                 "const");
}

static void build_payload(gale_builder *b, const struct bench_case *c)
{
    int n = (int)c->parallelism;
    gale_declarer *spout = gale_add_spout(b, "payload", "payload", n);

    gale_set(spout, "bytes", gale_int((int64_t)c->size));
    gale_set(spout, "tracked", gale_bool(c->acked));
    gale_shuffle(gale_add_bolt(b, "null", "null", n), "payload");
}

static void build_const(gale_builder *b, const struct bench_case *c)
{
    int n = (int)c->parallelism;
    bool id = !strcmp(c->topology, "const-id");
    gale_declarer *spout = gale_add_spout(b, "const", "const", n);

    gale_set(spout, "tracked", gale_bool(c->acked));
    if (c->size)
        gale_set(spout, "topology.max.spout.pending",
                 gale_int((int64_t)c->size));
    if (id)
        gale_shuffle(gale_set(gale_add_bolt(b, "id", "identity", n), "fields",
                              gale_cstr("value")),
                     "const");
    gale_shuffle(gale_add_bolt(b, "null", "null", n), id ? "id" : "const");
}

int embedded_build(struct embedded *e, const struct bench_case *c)
{
    *e = (struct embedded){.builder = gale_builder_new(), .acked = c->acked};
    gale_set_name(e->builder, "bench");
    if (!strncmp(c->topology, "const", 5))
        build_const(e->builder, c);
    else if (!strcmp(c->topology, "held"))
        build_held(e->builder, c);
    else if (!strcmp(c->topology, "payload"))
        build_payload(e->builder, c);
    else
        build_wordcount(e->builder, c);
    return 0;
}

/* -- running --------------------------------------------------------------- */

int embedded_start(struct embedded *e, uint32_t carriers)
{
    gale_local_opts opts = {.size = sizeof(opts), .carriers = carriers};
    gale_err error;

    e->local = gale_local_start(e->builder, &opts, &error);
    return e->local ? 0 : refused("cannot start", error.text);
}

int embedded_run(struct embedded *e, double seconds)
{
    gale_local_state state = gale_local_wait(e->local, (int)(seconds * 1e3));

    if (state == GALE_LOCAL_RUNNING)
        return 0;
    return refused("it did not go on running", gale_local_error(e->local));
}

void embedded_add(void *arg, const gale_component_stats *s)
{
    struct embedded_counts *c = arg;

    c->sent += s->transferred;
    c->executed += s->executed;
    if (s->spout) {
        c->messages += s->emitted;
        c->acked += s->acked;
        c->failed += s->failed;
        c->pending += s->pending;
    } else if (strcmp(s->plugin, "print") != 0) {
        c->last = s->executed;
    }
}

void embedded_count(struct embedded *e, struct embedded_counts *counts)
{
    *counts = (struct embedded_counts){.messages = 0};
    gale_local_stats(e->local, embedded_add, counts);
}

/* -- the end --------------------------------------------------------------- */

int embedded_account(const struct embedded_counts *c, bool acked)
{
    if (c->sent != c->executed) {
        fprintf(stderr,
                "bench: %" PRIu64 " tuples were sent, %" PRIu64 " executed\n",
                c->sent, c->executed);
        return -1;
    }
    if (acked && (c->pending || c->acked + c->failed != c->messages)) {
        fprintf(stderr,
                "bench: of %" PRIu64 " messages %" PRIu64
                " were acked, %" PRIu64 " failed, %" PRIu64 " are pending\n",
                c->messages, c->acked, c->failed, c->pending);
        return -1;
    }
    if (c->failed > 0)
        fprintf(stderr,
                "bench: note: %" PRIu64 " of %" PRIu64 " messages "
                "failed and were emitted again\n",
                c->failed, c->messages);
    return 0;
}

int embedded_stop(struct embedded *e)
{
    struct embedded_counts counts;

    gale_local_stop(e->local, GALE_STOP_DRAIN);
    if (gale_local_wait(e->local, -1) == GALE_LOCAL_FAILED)
        return refused("it failed", gale_local_error(e->local));
    embedded_count(e, &counts);
    return embedded_account(&counts, e->acked);
}

void embedded_free(struct embedded *e)
{
    if (e->local)
        gale_local_free(e->local);
    gale_builder_free(e->builder);
}
