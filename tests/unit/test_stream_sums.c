/* test_stream_sums.c - what the streams of a component have done, added up over
 * the workers that tell of it. */
#include "tests/support/cmocka_all.h"
#include "common/histogram_pack.h"
#include "nimbus/stream_sums.h"
#include <math.h>
#include <string.h>

static struct stream_sums sums;

static int begin(void **state)
{
    (void)state;
    sums = (struct stream_sums){.max = STREAM_SUMS_MAX};
    return 0;
}

static int end(void **state)
{
    (void)state;
    stream_sums_free(&sums);
    return 0;
}

/* -- what a worker tells --------------------------------------------------- */

static void put_times(struct pack *p, int64_t ns, uint64_t n)
{
    struct histogram_snapshot h = {
        .n = n, .sum = (double)ns * (double)n, .max = ns};

    pack_array(p, n > 0 ? HISTOGRAM_PACKED : 0);
    if (n == 0)
        return;
    h.counts[histogram_bucket((uint64_t)ns)] = n;
    histogram_pack(&h, p);
}

static void put_output(struct pack *p, const char *name, uint64_t n, int64_t ns)
{
    pack_array(p, 8);
    pack_text(p, name);
    for (uint64_t i = 1; i <= 6; i++)
        pack_uint(p, i * n);
    put_times(p, ns, n);
}

static void put_input(struct pack *p, const char *from, uint64_t n, int64_t ns,
                      uint64_t n_held)
{
    pack_array(p, 7);
    pack_text(p, from);
    pack_text(p, "default");
    for (uint64_t i = 1; i <= 3; i++)
        pack_uint(p, i * n);
    put_times(p, ns, n);
    put_times(p, 100 * ns, n_held);
}

static void tell(struct pack *p)
{
    struct unpacked u;

    assert_int_equal(unpack(&u, p->buffer.data, p->buffer.size,
                            (struct pack_limits){1 << 20, 1 << 20}, "it", NULL),
                     0);
    stream_sums_add(&sums, u.root);
    unpacked_free(&u);
    pack_free(p);
}

/* A worker with so many executors of the component, of which so much is busy,
 * and n of everything on each stream, which takes ns. */
static void tell_of(uint64_t executors, double capacity, uint64_t n, int64_t ns,
                    uint64_t n_held)
{
    struct pack p;

    pack_init(&p);
    pack_map(&p, 4);
    pack_key_uint(&p, "executors", executors);
    pack_text(&p, "capacity");
    pack_float(&p, capacity);
    pack_text(&p, "streams");
    pack_array(&p, 2);
    put_output(&p, "default", n, ns);
    put_output(&p, "late", 2 * n, ns);
    pack_text(&p, "inputs");
    pack_array(&p, 2);
    put_input(&p, "left", n, ns, 0);
    put_input(&p, "right", n, ns, n_held);
    tell(&p);
}

/* -- what is answered ------------------------------------------------------ */

static struct unpacked answer; /* … which points into */
static struct pack packed;

static void ask(bool spout)
{
    pack_init(&packed);
    pack_map(&packed, 3);
    stream_sums_pack(&sums, spout, &packed);
    assert_int_equal(unpack(&answer, packed.buffer.data, packed.buffer.size,
                            (struct pack_limits){1 << 20, 1 << 20}, "it", NULL),
                     0);
}

static void forget_answer(void)
{
    unpacked_free(&answer);
    pack_free(&packed);
}

static const msgpack_object *stream_at(const char *list, uint32_t i)
{
    return unpack_at(unpack_key(answer.root, list), i);
}

static uint64_t count_at(const char *list, uint32_t i, const char *key)
{
    return unpack_uint(unpack_key(stream_at(list, i), key), UINT64_MAX);
}

static uint64_t time_at(const char *list, uint32_t i, const char *times,
                        const char *key)
{
    return unpack_uint(unpack_key(unpack_key(stream_at(list, i), times), key),
                       UINT64_MAX);
}

static void counts_and_times_of_workers_are_what_they_would_be_in_one(
    void **state)
{
    (void)state;
    tell_of(1, 0.25, 90, 15, 0);
    tell_of(3, 0.75, 10, 1000, 10);
    assert_false(sums.cut);
    ask(true);
    assert_true(fabs(unpack_float(unpack_key(answer.root, "capacity"), 0) -
                     0.625) < 1e-9);
    assert_int_equal(unpack_n(unpack_key(answer.root, "outputs")), 2);
    assert_int_equal(count_at("outputs", 0, "emitted"), 100);
    assert_int_equal(count_at("outputs", 0, "transferred"), 200);
    assert_int_equal(count_at("outputs", 0, "acked"), 300);
    assert_int_equal(count_at("outputs", 1, "failed"), 800);
    assert_int_equal(count_at("outputs", 1, "timed_out"), 1000);
    assert_int_equal(count_at("outputs", 1, "pending"), 1200);
    assert_int_equal(time_at("outputs", 0, "complete", "n"), 100);
    assert_int_equal(time_at("outputs", 0, "complete", "p50_ns"), 15);
    assert_in_range(time_at("outputs", 0, "complete", "p99_ns"), 992, 1000);
    assert_int_equal(unpack_n(unpack_key(answer.root, "inputs")), 2);
    assert_int_equal(count_at("inputs", 0, "executed"), 100);
    assert_int_equal(count_at("inputs", 0, "acked"), 200);
    assert_int_equal(count_at("inputs", 0, "failed"), 300);
    assert_int_equal(time_at("inputs", 0, "execute", "n"), 100);
    assert_int_equal(time_at("inputs", 0, "execute", "max_ns"), 1000);
    forget_answer();
}

static void without_held_inputs_process_is_execute(void **state)
{
    (void)state;
    tell_of(1, 0, 90, 15, 5);
    ask(false);
    assert_int_equal(time_at("inputs", 0, "process", "n"), 90);
    assert_int_equal(time_at("inputs", 0, "process", "p50_ns"), 15);
    assert_int_equal(time_at("inputs", 1, "process", "n"), 5);
    assert_in_range(time_at("inputs", 1, "process", "p50_ns"), 1472, 1500);
    forget_answer();
}

static void an_output_of_a_bolt_is_emitted_and_transferred_alone(void **state)
{
    struct pack p;

    (void)state;
    pack_init(&p);
    pack_map(&p, 1);
    pack_text(&p, "streams");
    pack_array(&p, 1);
    pack_array(&p, 3);
    pack_text(&p, "default");
    pack_uint(&p, 7);
    pack_uint(&p, 14);
    tell(&p);
    ask(false);
    assert_int_equal(count_at("outputs", 0, "emitted"), 7);
    assert_int_equal(count_at("outputs", 0, "transferred"), 14);
    assert_null(unpack_key(stream_at("outputs", 0), "acked"));
    assert_null(unpack_key(stream_at("outputs", 0), "complete"));
    forget_answer();
}

/* -- bounds ---------------------------------------------------------------- */

static void times_that_were_not_told_are_none_and_that_is_known(void **state)
{
    struct pack p;

    (void)state;
    pack_init(&p);
    pack_map(&p, 2);
    pack_key_bool(&p, "times_cut", true);
    pack_text(&p, "streams");
    pack_array(&p, 1);
    put_output(&p, "default", 0, 0);
    tell(&p);
    assert_true(sums.cut);
    ask(true);
    assert_true(unpack_key(stream_at("outputs", 0), "complete")->type ==
                MSGPACK_OBJECT_NIL);
    forget_answer();
}

static void more_streams_than_there_is_room_for_are_left_out(void **state)
{
    static const uint32_t rooms[] = {4, 3, 0};

    for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
        sums.max = rooms[i];
        tell_of(1, 0, 1, 1, 0);
        assert_int_equal(sums.n, rooms[i]);
        assert_int_equal(sums.cut, rooms[i] < 4);
        end(state);
    }
}

static void names_do_not_steer_the_terminal(void **state)
{
    struct pack p;

    (void)state;
    pack_init(&p);
    pack_map(&p, 1);
    pack_text(&p, "streams");
    pack_array(&p, 1);
    put_output(&p, "a\x1b[2J", 1, 1);
    tell(&p);
    assert_string_equal(sums.list[0].name, "a?[2J");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(counts_and_times_of_workers_are_what_they_would_be_in_one),
        TEST(without_held_inputs_process_is_execute),
        TEST(an_output_of_a_bolt_is_emitted_and_transferred_alone),
        TEST(times_that_were_not_told_are_none_and_that_is_known),
        TEST(more_streams_than_there_is_room_for_are_left_out),
        TEST(names_do_not_steer_the_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
