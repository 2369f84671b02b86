/* simulate_seeds.c - clusters from seeds; see simulate_seeds.h. */
#include "cli/simulate_seeds.h"
#include "cli/command.h"
#include "common/check.h"
#include "simulator/cluster_seed.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void end_at_once(void *arg, const struct cluster_seed_result *r)
{
    (void)arg;
    printf("WRONG %s hash %016" PRIx64 "\n", r->wrong, r->hash);
    fflush(stdout);
    _exit(1);
}

int simulate_seeds_run(const struct simulate_seeds *s)
{
    struct cluster_seed_options o = {.seed = s->first,
                                     .n_nimbuses = s->nimbuses,
                                     .n_supervisors = s->supervisors,
                                     .n_topologies = s->topologies,
                                     .token_file = getenv("TOKEN"), .roll_call = getenv("ROLL"),
                                     .log_level = GALE_LOG_INFO,
                                     .wrong = end_at_once};
    struct cluster_seed_result r;

    if (!s->loud)
        check(freopen("/dev/null", "w", stderr) != NULL);
    cluster_seed_run(&o, &r);
    printf("seed %" PRIu64 ": %s hash %016" PRIx64
           " %.1f s; topologies %u accepted %u killed %u; commands %" PRIu64
           " refused %" PRIu64 " unanswered %" PRIu64 "; numbers acked %" PRIu64
           " again %" PRIu64 " failed %" PRIu64 "; workers %u; writes %" PRIu64
           "; connections %" PRIu64 " cut %" PRIu64 "\n  faults:",
           s->first, r.wrong, r.hash, (double)r.ns / 1e9, r.topologies,
           r.accepted, r.killed, r.commands, r.refused, r.unanswered,
           r.rolls.acked, r.rolls.again, r.rolls.failed, r.workers, r.writes,
           r.net.connections, r.net.cut);
    for (int i = 0; i < CLUSTER_FAULT_N; i++)
        if (r.faults[i] > 0)
            printf(" %s %u", cluster_fault_names[i], r.faults[i]);
    putchar('\n');
    return r.wrong[0] != '\0';
}
