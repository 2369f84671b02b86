/* launch.c - what other programs take: the command `gale`, and a pipeline. */
#include "tests/bench/launch.h"
#include "tests/bench/resident.h"
#include "tests/bench/samples.h"
#include "tests/bench/spawn.h"
#include "tests/bench/zipf_text.h"
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum {
    STARTS = 20,
    PIPELINE_BYTES = 32 * 1000 * 1000,
};

static char *command(void)
{
    char *gale = getenv("GALE");

    return gale ? gale : "build/release/bin/gale";
}

/* -- gale local ------------------------------------------------------------ */

/* -1 if no time of an ack came. */
static int start_once(double *ms)
{
    char *argv[] = {command(),    "local", "-q",
                    "--carriers", "1",     "launched.so:first_ack",
                    "1",          NULL};
    struct spawned s;
    int64_t acked = 0;

    if (spawn(&s, argv))
        return -1;
    if (fread(&acked, sizeof(acked), 1, s.output) != 1)
        fprintf(stderr, "bench: %s ended before the first ack\n", s.program);
    *ms = (double)(acked - s.started) / 1e6;
    return spawn_end(&s) || !acked ? -1 : 0;
}

int launch_start(const struct bench_run *r)
{
    struct samples times = {.n = 0};

    (void)r;
    for (int i = 0; i < STARTS; i++) {
        double ms;

        if (start_once(&ms))
            return -1;
        samples_add(&times, ms);
    }
    bench_figure("first ack p50", samples_median(&times));
    bench_figure("first ack max", samples_max(&times));
    return 0;
}

/* The largest of ten looks. */
static double look_at(pid_t pid, double seconds)
{
    double step = seconds / 10, most = 0;
    struct timespec pause = {(time_t)step,
                             (long)((step - (double)(time_t)step) * 1e9)};

    for (int i = 0; i < 10; i++) {
        double bytes;

        nanosleep(&pause, NULL);
        bytes = resident_bytes(pid);
        most = bytes > most ? bytes : most;
    }
    return most;
}

int launch_resident(const struct bench_run *r)
{
    char *argv[] = {command(),    "local", "-q",
                    "--carriers", "1",     "launched.so:five_sentences",
                    NULL};
    struct spawned s;

    if (spawn(&s, argv))
        return -1;
    bench_figure("resident", look_at(s.pid, r->options->seconds) / 1e6);
    kill(s.pid, SIGINT);
    return spawn_end(&s);
}

/* -- tr | sort | uniq -c --------------------------------------------------- */

int launch_pipeline(const struct bench_run *r)
{
    struct zipf_text text;
    char bytes[32];
    char *argv[] = {"sh", "tests/bench/pipeline.sh", text.path, bytes, NULL};
    double start, share;
    struct spawned s;

    if (zipf_text_get(&text, r->options->file_mb))
        return -1;
    share = (double)PIPELINE_BYTES / (double)text.bytes;
    share = share < 1 ? share : 1;
    snprintf(bytes, sizeof(bytes), "%.0f", share * (double)text.bytes);
    start = bench_now();
    if (spawn(&s, argv) || spawn_end(&s))
        return -1;
    bench_figure("rate",
                 share * (double)text.words / (bench_now() - start) / 1e6);
    return 0;
}
