/*
 * test_seeded_run.c - a topology in the world of a seed: what is true of its
 * dead letters, that the books agree, and what a crash leaves of it.
 *
 * The spout "hears" has a `fail` and emits again what failed; "deaf" has only
 * what a spout must have. Every third number of each fails, however often.
 */
#include "simulator/seeded_run.h"
#include "common/spool.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include "topology-api/memory.h"

enum { N = 30, BAD = N / 3, SEEDS = 60, REPLAYS = 2 };

struct numbers {
    struct probe probe;
    int64_t next;
    int64_t failed[N];
    uint32_t n_failed;
};

struct seeded {
    struct topology_run r; /* its builder alone */
    struct numbers hears, deaf;
    struct probe bolt;
    struct seeded_run *run;
    FILE *log;
};

/* -- the topology ---------------------------------------------------------- */

static gale_result next(gale_task *task)
{
    struct numbers *s = probe_arg(task);
    int64_t n = s->n_failed > 0 ? s->failed[--s->n_failed] : s->next;

    if (n == N) {
        gale_exhausted(task);
        return GALE_OK;
    }
    s->next += n == s->next;
    return gale_emit_msg(task, ((gale_msgid){0, (uint64_t)n}), gale_int(n));
}

static void fail(gale_task *task, gale_msgid id)
{
    struct numbers *s = probe_arg(task);

    s->failed[s->n_failed++] = (int64_t)id.lo;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    int64_t n = gale_get_int(in, 0);

    if (n % 3 == 0)
        return gale_error(task, GALE_RETRY, "%d is a third", (int)n);
    return GALE_OK;
}

static struct numbers numbers(void)
{
    return (struct numbers){
        .probe = {.streams = OUTPUT_N, .next = next, .fail = fail}};
}

/* What was built runs to its end, and nothing is wrong. */
static void run_built(struct seeded *s, uint64_t seed, uint32_t faults)
{
    const struct seeded_options options = {
        .seed = seed, .ttl_ms = -1, .faults = faults, .log = s->log};

    s->run = seeded_run_new(s->r.builder, &options, &s->r.error);
    if (s->run == NULL)
        fail_msg("seed %d: %s", (int)seed, s->r.error.text);
    if (seeded_run_result(s->run)->violation[0] != '\0')
        fail_msg("seed %d: %s", (int)seed,
                 seeded_run_result(s->run)->violation);
    assert_int_equal(seeded_run_result(s->run)->state, GALE_LOCAL_COMPLETE);
}

static void run(struct seeded *s, uint64_t seed, uint32_t faults)
{
    gale_declarer *bolt;

    topology_run_begin(&s->r, "seeded");
    gale_configure(s->r.builder, "gale.topology.dead.letter",
                   gale_cstr("./spool"));
    gale_configure(s->r.builder, "gale.topology.max.replays",
                   gale_int(REPLAYS));
    s->hears = numbers();
    s->hears.probe.arg = &s->hears;
    s->deaf = numbers();
    s->deaf.probe.arg = &s->deaf;
    topology_run_spout(&s->r, "hears", &s->hears.probe, 1);
    topology_run_spout_as(&s->r, "deaf", "probe_spout_bare", &s->deaf.probe, 1);
    bolt = topology_run_bolt(&s->r, "bolt", &s->bolt, 2);
    gale_shuffle(bolt, "hears");
    gale_shuffle(bolt, "deaf");
    run_built(s, seed, faults);
}

static void end(struct seeded *s)
{
    seeded_run_free(s->run);
    topology_run_end(&s->r);
}

static int setup(void **state)
{
    struct seeded *s = xcalloc(1, sizeof(*s));

    s->bolt.execute = execute;
    s->log = fopen("/dev/null", "we");
    *state = s;
    return s->log == NULL;
}

static int teardown(void **state)
{
    struct seeded *s = *state;

    fclose(s->log);
    free(s);
    return 0;
}

/* -- its letters ----------------------------------------------------------- */

/* Letters of a spout in the world's spool, with a payload or without. */
static uint32_t letters(const struct seeded *s, const char *spout, bool payload)
{
    struct world *world = (struct world *)(uintptr_t)seeded_run_world(s->run);
    struct dead_letter letter;
    struct dead_letter_memory *memory;
    struct spool spool;
    uint32_t n = 0;
    gale_err error;

    assert_int_equal(spool_open(&spool, world_env(world), "./spool", &error),
                     0);
    while (spool_next(&spool, &letter, &memory, &error) > 0) {
        n += gale_str_eq(letter.spout, gale_str_make(spout, strlen(spout))) &&
             letter.has_fields == payload;
        dead_letter_forget(memory);
    }
    spool_close(&spool);
    return n;
}

/* -- tests ----------------------------------------------------------------- */

static void a_spout_that_hears_of_it_leaves_letters_with_what_it_emitted(
    void **state)
{
    struct seeded *s = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(s, seed, 0);
        assert_int_equal(letters(s, "hears", true), BAD);
        assert_int_equal(letters(s, "hears", false), 0);
        end(s);
    }
}

static void a_spout_without_fail_leaves_letters_without_it(void **state)
{
    struct seeded *s = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(s, seed, 0);
        assert_int_equal(letters(s, "deaf", false), BAD);
        assert_int_equal(letters(s, "deaf", true), 0);
        end(s);
    }
}

/* A third fails as often as it is tried; of a deaf spout that is once. */
static void the_books_know_every_failure(void **state)
{
    struct seeded *s = *state;

    run(s, 1, 0);
    assert_int_equal(seeded_run_result(s->run)->counts.failed,
                     BAD * (1 + REPLAYS) + BAD);
    assert_int_equal(seeded_run_result(s->run)->counts.acked,
                     N + (N - BAD)); /* a letter that is kept is acked */
    end(s);
}

/* What a fault has lost of a deaf spout is a letter, too. */
static void the_books_agree_when_something_goes_wrong(void **state)
{
    struct seeded *s = *state;
    uint32_t more = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(s, seed, 1u << FAULT_LATE | 1u << FAULT_BREAK | 1u << FAULT_PAUSE);
        more += letters(s, "deaf", false) > BAD;
        end(s);
    }
    assert_true(more > 0);
}

static void expect_no_error(void *arg, const gale_component_stats *c)
{
    (void)arg;
    assert_string_equal(c->last_error, "");
}

/* A hook's memory is gone with its host's, as that of spouts and bolts. */
static void after_a_crash_hooks_begin_anew(void **state)
{
    struct seeded *s = *state;
    uint32_t crashes = 0;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        topology_run_begin(&s->r, "crashed");
        gale_configure(s->r.builder, "topology.auto.task.hooks",
                       gale_cstr("onlooker"));
        gale_set(gale_add_spout(s->r.builder, "in", "sequence", 1), "to",
                 gale_int(200));
        gale_shuffle(gale_add_bolt(s->r.builder, "out", "null", 1), "in");
        run_built(s, seed, 1u << FAULT_CRASH);
        gale_local_stats(seeded_run_local(s->run), expect_no_error, NULL);
        crashes += seeded_run_result(s->run)->faults[FAULT_CRASH];
        end(s);
    }
    assert_true(crashes > 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_spout_that_hears_of_it_leaves_letters_with_what_it_emitted),
        TEST(a_spout_without_fail_leaves_letters_without_it),
        TEST(the_books_know_every_failure),
        TEST(the_books_agree_when_something_goes_wrong),
        TEST(after_a_crash_hooks_begin_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
