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
#include "tests/bench/throughput.h"
#include "tests/bench/wire_speed.h"
#include "tests/bench/two_workers.h"
#include <string.h>

#define WORDS "M words/s"
#define TUPLES "M tuples/s"
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
#define LATENCY(of_)                                                           \
    {of_ " p50", "us", MUST_AT_MOST, 0.3},                                     \
        {of_ " p99", "us", MUST_AT_MOST, 15},                                  \
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
#define RATE_RESIDENT(kind_, must_, resident_kind_, mib_)                      \
    {                                                                          \
        {"rate", WORDS, kind_, must_},                                         \
        {                                                                      \
            "resident", "MiB", resident_kind_, mib_                            \
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
/* On two workers, of one carrier each. */
#define WORKERS(id_, acked_, topology_, transport_)                            \
    .id = id_, .acked = acked_, .carriers = 1, .run = two_workers,             \
    .topology = topology_, .transport = transport_, .parallelism = 1
#define RATIO(id_, over_, under_, must_)                                       \
    {                                                                          \
        .id = id_, .acked = true, .carriers = 1, .over = over_,                \
        .under = under_, .figures = RATE_MUST("x", MUST_AT_LEAST, must_)       \
    }
#define PACED(id_, acked_, topology_, by_, messages_)                          \
    .id = id_, .acked = acked_, .carriers = 1, .run = latency,                 \
    .topology = topology_, .paced_by = by_, .messages = messages_

const struct bench_case cases[] = {
    LIMIT("limit-wordcount-turn", fused_in_turn, WORDS),
    LIMIT("limit-wordcount-random", fused_at_random, WORDS),
    LIMIT("limit-callback", callbacks_const, TUPLES),
    LIMIT("limit-callback-id", callbacks_const_id, TUPLES),
    LIMIT("limit-callback-turn", callbacks_in_turn, WORDS),
    LIMIT("limit-callback-random", callbacks_at_random, WORDS),

    {ENGINE("wordcount-turn", false, 1, "turn", 1),
     .under = "limit-wordcount-turn",
     .figures = RATE_MUST(WORDS, MUST_SHARE, 0.17)},
    {ENGINE("wordcount-turn-acked", true, 1, "turn", 1),
     .under = "limit-wordcount-turn",
     .figures = RATE_MUST(WORDS, MUST_SHARE, 0.15)},
    RATIO("wordcount-turn-acked-to-not", "wordcount-turn-acked",
          "wordcount-turn", 0.85),
    {ENGINE("wordcount-random", false, 1, "random", 1),
     .under = "limit-wordcount-random",
     .figures = RATE_MUST(WORDS, MUST_SHARE, 0.30)},
    {ENGINE("wordcount-random-acked", true, 1, "random", 1),
     .under = "limit-wordcount-random",
     .figures = RATE_MUST(WORDS, MUST_SHARE, 0.26)},
    RATIO("wordcount-random-acked-to-not", "wordcount-random-acked",
          "wordcount-random", 0.85),
    {ENGINE("wordcount-turn-acked-2", true, 2, "turn", 2),
     .under = "limit-wordcount-turn", .figures = RATE(WORDS)},
    {WORKERS("wordcount-turn-acked-workers-2", true, "turn", "tcp"),
     .under = "wordcount-turn-acked-2",
     .figures = RATE_MUST(WORDS, MUST_SHARE, 0.5)},
    {WORKERS("wordcount-turn-acked-workers-2-unix", true, "turn", "unix"),
     .under = "wordcount-turn-acked-workers-2", .figures = RATE(WORDS)},
    {WORKERS("wordcount-turn-acked-workers-2-shared", true, "turn",
             "shared-memory"),
     .under = "wordcount-turn-acked-workers-2", .figures = RATE(WORDS)},
    {WORKERS("wordcount-turn-workers-2", false, "turn", "tcp"),
     .figures = RATE(WORDS)},
    {WORKERS("wordcount-turn-workers-2-unix", false, "turn", "unix"),
     .under = "wordcount-turn-workers-2", .figures = RATE(WORDS)},
    {WORKERS("wordcount-turn-workers-2-shared", false, "turn", "shared-memory"),
     .under = "wordcount-turn-workers-2", .figures = RATE(WORDS)},

    {ENGINE("const-null", false, 1, "const", 1), .under = "limit-callback",
     .figures = RATE(TUPLES)},
    {ENGINE("const-null-acked", true, 1, "const", 1), .under = "limit-callback",
     .figures = RATE_MUST(TUPLES, MUST_AT_LEAST, 35)},
    {ENGINE("const-id-null", false, 1, "const-id", 1),
     .under = "limit-callback-id", .figures = RATE(TUPLES)},
    {ENGINE("const-id-null-acked", true, 1, "const-id", 1),
     .under = "limit-callback-id",
     .figures = RATE_MUST(TUPLES, MUST_AT_LEAST, 20)},

    {WORKERS("const-null-workers-2", false, "const", "tcp"),
     .figures = RATE(TUPLES)},
    {WORKERS("const-null-workers-2-unix", false, "const", "unix"),
     .under = "const-null-workers-2", .figures = RATE(TUPLES)},
    {WORKERS("const-null-workers-2-shared", false, "const", "shared-memory"),
     .under = "const-null-workers-2", .figures = RATE(TUPLES)},
    {WORKERS("const-null-acked-workers-2", true, "const", "tcp"),
     .figures = RATE(TUPLES)},
    {WORKERS("const-null-acked-workers-2-unix", true, "const", "unix"),
     .under = "const-null-acked-workers-2", .figures = RATE(TUPLES)},
    {WORKERS("const-null-acked-workers-2-shared", true, "const",
             "shared-memory"),
     .under = "const-null-acked-workers-2", .figures = RATE(TUPLES)},

    {PACED("latency-const-null", false, "const", "const-null", 1),
     .figures = {LATENCY("sink")}},
    {PACED("latency-const-null-acked", true, "const", "const-null-acked", 1),
     .figures = {LATENCY("sink"), LATENCY("complete")}},
    {PACED("latency-wordcount-acked", true, "turn", "wordcount-turn-acked",
           WORDS_A_SENTENCE),
     .figures = {LATENCY("complete")}},

    LIMIT("limit-file", fused_file, WORDS),
    {.id = "file-wordcount-acked",
     .acked = true,
     .carriers = 1,
     .run = throughput_file,
     .under = "limit-file",
     .figures = RATE_MUST(WORDS, MUST_SHARE, 0.25)},
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
     .figures = RATE_RESIDENT(MUST_NOTHING, 0, MUST_NOTHING, 0)},
    {ENGINE("growth-99", true, 1, "turn", 33), .under = "growth-9",
     .figures = RATE_RESIDENT(MUST_NOTHING, 0, MUST_NOTHING, 0)},
    {ENGINE("growth-999", true, 1, "turn", 333), .under = "growth-9",
     .figures = RATE_RESIDENT(MUST_SHARE, 0.4, MUST_AT_MOST, 1024)},
    {ENGINE("growth-9999", true, 1, "turn", 3333), .under = "growth-9",
     .figures = RATE_RESIDENT(MUST_NOTHING, 0, MUST_AT_MOST, 4096)},
};

const uint32_t cases_n = sizeof(cases) / sizeof(cases[0]);

const struct bench_case *cases_find(const char *id)
{
    for (uint32_t i = 0; i < cases_n; i++)
        if (!strcmp(cases[i].id, id))
            return &cases[i];
    return NULL;
}
