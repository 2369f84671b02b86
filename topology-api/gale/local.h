/*
 * gale/local.h - build a topology and run it in this process (libgale.so).
 *
 *     gale_err error;
 *     gale_builder *b = gale_builder_new();
 *
 *     if (gale_builder_load(b, "wordcount.so", argc, argv, &error))
 *         die(error.text);
 *     gale_local *l = gale_local_start(b, NULL, &error);
 *     gale_local_wait(l, -1);
 *     gale_local_stop(l, GALE_STOP_DRAIN);
 *     gale_local_free(l);
 *     gale_builder_free(b);
 *
 * A builder is used by one thread; a gale_local by any thread, one call at a
 * time, except gale_local_stop(), which any thread and a signal handler may
 * call.
 */
#ifndef GALE_LOCAL_H
#define GALE_LOCAL_H

#include <gale/topology.h>

GALE_BEGIN_DECLS

typedef struct gale_local gale_local;

/* What went wrong, as one sentence: what, where, what was expected. */
typedef struct gale_err {
    char text[1024];
} gale_err;

GALE_EXPORT const char *gale_version(void);

/* -- building -------------------------------------------------------------- */

/* Never NULL. Free it after the gale_local that runs it. */
GALE_EXPORT gale_builder *gale_builder_new(void);
GALE_EXPORT void gale_builder_free(gale_builder *b);

/*
 * Load the topology of a shared object: file is a path, or a name that is found
 * as plugins are; ":ID" behind it picks one of several. Then call its build
 * function. 0, or -1 with the error; GALE_USAGE if the arguments are wrong.
 */
#define GALE_USAGE (-2)
GALE_EXPORT int gale_builder_load(gale_builder *b, const char *file, int argc,
                                  char **argv, gale_err *error);

/* Configuration, weakest first: built-in defaults, files, what the topology
 * sets, overrides. A file is YAML; a warning is passed to warn, if given. A key
 * that gale does not know may be an option of a component, which only
 * gale_builder_check() or gale_local_start() sees: what these warn of is passed
 * to the warn that was given last, with its arg. */
typedef void gale_warn_fn(void *arg, const char *text);
GALE_EXPORT int gale_builder_config_file(gale_builder *b, const char *path,
                                         gale_warn_fn *warn, void *arg,
                                         gale_err *error);
/* text: key=value, value in JSON; what is no JSON is taken as a string. With
 * COMPONENT.key, as in a file, it holds for the component of that id alone, and
 * is stronger; an option that it does not have is an error of the check, and
 * in a file a warning; so is, in both, what names neither component nor key. */
GALE_EXPORT int gale_builder_override(gale_builder *b, const char *text,
                                      gale_warn_fn *warn, void *arg,
                                      gale_err *error);

/* Check everything that can be checked before running; gale_local_start() does
 * it, too. 0, or -1 with the first error. */
GALE_EXPORT int gale_builder_check(gale_builder *b, gale_err *error);

/*
 * When all of it is loaded: each spout emits, instead of what it reads, the
 * messages that a spool of dead letters holds of it (see the key
 * gale.topology.dead.letter), and those again that fail. 0, or -1 with the
 * error: a record is damaged, or of a spout or stream that the topology does
 * not have.
 */
GALE_EXPORT int gale_builder_replay(gale_builder *b, const char *path,
                                    gale_err *error);

/* -- running --------------------------------------------------------------- */

typedef struct gale_local_opts {
    size_t size;           /* of this struct */
    uint32_t carriers;     /* threads that run executors, at most 4096, each
                              with two file descriptors; 0: one per CPU */
    uint32_t reserved;     /* 0 */
    const char *state_dir; /* keeps positions, of one run at a time; NULL:
                              nothing is kept */
    FILE *log;             /* where log lines go; NULL: standard error */
} gale_local_opts;

typedef enum gale_local_state {
    GALE_LOCAL_RUNNING = 0,
    GALE_LOCAL_COMPLETE = 1, /* every spout exhausted, everything acked */
    GALE_LOCAL_STOPPED = 2,  /* by gale_local_stop() */
    GALE_LOCAL_FAILED = 3,   /* gale_local_error() says why: also what a stop
                                gave up, as messages that failed and were not
                                emitted again */
    GALE_LOCAL_STUCK = 4,    /* told to stop, but a callback does not return;
                                gale_local_error() says whose */
} gale_local_state;

typedef enum gale_stop {
    GALE_STOP_DRAIN = 0, /* spouts stop, pending tuples drain, bolts finish */
    GALE_STOP_NOW = 1,   /* as soon as the callbacks under way return */
    GALE_STOP_LEAVE = 2, /* the same, but who waits is told at once that it is
                            GALE_LOCAL_STUCK if one is under way */
} gale_stop;

/* NULL with the error if the topology or an option is refused, if an open or
 * prepare fails, or if the system has too few threads or file descriptors. */
GALE_EXPORT gale_local *gale_local_start(gale_builder *b,
                                         const gale_local_opts *opts,
                                         gale_err *error);

/*
 * Until it is complete, stopped or failed, at most timeout_ms (-1: for ever).
 * After gale_local_stop(), or an error: until the stop has come to its end.
 *
 * GALE_LOCAL_STUCK: it cannot, since a callback does not return, neither while
 * it drains (gale.topology.drain.secs, twice) nor for 5 s after that (or that
 * time if it is less, but a second at least), or nobody is to wait for it
 * (GALE_STOP_LEAVE).
 * It is still running, nothing can end it but the end of the process: which is
 * yours to decide. Waiting again, or gale_local_free(), waits on; who waits is
 * told again, at twice the time.
 */
GALE_EXPORT gale_local_state gale_local_wait(gale_local *l, int timeout_ms);

/* Ask it to stop, and return at once; the second call may ask for more. A
 * complete topology, too, is stopped (drained) to get its final results. */
GALE_EXPORT void gale_local_stop(gale_local *l, gale_stop how);

/* Storm's activate and deactivate, for all spouts; returns at once. */
GALE_EXPORT void gale_local_activate(gale_local *l, bool active);

/* Wait for the end of the stop (stopping at once if none was asked for), close
 * everything. */
GALE_EXPORT void gale_local_free(gale_local *l);

/* When a plugin crashes the process, say in which component, in one line to
 * standard error, before the signal takes its course; called before
 * gale_builder_load(), also in which file while the topology is made. Installs
 * handlers for SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT: for a program that
 * has none. A plugin that calls exit() or quick_exit(), or pthread_exit() on a
 * thread of gale's, is named, too, and the status is then 1; while a topology
 * is made or runs, only the thread that has called this may end the process by
 * exit(). That thread gets an alternate stack for signals (64 KiB). */
GALE_EXPORT void gale_local_name_crashes(void);

/* While gale_local_start() opens spouts and bolts, for another thread or a
 * signal handler: whose callbacks are under way, as `bolt "split" (task 2),
 * bolt "split" (task 3)`, cut to size ≥ 1 bytes. False: nobody's, or nothing is
 * opened. */
GALE_EXPORT bool gale_local_opening(char *text, size_t size);

/* "" while all is well; lives until gale_local_free(). */
GALE_EXPORT const char *gale_local_error(gale_local *l);

/* -- counters -------------------------------------------------------------- */

/* Nanoseconds; a quantile is exact within 1/16; 0 when there is no sample. */
typedef struct gale_latency {
    uint64_t n;
    double mean;
    int64_t p50, p99, p999, max;
} gale_latency;

/* Exact counts since the start. */
typedef struct gale_stream_stats {
    const char *component; /* of the producer */
    const char *stream;
    uint64_t emitted;      /* outputs: calls of emit; inputs: executed */
    uint64_t transferred;  /* outputs: tuples delivered to tasks */
    uint64_t acked;        /* inputs; outputs of spouts: messages */
    uint64_t failed;       /* the same */
    uint64_t timed_out;    /* outputs of spouts; part of failed */
    uint64_t pending;      /* outputs of spouts */
    gale_latency complete; /* outputs of spouts: emit until ack */
    gale_latency execute;  /* inputs: one call of execute */
    gale_latency process;  /* inputs: execute until ack or fail */
} gale_stream_stats;

typedef struct gale_component_stats {
    const char *id;
    const char *plugin;
    bool spout;
    uint32_t executors, tasks;
    uint64_t emitted, transferred; /* all streams */
    uint64_t executed;             /* bolts */
    uint64_t acked, failed;        /* spouts: messages; bolts: inputs */
    uint64_t timed_out, pending;   /* spouts; timed_out is part of failed */
    uint64_t dropped, poisoned;    /* bolts; part of acked, of failed */
    uint64_t held;                 /* bolts: inputs held and not settled */
    uint64_t stale;  /* bolts: acks and fails of handles that name nothing */
    uint64_t queued; /* tuples waiting to be executed */
    uint64_t errors; /* reported */
    gale_latency execute;  /* bolts: of all inputs */
    gale_latency process;  /* bolts: of all inputs */
    gale_latency complete; /* spouts: of all outputs */
    double capacity;       /* bolts: busy share of an executor */
    const gale_stream_stats *outputs;
    uint32_t n_outputs;
    const gale_stream_stats *inputs;
    uint32_t n_inputs;
    const char *last_error; /* "" if none */
    uint64_t dead_letters;  /* spouts: messages given up; part of acked, but for
                               those of a spout without `fail` */
    int64_t last_error_us;  /* when, in µs since 1970; 0 if none */
} gale_component_stats;

/* A metric of a plugin's own, added up over the component's tasks. */
typedef struct gale_metric_stats {
    const char *component;
    const char *name;
    uint32_t kind; /* gale_metric_kind */
    double value;  /* counter: sum; gauge: mean over tasks */
    gale_latency histogram;
} gale_metric_stats;

typedef void gale_component_fn(void *arg, const gale_component_stats *stats);
typedef void gale_metric_fn(void *arg, const gale_metric_stats *stats);

/* Calls fn for each component in the order of the stream; stats are borrowed
 * until fn returns. Also after the end. Cheap: reads counters, stops nobody. */
GALE_EXPORT void gale_local_stats(gale_local *l, gale_component_fn *fn,
                                  void *arg);
GALE_EXPORT void gale_local_metrics(gale_local *l, gale_metric_fn *fn,
                                    void *arg);

GALE_END_DECLS

#endif
