/* test_wire_slice.c - slices become bytes, and bytes become slices that an
 * executor may run. */
#include "tests/support/cmocka_all.h"
#include "tests/support/made_slice.h"
#include "tests/support/sound_slice.h"
#include "topology-api/memory.h"

enum { TASKS = 4 };

struct bytes {
    uint8_t *data; /* memory of just that size */
    size_t size;
};

static struct bytes bytes_of(struct wire_slice *s)
{
    char *room = xmalloc(wire_slice_room(s->bytes));
    struct bytes b;

    b.size = wire_slice_encode(s, room);
    b.data = memcpy(xmalloc(b.size), room, b.size);
    free(room);
    return b;
}

static const struct wire_limits *limits_for(uint32_t n_fields)
{
    static struct wire_limits limits;

    limits = (struct wire_limits){n_fields, TASKS, UINT32_MAX};
    return &limits;
}

/* Into memory of its own, s->tuples, to be freed. NULL: what it says of its
 * number of fields is right. */
static const char *read_slice(struct wire_slice *s, struct bytes b,
                              const struct wire_limits *limits)
{
    const char *defect;

    *s = (struct wire_slice){0};
    defect = wire_slice_open(s, b.data, b.size, UINT32_MAX);
    if (defect != NULL)
        return defect;
    s->tuples = xmalloc(s->bytes);
    return wire_slice_decode(s, b.data, b.size,
                             limits != NULL ? limits : limits_for(s->n_fields));
}

/* -- what comes out is what went in ---------------------------------------- */

static bool same_head(const struct wire_slice *a, const struct wire_slice *b)
{
    return a->executor == b->executor && a->task == b->task &&
           a->input == b->input && a->n_fields == b->n_fields && a->n == b->n &&
           a->bytes == b->bytes;
}

/* NULL, or what is not as it was. */
static const char *not_the_same(struct wire_slice *s)
{
    uint32_t bytes = s->bytes;
    struct bytes b = bytes_of(s);
    struct wire_slice back;
    const char *defect = read_slice(&back, b, NULL);

    if (defect == NULL)
        defect = sound_slice(&back, TASKS);
    if (defect == NULL && (!same_head(s, &back) || s->bytes != bytes))
        defect = "the head";
    if (defect == NULL && memcmp(s->tuples, back.tuples, bytes) != 0)
        defect = "the memory";
    if (b.size > wire_slice_room(bytes) - 16)
        defect = "it wants more room than it says";
    free(back.tuples);
    free(b.data);
    return defect;
}

static void comes_out_as_it_went_in(struct made_slice *m)
{
    const char *defect;

    made_slice_done(m);
    defect = not_the_same(&m->slice);
    if (defect != NULL)
        fail_msg("%s", defect);
    made_slice_free(m);
}

static void random_slices_come_out_as_they_went_in(void **state)
{
    struct made_slice m;
    struct random random;
    const char *defect;

    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++) {
        random_seed(&random, seed);
        made_slice_random(&m, &random, seed % 10 == 0 ? 600 : 40);
        defect = not_the_same(&m.slice);
        if (defect != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, defect);
        made_slice_free(&m);
    }
}

static void words_that_share_anchors_keep_who_shares_which(void **state)
{
    struct anchor first = {7, 9}, second = {8, 11}, own = {7, 3};
    gale_value word = gale_cstr("word");
    struct made_tuple a = {&word, &first, 1, 0, true},
                      b = {&word, &second, 1, 0, true},
                      between = {&word, &own, 1, 0, false},
                      plain = {&word, NULL, 0, 1, false};
    struct made_slice m;

    (void)state;
    made_slice_begin(&m, 1);
    for (uint32_t i = 0; i < 300; i++)
        made_slice_add(&m, &a);
    made_slice_add(&m, &between);
    made_slice_add(&m, &a); /* goes on with the same one */
    made_slice_add(&m, &plain);
    made_slice_add(&m, &b);
    made_slice_add(&m, &a); /* a new one, of the same message */
    comes_out_as_it_went_in(&m);
}

static void tuples_without_fields_are_counted(void **state)
{
    struct anchor own = {1, 1};
    struct made_slice m;

    (void)state;
    made_slice_begin(&m, 0);
    for (uint32_t i = 0; i < 2000; i++)
        made_slice_plain(&m, NULL);
    comes_out_as_it_went_in(&m);
    made_slice_begin(&m, 0);
    made_slice_add(&m, &(struct made_tuple){NULL, &own, 1, 3, false});
    comes_out_as_it_went_in(&m);
}

static void very_many_anchors_fit_into_the_room_too(void **state)
{
    struct anchor anchors[5000];
    struct made_slice m;

    (void)state;
    for (uint32_t i = 0; i < 5000; i++) /* nothing of them is like the last */
        anchors[i] = (struct anchor){mix64(i), mix64(i + 5000)};
    made_slice_begin(&m, 0);
    made_slice_add(&m, &(struct made_tuple){NULL, anchors, 5000, 0, false});
    comes_out_as_it_went_in(&m);
}

static void a_large_tuple_comes_out_as_it_went_in(void **state)
{
    uint32_t size = 40u << 20;
    char *text = memset(xmalloc(size), 'x', size);
    gale_value v[2] = {{GALE_BYTES, size, {.data = text}}, gale_int(1)};
    struct made_slice m;

    (void)state;
    made_slice_begin(&m, 2);
    made_slice_plain(&m, v);
    comes_out_as_it_went_in(&m);
    free(text);
}

static void lists_may_be_nested_as_deep_as_in_a_tuple(void **state)
{
    gale_value lists[TUPLE_DEPTH_MAX];
    gale_value innermost = gale_int(1);
    struct made_slice m;

    (void)state;
    for (uint32_t i = 0; i < TUPLE_DEPTH_MAX; i++)
        lists[i] = gale_list(i > 0 ? &lists[i - 1] : &innermost, 1);
    made_slice_begin(&m, 1);
    made_slice_plain(&m, &lists[TUPLE_DEPTH_MAX - 1]);
    comes_out_as_it_went_in(&m);
}

/* -- the bytes are those that the header has ------------------------------- */

static void the_bytes_are_those_of_the_page(void **state)
{
    static const uint8_t wanted[] = {
        3,    0,   0,   0,    5,    0,    0, 0, 2, 0, 0, 0, 72,
        0,    0,   0,   1,    0,    1,    0,                      /* head */
        0x0b, 2,   1,   0,    0x17, 0x0e, 0, 0, 0, 0, 0, 6, 0x12, /* run */
        0xa2, 't', 'o', 0xa2, 'b',  'e'};
    struct anchor shared = {UINT64_C(0x3000000000007), 9};
    gale_value to = gale_cstr("to"), be = gale_cstr("be");
    struct made_tuple t = {&to, &shared, 1, 1, true};
    struct made_slice m;
    struct bytes b;

    (void)state;
    made_slice_begin(&m, 1);
    made_slice_add(&m, &t);
    t.values = &be;
    made_slice_add(&m, &t);
    made_slice_done(&m);
    b = bytes_of(&m.slice);
    assert_int_equal(b.size, sizeof(wanted));
    assert_memory_equal(b.data, wanted, sizeof(wanted));
    free(b.data);
    made_slice_free(&m);
}

static void the_values_are_those_of_the_page(void **state)
{
    static const uint8_t wanted[] = {
        0, 1, 0xff, 0xcc, 0xc8, 0xa0, 0xcb, 0x3f, 0xe0, 0, 0, 0, 0, 0, 0};
    gale_value values[] = {gale_int(-1), gale_int(200), gale_cstr(""),
                           gale_float(0.5)};
    struct made_slice m;
    struct bytes b;

    (void)state;
    made_slice_begin(&m, 4);
    made_slice_plain(&m, values);
    made_slice_done(&m);
    b = bytes_of(&m.slice);
    assert_int_equal(b.size, WIRE_SLICE_HEAD + sizeof(wanted));
    assert_memory_equal(b.data + WIRE_SLICE_HEAD, wanted, sizeof(wanted));
    free(b.data);
    made_slice_free(&m);
}

/* What a run of few bytes costs: an anchor of the next message is two. */
static void anchors_of_messages_in_a_row_take_two_bytes(void **state)
{
    gale_value word = gale_cstr("");
    struct made_slice m;
    struct bytes b;

    (void)state;
    made_slice_begin(&m, 1);
    for (uint32_t i = 0; i < 101; i++) {
        struct anchor a = {(UINT64_C(9) << 48) + i, 1};

        made_slice_add(&m, &(struct made_tuple){&word, &a, 1, 0, false});
    }
    made_slice_done(&m);
    b = bytes_of(&m.slice);
    assert_int_equal(b.size, WIRE_SLICE_HEAD + 2 + 1 + 7 + 1 + 1 + 100 * 3);
    free(b.data);
    made_slice_free(&m);
}

/* -- what is refused ------------------------------------------------------- */

/* A slice of one field: head, and what follows. */
static struct bytes slice_with(uint32_t n, uint32_t bytes, const char *rest,
                               size_t rest_size)
{
    struct bytes b = {xcalloc(1, WIRE_SLICE_HEAD + rest_size),
                      WIRE_SLICE_HEAD + rest_size};

    memcpy(b.data + 8, &n, 4);
    memcpy(b.data + 12, &bytes, 4);
    b.data[18] = 1;
    memcpy(b.data + WIRE_SLICE_HEAD, rest, rest_size);
    return b;
}

struct refused {
    const char *what;
    uint32_t n, bytes;
    const char *rest;
    size_t rest_size;
};

#define REST(text) text, sizeof(text) - 1
#define EIGHT(x) x x x x x x x x
#define NINE(x) x EIGHT(x)

static const struct refused refused[] = {
    {"holds no tuples", 0, 24, REST("\0\1\1")},
    {"has tuples that do not end at a multiple of 8 bytes", 1, 28,
     REST("\0\1\1")},
    {"says that it takes an amount of memory that it cannot", 2, 40,
     REST("\0\2\1\1")},
    {"says that it takes an amount of memory that it cannot", 1, 1 << 20,
     REST("\0\1\1")},
    {"ends in the middle of a tuple", 1, 24, REST("")},
    {"ends in the middle of a tuple", 1, 24, REST("\0\1")},
    {"ends in the middle of a tuple", 1, 24, REST("\x08\1\1")},
    {"ends in the middle of a tuple", 1, 24, REST("\0\1\xa3to")},
    {"ends in the middle of a tuple", 1, 40, REST("\0\1\xd9")},
    {"ends in the middle of a tuple", 1, 40, REST("\0\1\xdb\xff\xff\xff\xff")},
    {"ends in the middle of a tuple", 1, 24, REST("\0\1\xcb\1\2\3\4\5\6\7")},
    {"has a run of tuples of an unknown form", 1, 24, REST("\5\1\1")},
    {"has a run of tuples of an unknown form", 1, 24, REST("\x10\1\1")},
    {"has a run of a wrong number of tuples", 1, 24, REST("\0\0\1")},
    {"has a run of a wrong number of tuples", 1, 24, REST("\0\2\1\1")},
    {"is for a task that its executor does not have", 1, 24,
     REST("\x08\1\4\0\1")},
    {"goes on with a shared anchor that it lacks", 1, 24, REST("\4\1\1")},
    {"has an anchor that is cut off or none", 1, 40, REST("\1\1\x09\1")},
    {"has an anchor that is cut off or none", 1, 40, REST("\1\1\x90\1")},
    {"has an anchor that is cut off or none", 1, 40,
     REST("\1\1\x09" EIGHT("\0") EIGHT("\0") "\1\1\1")},
    {"has an anchor that is cut off or none", 1, 40,
     REST("\1\1\x90" EIGHT("\0") EIGHT("\0") "\1\1\1")},
    {"has an anchor that is cut off or none", 1, 40, REST("\1\1\x11\1")},
    {"has an anchor that is cut off or none", 1, 40, REST("\1\1")},
    {"has an anchor that is cut off or none", 1, 48, REST("\3\1")},
    {"has a tuple with a wrong number of anchors", 1, 64,
     REST("\2\1\1\0\0\0\0\1")},
    {"has a tuple with a wrong number of anchors", 1, 64,
     REST("\2\1\xff\xff\xff\xff\0\0\1")},
    {"ends in the middle of a tuple", 1, 64, REST("\2\1\2\0\0")},
    {"has an integer above 2^63 - 1", 1, 24,
     REST("\0\1\xcf\x80\0\0\0\0\0\0\0")},
    {"has the byte 0xc1, which begins no value", 1, 24, REST("\0\1\xc1")},
    {"has an extension of MessagePack, expected none", 1, 24,
     REST("\0\1\xd4\1\1")},
    {"has an extension of MessagePack, expected none", 1, 24,
     REST("\0\1\xc7\0\1")},
    {"has a list of more elements than bytes follow", 1, 1024,
     REST("\0\1\xdd\xff\xff\xff\xff")},
    {"has a list of more elements than bytes follow", 1, 1024,
     REST("\0\1\xde\0\2\1\1\1")},
    {"has lists nested more than 16 deep", 1, 1024,
     REST("\0\1" NINE("\x91") EIGHT("\x91") "\1")},
    {"holds more than it says", 1, 24, REST("\0\1\x91\1")},
    {"holds more than it says", 1, 24,
     REST("\0\1\xaf"
          "123456789012345")},
    {"holds more than it says", 2, 48, REST("\1\2\0\1\0\1")},
    {"holds more than it says", 1, 24, REST("\3\1\0\1")},
    {"holds more than it says", 1, 32, REST("\2\1\2\0\0\0\0\0\1")},
    {"holds less than it says", 1, 32, REST("\0\1\1")},
    {"goes on behind its tuples", 1, 24, REST("\0\1\1\1")},
};

static void what_is_no_slice_is_refused_with_what_is_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        const struct refused *r = &refused[i];
        struct bytes b = slice_with(r->n, r->bytes, r->rest, r->rest_size);
        struct wire_slice s;
        const char *defect = read_slice(&s, b, NULL);

        if (defect == NULL || strcmp(defect, r->what) != 0)
            fail_msg("row %zu: found \"%s\", expected \"%s\"", i,
                     defect != NULL ? defect : "nothing wrong", r->what);
        free(s.tuples);
        free(b.data);
    }
}

static void refused_as(const char *what, const struct wire_limits *limits)
{
    struct bytes b = slice_with(1, 24, REST("\0\1\1"));
    struct wire_slice s;

    assert_string_equal(read_slice(&s, b, limits), what);
    free(s.tuples);
    free(b.data);
}

static void what_the_stream_and_the_configuration_forbid_is_refused(
    void **state)
{
    struct bytes b = slice_with(1, 24, REST("\0\1\1"));
    struct wire_slice s;

    (void)state;
    refused_as("has tuples of another number of fields than their stream",
               &(struct wire_limits){2, 1, 1024});
    refused_as("has a tuple larger than gale.topology.max.tuple.bytes",
               &(struct wire_limits){1, 1, 23});
    assert_string_equal(wire_slice_open(&s, b.data, b.size, 16),
                        "says that it takes an amount of memory that it "
                        "cannot");
    assert_string_equal(wire_slice_open(&s, b.data, WIRE_SLICE_HEAD - 1, 24),
                        "is too short for a slice");
    b.data[19] = 1;
    assert_string_equal(wire_slice_open(&s, b.data, b.size, 24),
                        "holds a slice of another version");
    free(b.data);
}

/* -- whatever the bytes are ------------------------------------------------ */

/* NULL if it is refused with a sentence, or good for an executor and the same
 * again when it is written. */
static const char *harm_of(struct bytes b)
{
    struct wire_slice s;
    const char *defect = read_slice(&s, b, NULL);

    if (defect != NULL)
        defect = strlen(defect) > 10 ? NULL : "no sentence";
    else if ((defect = sound_slice(&s, TASKS)) == NULL)
        defect = not_the_same(&s);
    free(s.tuples);
    return defect;
}

static void cut_off_anywhere(struct bytes b, uint64_t seed)
{
    for (size_t size = 0; size < b.size; size++) {
        struct bytes cut = {memcpy(xmalloc(size), b.data, size), size};
        struct wire_slice s;

        if (read_slice(&s, cut, NULL) == NULL)
            fail_msg("seed %llu: %zu bytes of it are taken for all",
                     (unsigned long long)seed, size);
        free(s.tuples);
        free(cut.data);
    }
}

static void changed_anywhere(struct bytes b, uint64_t seed)
{
    static const uint8_t changes[] = {0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40,
                                      0x80, 0xff, 0x7f, 0x03, 0xc0, 0x55};

    for (size_t at = 0; at < b.size; at++)
        for (size_t i = 0; i < sizeof(changes); i++) {
            const char *harm;

            b.data[at] ^= changes[i];
            harm = harm_of(b);
            if (harm != NULL)
                fail_msg("seed %llu, byte %zu: %s", (unsigned long long)seed,
                         at, harm);
            b.data[at] ^= changes[i];
        }
}

static void bytes_that_are_cut_off_or_changed_do_no_harm(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        struct made_slice m;
        struct random random;
        struct bytes b;

        random_seed(&random, seed);
        made_slice_random(&m, &random, 8);
        b = bytes_of(&m.slice);
        if (b.size < 2000) {
            cut_off_anywhere(b, seed);
            changed_anywhere(b, seed);
        }
        free(b.data);
        made_slice_free(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_slices_come_out_as_they_went_in),
        cmocka_unit_test(words_that_share_anchors_keep_who_shares_which),
        cmocka_unit_test(tuples_without_fields_are_counted),
        cmocka_unit_test(very_many_anchors_fit_into_the_room_too),
        cmocka_unit_test(a_large_tuple_comes_out_as_it_went_in),
        cmocka_unit_test(lists_may_be_nested_as_deep_as_in_a_tuple),
        cmocka_unit_test(the_bytes_are_those_of_the_page),
        cmocka_unit_test(the_values_are_those_of_the_page),
        cmocka_unit_test(anchors_of_messages_in_a_row_take_two_bytes),
        cmocka_unit_test(what_is_no_slice_is_refused_with_what_is_wrong),
        cmocka_unit_test(
            what_the_stream_and_the_configuration_forbid_is_refused),
        cmocka_unit_test(bytes_that_are_cut_off_or_changed_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
