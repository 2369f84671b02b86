/* test_rpc_frame.c - bytes of a connection, cut into frames. */
#include "tests/support/cmocka_all.h"
#include "common/random.h"
#include "common/rpc_frame.h"
#include <stdlib.h>
#include <string.h>

static void add_text(struct rpc_bytes *b, const char *data, size_t size)
{
    rpc_bytes_add(b, data, size);
}

static void assert_frame(struct rpc_bytes *b, const char *expected)
{
    const uint8_t *data;
    uint32_t size;

    assert_int_equal(rpc_frame_read(b, 100, &data, &size), RPC_FRAME_WHOLE);
    assert_int_equal(size, strlen(expected));
    assert_memory_equal(data, expected, size);
    rpc_frame_drop(b);
}

static void assert_none(const struct rpc_bytes *b)
{
    const uint8_t *data;
    uint32_t size;

    assert_int_equal(rpc_frame_read(b, 100, &data, &size), RPC_FRAME_NONE);
}

static void the_length_comes_first_its_highest_byte_in_front(void **state)
{
    struct rpc_bytes b = {NULL};

    (void)state;
    rpc_frame_write(&b, "hello", 5);
    assert_int_equal(rpc_bytes_size(&b), 9);
    assert_memory_equal(rpc_bytes_at(&b), "\0\0\0\5hello", 9);
    rpc_bytes_fini(&b);
}

static void frames_come_out_as_they_went_in(void **state)
{
    struct rpc_bytes b = {NULL};

    (void)state;
    rpc_frame_write(&b, "one", 3);
    rpc_frame_write(&b, "", 0);
    rpc_frame_write(&b, "three", 5);
    assert_frame(&b, "one");
    assert_frame(&b, "");
    assert_frame(&b, "three");
    assert_none(&b);
    rpc_bytes_fini(&b);
}

static void a_frame_is_whole_with_its_last_byte(void **state)
{
    static const char bytes[] = "\0\0\0\5hello";
    struct rpc_bytes b = {NULL};

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        assert_none(&b);
        add_text(&b, bytes + i, 1);
    }
    assert_frame(&b, "hello");
    rpc_bytes_fini(&b);
}

/* What is promised costs nothing: the length alone is looked at. */
static void a_length_beyond_what_is_allowed_is_seen_at_once(void **state)
{
    static const struct {
        const char *head;
        uint32_t size;
        enum rpc_frame_found found;
    } cases[] = {
        {"\0\0\0\144", 100, RPC_FRAME_NONE},
        {"\0\0\0\145", 101, RPC_FRAME_TOO_LONG},
        {"\0\0\1\0", 256, RPC_FRAME_TOO_LONG},
        {"\377\377\377\377", UINT32_MAX, RPC_FRAME_TOO_LONG},
        {"GET ", 0x47455420, RPC_FRAME_TOO_LONG},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct rpc_bytes b = {NULL};
        const uint8_t *data;
        uint32_t size;

        add_text(&b, cases[i].head, 4);
        assert_int_equal(rpc_frame_read(&b, 100, &data, &size), cases[i].found);
        assert_int_equal(size, cases[i].size);
        assert_true(b.capacity <= 1024);
        rpc_bytes_fini(&b);
    }
}

/* Frames of many sizes through one buffer, in pieces of many sizes. */
static void whatever_the_pieces_the_frames_are_the_same(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct rpc_bytes sent = {NULL}, come = {NULL};
        struct random r;
        uint32_t made = 0, seen = 0;

        random_seed(&r, seed);
        while (made < 200 || rpc_bytes_size(&sent) > 0) {
            uint8_t content[3000];
            size_t n = random_below(&r, 2000), size;
            const uint8_t *data;
            uint32_t found;

            if (made < 200) {
                size = random_below(&r, sizeof(content));
                memset(content, (int)(made & 255u), sizeof(content));
                rpc_frame_write(&sent, content, (uint32_t)size);
                made++;
            }
            if (n > rpc_bytes_size(&sent))
                n = rpc_bytes_size(&sent);
            if (n > 0)
                rpc_bytes_add(&come, rpc_bytes_at(&sent), n);
            rpc_bytes_take(&sent, n);
            while (rpc_frame_read(&come, 3000, &data, &found) ==
                   RPC_FRAME_WHOLE) {
                for (uint32_t i = 0; i < found; i++)
                    if (data[i] != (seen & 255u))
                        fail_msg("seed %llu: frame %u differs",
                                 (unsigned long long)seed, seen);
                rpc_frame_drop(&come);
                seen++;
            }
        }
        assert_int_equal(seen, made);
        assert_int_equal(rpc_bytes_size(&come), 0);
        rpc_bytes_fini(&sent);
        rpc_bytes_fini(&come);
    }
}

/* As much comes as goes: the buffer stays as large as what it holds at once. */
static void a_buffer_does_not_grow_with_what_has_passed(void **state)
{
    struct rpc_bytes b = {NULL};
    char part[100] = {0};

    (void)state;
    add_text(&b, part, 100);
    for (int i = 0; i < 100000; i++) {
        add_text(&b, part, 100);
        rpc_bytes_take(&b, 100);
    }
    assert_true(b.capacity <= 1024);
    rpc_bytes_fini(&b);
}

static void what_was_large_once_is_given_back(void **state)
{
    struct rpc_bytes b = {NULL};
    char *much = calloc(1, 1 << 20);

    (void)state;
    add_text(&b, much, 1 << 20);
    rpc_bytes_take(&b, 1 << 20);
    assert_int_equal(b.capacity, 0);
    free(much);
    rpc_bytes_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_length_comes_first_its_highest_byte_in_front),
        cmocka_unit_test(frames_come_out_as_they_went_in),
        cmocka_unit_test(a_frame_is_whole_with_its_last_byte),
        cmocka_unit_test(a_length_beyond_what_is_allowed_is_seen_at_once),
        cmocka_unit_test(whatever_the_pieces_the_frames_are_the_same),
        cmocka_unit_test(a_buffer_does_not_grow_with_what_has_passed),
        cmocka_unit_test(what_was_large_once_is_given_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
