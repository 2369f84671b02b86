/*
 * bookkeeper.c - a topology whose losses can be found: each sequence of each
 * source is written down before it is acked, and tests/support/ledger.awk reads
 * it.
 *
 *     source --fields(task)--> pass --fields(task)--> sink
 *
 * A source is one task; what it emits takes one way, so the sink finds it in
 * order, but for what was emitted again. The sink's task N appends to
 * DIR/sink-N, before the ack, a line for each tuple:
 *
 *     TASK SEQUENCE SUM FOUND RUN ATTEMPT
 *
 * SUM is what the source has summed up, FOUND the sum of what has come. RUN
 * tells apart what a source emits before and after a restart, and an ATTEMPT
 * above 0 was emitted again after it had failed.
 */
#include "tests/plugins/whole_lines.h"
#include <errno.h>
#include <fcntl.h>
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { TASK, SEQUENCE, PAYLOAD, SUM, RUN, ATTEMPT };

#define FIELDS "task", "sequence", "payload", "sum", "run", "attempt"
#define PAD_MAX 65536
#define BLOCK (1 << 20)

/* FNV-1a; with the top bit away, for an integer of Storm's is signed. */
static int64_t sum_of(int64_t task, int64_t sequence, gale_str payload)
{
    uint64_t sum = UINT64_C(14695981039346656037) ^ (uint64_t)task;

    sum = (sum * UINT64_C(1099511628211)) ^ (uint64_t)sequence;
    for (size_t i = 0; i < payload.size; i++)
        sum = (sum ^ (unsigned char)payload.data[i]) * UINT64_C(1099511628211);
    return (int64_t)(sum >> 1);
}

/* -- the source ------------------------------------------------------------ */

struct source {
    int64_t count, pad; /* options, per task */
    double rate;
    gale_str end;

    char *payload;
    int64_t task, run;
    int64_t first, next; /* sequences: of this run, to be emitted */
    int64_t start;       /* when the first was due, on gale_now() */
    bool ends;           /* it was told to */
    int64_t *failed;     /* sequences */
    size_t n_failed;
};

/* All tasks call their split the same; whose position it is, it says itself. */
static gale_result set_position(gale_task *task, const struct source *s)
{
    return gale_offset_set(task, "", s->next * gale_n_tasks(task) + s->task);
}

static gale_result get_position(gale_task *task, struct source *s)
{
    int64_t position = gale_offset_get(task, ""), n = gale_n_tasks(task);

    s->first = s->next = position / n;
    if (position == 0 || position % n == s->task)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "got the position of task %d",
                      (int)(position % n));
}

static gale_result open_source(gale_task *task)
{
    struct source *s = gale_instance(task);

    s->task = gale_task_index(task);
    s->run = gale_wall_us(task);
    s->payload = malloc((size_t)s->pad + 1);
    return s->payload ? get_position(task, s)
                      : gale_error(task, GALE_FATAL, "no memory");
}

static void close_source(gale_task *task, gale_close_reason reason)
{
    struct source *s = gale_instance(task);

    (void)reason;
    free(s->payload);
    free(s->failed);
}

static void activate_source(gale_task *task)
{
    struct source *s = gale_instance(task);

    s->first = s->next;
    s->start = gale_now(task);
}

static gale_result emit(gale_task *task, struct source *s, int64_t sequence,
                        int64_t attempt)
{
    gale_str payload = gale_str_make(s->payload, (size_t)s->pad);

    for (int64_t i = 0; i < s->pad; i++)
        s->payload[i] = (char)(s->task * 31 + sequence * 7 + i);
    return gale_emit_msg(task,
                         ((gale_msgid){(uint64_t)s->task, (uint64_t)sequence}),
                         gale_int(s->task), gale_int(sequence),
                         gale_bytes(payload.data, payload.size),
                         gale_int(sum_of(s->task, sequence, payload)),
                         gale_int(s->run), gale_int(attempt));
}

static int64_t due(const struct source *s)
{
    double ns = s->rate > 0 ? (double)(s->next - s->first) / s->rate * 1e9 : 0;

    return s->start + (int64_t)ns;
}

/* END-TASK says how many there are for this task, from then on. */
static void end_if_told(struct source *s)
{
    char path[4096];
    long long count = s->next;
    FILE *file;

    if (s->end.size == 0 || s->ends || access(s->end.data, F_OK) != 0)
        return;
    snprintf(path, sizeof(path), "%s-%lld", s->end.data, (long long)s->task);
    file = fopen(path, "r");
    if (file != NULL && fscanf(file, "%lld", &count) != 1)
        abort(); /* half a file */
    if (file == NULL) {
        file = fopen(path, "w");
        fprintf(file, "%lld\n", count);
    }
    fclose(file);
    s->count = count;
    s->ends = true;
}

static gale_result emit_next(gale_task *task, struct source *s)
{
    gale_result result;

    if (s->rate > 0 && due(s) > gale_now(task)) {
        gale_wait_until(task, due(s));
        return GALE_OK;
    }
    result = emit(task, s, s->next, 0);
    s->next++;
    if (result == GALE_OK)
        result = set_position(task, s);
    return result;
}

static gale_result next(gale_task *task)
{
    struct source *s = gale_instance(task);

    if (s->n_failed > 0)
        return emit(task, s, s->failed[--s->n_failed], 1);
    end_if_told(s);
    if (s->next < s->count)
        return emit_next(task, s);
    gale_exhausted(task);
    return GALE_OK;
}

static void fail(gale_task *task, gale_msgid id)
{
    struct source *s = gale_instance(task);

    s->failed = realloc(s->failed, (s->n_failed + 1) * sizeof(*s->failed));
    if (!s->failed)
        abort();
    s->failed[s->n_failed++] = (int64_t)id.lo;
}

GALE_SPOUT(
    ledger_source, .summary = "sequences that can be accounted for",
    .open = open_source, .close = close_source, .activate = activate_source,
    .next = next, .fail = fail, .instance_size = sizeof(struct source),
    .streams = GALE_OUTPUTS(FIELDS),
    .options = GALE_OPTIONS(
        GALE_OPTION_INT(struct source, count, "count", "1000", 0, INT64_MAX,
                        "sequences of each task"),
        GALE_OPTION_STR(struct source, end, "end", "",
                        "a file; when it comes to be, each task has as many "
                        "sequences as it has emitted, and writes that to "
                        "FILE-TASK"),
        GALE_OPTION_INT(struct source, pad, "pad", "16", 0, PAD_MAX,
                        "bytes of each payload"),
        GALE_OPTION_FLOAT(struct source, rate, "rate", "0",
                          "tuples per second of each task; 0: as fast as it "
                          "goes")));

/* -- what stands between --------------------------------------------------- */

struct pass {
    gale_str crash; /* option */
};

static void fault(void)
{
    static volatile uintptr_t nowhere = 64;

    *(volatile int *)nowhere = 1;
}

static void leave(void)
{
    exit(0);
}

/* Until the stack has no room; what comes back keeps it from being a loop. */
static int descend(int depth)
{
    static volatile int bottom = INT32_MAX;
    volatile char room[4096];

    room[0] = (char)depth;
    return depth == bottom ? 0 : descend(depth + 1) + room[0];
}

static void overflow(void)
{
    if (descend(0) == 0)
        abort();
}

/* More and more, until somebody has enough of it. */
static void hoard(void)
{
    for (;;) {
        char *block = malloc(BLOCK);

        if (block != NULL)
            memset(block, 1, BLOCK);
    }
}

/* Leaves a process behind that is in no group of the worker's. */
static void leave_a_stray(void)
{
    if (fork() == 0) {
        setsid();
        for (;;)
            pause();
    }
    _exit(0);
}

/* For ever, with all that a processor has. */
static void loop(void)
{
    for (volatile unsigned turns = 0;; turns++)
        ;
}

/* All descriptors that there are; nothing but they is wrong then. */
static void leak_files(void)
{
    while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
        ;
}

static void *sleep_for_ever(void *arg)
{
    for (;;)
        pause();
    return arg;
}

/* All threads that it may have. */
static void leak_threads(void)
{
    pthread_t thread;
    pthread_attr_t small;

    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    while (pthread_create(&thread, &small, sleep_for_ever, NULL) == 0)
        pthread_detach(thread);
    pthread_attr_destroy(&small);
}

/* The file names the crime, and is gone by then: it is committed once. */
static void crash_if_told(const struct pass *p)
{
    static const struct {
        const char *name;
        void (*commit)(void);
    } ways[] = {{"segfault", fault},      {"abort", abort},
                {"exit", leave},          {"overflow", overflow},
                {"hoard", hoard},         {"stray", leave_a_stray},
                {"loop", loop},           {"files", leak_files},
                {"threads", leak_threads}};
    char word[16] = "";
    FILE *file = p->crash.size > 0 ? fopen(p->crash.data, "r") : NULL;

    if (file == NULL)
        return;
    if (fscanf(file, "%15s", word) != 1 || unlink(p->crash.data) != 0)
        word[0] = '\0';
    fclose(file);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
        if (!strcmp(word, ways[i].name))
            ways[i].commit();
}

static gale_result pass_on(gale_task *task, const gale_tuple *in)
{
    gale_str payload = gale_get_bytes(in, PAYLOAD);

    crash_if_told(gale_instance(task));
    return gale_emit(
        task, gale_int(gale_get_int(in, TASK)),
        gale_int(gale_get_int(in, SEQUENCE)),
        gale_bytes(payload.data, payload.size), gale_int(gale_get_int(in, SUM)),
        gale_int(gale_get_int(in, RUN)), gale_int(gale_get_int(in, ATTEMPT)));
}

GALE_BOLT(ledger_pass, .summary = "passes on, and crashes when it is told to",
          .execute = pass_on, .instance_size = sizeof(struct pass),
          .streams = GALE_OUTPUTS(FIELDS),
          .options = GALE_OPTIONS(
              GALE_OPTION_STR(struct pass, crash, "crash", "",
                              "a file; when it comes to be, the bolt removes "
                              "it and does what it says: segfault, abort, "
                              "exit, overflow, hoard, stray, loop, files, "
                              "threads")));

/* -- the sink -------------------------------------------------------------- */

struct sink {
    gale_str dir;    /* options: */
    int64_t pace_us; /* … what a tuple takes, at least */
    bool apart;      /* … each process has a file of its own */
    int fd;          /* plus 1 */
};

static gale_result prepare_sink(gale_task *task)
{
    struct sink *s = gale_instance(task);
    char path[4096];

    snprintf(path, sizeof(path), s->apart ? "%s/sink-%u-%d" : "%s/sink-%u",
             s->dir.data, gale_task_index(task), (int)getpid());
    s->fd = 1 + whole_lines_open(path);
    return s->fd
               ? GALE_OK
               : gale_error(task, GALE_FATAL, "%s: %s", path, strerror(errno));
}

static void cleanup_sink(gale_task *task)
{
    struct sink *s = gale_instance(task);

    if (s->fd)
        close(s->fd - 1);
}

static gale_result write_down(gale_task *task, const gale_tuple *in)
{
    struct sink *s = gale_instance(task);
    int64_t from = gale_get_int(in, TASK),
            sequence = gale_get_int(in, SEQUENCE);
    char line[160];
    int n = snprintf(
        line, sizeof(line), "%lld %lld %lld %lld %lld %lld\n", (long long)from,
        (long long)sequence, (long long)gale_get_int(in, SUM),
        (long long)sum_of(from, sequence, gale_get_bytes(in, PAYLOAD)),
        (long long)gale_get_int(in, RUN), (long long)gale_get_int(in, ATTEMPT));

    if (s->pace_us > 0)
        usleep((useconds_t)s->pace_us);
    if (write(s->fd - 1, line, (size_t)n) == n)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "a line cannot be written: %s",
                      strerror(errno));
}

GALE_BOLT(ledger_sink, .summary = "writes down what comes, and acks it then",
          .prepare = prepare_sink, .cleanup = cleanup_sink,
          .execute = write_down, .instance_size = sizeof(struct sink),
          .options = GALE_OPTIONS(
              GALE_OPTION_STR(struct sink, dir, "dir", NULL,
                              "where its files are"),
              GALE_OPTION_INT(struct sink, pace_us, "pace_us", "0", 0, 1000000,
                              "microseconds that a tuple takes at least"),
              GALE_OPTION_BOOL(struct sink, apart, "apart", "false",
                               "each process writes to a file of its own, "
                               "sink-N-PID: two of one task may live at a "
                               "time, if one was thought to be dead")));

/* -- the topology ---------------------------------------------------------- */

static gale_result build(gale_builder *b, int argc, char **argv)
{
    int n[3] = {1, 1, 1};
    gale_declarer *pass, *sink;

    if (argc < 1)
        return gale_usage(b, "ledger DIR [SOURCES [PASSES [SINKS]]]");
    for (int i = 1; i < argc && i < 4; i++)
        n[i - 1] = (int)strtol(argv[i], NULL, 10);
    gale_add_spout(b, "source", "ledger_source", n[0]);
    pass = gale_add_bolt(b, "pass", "ledger_pass", n[1]);
    sink = gale_add_bolt(b, "sink", "ledger_sink", n[2]);
    gale_by_fields(pass, "source", "task");
    gale_by_fields(sink, "pass", "task");
    gale_set(sink, "dir", gale_cstr(argv[0]));
    return GALE_OK;
}

GALE_TOPOLOGY(ledger, .summary = "tuples that are accounted for",
              .usage = "DIR [SOURCES [PASSES [SINKS]]]", .build = build);
