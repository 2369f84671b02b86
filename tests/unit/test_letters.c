/*
 * test_letters.c - the spool's thread: what is written, and who is told.
 *
 * In a simulated world, in which the thread runs when the test waits for it.
 * What a carrier would be told stands here.
 */
#include "worker/letters.h"
#include "common/log.h"
#include "simulator/world.h"
#include "tests/support/captured.h"
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/pending.h"
#include "worker/worker.h"
#include <errno.h>

enum { TOLD_MAX = 16 };

struct spooled {
    struct world *world;
    struct env *env;
    struct env_ops ops; /* of the world, but for … */
    const struct env_ops *plain;
    int error; /* … an append that fails so; 0: it does not */
    int appends;
    struct model model;
    struct worker worker;
    struct captured log;
    gale_err why;
};

/* -- what the carriers are told -------------------------------------------- */

static struct {
    uint64_t root;
    const char *what;
} told[TOLD_MAX];
static size_t n_told;

static const char *what_is_told(uint64_t value, bool failed)
{
    if (value != (failed ? 0 : PENDING_EDGE))
        return "told nonsense";
    return failed ? "failed" : "acked";
}

void carrier_settle(struct worker *w, struct ack_record record, bool failed)
{
    (void)w;
    if (n_told == TOLD_MAX)
        return;
    told[n_told].root = record.root;
    told[n_told++].what = what_is_told(record.value, failed);
}

/* In words: "1 acked, 2 failed". */
static void assert_told(const char *expected)
{
    char text[400] = "";
    size_t n = 0;

    for (size_t i = 0; i < n_told; i++)
        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%d %s",
                              i > 0 ? ", " : "", (int)told[i].root,
                              told[i].what);
    assert_string_equal(text, expected);
}

/* -- a worker with a spool ------------------------------------------------- */

static struct spooled *here; /* there is one at a time */

static int file_append(struct env *env, const char *path, const void *data,
                       size_t size, size_t max)
{
    here->appends++;
    if (here->error == 0)
        return here->plain->file_append(env, path, data, size, max);
    errno = here->error;
    return -1;
}

static int setup(void **state)
{
    struct world_options options = {.seed = 1, .n_cpus = 1};
    struct spooled *s = here = xcalloc(1, sizeof(*s));

    s->world = world_new(&options);
    s->env = world_env(s->world);
    s->plain = s->env->ops;
    s->ops = *s->plain;
    s->ops.file_append = file_append;
    s->env->ops = &s->ops;
    s->model.letters = UINT32_MAX;
    s->worker.model = &s->model;
    s->worker.env = s->env;
    s->worker.log = log_new(s->env, captured_open(&s->log), "t");
    s->worker.config.spool = xstrdup("./spool");
    s->worker.config.spool_max = UINT64_MAX;
    s->worker.config.errors_max = 2;
    s->worker.config.errors_interval_ns = INT64_MAX;
    n_told = 0;
    *state = s;
    return 0;
}

/* All that was put is worked off then. */
static void close_spool(struct spooled *s)
{
    letters_close(s->worker.letters);
    s->worker.letters = NULL;
}

static int teardown(void **state)
{
    struct spooled *s = *state;

    close_spool(s);
    captured_text(&s->log);
    log_free(s->worker.log);
    free(s->log.text);
    free(s->worker.config.spool);
    s->env->ops = s->plain;
    world_free(s->world);
    free(s);
    return 0;
}

static void open_spool(struct spooled *s)
{
    if (letters_open(&s->worker, &s->why) != 0)
        fail_msg("%s", s->why.text);
}

static void put(struct spooled *s, uint64_t root, const char *line)
{
    letters_put(s->worker.letters, root, xstrdup(line), strlen(line));
}

/* Of the message `root`, as large as that. */
static void put_large(struct spooled *s, uint64_t root, size_t size)
{
    char *line = xcalloc(size + 1, 1);

    memset(line, 'x', size - 1);
    line[size - 1] = '\n';
    letters_put(s->worker.letters, root, line, size);
}

static void assert_file(struct spooled *s, const char *expected)
{
    void *text = NULL;
    size_t size;

    if (s->env->ops->file_read(s->env, "./spool", 1000, &text, &size) != 0)
        text = xstrdup("");
    assert_string_equal(text, expected);
    free(text);
}

static void assert_log(struct spooled *s, const char *part)
{
    fflush(s->log.stream);
    if (strstr(s->log.text, part) == NULL)
        fail_msg("\"%s\" is not in: %s", part, s->log.text);
}

static void let_pass(struct spooled *s, int64_t ns)
{
    const struct env_ops *ops = s->env->ops;
    struct env_waiter *waiter = ops->waiter_new(s->env);
    int64_t until = ops->now(s->env) + ns;
    struct env_ready ready;

    while (ops->now(s->env) < until)
        ops->waiter_wait(s->env, waiter, until, &ready, 1);
    ops->waiter_free(s->env, waiter);
}

/* -- tests ----------------------------------------------------------------- */

static void what_is_put_is_written_in_its_order_and_acked(void **state)
{
    struct spooled *s = *state;

    open_spool(s);
    put(s, 1, "one\n");
    put(s, 2, "two\n");
    put(s, 3, "three\n");
    close_spool(s);
    assert_file(s, "one\ntwo\nthree\n");
    assert_told("1 acked, 2 acked, 3 acked");
    assert_int_equal(s->appends, 1);
}

static void a_letter_for_which_nobody_waits_is_written_and_nobody_told(
    void **state)
{
    struct spooled *s = *state;

    open_spool(s);
    put(s, 0, "lost\n");
    put(s, 2, "two\n");
    close_spool(s);
    assert_file(s, "lost\ntwo\n");
    assert_told("2 acked");
}

static void about_four_mib_are_written_at_a_time(void **state)
{
    struct spooled *s = *state;

    open_spool(s);
    for (uint64_t root = 1; root <= 5; root++)
        put_large(s, root, 3 << 20);
    close_spool(s);
    assert_int_equal(s->appends, 3); /* two, two, one */
    assert_told("1 acked, 2 acked, 3 acked, 4 acked, 5 acked");
}

static void when_all_do_not_fit_those_that_do_are_written(void **state)
{
    struct spooled *s = *state;

    s->worker.config.spool_max = 8;
    open_spool(s);
    put(s, 1, "one\n");
    put(s, 2, "three\n");
    put(s, 3, "two\n");
    put(s, 4, "four\n");
    close_spool(s);
    assert_file(s, "one\ntwo\n");
    assert_told("1 acked, 2 failed, 3 acked, 4 failed");
}

static void that_it_is_full_is_said_with_the_key_that_says_when(void **state)
{
    struct spooled *s = *state;

    s->worker.config.spool_max = 3;
    open_spool(s);
    put(s, 1, "one\n");
    close_spool(s);
    assert_told("1 failed");
    assert_log(s, "dead-letters cannot write to ./spool: it is full, see "
                  "gale.topology.dead.letter.max.bytes; the message stays");
}

static void what_cannot_be_written_fails_and_is_said(void **state)
{
    struct spooled *s = *state;

    s->error = EIO;
    open_spool(s);
    put(s, 1, "one\n");
    put(s, 2, "two\n");
    put(s, 3, "three\n");
    close_spool(s);
    assert_file(s, "");
    assert_told("1 failed, 2 failed, 3 failed");
    assert_int_equal(s->appends, 1);
    assert_log(s, "cannot write to ./spool: Input/output error");
}

static void of_many_errors_some_are_said_and_the_others_counted(void **state)
{
    struct spooled *s = *state;

    s->error = EIO;
    s->worker.config.errors_interval_ns = 1000000000;
    open_spool(s);
    for (uint64_t root = 1; root <= 5; root++)
        put(s, root, "one\n");
    let_pass(s, 2000000000);
    put(s, 6, "two\n");
    close_spool(s);
    assert_log(s, "emitted again (and 3 more errors were not shown)\n");
}

static void where_a_spool_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *place, *error;
    } cases[] = {
        {"spool", "gale.topology.dead.letter: \"spool\" is neither a bolt of "
                  "the topology nor a file, whose path has a / or a . in it"},
        {"./taken", "gale.topology.dead.letter: cannot write ./taken: another "
                    "run has it; name another file"},
    };
    struct spooled *s = *state;
    int handle = s->env->ops->file_lock(s->env, "./taken");

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        free(s->worker.config.spool);
        s->worker.config.spool = xstrdup(cases[i].place);
        assert_int_equal(letters_open(&s->worker, &s->why), -1);
        assert_string_equal(s->why.text, cases[i].error);
        close_spool(s);
    }
    s->env->ops->file_unlock(s->env, handle);
}

static void a_run_leaves_its_spool_to_the_next_one(void **state)
{
    struct spooled *s = *state;

    for (uint64_t run = 1; run <= 2; run++) {
        open_spool(s);
        put(s, run, "one\n");
        close_spool(s);
    }
    assert_file(s, "one\none\n");
}

static void there_is_none_without_a_place_or_with_a_bolt(void **state)
{
    struct spooled *s = *state;

    s->model.letters = 0; /* it is the first component */
    open_spool(s);
    assert_null(s->worker.letters);
    s->model.letters = UINT32_MAX;
    free(s->worker.config.spool);
    s->worker.config.spool = NULL;
    open_spool(s);
    assert_null(s->worker.letters);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_put_is_written_in_its_order_and_acked),
        TEST(a_letter_for_which_nobody_waits_is_written_and_nobody_told),
        TEST(about_four_mib_are_written_at_a_time),
        TEST(when_all_do_not_fit_those_that_do_are_written),
        TEST(that_it_is_full_is_said_with_the_key_that_says_when),
        TEST(what_cannot_be_written_fails_and_is_said),
        TEST(of_many_errors_some_are_said_and_the_others_counted),
        TEST(where_a_spool_cannot_be_is_refused),
        TEST(a_run_leaves_its_spool_to_the_next_one),
        TEST(there_is_none_without_a_place_or_with_a_bolt),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
