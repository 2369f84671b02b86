/*
 * test_spout_owed.c - messages that fail too often: how often they are tried,
 * where they go, and what their spout hears.
 */
#include "tests/support/cmocka_all.h"
#include "common/dead_letter.h"
#include "common/env.h"
#include "tests/support/setting.h"
#include <gale/batch.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { N = 200, BAD_EVERY = 10, BAD = N / BAD_EVERY, REPLAYS = 3 };

static char spool[64];

static int setup(void **state)
{
    struct setting *s = setting_begin("letters", N, 0);
    int fd;

    snprintf(spool, sizeof(spool), "/tmp/gale-letters-XXXXXX");
    fd = mkstemp(spool);
    close(fd);
    s->numbers.replays = true;
    *state = s;
    return fd < 0;
}

static int teardown(void **state)
{
    unlink(spool);
    return setting_end(state);
}

static bool is_bad(uint64_t number)
{
    return number % BAD_EVERY == 0;
}

/* How often each number came to a bolt. */
static _Atomic(uint32_t) seen[N];

static gale_result refuse(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);

    seen[number]++;
    if (!is_bad(number))
        return GALE_OK;
    return gale_error(task, GALE_RETRY, "%d is bad", (int)number);
}

static gale_result call_poison(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);

    seen[number]++;
    if (!is_bad(number))
        return GALE_OK;
    return gale_error(task, GALE_POISON, "%d is poison", (int)number);
}

static void build_of(struct setting *s, const char *plugin,
                     gale_result (*execute)(gale_task *, const gale_tuple *))
{
    static struct probe bolt;

    memset(seen, 0, sizeof(seen));
    bolt = (struct probe){.execute = execute};
    topology_run_spout(&s->r, "spout", &s->numbers.probe, 2);
    gale_shuffle(topology_run_bolt_as(&s->r, "bolt", plugin, &bolt, 2),
                 "spout");
}

static void build(struct setting *s,
                  gale_result (*execute)(gale_task *, const gale_tuple *))
{
    build_of(s, "probe_bolt", execute);
}

static void configure(struct setting *s, int64_t replays, const char *place)
{
    gale_configure(s->r.builder, "gale.topology.max.replays",
                   gale_int(replays));
    if (place != NULL)
        gale_configure(s->r.builder, "gale.topology.dead.letter",
                       gale_cstr(place));
}

/* -- the spool ------------------------------------------------------------- */

struct letters {
    uint32_t n;
    uint32_t of[N]; /* per number, which is in its payload */
    struct dead_letter last;
    struct dead_letter_memory *memory; /* of the last */
};

static void take(struct letters *l, const char *line, size_t size)
{
    gale_err error;

    dead_letter_forget(l->memory);
    if (dead_letter_read(line, size, &l->last, &l->memory, &error) != 0)
        fail_msg("%s: %s", error.text, line);
    l->n++;
    if (l->last.has_fields)
        l->of[l->last.values[0].as.i]++;
}

static struct letters read_spool(void)
{
    struct letters l = {0};
    struct env *env = env_posix();
    char *text, *at, *end;
    void *data;
    size_t size;

    assert_int_equal(env->ops->file_read(env, spool, 1 << 26, &data, &size), 0);
    text = data;
    for (at = text; (end = strchr(at, '\n')) != NULL; at = end + 1)
        take(&l, at, (size_t)(end - at));
    assert_int_equal(*at, '\0');
    free(text);
    return l;
}

static void assert_str(gale_str found, const char *expected)
{
    assert_int_equal(found.size, strlen(expected));
    assert_memory_equal(found.data, expected, found.size);
}

/* -- tests ----------------------------------------------------------------- */

static void assert_tried(struct setting *s, uint32_t times)
{
    for (uint64_t i = 0; i < N; i++) {
        assert_int_equal(seen[i], is_bad(i) ? times : 1);
        assert_int_equal(s->numbers.acks[i], 1);
        assert_int_equal(s->numbers.fails[i], is_bad(i) ? times : 0);
    }
    assert_int_equal(topology_run_stats(&s->r, "spout").dead_letters, BAD);
    assert_int_equal(topology_run_stats(&s->r, "spout").pending, 0);
}

static void what_fails_too_often_is_acked_and_in_the_spool(void **state)
{
    struct setting *s = *state;
    struct letters l;

    configure(s, REPLAYS, spool);
    build(s, refuse);
    topology_run_complete(&s->r);
    assert_tried(s, REPLAYS + 1);
    l = read_spool();
    assert_int_equal(l.n, BAD);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(l.of[i], is_bad(i) ? 1 : 0);
    dead_letter_forget(l.memory);
}

static void a_letter_says_what_where_why_and_how_often(void **state)
{
    struct setting *s = *state;
    struct letters l;
    char text[32];

    configure(s, REPLAYS, spool);
    build(s, refuse);
    topology_run_complete(&s->r);
    l = read_spool();
    assert_str(l.last.topology, "letters");
    assert_str(l.last.spout, "spout");
    assert_str(l.last.stream, "default");
    assert_str(l.last.component, "bolt");
    assert_in_range(l.last.task, 1, 2);
    assert_in_range(l.last.failed_task, 3, 4);
    assert_int_equal(l.last.failures, REPLAYS + 1);
    assert_false(l.last.poison);
    assert_int_equal(l.last.id.hi, 7);
    assert_int_equal(l.last.id.lo, l.last.values[0].as.i);
    assert_str(l.last.names[0], "number");
    assert_true(l.last.time_us > 0);
    snprintf(text, sizeof(text), "%d is bad", (int)l.last.values[0].as.i);
    assert_str(l.last.error, text);
    dead_letter_forget(l.memory);
}

static void poison_is_not_tried_again(void **state)
{
    struct setting *s = *state;
    struct letters l;

    configure(s, 0, spool);
    build(s, call_poison);
    topology_run_complete(&s->r);
    assert_tried(s, 1);
    l = read_spool();
    assert_int_equal(l.n, BAD);
    assert_true(l.last.poison);
    dead_letter_forget(l.memory);
}

static void without_a_place_what_fails_too_often_is_given_up(void **state)
{
    struct setting *s = *state;

    configure(s, REPLAYS, NULL);
    build(s, refuse);
    topology_run_complete(&s->r);
    assert_tried(s, REPLAYS + 1);
    assert_says(topology_run_log(&s->r), "was given up after 4 failures, the "
                                         "last: ");
}

static void unless_asked_for_poison_fails_as_anything_else(void **state)
{
    struct setting *s = *state;

    s->numbers.replays = false;
    build(s, call_poison);
    topology_run_complete(&s->r);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(s->numbers.acks[i], is_bad(i) ? 0 : 1);
    assert_int_equal(topology_run_stats(&s->r, "spout").dead_letters, 0);
}

static gale_result refuse_twice(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);

    (void)task;
    return is_bad(number) && ++seen[number] <= 2 ? GALE_RETRY : GALE_OK;
}

static void what_works_in_time_is_no_dead_letter(void **state)
{
    struct setting *s = *state;

    configure(s, 2, spool);
    build(s, refuse_twice);
    topology_run_complete(&s->r);
    assert_int_equal(number_source_unacked(&s->numbers), 0);
    assert_int_equal(topology_run_stats(&s->r, "spout").dead_letters, 0);
    assert_int_equal(read_spool().n, 0);
}

static gale_result hold_and_fail(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);
    gale_handle handle = gale_hold(task, in);

    seen[number]++;
    if (!is_bad(number)) {
        gale_ack(task, handle);
        return GALE_OK;
    }
    gale_error(task, GALE_OK, "held and bad");
    gale_fail(task, handle);
    return GALE_OK;
}

static void what_was_said_of_a_held_input_is_in_its_letter(void **state)
{
    struct setting *s = *state;
    struct letters l;

    configure(s, 1, spool);
    build_of(s, "probe_bolt_manual", hold_and_fail);
    topology_run_complete(&s->r);
    assert_tried(s, 2);
    l = read_spool();
    assert_int_equal(l.n, BAD);
    assert_str(l.last.error, "held and bad");
    dead_letter_forget(l.memory);
}

static gale_result hold_and_poison(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);
    gale_handle handle = gale_hold(task, in);

    seen[number]++;
    if (!is_bad(number)) {
        gale_ack(task, handle);
        return GALE_OK;
    }
    gale_error(task, GALE_OK, "held and poison");
    gale_poison(task, handle);
    return GALE_OK;
}

static void a_held_input_that_is_poison_is_not_tried_again(void **state)
{
    struct setting *s = *state;
    struct letters l;

    configure(s, 5, spool);
    build_of(s, "probe_bolt_manual", hold_and_poison);
    topology_run_complete(&s->r);
    assert_tried(s, 1);
    l = read_spool();
    assert_int_equal(l.n, BAD);
    assert_true(l.last.poison);
    assert_str(l.last.error, "held and poison");
    dead_letter_forget(l.memory);
}

static gale_result hold_bad(gale_task *task, const gale_tuple *in)
{
    uint64_t number = (uint64_t)gale_get_int(in, 0);

    seen[number]++;
    if (is_bad(number))
        gale_hold(task, in);
    return GALE_OK;
}

static void what_takes_too_long_says_so_in_its_letter(void **state)
{
    struct setting *s = *state;
    struct letters l;

    gale_configure(s->r.builder, "topology.message.timeout.secs", gale_int(1));
    configure(s, 1, spool);
    build_of(s, "probe_bolt_manual", hold_bad);
    topology_run_complete(&s->r);
    l = read_spool();
    assert_int_equal(l.n, BAD);
    assert_str(l.last.component, "");
    assert_int_equal(l.last.failed_task, 0);
    assert_str(l.last.error,
               "was not settled within topology.message.timeout.secs");
    dead_letter_forget(l.memory);
}

static gale_result next_of_bare(gale_task *task)
{
    _Atomic(uint32_t) *sent = probe_arg(task);

    if (*sent == N) {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_msg(task, ((gale_msgid){0, *sent}), gale_int((*sent)++));
}

static void of_a_spout_that_replays_nothing_the_payload_is_not_known(
    void **state)
{
    static _Atomic(uint32_t) sent;
    static const struct probe spout = {
        .arg = &sent, .streams = OUTPUT_N, .next = next_of_bare};
    static const struct probe bolt = {.execute = refuse};
    struct setting *s = *state;
    struct letters l;

    configure(s, REPLAYS, spool);
    topology_run_spout_as(&s->r, "spout", "probe_spout_bare", &spout, 1);
    gale_shuffle(topology_run_bolt(&s->r, "bolt", &bolt, 1), "spout");
    topology_run_complete(&s->r);
    l = read_spool();
    assert_int_equal(l.n, BAD);
    assert_int_equal(l.last.failures, 1);
    assert_false(l.last.has_fields);
    assert_int_equal(topology_run_stats(&s->r, "spout").dead_letters, BAD);
    dead_letter_forget(l.memory);
}

static bool has_failed_letters(void *arg)
{
    struct setting *s = arg;

    return strstr(topology_run_log(&s->r), "No space left on device") != NULL;
}

static void a_spool_that_is_full_leaves_messages_failed(void **state)
{
    struct setting *s = *state;

    configure(s, 1, "/dev/full");
    build(s, refuse);
    topology_run_start(&s->r);
    tally_await(&s->numbers.acked, N - BAD, "acks of what is good");
    topology_run_until(has_failed_letters, s, "an error of the spool");
    tally_await(&s->numbers.failed, 10 * BAD, "failures again and again");
    topology_run_stop(&s->r, GALE_STOP_NOW);
    assert_int_equal(tally_get(&s->numbers.acked), N - BAD);
    assert_int_equal(topology_run_stats(&s->r, "spout").dead_letters, 0);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(s->numbers.acks[i], is_bad(i) ? 0 : 1);
}

/* -- a bolt that gets them ------------------------------------------------- */

struct graveyard {
    _Atomic(uint32_t) of[N];
    _Atomic(uint32_t) refuses; /* so many letters, first */
    _Atomic(bool) all_is_said;
};

static bool is_text(const gale_tuple *in, const char *field, const char *text)
{
    return gale_str_eq(gale_get_str(in, gale_index_of(in, field)),
                       gale_str_make(text, strlen(text)));
}

static gale_result bury(gale_task *task, const gale_tuple *in)
{
    struct graveyard *g = probe_arg(task);
    gale_value values = gale_get(in, gale_index_of(in, "values"));

    if (g->refuses > 0) {
        g->refuses--;
        return gale_error(task, GALE_RETRY, "not today");
    }
    g->of[gale_item(in, values, 0).as.i]++;
    if (!is_text(in, "spout", "spout") || !is_text(in, "component", "bolt") ||
        !is_text(in, "topology", "letters") ||
        !is_text(in, "stream", "default") ||
        gale_get_int(in, gale_index_of(in, "failures")) < REPLAYS + 1)
        g->all_is_said = false;
    return GALE_OK;
}

static void run_graveyard(struct setting *s, struct graveyard *g)
{
    static struct probe digger;

    g->all_is_said = true;
    digger = (struct probe){.arg = g, .execute = bury};
    configure(s, REPLAYS, "graveyard");
    build(s, refuse);
    topology_run_bolt(&s->r, "graveyard", &digger, 2);
    topology_run_complete(&s->r);
}

static void a_bolt_of_the_topology_may_get_dead_letters(void **state)
{
    static struct graveyard g;
    struct setting *s = *state;

    run_graveyard(s, &g);
    assert_tried(s, REPLAYS + 1);
    for (uint64_t i = 0; i < N; i++)
        assert_int_equal(g.of[i], is_bad(i) ? 1 : 0);
    assert_true(g.all_is_said);
    assert_int_equal(topology_run_stats(&s->r, "graveyard").acked, BAD);
}

static void what_that_bolt_fails_stays_failed_and_comes_again(void **state)
{
    static struct graveyard g = {.refuses = 5};
    struct setting *s = *state;

    run_graveyard(s, &g);
    for (uint64_t i = 0; i < N; i++) {
        assert_int_equal(g.of[i], is_bad(i) ? 1 : 0);
        assert_int_equal(s->numbers.acks[i], 1);
    }
    assert_true(g.all_is_said); /* its own error is not the letter's */
    assert_int_equal(topology_run_stats(&s->r, "spout").dead_letters, BAD);
}

/* -- what is refused ------------------------------------------------------- */

static void a_spool_of_another_run_is_refused(void **state)
{
    struct setting *s = *state;
    struct env *env = env_posix();
    int handle = env->ops->file_lock(env, spool);

    configure(s, REPLAYS, spool);
    build(s, refuse);
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text, "another run has it; name another file");
    env->ops->file_unlock(env, handle);
}

static void a_place_that_is_none_is_refused(void **state)
{
    struct setting *s = *state;

    configure(s, REPLAYS, "letters");
    build(s, refuse);
    assert_false(topology_run_tries(&s->r));
    assert_says(s->r.error.text,
                "gale.topology.dead.letter: \"letters\" is neither a bolt");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_fails_too_often_is_acked_and_in_the_spool),
        TEST(a_letter_says_what_where_why_and_how_often),
        TEST(poison_is_not_tried_again),
        TEST(without_a_place_what_fails_too_often_is_given_up),
        TEST(unless_asked_for_poison_fails_as_anything_else),
        TEST(what_works_in_time_is_no_dead_letter),
        TEST(what_was_said_of_a_held_input_is_in_its_letter),
        TEST(a_held_input_that_is_poison_is_not_tried_again),
        TEST(what_takes_too_long_says_so_in_its_letter),
        TEST(of_a_spout_that_replays_nothing_the_payload_is_not_known),
        TEST(a_spool_that_is_full_leaves_messages_failed),
        TEST(a_bolt_of_the_topology_may_get_dead_letters),
        TEST(what_that_bolt_fails_stays_failed_and_comes_again),
        TEST(a_spool_of_another_run_is_refused),
        TEST(a_place_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
