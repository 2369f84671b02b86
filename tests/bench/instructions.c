/*
 * instructions.c - a case of known length, for `make bench-check` to count.
 *
 *     bench --count CASE N
 *
 * runs the topology of a case until N messages are emitted and all is settled,
 * and says `tuples T`: how many the last bolt has got. Who counts instructions
 * (valgrind) does so for two N and takes the difference.
 *
 * In a counted world (tests/support/counted_world.h): what the engine decides
 * by time then comes out the same each time, in valgrind, too.
 */
#include "tests/bench/instructions.h"
#include "tests/bench/embedded.h"
#include "tests/support/counted_world.h"
#include "worker/local_in.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int set_length(struct embedded *e, const struct bench_case *c,
                      const char *n)
{
    char text[64];
    gale_err error;
    bool constant = !strncmp(c->topology, "const", 5);

    snprintf(text, sizeof(text), "%s.count=%s",
             constant ? "const" : "sentences", n);
    if (!gale_builder_override(e->builder, text, NULL, NULL, &error))
        return 0;
    fprintf(stderr, "bench: %s\n", error.text);
    return -1;
}

static int run_to_the_end(struct embedded *e, uint32_t carriers)
{
    const struct local_in in = {.env = counted_world()};
    gale_local_opts opts = {.size = sizeof(opts), .carriers = carriers};
    struct embedded_counts counts;
    gale_err error;

    e->local = local_start(&in, e->builder, &opts, &error);
    if (!e->local) {
        fprintf(stderr, "bench: %s\n", error.text);
        return -1;
    }
    gale_local_wait(e->local, -1);
    if (embedded_stop(e))
        return -1;
    embedded_count(e, &counts);
    printf("tuples %" PRIu64 "\n", counts.last);
    return fflush(stdout);
}

int instructions(const struct bench_case *c, const char *n)
{
    struct embedded e;
    int rc = embedded_build(&e, c);

    if (!rc)
        rc = set_length(&e, c, n);
    if (!rc)
        rc = run_to_the_end(&e, c->carriers);
    embedded_free(&e);
    return rc;
}
