/* test_pack.c - MessagePack is checked before it is read. */
#include "tests/support/cmocka_all.h"
#include "common/pack.h"
#include "common/random.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

static const struct pack_limits wide = {1 << 20, 1 << 20};

/* Bytes of their own size on the heap, where reading beyond them is seen. */
static const char *defect_of(const void *data, size_t size,
                             struct pack_limits limits)
{
    uint8_t *copy = xmalloc(size);
    const char *defect;

    if (size > 0)
        memcpy(copy, data, size);
    defect = pack_defect(copy, size, limits);
    free(copy);
    return defect;
}

static const char *or_none(const char *defect)
{
    return defect != NULL ? defect : "none";
}

/* -- every form of the specification --------------------------------------- */

/* Head and content; each is whole, and cut anywhere it is not. */
static const struct {
    const char *name;
    const char *head;
    size_t head_size;
    size_t content;
} forms[] = {
#define HEAD(text_) text_, sizeof(text_) - 1
    {"fixint", HEAD("\x00"), 0},
    {"fixint, the largest", HEAD("\x7f"), 0},
    {"negative fixint", HEAD("\xff"), 0},
    {"negative fixint, the smallest", HEAD("\xe0"), 0},
    {"fixmap, empty", HEAD("\x80"), 0},
    {"fixmap", HEAD("\x8f"), 30},
    {"fixarray, empty", HEAD("\x90"), 0},
    {"fixarray", HEAD("\x9f"), 15},
    {"fixstr, empty", HEAD("\xa0"), 0},
    {"fixstr", HEAD("\xbf"), 31},
    {"nil", HEAD("\xc0"), 0},
    {"false", HEAD("\xc2"), 0},
    {"true", HEAD("\xc3"), 0},
    {"bin 8", HEAD("\xc4\xff"), 255},
    {"bin 8, empty", HEAD("\xc4\x00"), 0},
    {"bin 16", HEAD("\xc5\x01\x02"), 0x102},
    {"bin 32", HEAD("\xc6\x00\x01\x00\x02"), 0x10002},
    {"ext 8", HEAD("\xc7\x05\x01"), 5},
    {"ext 8, empty", HEAD("\xc7\x00\x01"), 0},
    {"ext 16", HEAD("\xc8\x01\x02\x01"), 0x102},
    {"ext 32", HEAD("\xc9\x00\x01\x00\x02\x01"), 0x10002},
    {"float 32", HEAD("\xca"), 4},
    {"float 64", HEAD("\xcb"), 8},
    {"uint 8", HEAD("\xcc"), 1},
    {"uint 16", HEAD("\xcd"), 2},
    {"uint 32", HEAD("\xce"), 4},
    {"uint 64", HEAD("\xcf"), 8},
    {"int 8", HEAD("\xd0"), 1},
    {"int 16", HEAD("\xd1"), 2},
    {"int 32", HEAD("\xd2"), 4},
    {"int 64", HEAD("\xd3"), 8},
    {"fixext 1", HEAD("\xd4\x01"), 1},
    {"fixext 2", HEAD("\xd5\x01"), 2},
    {"fixext 4", HEAD("\xd6\x01"), 4},
    {"fixext 8", HEAD("\xd7\x01"), 8},
    {"fixext 16", HEAD("\xd8\x01"), 16},
    {"str 8", HEAD("\xd9\xff"), 255},
    {"str 16", HEAD("\xda\x01\x02"), 0x102},
    {"str 32", HEAD("\xdb\x00\x01\x00\x02"), 0x10002},
    {"array 16", HEAD("\xdc\x01\x02"), 0x102},
    {"array 32", HEAD("\xdd\x00\x01\x00\x02"), 0x10002},
    {"map 16", HEAD("\xde\x01\x02"), 2 * 0x102},
    {"map 32", HEAD("\xdf\x00\x01\x00\x02"), 2 * 0x10002},
};

#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

/* Elements are fixints, as are bytes. */
static uint8_t *text_of(size_t form, size_t *size)
{
    uint8_t *text = xcalloc(1, forms[form].head_size + forms[form].content + 1);

    memcpy(text, forms[form].head, forms[form].head_size);
    *size = forms[form].head_size + forms[form].content;
    return text;
}

static void every_form_is_known(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMS; i++) {
        size_t size;
        uint8_t *text = text_of(i, &size);
        const char *defect = defect_of(text, size, wide);
        struct unpacked u;
        gale_err error = {""};

        if (defect != NULL)
            fail_msg("%s: %s", forms[i].name, defect);
        if (unpack(&u, text, size, wide, "it", &error) != 0)
            fail_msg("%s: %s", forms[i].name, error.text);
        unpacked_free(&u);
        free(text);
    }
}

static void every_form_that_is_cut_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMS; i++) {
        size_t size;
        uint8_t *text = text_of(i, &size);
        size_t step = size > 1000 ? 997 : 1;

        for (size_t cut = 0; cut < size; cut += step)
            if (defect_of(text, cut, wide) == NULL)
                fail_msg("%s, %zu of %zu bytes", forms[i].name, cut, size);
        if (defect_of(text, size - 1, wide) == NULL)
            fail_msg("%s without its last byte", forms[i].name);
        free(text);
    }
}

static void what_follows_the_end_is_seen(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_FORMS; i++) {
        size_t size;
        uint8_t *text = text_of(i, &size);

        assert_string_equal(or_none(defect_of(text, size + 1, wide)),
                            "goes on behind its end");
        free(text);
    }
}

/* 3.4 GB of elements cost a malloc of 96 GB, if one believes them. */
static void no_length_is_believed(void **state)
{
    static const struct {
        const char *head;
        size_t size;
        const char *defect;
    } cases[] = {
        {HEAD("\xdd\xff\xff\xff\xff"), "says that it holds more elements"},
        {HEAD("\xdf\xff\xff\xff\xff"), "says that it holds more elements"},
        {HEAD("\xdd\x10\x00\x00\x00"), "says that it holds more elements"},
        {HEAD("\xdc\xff\xff"), "says that it holds more elements"},
        {HEAD("\xde\x80\x00"), "says that it holds more elements"},
        {HEAD("\x92\x00"), "says that it holds more elements"},
        {HEAD("\x81\x00"), "says that it holds more elements"},
        {HEAD("\xc6\xff\xff\xff\xff"), "ends in the middle of a value"},
        {HEAD("\xc9\xff\xff\xff\xff"), "ends in the middle of a value"},
        {HEAD("\xdb\xff\xff\xff\xff"), "ends in the middle of a value"},
        {HEAD("\xc1"), "has the byte 0xc1, which begins no value"},
        {HEAD("\x91\xc1"), "has the byte 0xc1, which begins no value"},
        {HEAD(""), "ends in the middle of a value"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *defect =
            or_none(defect_of(cases[i].head, cases[i].size, wide));

        if (strncmp(defect, cases[i].defect, strlen(cases[i].defect)) != 0)
            fail_msg("case %zu: %s", i, defect);
    }
}

/* -- limits ---------------------------------------------------------------- */

static void a_text_has_at_most_so_many_bytes(void **state)
{
    static const uint8_t text[] = {0xa3, 'a', 'b', 'c'};

    (void)state;
    assert_null(defect_of(text, 4, (struct pack_limits){4, 0}));
    assert_string_equal(or_none(defect_of(text, 4, (struct pack_limits){3, 0})),
                        "is longer than allowed");
}

static void elements_count_wherever_they_are(void **state)
{
    /* [[1, 2], {3: 4}]: two, two, and two for the pair. */
    static const uint8_t text[] = {0x92, 0x92, 1, 2, 0x81, 3, 4};

    (void)state;
    assert_null(defect_of(text, sizeof(text), (struct pack_limits){100, 6}));
    assert_string_equal(
        or_none(defect_of(text, sizeof(text), (struct pack_limits){100, 5})),
        "has more elements than are allowed");
}

static void it_is_nested_only_so_deep(void **state)
{
    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        uint8_t text[64] = {0};
        size_t n = 0;

        for (uint32_t depth = 1; depth <= PACK_DEPTH_MAX; depth++) {
            text[n++] = kind ? 0x81 : 0x91;
            if (kind)
                text[n++] = 1;
            text[n] = 2;
            assert_null(defect_of(text, n + 1, wide));
        }
        text[n++] = kind ? 0x81 : 0x91;
        assert_string_equal(or_none(defect_of(text, n + 4, wide)),
                            "is nested too deeply");
    }
}

/* Levels that are done with do not count. */
static void many_may_be_nested_beside_each_other(void **state)
{
    uint8_t text[3 + 1000];

    (void)state;
    memcpy(text, "\xdc\x03\xe8", 3);
    memset(text + 3, 0x90, 1000);
    assert_null(defect_of(text, sizeof(text), wide));
}

/* -- msgpack-c sees it as we do -------------------------------------------- */

static void random_value(struct random *r, struct pack *p, uint32_t depth)
{
    uint32_t kind = (uint32_t)random_below(r, depth < 6 ? 12 : 9);
    uint32_t n = (uint32_t)random_below(r, 5);
    char bytes[300] = {0};

    switch (kind) {
    case 0:
        pack_nil(p);
        break;
    case 1:
        pack_bool(p, n & 1);
        break;
    case 2:
    case 3:
        pack_int(p, (int64_t)random_next(r) >> random_below(r, 64));
        break;
    case 4:
        pack_uint(p, random_next(r) >> random_below(r, 64));
        break;
    case 5:
        pack_float(p, (double)random_next(r) / 3);
        break;
    case 6:
        pack_bytes(p, bytes, random_below(r, sizeof(bytes)));
        break;
    case 7:
    case 8:
        pack_text_n(p, bytes, random_below(r, sizeof(bytes)));
        break;
    case 9:
        pack_map(p, n);
        for (uint32_t i = 0; i < 2 * n; i++)
            random_value(r, p, depth + 1);
        break;
    default:
        pack_array(p, n);
        for (uint32_t i = 0; i < n; i++)
            random_value(r, p, depth + 1);
    }
}

/* What it says to the same bytes. */
static bool library_takes(const uint8_t *data, size_t size)
{
    msgpack_unpacked u;
    size_t offset = 0;
    bool taken;

    msgpack_unpacked_init(&u);
    taken = msgpack_unpack_next(&u, (const char *)data, size, &offset) ==
                MSGPACK_UNPACK_SUCCESS &&
            offset == size;
    msgpack_unpacked_destroy(&u);
    return taken;
}

static void assert_agree(const uint8_t *data, size_t size, uint64_t seed)
{
    const char *defect = defect_of(data, size, wide);

    /* What we refuse for a limit, and what must not come near it. */
    if (defect != NULL && (strstr(defect, "more elements") != NULL ||
                           strstr(defect, "nested") != NULL))
        return;
    if (library_takes(data, size) != (defect == NULL))
        fail_msg("seed %llu: we say %s", (unsigned long long)seed,
                 or_none(defect));
}

static void mutate(struct random *r, uint8_t *data, size_t *size)
{
    size_t at = random_below(r, *size);

    switch (random_below(r, 4)) {
    case 0:
        data[at] ^= (uint8_t)(1u << random_below(r, 8));
        break;
    case 1:
        data[at] = (uint8_t)random_next(r);
        break;
    case 2:
        data[at] = (uint8_t)(0xc0 + random_below(r, 32));
        break;
    default:
        *size = at + 1;
    }
}

static void the_check_agrees_with_the_library(void **state)
{
    uint32_t good = 0, bad = 0;

    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct random r;
        struct pack p;
        uint8_t *data;
        size_t size;

        random_seed(&r, seed);
        pack_init(&p);
        random_value(&r, &p, 0);
        size = p.buffer.size;
        data = xmalloc(size);
        memcpy(data, p.buffer.data, size);
        if (defect_of(data, size, wide) != NULL)
            fail_msg("seed %llu: what was written is refused",
                     (unsigned long long)seed);
        assert_agree(data, size, seed);
        for (int i = 0; i < 4; i++) {
            mutate(&r, data, &size);
            assert_agree(data, size, seed);
            if (defect_of(data, size, wide) == NULL)
                good++;
            else
                bad++;
        }
        free(data);
        pack_free(&p);
    }
    assert_true(good > 1000 && bad > 1000);
}

/* -- writing --------------------------------------------------------------- */

static void what_is_written_is_read_back(void **state)
{
    struct pack p, inner;
    struct unpacked u;
    gale_err error;
    gale_str bytes;
    char *text;

    (void)state;
    pack_init(&p);
    pack_init(&inner);
    pack_array(&inner, 2);
    pack_int(&inner, 1);
    pack_nil(&inner);
    pack_map(&p, 9);
    pack_key_int(&p, "int", INT64_MIN);
    pack_key_uint(&p, "uint", UINT64_MAX);
    pack_key_bool(&p, "yes", true);
    pack_key_text(&p, "text", "gr\xc3\xbc\xc3\x9f");
    pack_key_text(&p, "none", NULL);
    pack_key_bytes(&p, "bytes", "\0\1\2", 3);
    pack_text(&p, "float");
    pack_float(&p, 0.1);
    pack_text(&p, "inner");
    pack_packed(&p, &inner);
    pack_key_text(&p, "int", "twice");
    assert_int_equal(
        unpack(&u, p.buffer.data, p.buffer.size, wide, "it", &error), 0);
    assert_int_equal(unpack_n_pairs(u.root), 9);
    assert_true(unpack_int(unpack_key(u.root, "int"), 0) == INT64_MIN);
    assert_true(unpack_uint(unpack_key(u.root, "uint"), 0) == UINT64_MAX);
    assert_true(unpack_bool(unpack_key(u.root, "yes"), false));
    text = unpack_text(unpack_key(u.root, "text"), 10);
    assert_string_equal(text, "gr\xc3\xbc\xc3\x9f");
    free(text);
    assert_int_equal(unpack_key(u.root, "none")->type, MSGPACK_OBJECT_NIL);
    bytes = unpack_str(unpack_key(u.root, "bytes"));
    assert_int_equal(bytes.size, 3);
    assert_memory_equal(bytes.data, "\0\1\2", 3);
    assert_true(unpack_float(unpack_key(u.root, "float"), 0) == 0.1);
    assert_int_equal(unpack_n(unpack_key(u.root, "inner")), 2);
    assert_null(unpack_key(u.root, "other"));
    assert_null(unpack_key(u.root, "in"));
    pack_free(&inner);
    pack_init(&inner);
    pack_object(&inner, u.root); /* as it was read */
    assert_int_equal(inner.buffer.size, p.buffer.size);
    assert_memory_equal(inner.buffer.data, p.buffer.data, p.buffer.size);
    unpacked_free(&u);
    pack_free(&inner);
    pack_free(&p);
}

static void nothing_takes_no_place(void **state)
{
    struct pack p, nothing;

    (void)state;
    pack_init(&p);
    pack_init(&nothing);
    pack_array(&p, 0);
    pack_packed(&p, &nothing);
    assert_int_equal(p.buffer.size, 1);
    pack_free(&nothing);
    pack_free(&p);
}

/* -- reading what is of another kind --------------------------------------- */

static const msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
static const msgpack_object yes = {.type = MSGPACK_OBJECT_BOOLEAN,
                                   .via.boolean = true};
static const msgpack_object seven = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER,
                                     .via.u64 = 7};
static const msgpack_object minus = {.type = MSGPACK_OBJECT_NEGATIVE_INTEGER,
                                     .via.i64 = -7};
static const msgpack_object huge = {.type = MSGPACK_OBJECT_POSITIVE_INTEGER,
                                    .via.u64 = UINT64_MAX};
static const msgpack_object half = {.type = MSGPACK_OBJECT_FLOAT64,
                                    .via.f64 = 0.5};
static const msgpack_object word = {.type = MSGPACK_OBJECT_STR,
                                    .via.str = {4, "word"}};
static const msgpack_object nul = {.type = MSGPACK_OBJECT_STR,
                                   .via.str = {4, "w\0rd"}};
static const msgpack_object bin = {.type = MSGPACK_OBJECT_BIN,
                                   .via.bin = {4, "word"}};

static void what_is_not_there_or_of_another_kind_is_the_other_value(
    void **state)
{
    static const struct {
        const msgpack_object *o;
        int64_t as_int;
        uint64_t as_uint;
        double as_float;
        bool as_bool;
    } cases[] = {
        {NULL, 99, 99, 99, false},   {&nil, 99, 99, 99, false},
        {&yes, 99, 99, 99, true},    {&seven, 7, 7, 7, false},
        {&minus, -7, 99, -7, false}, {&huge, 99, UINT64_MAX, 0x1p64, false},
        {&half, 99, 99, 0.5, false}, {&word, 99, 99, 99, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (unpack_int(cases[i].o, 99) != cases[i].as_int ||
            unpack_uint(cases[i].o, 99) != cases[i].as_uint ||
            unpack_float(cases[i].o, 99) != cases[i].as_float ||
            unpack_bool(cases[i].o, false) != cases[i].as_bool)
            fail_msg("case %zu", i);
}

static void a_text_is_copied_if_it_is_one_and_short_enough(void **state)
{
    char *text = unpack_text(&word, 4);

    (void)state;
    assert_string_equal(text, "word");
    free(text);
    assert_null(unpack_text(&word, 3));
    assert_null(unpack_text(&nul, 10));
    assert_null(unpack_text(&bin, 10));
    assert_null(unpack_text(&nil, 10));
    assert_null(unpack_text(NULL, 10));
    assert_int_equal(unpack_str(&bin).size, 4);
    assert_int_equal(unpack_str(&nul).size, 4);
    assert_null(unpack_str(&seven).data);
    assert_null(unpack_str(NULL).data);
}

/* In whatever form: the library has no place for what is empty. */
static void an_empty_text_is_a_text(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        bool is_text;
    } cases[] = {
        {HEAD("\xa0"), true},          {HEAD("\xd9\0"), true},
        {HEAD("\xda\0\0"), true},      {HEAD("\xdb\0\0\0\0"), true},
        {HEAD("\xc4\0"), false},       {HEAD("\xc5\0\0"), false},
        {HEAD("\xc6\0\0\0\0"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct unpacked u;
        gale_err error;
        char *text;

        assert_int_equal(
            unpack(&u, cases[i].bytes, cases[i].size, wide, "it", &error), 0);
        assert_non_null(unpack_str(u.root).data);
        assert_int_equal(unpack_str(u.root).size, 0);
        text = unpack_text(u.root, 10);
        if (cases[i].is_text)
            assert_string_equal(text, "");
        else
            assert_null(text);
        free(text);
        unpacked_free(&u);
    }
}

static void what_is_no_list_has_no_elements(void **state)
{
    (void)state;
    assert_int_equal(unpack_n(NULL), 0);
    assert_int_equal(unpack_n(&word), 0);
    assert_int_equal(unpack_n_pairs(NULL), 0);
    assert_int_equal(unpack_n_pairs(&word), 0);
    assert_null(unpack_key(NULL, "key"));
    assert_null(unpack_key(&word, "word"));
}

/* -- errors ---------------------------------------------------------------- */

static void an_error_says_what_was_read(void **state)
{
    struct unpacked u;
    gale_err error;

    (void)state;
    assert_int_equal(
        unpack(&u, "\xc1", 1, wide, "the assignment of t-1-5", &error), -1);
    assert_string_equal(error.text, "the assignment of t-1-5 has the byte "
                                    "0xc1, which begins no value");
    assert_int_equal(unpack(&u, NULL, 0, wide, "it", &error), -1);
    assert_string_equal(error.text, "it ends in the middle of a value");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_known),
        cmocka_unit_test(every_form_that_is_cut_is_seen),
        cmocka_unit_test(what_follows_the_end_is_seen),
        cmocka_unit_test(no_length_is_believed),
        cmocka_unit_test(a_text_has_at_most_so_many_bytes),
        cmocka_unit_test(elements_count_wherever_they_are),
        cmocka_unit_test(it_is_nested_only_so_deep),
        cmocka_unit_test(many_may_be_nested_beside_each_other),
        cmocka_unit_test(the_check_agrees_with_the_library),
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(nothing_takes_no_place),
        cmocka_unit_test(
            what_is_not_there_or_of_another_kind_is_the_other_value),
        cmocka_unit_test(a_text_is_copied_if_it_is_one_and_short_enough),
        cmocka_unit_test(an_empty_text_is_a_text),
        cmocka_unit_test(what_is_no_list_has_no_elements),
        cmocka_unit_test(an_error_says_what_was_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
