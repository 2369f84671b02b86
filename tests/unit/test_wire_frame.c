/* test_wire_frame.c - the bytes of a connection are cut into the frames that
 * were written, or refused. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "topology-api/memory.h"
#include "worker/wire_frame.h"

/* What one side has written. */
struct stream {
    char *data;
    size_t size;
    uint32_t sequence;
};

static size_t add_frame(struct stream *s, enum wire_kind kind,
                        const void *payload, uint32_t size)
{
    size_t at = s->size;

    s->data = xrealloc(s->data, at + WIRE_FRAME_HEAD + size);
    if (size > 0)
        memcpy(s->data + at + WIRE_FRAME_HEAD, payload, size);
    s->size += wire_frame_seal(s->data + at, kind, size, &s->sequence);
    assert_int_equal(s->size, at + WIRE_FRAME_HEAD + size);
    return at;
}

/* Bytes from the other side, as many as there is room for; how many. */
static size_t come(struct wire_reader *r, const void *data, size_t size)
{
    size_t room;
    uint8_t *to = wire_reader_room(r, &room);

    assert_true(room >= WIRE_READ_BYTES / 2);
    if (size > room)
        size = room;
    memcpy(to, data, size);
    wire_reader_came(r, size);
    return size;
}

/* All of the stream comes at once; what the reader says of its first frame. */
static enum wire_read first_of(const struct stream *s, uint32_t payload_max,
                               gale_err *error)
{
    struct wire_reader r;
    struct wire_frame f;
    enum wire_read result;

    wire_reader_init(&r, payload_max);
    assert_int_equal(come(&r, s->data, s->size), s->size);
    result = wire_reader_next(&r, &f, error);
    wire_reader_fini(&r);
    return result;
}

/* -- what comes out is what went in ---------------------------------------- */

static void a_frame_is_the_bytes_of_the_page(void **state)
{
    static const uint8_t wanted[] = {0xae, 0x84, 0x42, 0x50, 0, 0, 0, 0,
                                     0,    0,    0,    0,    4, 0, 0, 0};
    struct stream s = {NULL};

    (void)state;
    add_frame(&s, WIRE_END, NULL, 0);
    assert_int_equal(s.size, sizeof(wanted));
    assert_memory_equal(s.data, wanted, sizeof(wanted));
    free(s.data);
}

/* The payload of frame i: so many bytes of it, all equal. */
static uint32_t size_of_frame(struct random *random)
{
    uint64_t which = random_below(random, 40);

    return (uint32_t)random_below(random, which == 0  ? 700000
                                          : which < 8 ? 9000
                                                      : 60);
}

static void write_random(struct stream *s, struct random *random, uint32_t n)
{
    char *payload = xmalloc(700000);

    for (uint32_t i = 0; i < n; i++) {
        uint32_t size = size_of_frame(random);

        memset(payload, (int)i, size);
        add_frame(s, i % WIRE_KINDS, payload, size);
    }
    free(payload);
}

/* NULL, or what is not as frame i was written. */
static const char *not_frame(const struct wire_frame *f, uint32_t i,
                             uint32_t size)
{
    if (f->kind != i % WIRE_KINDS)
        return "its kind";
    if (f->size != size)
        return "its size";
    for (uint32_t k = 0; k < size; k++)
        if (f->payload[k] != (uint8_t)i)
            return "its payload";
    return NULL;
}

/* The same numbers give the same sizes again. */
static void read_random(const struct stream *s, struct random *written,
                        struct random *random, uint32_t n)
{
    uint64_t most = 1 + random_below(random, WIRE_READ_BYTES);
    struct wire_reader r;
    struct wire_frame f;
    uint32_t i = 0;
    gale_err error;

    wire_reader_init(&r, 700000);
    for (size_t at = 0; at < s->size;) {
        uint64_t size = 1 + random_below(random, most);

        at += come(&r, s->data + at, s->size - at < size ? s->size - at : size);
        for (enum wire_read got;
             (got = wire_reader_next(&r, &f, &error)) != WIRE_MORE; i++) {
            const char *wrong = got == WIRE_BROKEN
                                    ? error.text
                                    : not_frame(&f, i, size_of_frame(written));

            if (wrong != NULL)
                fail_msg("frame %u: %s", i, wrong);
        }
    }
    assert_int_equal(i, n);
    assert_false(wire_reader_is_within(&r));
    wire_reader_fini(&r);
}

static void frames_come_out_however_the_bytes_come(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct random random, written;
        struct stream s = {NULL};
        uint32_t n = 1 + seed % 50 * 4;

        random_seed(&written, seed);
        write_random(&s, &written, n);
        random_seed(&random, seed + 1000);
        random_seed(&written, seed);
        read_random(&s, &written, &random, n);
        free(s.data);
    }
}

static void one_byte_after_the_other_is_a_frame_with_the_last_one(void **state)
{
    struct stream s = {NULL};
    struct wire_reader r;
    struct wire_frame f;
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_ACKS, "some bytes", 10);
    wire_reader_init(&r, 10);
    for (size_t at = 0; at < s.size; at++) {
        assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_MORE);
        assert_int_equal(wire_reader_is_within(&r), at > 0);
        come(&r, s.data + at, 1);
    }
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_READ);
    assert_int_equal(f.size, 10);
    assert_memory_equal(f.payload, "some bytes", 10);
    wire_reader_fini(&r);
    free(s.data);
}

static void memory_grows_with_what_has_come_and_is_given_back(void **state)
{
    uint32_t size = 5u << 20;
    char *payload = xcalloc(1, size);
    struct stream s = {NULL};
    struct wire_reader r;
    struct wire_frame f;
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_DATA, payload, size);
    wire_reader_init(&r, UINT32_MAX);
    come(&r, s.data, WIRE_FRAME_HEAD);
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_MORE);
    assert_int_equal(r.capacity, WIRE_READ_BYTES);
    for (size_t at = WIRE_FRAME_HEAD; at < s.size;) {
        at += come(&r, s.data + at, s.size - at);
        assert_true(r.capacity <= 4 * at + WIRE_READ_BYTES);
    }
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_READ);
    come(&r, "", 0);
    assert_int_equal(r.capacity, WIRE_READ_BYTES);
    wire_reader_fini(&r);
    free(s.data);
    free(payload);
}

/* -- what is refused ------------------------------------------------------- */

static void a_length_beyond_the_limit_is_refused_at_once(void **state)
{
    struct stream s = {NULL};
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_DATA, "12345", 5);
    s.size = WIRE_FRAME_HEAD; /* the payload has not come */
    assert_int_equal(first_of(&s, 4, &error), WIRE_BROKEN);
    assert_string_equal(error.text,
                        "frame 0 says that 5 bytes follow, expected at most "
                        "4: what comes are no frames, or no more");
    assert_int_equal(first_of(&s, 5, &error), WIRE_MORE);
    free(s.data);
}

static void every_changed_byte_is_noticed(void **state)
{
    struct stream s = {NULL};
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_CREDIT, "what may be changed", 19);
    for (size_t at = 0; at < s.size; at++)
        for (uint32_t bit = 0; bit < 8; bit++) {
            s.data[at] ^= (char)(1u << bit);
            assert_int_not_equal(first_of(&s, 1000, &error), WIRE_READ);
            s.data[at] ^= (char)(1u << bit);
        }
    s.data[20] ^= 1;
    assert_int_equal(first_of(&s, 1000, &error), WIRE_BROKEN);
    assert_non_null(strstr(error.text, "it was changed on the way"));
    free(s.data);
}

static void a_frame_that_is_lost_or_comes_twice_is_noticed(void **state)
{
    struct stream s = {.sequence = 0};
    struct wire_reader r;
    struct wire_frame f;
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_PING, NULL, 0);
    wire_reader_init(&r, 0);
    come(&r, s.data, s.size);
    come(&r, s.data, s.size);
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_READ);
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_BROKEN);
    assert_string_equal(error.text,
                        "a frame has the sequence number 0, expected 1: "
                        "something was lost or came twice");
    wire_reader_fini(&r);
    free(s.data);
}

static void sequence_numbers_begin_again_after_the_last_one(void **state)
{
    struct stream s = {.sequence = UINT32_MAX};
    struct wire_reader r;
    struct wire_frame f;
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_PING, NULL, 0);
    add_frame(&s, WIRE_PING, NULL, 0);
    wire_reader_init(&r, 0);
    r.sequence = UINT32_MAX;
    come(&r, s.data, s.size);
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_READ);
    assert_int_equal(wire_reader_next(&r, &f, &error), WIRE_READ);
    wire_reader_fini(&r);
    free(s.data);
}

static void an_unknown_kind_is_of_another_version(void **state)
{
    struct stream s = {NULL};
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_KINDS, NULL, 0);
    assert_int_equal(first_of(&s, 0, &error), WIRE_BROKEN);
    assert_string_equal(error.text,
                        "frame 0 is of kind 9, expected 0 to 8: the other "
                        "worker is of another version");
    s.size = s.sequence = 0;
    add_frame(&s, WIRE_PING | 1 << 8, NULL, 0);
    assert_int_equal(first_of(&s, 0, &error), WIRE_BROKEN);
    assert_string_equal(error.text,
                        "frame 0 has flags 000001, expected 0: the other "
                        "worker is of another version");
    free(s.data);
}

static void what_is_cut_off_waits_for_more(void **state)
{
    struct stream s = {NULL};
    size_t whole;
    gale_err error;

    (void)state;
    add_frame(&s, WIRE_DATA, "0123456789", 10);
    whole = s.size;
    for (s.size = 1; s.size < whole; s.size++)
        assert_int_equal(first_of(&s, 10, &error), WIRE_MORE);
    free(s.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_is_the_bytes_of_the_page),
        cmocka_unit_test(frames_come_out_however_the_bytes_come),
        cmocka_unit_test(one_byte_after_the_other_is_a_frame_with_the_last_one),
        cmocka_unit_test(memory_grows_with_what_has_come_and_is_given_back),
        cmocka_unit_test(a_length_beyond_the_limit_is_refused_at_once),
        cmocka_unit_test(every_changed_byte_is_noticed),
        cmocka_unit_test(a_frame_that_is_lost_or_comes_twice_is_noticed),
        cmocka_unit_test(sequence_numbers_begin_again_after_the_last_one),
        cmocka_unit_test(an_unknown_kind_is_of_another_version),
        cmocka_unit_test(what_is_cut_off_waits_for_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
