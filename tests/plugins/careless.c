/*
 * careless.c - bolts and a spout that each forget one thing that their contract
 * asks for; tests/scenario/e_check.sh says what `gale check` finds.
 */
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static gale_result pass(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, 0).kind == GALE_INT ? gale_get(in, 0)
                                                            : gale_nil());
}

struct careless {
    int64_t n;
    void *memory;
};

/* -- leaks ----------------------------------------------------------------- */

static gale_result leak(gale_task *task)
{
    struct careless *c = gale_instance(task);

    c->memory = malloc(100);
    return GALE_OK;
}

GALE_BOLT(leaks, .summary = "forgets to free", .prepare = leak, .execute = pass,
          .instance_size = sizeof(struct careless),
          .streams = GALE_OUTPUTS("n"));

static gale_result keep_open(gale_task *task)
{
    struct careless *c = gale_instance(task);

    c->n = dup(STDIN_FILENO);
    return GALE_OK;
}

GALE_BOLT(keeps_open, .summary = "forgets to close", .prepare = keep_open,
          .execute = pass, .instance_size = sizeof(struct careless),
          .streams = GALE_OUTPUTS("n"));

/* -- crashes, stops -------------------------------------------------------- */

static gale_result crash(gale_task *task, const gale_tuple *in)
{
    (void)task;
    if (gale_get_str(in, 0).size == 0)
        abort();
    return GALE_OK;
}

GALE_BOLT(crashes, .summary = "takes it that texts are never empty",
          .execute = crash);

static gale_result stop(gale_task *task, const gale_tuple *in)
{
    if (gale_get(in, 0).kind != GALE_INT)
        return gale_error(task, GALE_FATAL, "no integer");
    return GALE_OK;
}

GALE_BOLT(stops, .summary = "stops for a tuple that it does not know",
          .execute = stop);

/* -- holds ----------------------------------------------------------------- */

static gale_result hold(gale_task *task, const gale_tuple *in)
{
    gale_hold(task, in);
    return GALE_OK;
}

GALE_BOLT(holds, .summary = "forgets what it holds",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = hold);

static gale_result ack_twice(gale_task *task, const gale_tuple *in)
{
    gale_handle handle = gale_hold(task, in);

    gale_ack(task, handle);
    gale_ack(task, handle);
    return GALE_OK;
}

GALE_BOLT(acks_twice, .summary = "acks twice", .flags = GALE_BOLT_MANUAL_ACK,
          .execute = ack_twice);

/* No check, and none is needed: what is no integer reads as 0, and fails. */
struct pairs {
    gale_handle waiting;
    int64_t n;
};

static gale_result pair(gale_task *task, const gale_tuple *in)
{
    struct pairs *p = gale_instance(task);
    gale_handle handle = gale_hold(task, in);
    int64_t n = gale_get_int(in, 0);
    gale_result result = GALE_OK;

    if (p->waiting.id != 0) {
        result = gale_emit_anchored(task, GALE_HANDLES(p->waiting, handle),
                                    gale_int(p->n + n));
        gale_ack(task, p->waiting);
        gale_ack(task, handle);
        handle = (gale_handle){0};
    }
    *p = (struct pairs){handle, n};
    return result;
}

static gale_result let_go(gale_task *task)
{
    struct pairs *p = gale_instance(task);

    if (p->waiting.id != 0)
        gale_ack(task, p->waiting);
    return GALE_OK;
}

GALE_BOLT(pairs, .summary = "adds two integers, and trusts that they are some",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = pair,
          .end_of_input = let_go, .instance_size = sizeof(struct pairs),
          .streams = GALE_OUTPUTS("sum"));

/* -- not repeatable -------------------------------------------------------- */

static gale_result count_all(gale_task *task, const gale_tuple *in)
{
    static int64_t n;

    (void)in;
    return gale_emit(task, gale_int(n++));
}

GALE_BOLT(counts_all, .summary = "counts in a global", .execute = count_all,
          .streams = GALE_OUTPUTS("n"));

/* Asks a clock in whole seconds, if it has some; and says so, or not. */
struct late {
    int64_t by;  /* option */
    bool silent; /* option */
};

static int64_t seconds_by(int64_t by)
{
    struct timespec ns;
    struct timeval us;

    switch (by) {
    case 0:
        return time(NULL);
    case 1:
        clock_gettime(CLOCK_MONOTONIC, &ns);
        return ns.tv_sec;
    case 2:
        gettimeofday(&us, NULL);
        return us.tv_sec;
    case 3:
        timespec_get(&ns, TIME_UTC);
        return ns.tv_sec;
    default:
        return clock();
    }
}

static gale_result tell_seconds(gale_task *task, const gale_tuple *in)
{
    const struct late *l = gale_instance(task);
    int64_t seconds = seconds_by(l->by);

    (void)in;
    if (l->silent)
        gale_log(task, GALE_LOG_INFO, "it is %lld", (long long)seconds);
    return gale_emit(task, gale_int(l->silent ? 0 : seconds));
}

GALE_BOLT(tells_seconds, .summary = "tells the real time in seconds",
          .execute = tell_seconds, .instance_size = sizeof(struct late),
          .streams = GALE_OUTPUTS("seconds"),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct late, by, "by", "0", 0, 4, "which clock"),
              GALE_OPTION_BOOL(struct late, silent, "silent", "false",
                               "log it only")));

/* -- threads of their own -------------------------------------------------- */

static void do_nothing(gale_task *task, void *arg)
{
    (void)task, (void)arg;
}

static void *post_from_outside(void *arg)
{
    gale_post(arg, do_nothing, NULL);
    return NULL;
}

static void *wake_from_outside(void *arg)
{
    gale_wakeup(arg);
    return NULL;
}

static gale_result on_a_thread(gale_task *task, void *(*run)(void *task))
{
    pthread_t thread;

    if (pthread_create(&thread, NULL, run, task) != 0)
        return gale_error(task, GALE_FATAL, "no thread");
    pthread_join(thread, NULL);
    return GALE_OK;
}

static gale_result execute_outside(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return on_a_thread(task, post_from_outside);
}

GALE_BOLT(posts, .summary = "posts from a thread of its own",
          .execute = execute_outside);

static gale_result next_outside(gale_task *task)
{
    struct careless *c = gale_instance(task);

    if (c->n++ == 0) /* each time would have no end */
        return on_a_thread(task, wake_from_outside);
    gale_exhausted(task);
    return GALE_OK;
}

GALE_SPOUT(wakes, .summary = "wakes itself from a thread of its own",
           .next = next_outside, .instance_size = sizeof(struct careless),
           .streams = GALE_OUTPUTS("nothing"));

/* -- texts ----------------------------------------------------------------- */

GALE_BOLT(says_nothing, .execute = pass,
          .instance_size = sizeof(struct careless),
          .streams = GALE_OUTPUTS("n"),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct careless, n, "n", "1",
                                                  1, 2, NULL)));

/* -- a spout --------------------------------------------------------------- */

static gale_result next(gale_task *task)
{
    struct careless *c = gale_instance(task);

    if (c->n++ >= 10)
        gale_exhausted(task);
    return c->n <= 10 ? gale_emit_msg(task, ((gale_msgid){0, (uint64_t)c->n}),
                                      gale_int(clock()))
                      : GALE_OK;
}

GALE_SPOUT(tells_time, .summary = "emits what no other run will", .next = next,
           .instance_size = sizeof(struct careless),
           .streams = GALE_OUTPUTS("time"));

/* -- a spout that sets positions and does not go on from them -------------- */

struct heedless {
    int64_t to; /* option */
    int64_t next;
    gale_msgid failed[1000];
    uint32_t n_failed;
};

static gale_result next_from_the_start(gale_task *task)
{
    struct heedless *h = gale_instance(task);
    bool again = h->n_failed > 0;
    uint64_t id = again ? h->failed[--h->n_failed].lo : (uint64_t)h->next;

    if (!again && h->next == h->to)
        return gale_exhausted(task), GALE_OK;
    h->next += !again;
    (void)!gale_emit_msg(task, ((gale_msgid){0, id}), gale_int((int64_t)id));
    return gale_offset_set(task, "numbers", h->next);
}

static void note_failed(gale_task *task, gale_msgid id)
{
    struct heedless *h = gale_instance(task);

    h->failed[h->n_failed++] = id;
}

GALE_SPOUT(heedless, .summary = "begins at the start, whatever it has saved",
           .next = next_from_the_start, .fail = note_failed,
           .streams = GALE_OUTPUTS("n"),
           .instance_size = sizeof(struct heedless),
           .options = GALE_OPTIONS(GALE_OPTION_INT(struct heedless, to, "to",
                                                   "500", 1, 1000,
                                                   "so many numbers")));

/* -- topologies; of `holds`, one that never ends --------------------------- */

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *lines;

    if (argc != 1)
        return gale_usage(b, "careless FILE|heedless|seconds|posts|wakes");
    if (!strcmp(argv[0], "heedless")) {
        gale_add_spout(b, "heedless", "heedless", 1);
        gale_shuffle(gale_add_bolt(b, "null", "null", 2), "heedless");
        return GALE_OK;
    }
    if (!strcmp(argv[0], "seconds")) {
        gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
                 gale_int(20));
        gale_shuffle(gale_add_bolt(b, "seconds", "tells_seconds", 1),
                     "numbers");
        gale_shuffle(gale_add_bolt(b, "null", "null", 1), "seconds");
        return GALE_OK;
    }
    if (!strcmp(argv[0], "wakes")) {
        gale_add_spout(b, "wakes", "wakes", 1);
        return GALE_OK;
    }
    if (!strcmp(argv[0], "posts")) {
        gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to",
                 gale_int(20));
        gale_shuffle(gale_add_bolt(b, "posts", "posts", 1), "numbers");
        return GALE_OK;
    }
    lines = gale_add_spout(b, "lines", "lines", 1);
    gale_set(lines, "files", gale_cstr(argv[0]));
    gale_shuffle(gale_add_bolt(b, "holds", "holds", 1), "lines");
    return GALE_OK;
}

GALE_TOPOLOGY(careless, .summary = "forgets what it holds", .build = build);
