/*
 * test_recovery.c - positions through stops, crashes and starts: whatever a new
 * run begins with, nothing is lost. A stop at once is a crash here: what is
 * under way is gone.
 */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include "common/random.h"
#include "tests/support/topology_run.h"
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { N = 20000, TASKS = 3, SPLITS = 4 };

struct place {
    char dir[64];
    struct topology_run r;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    const char *tmp = getenv("TMPDIR");

    snprintf(p->dir, sizeof(p->dir), "%s/recoveryXXXXXX", tmp ? tmp : "/tmp");
    *state = p;
    return mkdtemp(p->dir) == NULL;
}

static void for_each_file(struct place *p, void (*fn)(const char *path))
{
    char path[400], inside[128];
    struct dirent *entry;
    DIR *d;

    snprintf(inside, sizeof(inside), "%s/recovery", p->dir);
    d = opendir(inside);
    while (d != NULL && (entry = readdir(d)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", inside, entry->d_name);
        if (entry->d_name[0] != '.')
            fn(path);
    }
    if (d != NULL)
        closedir(d);
}

static void remove_file(const char *path)
{
    unlink(path);
}

static int teardown(void **state)
{
    struct place *p = *state;
    char inside[128];

    for_each_file(p, remove_file);
    snprintf(inside, sizeof(inside), "%s/recovery", p->dir);
    rmdir(inside);
    rmdir(p->dir);
    free(p);
    return 0;
}

/* A topology of that state directory, not started. */
static void begin(struct place *p)
{
    topology_run_begin(&p->r, "recovery");
    p->r.state_dir = p->dir;
    gale_configure(p->r.builder, "gale.local.position.interval.ms",
                   gale_int(1));
}

/* -- a tape
 * ------------------------------------------------------------------------ */

/*
 * Task i of n reads the splits s with s mod n = i; split s holds the numbers
 * k with k mod SPLITS = s. The position is the next k.
 */
struct tape {
    uint32_t every;          /* a position for so many numbers */
    _Atomic(uint64_t) until; /* what arrives beyond fails: no run completes */
    struct tally arrived;
    _Atomic(uint32_t) seen[N];
    _Atomic(uint32_t) begun_at; /* least position that open was given */
};

struct tape_task {
    uint64_t next[SPLITS];
    uint64_t again[N];
    uint32_t n_again, turn, unsaid;
};

static gale_str split_name(uint32_t split)
{
    static const char names[SPLITS][4] = {"s0", "s1", "s2", "s3"};

    return gale_str_make(names[split], 2);
}

static gale_result open_tape(gale_task *task)
{
    struct tape *t = probe_arg(task);
    struct tape_task *s = probe_state(task);

    for (uint32_t i = gale_task_index(task); i < SPLITS;
         i += gale_n_tasks(task)) {
        gale_str position = gale_position_get(task, split_name(i));

        s->next[i] = i;
        if (position.size == sizeof(s->next[i]))
            memcpy(&s->next[i], position.data, sizeof(s->next[i]));
        else if (position.size != 0)
            return gale_error(task, GALE_FATAL, "odd position");
        if (s->next[i] < t->begun_at)
            t->begun_at = (uint32_t)s->next[i];
    }
    return GALE_OK;
}

static gale_result emit_number(gale_task *task, uint64_t k)
{
    return gale_emit_msg(task, ((gale_msgid){3, k}), gale_int((int64_t)k));
}

static gale_result say_positions(gale_task *task)
{
    struct tape_task *s = probe_state(task);
    gale_result result = GALE_OK;

    for (uint32_t i = gale_task_index(task); i < SPLITS && result == GALE_OK;
         i += gale_n_tasks(task))
        result = gale_position_set(
            task, split_name(i),
            gale_str_make((char *)&s->next[i], sizeof(s->next[i])));
    return result;
}

static gale_result next_of_tape(gale_task *task)
{
    const struct tape *t = probe_arg(task);
    struct tape_task *s = probe_state(task);
    gale_result result;

    if (s->n_again > 0)
        return emit_number(task, s->again[--s->n_again]);
    for (uint32_t i = 0; i < SPLITS; i++) {
        uint32_t split = (s->turn + i) % SPLITS;

        if (split % gale_n_tasks(task) != gale_task_index(task) ||
            s->next[split] >= N)
            continue;
        result = emit_number(task, s->next[split]);
        s->next[split] += SPLITS;
        s->turn = split + 1;
        if (++s->unsaid < t->every && s->next[split] < N)
            return result;
        s->unsaid = 0;
        return result != GALE_OK ? result : say_positions(task);
    }
    gale_exhausted(task);
    return GALE_OK;
}

static void fail_of_tape(gale_task *task, gale_msgid id)
{
    struct tape_task *s = probe_state(task);

    s->again[s->n_again++] = id.lo;
}

static gale_result note_number(gale_task *task, const gale_tuple *in)
{
    struct tape *t = probe_arg(task);
    uint64_t chance = gale_random(task);

    if (chance % 16 == 0 || tally_get(&t->arrived) >= t->until)
        return GALE_RETRY;
    t->seen[gale_get_int(in, 0)]++;
    tally_add(&t->arrived, 1);
    return GALE_OK;
}

/* Crash after more and more arrivals, until all has come. */
static void run_with_crashes(struct place *p, struct tape *t, uint32_t carriers)
{
    const struct probe spout = {.arg = t,
                                .state_size = sizeof(struct tape_task),
                                .streams = OUTPUT_N,
                                .open = open_tape,
                                .next = next_of_tape,
                                .fail = fail_of_tape};
    const struct probe middle = {.arg = t, .execute = note_number};
    gale_local_state state = GALE_LOCAL_RUNNING;
    int runs = 0;

    while (state != GALE_LOCAL_COMPLETE) {
        assert_true(++runs < 20);
        t->until = tally_get(&t->arrived) + (N / 8u << runs);
        t->begun_at = N;
        begin(p);
        p->r.carriers = carriers;
        gale_configure(p->r.builder, "topology.max.spout.pending",
                       gale_int(500));
        topology_run_spout(&p->r, "tape", &spout, TASKS);
        gale_shuffle(topology_run_bolt(&p->r, "bolt", &middle, 2), "tape");
        topology_run_start(&p->r);
        while (tally_get(&t->arrived) < t->until && state == GALE_LOCAL_RUNNING)
            state = gale_local_wait(p->r.local, 1);
        topology_run_stop(&p->r, GALE_STOP_NOW);
        topology_run_end(&p->r);
    }
    for (uint32_t k = 0; k < N; k++)
        if (t->seen[k] == 0)
            fail_msg("number %u was lost", k);
    assert_true(runs >= 3);
}

static void after_any_number_of_crashes_nothing_is_missing(void **state)
{
    static const uint32_t every[] = {1, 7, 1000};

    for (size_t i = 0; i < sizeof(every) / sizeof(*every); i++) {
        struct tape *t = calloc(1, sizeof(*t));

        t->arrived = (struct tally)TALLY_INIT;
        t->every = every[i];
        run_with_crashes(*state, t, 1 + (uint32_t)i % 2);
        for_each_file(*state, remove_file);
        free(t);
    }
}

static void after_a_graceful_stop_nothing_comes_twice(void **state)
{
    struct place *p = *state;
    struct tape *t = calloc(1, sizeof(*t));
    const struct probe spout = {.arg = t,
                                .state_size = sizeof(struct tape_task),
                                .streams = OUTPUT_N,
                                .open = open_tape,
                                .next = next_of_tape,
                                .fail = fail_of_tape};
    const struct probe sink = {.arg = t, .execute = note_number};

    t->arrived = (struct tally)TALLY_INIT;
    t->every = 1;
    t->until = UINT64_MAX;
    for (int run = 0; run < 2; run++) {
        t->begun_at = N;
        begin(p);
        topology_run_spout(&p->r, "tape", &spout, TASKS);
        gale_shuffle(topology_run_bolt(&p->r, "bolt", &sink, 2), "tape");
        topology_run_complete(&p->r);
        assert_balanced(&p->r);
        topology_run_end(&p->r);
        assert_int_equal(tally_get(&t->arrived), N);
        assert_true(run == 0 ? t->begun_at == 0 : t->begun_at >= N);
    }
    free(t);
}

/* -- a script
 * ------------------------------------------------------------------------ */

/*
 * A spout that does one step of a script per call of next, each when the step
 * before has been acked or has failed as expected.
 */
struct script {
    const char *steps; /* letters, see step() */
    struct tally settled;
    struct tally done;
    char found[100]; /* the position that open was given */
};

static gale_result open_script(gale_task *task)
{
    struct script *s = probe_arg(task);
    gale_str position = gale_position_get(task, gale_str_make(NULL, 0));

    snprintf(s->found, sizeof(s->found), "%.*s", (int)position.size,
             position.data != NULL ? position.data : "");
    return GALE_OK;
}

/*
 * a…e  emit this message, which is acked
 * A…E  emit this message, which fails (and is acked when emitted as a…e)
 * x    give A up
 * 1…9  set this position
 */
static gale_result step(gale_task *task, char what)
{
    char lower = (char)(what | 0x20);

    if (what >= '1' && what <= '9')
        return gale_position_set(task, gale_str_make(NULL, 0),
                                 gale_str_make(&what, 1));
    if (what == 'x') {
        gale_give_up(task, (gale_msgid){0, 'a'});
        return GALE_OK;
    }
    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)lower}),
                         gale_int(what));
}

struct script_task {
    uint32_t at, emitted;
};

static gale_result next_of_script(gale_task *task)
{
    struct script *s = probe_arg(task);
    struct script_task *t = probe_state(task);
    char what;

    if (tally_get(&s->settled) < t->emitted) { /* an ack or fail wakes it */
        gale_wait_wakeup(task);
        return GALE_OK;
    }
    what = s->steps[t->at];
    if (what == '\0') {
        tally_add(&s->done, 1);
        gale_wait_wakeup(task);
        return GALE_OK;
    }
    t->at++;
    t->emitted += what > '9' && what != 'x';
    return step(task, what);
}

static void script_settled(gale_task *task, gale_msgid id)
{
    struct script *s = probe_arg(task);

    (void)id;
    tally_add(&s->settled, 1);
    gale_wakeup(task);
}

static gale_result fail_capitals(gale_task *task, const gale_tuple *in)
{
    (void)task;
    return gale_get_int(in, 0) < 'a' ? GALE_RETRY : GALE_OK;
}

/* Run the steps, crash, and say which position a new run is given. */
static const char *position_after(struct place *p, const char *steps)
{
    static struct script s;
    static const struct probe spout = {.arg = &s,
                                       .state_size = sizeof(struct script_task),
                                       .streams = OUTPUT_N,
                                       .open = open_script,
                                       .next = next_of_script,
                                       .ack = script_settled,
                                       .fail = script_settled};
    static const struct probe bolt = {.execute = fail_capitals};

    for (int run = 0; run < 2; run++) {
        tally_set(&s.settled, 0);
        tally_set(&s.done, 0);
        s.steps = run == 0 ? steps : "";
        begin(p);
        topology_run_spout(&p->r, "script", &spout, 1);
        gale_shuffle(topology_run_bolt(&p->r, "bolt", &bolt, 1), "script");
        topology_run_start(&p->r);
        tally_await(&s.done, 1, "the script's end");
        topology_run_stop(&p->r, GALE_STOP_NOW);
        topology_run_end(&p->r);
    }
    for_each_file(p, remove_file);
    return s.found;
}

static void a_position_holds_what_was_acked_and_no_more(void **state)
{
    static const struct {
        const char *steps, *position;
    } cases[] = {
        {"", ""},          {"1", "1"},          {"a1", "1"},
        {"a1b2c3", "3"},   {"A1", ""}, /* a failed, and is not emitted again */
        {"a1B2c3", "1"},               /* all after b waits for it */
        {"a1B2bc3", "3"},              /* b was emitted again and acked */
        {"a1B2c3b", "3"},  {"a1BBB2c3b4", "4"}, /* however often it failed */
        {"a1BBB2c3", "1"}, {"A1b2x3", "3"},     /* given up */
        {"A1b2", ""},      {"Ab1", ""},         /* failed before any position */
        {"Ab1a2", "2"},    {"AB1b2", ""},       /* one of two is still owed */
        {"AB1a2b", "2"},   {"aaa1", "1"}, /* the same id again and again */
        {"a1a2A", "2"},    {"a1a2A3a", "3"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        const char *found = position_after(*state, cases[i].steps);

        if (strcmp(found, cases[i].position) != 0)
            fail_msg("after %s: \"%s\" was found, not \"%s\"", cases[i].steps,
                     found, cases[i].position);
    }
}

/* -- without tracking, without state, without sense
 * ------------------------------------- */

static gale_result next_untracked(gale_task *task)
{
    uint64_t *n = probe_state(task);

    if (*n == 100) {
        gale_exhausted(task);
        return GALE_OK;
    }
    ++*n;
    gale_emit(task, gale_int(1));
    return gale_position_set(task, gale_str_make("s", 1),
                             gale_str_make((char *)n, sizeof(*n)));
}

static gale_result note_found(gale_task *task)
{
    _Atomic(uint64_t) *found = probe_arg(task);
    gale_str position = gale_position_get(task, gale_str_make("s", 1));

    *found = 0;
    if (position.size == sizeof(*found))
        memcpy((void *)found, position.data, sizeof(*found));
    *(uint64_t *)probe_state(task) = *found;
    return GALE_OK;
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static const struct probe taker = {.execute = take};

static _Atomic(uint64_t) found;
static const struct probe untracked = {.arg = &found,
                                       .state_size = sizeof(uint64_t),
                                       .streams = OUTPUT_N,
                                       .open = note_found,
                                       .next = next_untracked};

static void without_tracking_emitting_is_enough(void **state)
{
    struct place *p = *state;

    for (int run = 0; run < 2; run++) {
        begin(p);
        topology_run_spout(&p->r, "spout", &untracked, 1);
        gale_shuffle(topology_run_bolt(&p->r, "bolt", &taker, 1), "spout");
        topology_run_complete(&p->r);
        topology_run_end(&p->r);
        assert_int_equal(found, run * 100);
    }
}

static void without_a_state_directory_every_run_begins_anew(void **state)
{
    struct place *p = *state;

    for (int run = 0; run < 2; run++) {
        begin(p);
        p->r.state_dir = NULL;
        topology_run_spout(&p->r, "spout", &untracked, 1);
        gale_shuffle(topology_run_bolt(&p->r, "bolt", &taker, 1), "spout");
        topology_run_complete(&p->r);
        topology_run_end(&p->r);
        assert_int_equal(found, 0);
    }
}

static void damage(const char *path)
{
    FILE *f = fopen(path, "r+");

    assert_non_null(f);
    assert_int_equal(fseek(f, 20, SEEK_SET), 0);
    fputc('?', f);
    fclose(f);
}

static void a_damaged_position_refuses_the_start(void **state)
{
    struct place *p = *state;

    begin(p);
    topology_run_spout(&p->r, "spout", &untracked, 1);
    topology_run_complete(&p->r);
    topology_run_end(&p->r);
    for_each_file(p, damage);
    begin(p);
    topology_run_spout(&p->r, "spout", &untracked, 1);
    assert_false(topology_run_tries(&p->r));
    assert_says(p->r.error.text, p->dir);
    assert_says(p->r.error.text, "damaged");
    topology_run_end(&p->r);
}

static int disk_is_full(struct env *env, const char *path, const void *data,
                        size_t size)
{
    (void)env;
    (void)path;
    (void)data;
    (void)size;
    errno = ENOSPC;
    return -1;
}

static void a_run_whose_last_positions_are_not_kept_has_failed(void **state)
{
    static struct env_ops full;
    const struct env_ops *real = env_posix()->ops;
    struct place *p = *state;

    full = *real;
    full.file_replace = disk_is_full;
    env_posix()->ops = &full;
    begin(p);
    topology_run_spout(&p->r, "spout", &untracked, 1);
    topology_run_until_complete(&p->r);
    assert_int_equal(topology_run_stop(&p->r, GALE_STOP_DRAIN),
                     GALE_LOCAL_FAILED);
    env_posix()->ops = real;
    assert_says(gale_local_error(p->r.local), p->dir);
    assert_says(gale_local_error(p->r.local), "spout-0.position");
    assert_says(gale_local_error(p->r.local), strerror(ENOSPC));
    topology_run_end(&p->r);
}

static gale_result next_too_long(gale_task *task)
{
    static char big[5000];

    return gale_position_set(task, gale_str_make(NULL, 0),
                             gale_str_make(big, sizeof(big)));
}

static gale_result execute_position(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_position_set(task, gale_str_make(NULL, 0),
                             gale_str_make(NULL, 0));
}

static void a_position_that_cannot_be_is_fatal(void **state)
{
    static const struct probe too_long = {.streams = OUTPUT_N,
                                          .next = next_too_long};
    static const struct probe good = {.arg = &found,
                                      .state_size = sizeof(uint64_t),
                                      .streams = OUTPUT_N,
                                      .open = note_found,
                                      .next = next_untracked};
    static const struct probe bolt = {.execute = execute_position};
    struct place *p = *state;

    begin(p);
    topology_run_spout(&p->r, "spout", &too_long, 1);
    assert_says(topology_run_fails(&p->r), "4096");
    topology_run_end(&p->r);
    begin(p);
    topology_run_spout(&p->r, "spout", &good, 1);
    gale_shuffle(topology_run_bolt(&p->r, "bolt", &bolt, 1), "spout");
    assert_says(topology_run_fails(&p->r),
                "gale_position_set(): called from execute, expected: from a "
                "callback of a spout");
    topology_run_end(&p->r);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_any_number_of_crashes_nothing_is_missing),
        TEST(after_a_graceful_stop_nothing_comes_twice),
        TEST(a_position_holds_what_was_acked_and_no_more),
        TEST(without_tracking_emitting_is_enough),
        TEST(without_a_state_directory_every_run_begins_anew),
        TEST(a_damaged_position_refuses_the_start),
        TEST(a_run_whose_last_positions_are_not_kept_has_failed),
        TEST(a_position_that_cannot_be_is_fatal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
