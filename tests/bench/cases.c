/*
 * cases.c - the table of what is measured, and of what must be reached.
 *
 * A round takes the cases in this order, so that each stands close to what it
 * is compared with.
 */
#include "tests/bench/callbacks.h"
#include "tests/bench/fused.h"
#include "tests/bench/latency.h"
#include "tests/bench/launch.h"
#include "tests/bench/memory_speed.h"
#include "tests/bench/throughput.h"
#include "tests/bench/two_workers.h"
#include "tests/bench/wire_speed.h"
#include <string.h>

#define WORDS "M words/s"
#define TUPLES "M tuples/s"
#define EVENTS "M events/s"
#define WORDS_A_SENTENCE 6.4 /* of the five, on average */

/* -- figures --------------------------------------------------------------- */

#define RATE(unit_)                                                            \
    {                                                                          \
        {                                                                      \
            "rate", unit_, MUST_NOTHING, 0                                     \
        }                                                                      \
    }
#define RATE_MUST(unit_, kind_, must_)                                         \
    {                                                                          \
        {                                                                      \
            "rate", unit_, kind_, must_                                        \
        }                                                                      \
    }
#define LATENCY(of_, p50_, p99_)                                               \
    {of_ " p50", "us", MUST_AT_MOST, p50_},                                    \
        {of_ " p99", "us", MUST_AT_MOST, p99_},                                \
    {                                                                          \
        of_ " p99.9", "us", MUST_NOTHING, 0                                    \
    }
#define LATENCY_FREE(of_)                                                      \
    {of_ " p50", "us", MUST_NOTHING, 0}, {of_ " p99", "us", MUST_NOTHING, 0},  \
    {                                                                          \
        of_ " p99.9", "us", MUST_NOTHING, 0                                    \
    }
#define WIRE(kind_, encode_, decode_)                                          \
    {                                                                          \
        {"encode", "ns", kind_, encode_}, {"decode", "ns", kind_, decode_},    \
            {"sum", "ns", MUST_NOTHING, 0},                                    \
            {"msgpack-c pack", "ns", MUST_NOTHING, 0},                         \
            {"msgpack-c unpack", "ns", MUST_NOTHING, 0},                       \
        {                                                                      \
            "bytes", "B", MUST_NOTHING, 0                                      \
        }                                                                      \
    }
#define RATE_RESIDENT(resident_kind_, mib_)                                    \
    {                                                                          \
        {"rate", WORDS, MUST_NOTHING, 0},                                      \
        {                                                                      \
            "resident", "MiB", resident_kind_, mib_                            \
        }                                                                      \
    }

#define RATE_PENDING(n_)                                                       \
    {                                                                          \
        {"rate", TUPLES, MUST_NOTHING, 0},                                     \
        {                                                                      \
            "pending", "messages", MUST_AT_LEAST, n_                           \
        }                                                                      \
    }

/* -- cases ----------------------------------------------------------------- */

#define LIMIT(id_, run_, unit_)                                                \
    {                                                                          \
        .id = id_, .run = run_, .figures = RATE(unit_)                         \
    }
#define ENGINE(id_, acked_, carriers_, topology_, parallelism_)                \
    .id = id_, .acked = acked_, .carriers = carriers_, .run = throughput,      \
    .topology = topology_, .parallelism = parallelism_
#define RATIO(id_, over_, under_, must_)                                       \
    {                                                                          \
        .id = id_, .acked = true, .carriers = 1, .over = over_,                \
        .under = under_, .figures = RATE_MUST("x", MUST_AT_LEAST, must_)       \
    }
/* On two workers with a carrier each. */
#define WORKERS_BY(transport_, id_, acked_, run_, topology_)                   \
    .id = id_, .acked = acked_, .carriers = 1, .workers = 2, .run = run_,      \
    .topology = topology_, .parallelism = 1, .transport = transport_
#define WORKERS(id_, acked_, run_, topology_)                                  \
    WORKERS_BY("tcp", id_, acked_, run_, topology_)
#define PACED(id_, acked_, carriers_, topology_, by_, messages_, load_)        \
    .id = id_, .acked = acked_, .carriers = carriers_, .run = latency,         \
    .topology = topology_, .paced_by = by_, .messages = messages_,             \
    .load = load_

#define MOST(id_, carriers_)                                                   \
    {                                                                          \
        .id = id_, .acked = true, .carriers = carriers_, .run = latency_most,  \
        .topology = "due", .parallelism = 1, .figures = RATE(TUPLES)           \
    }

/* A topology not acked and acked, on one carrier, on two, on two workers. */
#define ONE_CARRIER(id_, topology_, unit_, off_, on_)                          \
    {ENGINE(id_, false, 1, topology_, 1),                                      \
     .figures = RATE_MUST(unit_, MUST_AT_LEAST, off_)},                        \
    {                                                                          \
        ENGINE(id_ "-acked", true, 1, topology_, 1),                           \
            .figures = RATE_MUST(unit_, MUST_AT_LEAST, on_)                    \
    }
#define TWO_CARRIERS(id_, topology_, unit_, off_, on_)                         \
    {ENGINE(id_ "-2", false, 2, topology_, 2),                                 \
     .figures = RATE_MUST(unit_, MUST_AT_LEAST, off_)},                        \
    {                                                                          \
        ENGINE(id_ "-acked-2", true, 2, topology_, 2),                         \
            .figures = RATE_MUST(unit_, MUST_AT_LEAST, on_)                    \
    }
#define TWO_WORKERS(id_, topology_, unit_, off_, on_)                          \
    {WORKERS(id_ "-workers-2", false, two_workers, topology_),                 \
     .figures = RATE_MUST(unit_, MUST_AT_LEAST, off_)},                        \
    {                                                                          \
        WORKERS(id_ "-acked-workers-2", true, two_workers, topology_),         \
            .figures = RATE_MUST(unit_, MUST_AT_LEAST, on_)                    \
    }

/* … on two workers of one host, by a Unix socket and by shared memory. */
#define TWO_NEAR(id_, topology_, unit_, off_, on_)                             \
    {WORKERS_BY("unix", id_ "-workers-2-unix", false, two_workers, topology_), \
     .figures = RATE(unit_)},                                                  \
        {WORKERS_BY("unix", id_ "-acked-workers-2-unix", true, two_workers,    \
                    topology_),                                                \
         .figures = RATE(unit_)},                                              \
        {WORKERS_BY("shared-memory", id_ "-workers-2-shared", false,           \
                    two_workers, topology_),                                   \
         .figures = RATE_MUST(unit_, MUST_AT_LEAST, off_)},                    \
    {                                                                          \
        WORKERS_BY("shared-memory", id_ "-acked-workers-2-shared", true,       \
                   two_workers, topology_),                                    \
            .figures = RATE_MUST(unit_, MUST_AT_LEAST, on_)                    \
    }

/* A topology that ships: its name and its arguments, of which the last one is
 * as many executors as there are carriers. Its `print` has its own thread. */
#define EXAMPLE_ON(carriers_, id_, acked_, topology_, ...)                     \
    {                                                                          \
        .id = id_, .acked = acked_, .carriers = carriers_, .own_thread = true, \
        .run = throughput_example, .topology = topology_,                      \
        .args = {__VA_ARGS__, #carriers_}, .figures = RATE(EVENTS)             \
    }
#define EXAMPLE(id_, ...)                                                      \
    EXAMPLE_ON(1, id_, false, __VA_ARGS__),                                    \
        EXAMPLE_ON(1, id_ "-acked", true, __VA_ARGS__),                        \
        EXAMPLE_ON(2, id_ "-2", false, __VA_ARGS__),                           \
        EXAMPLE_ON(2, id_ "-acked-2", true, __VA_ARGS__)
#define ENDLESS "1000000000000000" /* events, more than there is time for */

const struct bench_case cases[] = {
    LIMIT("limit-wordcount-turn", fused_in_turn, WORDS),
    LIMIT("limit-wordcount-random", fused_at_random, WORDS),
    LIMIT("limit-callback", callbacks_const, TUPLES),
    LIMIT("limit-callback-id", callbacks_const_id, TUPLES),
    LIMIT("limit-callback-turn", callbacks_in_turn, WORDS),
    LIMIT("limit-callback-random", callbacks_at_random, WORDS),

    {ENGINE("wordcount-turn", false, 1, "turn", 1),
     .under = "limit-wordcount-turn", .share_must = 0.17,
     .figures = RATE_MUST(WORDS, MUST_AT_LEAST, 60)},
    {ENGINE("wordcount-turn-acked", true, 1, "turn", 1),
     .under = "limit-wordcount-turn", .share_must = 0.15,
     .figures = RATE_MUST(WORDS, MUST_AT_LEAST, 48)},
    RATIO("wordcount-turn-acked-to-not", "wordcount-turn-acked",
          "wordcount-turn", 0.85),
    {ENGINE("wordcount-random", false, 1, "random", 1),
     .under = "limit-wordcount-random", .share_must = 0.30,
     .figures = RATE(WORDS)},
    {ENGINE("wordcount-random-acked", true, 1, "random", 1),
     .under = "limit-wordcount-random", .share_must = 0.26,
     .figures = RATE(WORDS)},
    RATIO("wordcount-random-acked-to-not", "wordcount-random-acked",
          "wordcount-random", 0.85),
    {ENGINE("wordcount-turn-2", false, 2, "turn", 2),
     .under = "limit-wordcount-turn",
     .figures = RATE_MUST(WORDS, MUST_AT_LEAST, 105)},
    {ENGINE("wordcount-turn-acked-2", true, 2, "turn", 2),
     .under = "limit-wordcount-turn",
     .figures = RATE_MUST(WORDS, MUST_AT_LEAST, 75)},
    {WORKERS("wordcount-turn-workers-2", false, two_workers, "turn"),
     .under = "wordcount-turn-2",
     .figures = RATE_MUST(WORDS, MUST_AT_LEAST, 55)},
    {WORKERS("wordcount-turn-acked-workers-2", true, two_workers, "turn"),
     .under = "wordcount-turn-acked-2", .share_must = 0.5,
     .figures = RATE_MUST(WORDS, MUST_AT_LEAST, 42)},
    TWO_NEAR("wordcount-turn", "turn", WORDS, 65, 45),

    ONE_CARRIER("wordcount-plain", "plain", WORDS, 40, 36),
    TWO_CARRIERS("wordcount-plain", "plain", WORDS, 75, 58),
    TWO_WORKERS("wordcount-plain", "plain", WORDS, 44, 34),
    TWO_NEAR("wordcount-plain", "plain", WORDS, 50, 34),

    {ENGINE("const-null", false, 1, "const", 1), .under = "limit-callback",
     .figures = RATE_MUST(TUPLES, MUST_AT_LEAST, 55)},
    {ENGINE("const-null-acked", true, 1, "const", 1), .under = "limit-callback",
     .figures = RATE_MUST(TUPLES, MUST_AT_LEAST, 38)},
    TWO_CARRIERS("const-null", "const", TUPLES, 110, 72),
    TWO_WORKERS("const-null", "const", TUPLES, 50, 30),
    TWO_NEAR("const-null", "const", TUPLES, 60, 42),
    {ENGINE("const-id-null", false, 1, "const-id", 1),
     .under = "limit-callback-id",
     .figures = RATE_MUST(TUPLES, MUST_AT_LEAST, 30)},
    {ENGINE("const-id-null-acked", true, 1, "const-id", 1),
     .under = "limit-callback-id",
     .figures = RATE_MUST(TUPLES, MUST_AT_LEAST, 21)},
    TWO_CARRIERS("const-id-null", "const-id", TUPLES, 58, 42),
    TWO_WORKERS("const-id-null", "const-id", TUPLES, 36, 21),

    EXAMPLE("ysb", "ysb", ENDLESS),
    EXAMPLE("ysb-json", "ysb", ENDLESS, "json"),
    EXAMPLE("nexmark-0", "nexmark", "0", ENDLESS),
    EXAMPLE("nexmark-1", "nexmark", "1", ENDLESS),
    EXAMPLE("nexmark-2", "nexmark", "2", ENDLESS),
    EXAMPLE("nexmark-3", "nexmark", "3", ENDLESS),

    {PACED("latency-const-null", false, 1, "due", "const-null", 1, 0.1),
     .figures = {LATENCY("sink", 0.3, 15)}},
    {PACED("latency-const-null-acked", true, 1, "due", "const-null-acked", 1,
           0.1),
     .figures = {LATENCY("sink", 0.3, 15), LATENCY("complete", 0.3, 15)}},
    {PACED("latency-wordcount-acked", true, 1, "due-words",
           "wordcount-turn-acked", WORDS_A_SENTENCE, 0.1),
     .figures = {LATENCY("complete", 0.3, 15)}},

    MOST("paced-most-acked", 1),
    {PACED("latency-80-acked", true, 1, "due", "paced-most-acked", 1, 0.8),
     .figures = {LATENCY("sink", 1, 500), LATENCY("complete", 1, 500)}},
    MOST("paced-most-acked-2", 2),
    {PACED("latency-10-acked-2", true, 2, "due", "paced-most-acked-2", 1, 0.1),
     .figures = {LATENCY("sink", 2, 60), LATENCY_FREE("complete")}},
    {PACED("latency-80-acked-2", true, 2, "due", "paced-most-acked-2", 1, 0.8),
     .figures = {LATENCY("sink", 30, 5000), LATENCY_FREE("complete")}},
    {.id = "latency-idle-2",
     .carriers = 2,
     .run = latency,
     .topology = "due-moment",
     .figures = {LATENCY("sink", 30, 60)}},
    {WORKERS("paced-most-acked-workers-2", true, two_workers, "due"),
     .figures = RATE(TUPLES)},
    {WORKERS("latency-10-acked-workers-2", true, two_workers_latency, "due"),
     .paced_by = "paced-most-acked-workers-2", .messages = 1, .load = 0.1,
     .figures = {LATENCY("sink", 12, 60), LATENCY_FREE("complete")}},
    {WORKERS("latency-80-acked-workers-2", true, two_workers_latency, "due"),
     .paced_by = "paced-most-acked-workers-2", .messages = 1, .load = 0.8,
     .figures = {LATENCY("sink", 40, 5000), LATENCY_FREE("complete")}},

    LIMIT("limit-file", fused_file, WORDS),
    {.id = "file-wordcount-acked",
     .acked = true,
     .carriers = 1,
     .run = throughput_file,
     .under = "limit-file",
     .share_must = 0.25,
     .figures = RATE(WORDS)},
    {.id = "file-tr-sort-uniq",
     .run = launch_pipeline,
     .under = "limit-file",
     .once = true,
     .figures = RATE(WORDS)},

    {.id = "start",
     .acked = true,
     .carriers = 1,
     .run = launch_start,
     .figures = {{"first ack p50", "ms", MUST_AT_MOST, 10},
                 {"first ack max", "ms", MUST_NOTHING, 0}}},
    {.id = "memory",
     .acked = true,
     .carriers = 1,
     .run = launch_resident,
     .figures = {{"resident", "MB", MUST_AT_MOST, 24}}},

    {.id = "wire-word-shared",
     .acked = true,
     .run = wire_speed_shared,
     .figures = WIRE(MUST_AT_MOST, 4, 6)},
    {.id = "wire-word",
     .acked = true,
     .run = wire_speed_own,
     .figures = WIRE(MUST_NOTHING, 0, 0)},
    {.id = "wire-numbers",
     .run = wire_speed_numbers,
     .figures = WIRE(MUST_NOTHING, 0, 0)},

    {ENGINE("growth-9", true, 1, "turn", 3),
     .figures = RATE_RESIDENT(MUST_NOTHING, 0)},
    {ENGINE("growth-99", true, 1, "turn", 33), .under = "growth-9",
     .figures = RATE_RESIDENT(MUST_NOTHING, 0)},
    {ENGINE("growth-999", true, 1, "turn", 333), .under = "growth-9",
     .share_must = 0.5, .figures = RATE_RESIDENT(MUST_AT_MOST, 1024)},
    {ENGINE("growth-9999", true, 1, "turn", 3333), .under = "growth-9",
     .figures = RATE_RESIDENT(MUST_AT_MOST, 4096)},

    {ENGINE("pending-10k", true, 1, "held", 1), .size = 10000,
     .figures = RATE_PENDING(10000)},
    {ENGINE("pending-1m", true, 1, "held", 1), .size = 1000000,
     .under = "pending-10k", .share_must = 0.4,
     .figures = RATE_PENDING(1000000)},

    {.id = "limit-memory-64k",
     .run = memory_speed,
     .size = 65536,
     .figures = RATE("GB/s")},
    {ENGINE("payload-64k-acked", true, 1, "payload", 1), .size = 65536,
     .under = "limit-memory-64k", .share_must = 0.5, .figures = RATE("GB/s")},
};

const uint32_t cases_n = sizeof(cases) / sizeof(cases[0]);

const struct bench_case *cases_find(const char *id)
{
    for (uint32_t i = 0; i < cases_n; i++)
        if (!strcmp(cases[i].id, id))
            return &cases[i];
    return NULL;
}
