/* test_wire_acks.c - acks, fails and credit between workers come out as they
 * went in. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "topology-api/memory.h"
#include "worker/cause.h"
#include "worker/wire_acks.h"
#include "worker/wire_credit.h"

/* -- acks ------------------------------------------------------------------ */

static void records_come_out_as_they_went_in(void **state)
{
    struct ack_record in[300], out[300];
    struct random random;

    (void)state;
    random_seed(&random, 3);
    for (uint32_t i = 0; i < 300; i++) {
        in[i].root = (UINT64_C(7) << 48) + random_below(&random, 100);
        in[i].value = random_next(&random) >> random_below(&random, 64);
    }
    for (uint32_t n = 0; n <= 300; n += n < 5 ? 1 : 59) {
        char *room = xmalloc(wire_acks_room(n));
        size_t size = wire_acks_encode(in, n, room);
        char *data = memcpy(xmalloc(size), room, size);

        assert_true(size + 16 <= wire_acks_room(n));
        assert_int_equal(wire_acks_n(data, size), n);
        assert_null(wire_acks_decode(data, size, out));
        assert_memory_equal(in, out, n * sizeof(in[0]));
        free(data);
        free(room);
    }
}

static void records_that_are_cut_off_or_too_many_are_refused(void **state)
{
    struct ack_record in[2] = {{1000, 1}, {1001, 9}}, out[40];
    char room[64];
    size_t size = wire_acks_encode(in, 2, room);

    (void)state;
    for (size_t cut = 0; cut < size; cut++) {
        char *data = memcpy(xmalloc(cut), room, cut);

        if (wire_acks_n(data, cut) != UINT32_MAX)
            assert_string_equal(wire_acks_decode(data, cut, out),
                                "has a record that is cut off or none");
        free(data);
    }
    assert_string_equal(wire_acks_decode(room, size + 1, out),
                        "goes on behind its records");
    room[0] = (char)(size - 4); /* as many as there are bytes behind it */
    assert_int_equal(wire_acks_n(room, size), size - 4);
    room[0]++;
    assert_int_equal(wire_acks_n(room, size), UINT32_MAX);
    memset(room, 0xff, 4);
    assert_int_equal(wire_acks_n(room, size), UINT32_MAX);
}

/* -- fails ----------------------------------------------------------------- */

static void fails_come_out_with_their_causes(void **state)
{
    struct cause *cause = cause_new(12, true, "no such user"), *out;
    char room[2 * WIRE_FAIL_ROOM];
    size_t size = wire_fail_encode(77, cause, room);
    const uint8_t *at = (const uint8_t *)room, *end;
    uint64_t root;

    (void)state;
    size += wire_fail_encode(78, NULL, room + size);
    end = at + size;
    assert_null(wire_fail_decode(&at, end, &root, &out));
    assert_int_equal(root, 77);
    assert_int_equal(out->task, 12);
    assert_true(out->poison);
    assert_string_equal(out->text, "no such user");
    free(out);
    assert_null(wire_fail_decode(&at, end, &root, &out));
    assert_int_equal(root, 78);
    assert_null(out);
    assert_ptr_equal(at, end);
    free(cause);
}

static void the_longest_text_of_a_cause_fits(void **state)
{
    char text[CAUSE_TEXT_MAX + 100], room[WIRE_FAIL_ROOM];
    struct cause *cause, *out;
    const uint8_t *at = (const uint8_t *)room;
    uint64_t root;
    size_t size;

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    cause = cause_new(1, false, text);
    size = wire_fail_encode(1, cause, room);
    assert_int_equal(size, WIRE_FAIL_ROOM);
    assert_null(wire_fail_decode(&at, at + size, &root, &out));
    assert_string_equal(out->text, cause->text);
    assert_false(out->poison);
    free(out);
    free(cause);
}

static void a_fail_that_is_none_is_refused(void **state)
{
    static const struct {
        size_t at;
        uint8_t byte;
        const char *what;
    } changes[] = {
        {12, 5, "has a fail with unknown flags"},
        {13, 1, "has a fail with unknown flags"},
        {14, 4, "has a fail with a text that is too long"},
        {15, 5, "has a fail with a text that is too long"},
    };
    struct cause *cause = cause_new(12, true, "why"), *out;
    char room[WIRE_FAIL_ROOM];
    size_t size = wire_fail_encode(1, cause, room);
    uint64_t root;

    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        uint8_t *data = memcpy(xmalloc(size), room, size);
        const uint8_t *at = data;

        data[changes[i].at] = changes[i].byte;
        assert_string_equal(wire_fail_decode(&at, data + size, &root, &out),
                            changes[i].what);
        assert_ptr_equal(at, data);
        free(data);
    }
    for (size_t cut = 0; cut < size; cut++) {
        uint8_t *data = memcpy(xmalloc(cut), room, cut);
        const uint8_t *at = data;

        assert_non_null(wire_fail_decode(&at, data + cut, &root, &out));
        free(data);
    }
    free(cause);
}

/* -- credit ---------------------------------------------------------------- */

static void credit_comes_out_as_it_went_in(void **state)
{
    struct wire_credit in[2] = {
        {1, 2, UINT64_C(3) << 40, {4, 5, 6, 7, 8}},
        {UINT32_MAX, 9, 10, {11, 12, 13, 0, UINT32_MAX}},
    };
    char data[2 * WIRE_CREDIT_SIZE];
    struct wire_credit out;

    (void)state;
    for (uint32_t i = 0; i < 2; i++)
        wire_credit_encode(&in[i], data + i * WIRE_CREDIT_SIZE);
    assert_int_equal(wire_credit_n(sizeof(data)), 2);
    for (uint32_t i = 0; i < 2; i++) {
        memset(&out, 0, sizeof(out));
        wire_credit_decode(data, i, &out);
        assert_int_equal(out.executor, in[i].executor);
        assert_int_equal(out.tuples, in[i].tuples);
        assert_true(out.bytes == in[i].bytes);
        assert_memory_equal(&out.limits, &in[i].limits, sizeof(out.limits));
    }
    assert_int_equal(wire_credit_n(0), 0);
    assert_int_equal(wire_credit_n(sizeof(data) - 1), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_come_out_as_they_went_in),
        cmocka_unit_test(records_that_are_cut_off_or_too_many_are_refused),
        cmocka_unit_test(fails_come_out_with_their_causes),
        cmocka_unit_test(the_longest_text_of_a_cause_fits),
        cmocka_unit_test(a_fail_that_is_none_is_refused),
        cmocka_unit_test(credit_comes_out_as_it_went_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
