/*
 * test_wire_values.c - fields between workers are MessagePack as msgpack-c has
 * it: it writes the same bytes, reads the same values, and what it writes is
 * read here.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/made_slice.h"
#include "topology-api/memory.h"
#include <msgpack.h>

enum { RUN_HEAD = WIRE_SLICE_HEAD + 2 }; /* before the fields */

/* -- msgpack-c ------------------------------------------------------------- */

static void pack_value(msgpack_packer *p, const gale_value *v)
{
    switch (v->kind) {
    case GALE_NIL:
        msgpack_pack_nil(p);
        break;
    case GALE_BOOL:
        v->as.i ? msgpack_pack_true(p) : msgpack_pack_false(p);
        break;
    case GALE_INT:
        msgpack_pack_int64(p, v->as.i);
        break;
    case GALE_FLOAT:
        msgpack_pack_double(p, v->as.f);
        break;
    case GALE_STRING:
        msgpack_pack_str_with_body(p, v->as.data, v->size);
        break;
    case GALE_BYTES:
        msgpack_pack_bin_with_body(p, v->as.data, v->size);
        break;
    case GALE_LIST:
        msgpack_pack_array(p, v->size);
        break;
    default:
        msgpack_pack_map(p, v->size);
    }
    if (v->kind < GALE_LIST)
        return;
    for (uint32_t i = 0; i < v->size << (v->kind == GALE_MAP); i++)
        pack_value(p, &v->as.items[i]);
}

static bool same_value(const msgpack_object *o, const gale_value *v);

static bool same_text(const char *data, uint32_t size, const gale_value *v)
{
    return size == v->size && (size == 0 || !memcmp(data, v->as.data, size));
}

static bool same_items(const msgpack_object *o, const gale_value *v)
{
    for (uint32_t i = 0; i < v->size; i++)
        if (v->kind == GALE_LIST) {
            if (!same_value(&o->via.array.ptr[i], &v->as.items[i]))
                return false;
        } else if (!same_value(&o->via.map.ptr[i].key, &v->as.items[2 * i]) ||
                   !same_value(&o->via.map.ptr[i].val,
                               &v->as.items[2 * i + 1])) {
            return false;
        }
    return true;
}

static bool same_value(const msgpack_object *o, const gale_value *v)
{
    switch (v->kind) {
    case GALE_NIL:
        return o->type == MSGPACK_OBJECT_NIL;
    case GALE_BOOL:
        return o->type == MSGPACK_OBJECT_BOOLEAN && o->via.boolean == v->as.i;
    case GALE_INT:
        return (o->type == MSGPACK_OBJECT_POSITIVE_INTEGER) == (v->as.i >= 0) &&
               o->via.i64 == v->as.i;
    case GALE_FLOAT:
        return o->type == MSGPACK_OBJECT_FLOAT64 &&
               memcmp(&o->via.f64, &v->as.f, 8) == 0;
    case GALE_STRING:
        return o->type == MSGPACK_OBJECT_STR &&
               same_text(o->via.str.ptr, o->via.str.size, v);
    case GALE_BYTES:
        return o->type == MSGPACK_OBJECT_BIN &&
               same_text(o->via.bin.ptr, o->via.bin.size, v);
    case GALE_LIST:
        return o->type == MSGPACK_OBJECT_ARRAY &&
               o->via.array.size == v->size && same_items(o, v);
    default:
        return o->type == MSGPACK_OBJECT_MAP && o->via.map.size == v->size &&
               same_items(o, v);
    }
}

static bool reads_the_same(const char *data, size_t size, const gale_value *v)
{
    msgpack_unpacked u;
    size_t offset = 0;
    bool same;

    msgpack_unpacked_init(&u);
    same = msgpack_unpack_next(&u, data, size, &offset) ==
               MSGPACK_UNPACK_SUCCESS &&
           offset == size && same_value(&u.data, v);
    msgpack_unpacked_destroy(&u);
    return same;
}

/* -- ours ------------------------------------------------------------------ */

/* The bytes of a field; to be freed with its slice's head before it. */
static char *field_bytes(gale_value v, size_t *size)
{
    struct made_slice m;
    char *out;

    made_slice_begin(&m, 1);
    made_slice_plain(&m, &v);
    made_slice_done(&m);
    out = xmalloc(wire_slice_room(m.slice.bytes));
    *size = wire_slice_encode(&m.slice, out) - RUN_HEAD;
    made_slice_free(&m);
    return out;
}

/* What is not as msgpack-c has it; NULL: nothing. */
static const char *differs(gale_value v)
{
    const char *what = NULL;
    msgpack_sbuffer buffer;
    msgpack_packer packer;
    size_t size;
    char *ours = field_bytes(v, &size);

    msgpack_sbuffer_init(&buffer);
    msgpack_packer_init(&packer, &buffer, msgpack_sbuffer_write);
    pack_value(&packer, &v);
    if (buffer.size != size || memcmp(buffer.data, ours + RUN_HEAD, size) != 0)
        what = "other bytes";
    else if (!reads_the_same(ours + RUN_HEAD, size, &v))
        what = "msgpack-c reads another value";
    msgpack_sbuffer_destroy(&buffer);
    free(ours);
    return what;
}

/* The one field of a tuple of `bytes` in memory. */
static struct slot field_of(const void *data, size_t size, uint32_t bytes,
                            char *memory)
{
    uint8_t *slice = xcalloc(1, RUN_HEAD + size);
    struct wire_limits limits = {1, 1, 4096};
    struct wire_slice s;
    struct slot slot;

    slice[8] = 1;
    memcpy(slice + 12, &bytes, sizeof(bytes));
    slice[18] = 1;
    slice[RUN_HEAD - 1] = 1;
    memcpy(slice + RUN_HEAD, data, size);
    assert_null(wire_slice_open(&s, slice, RUN_HEAD + size, 4096));
    s.tuples = memory;
    assert_null(wire_slice_decode(&s, slice, RUN_HEAD + size, &limits));
    memcpy(&slot, memory + sizeof(struct tuple), sizeof(slot));
    free(slice);
    return slot;
}

/* -- writing --------------------------------------------------------------- */

static void each_integer_where_the_form_changes_is_written_as_msgpack_c_does(
    void **state)
{
    (void)state;
    for (uint32_t bit = 0; bit < 64; bit++)
        for (int64_t more = -2; more <= 2; more++) {
            int64_t i = (int64_t)((UINT64_C(1) << bit) + (uint64_t)more);
            const char *what = differs(gale_int(i));

            if (what == NULL)
                what = differs(gale_int(-1 - i));
            if (what == NULL)
                what = differs(gale_int((int64_t)((uint64_t)i - 32)));
            if (what != NULL)
                fail_msg("%lld: %s", (long long)i, what);
        }
}

static void each_size_where_the_form_changes_is_written_as_msgpack_c_does(
    void **state)
{
    static const uint32_t sizes[] = {
        0,  1,  2,  3,  4,  5,  6,  7,  8,   9,   10,  11,  12,    13,
        14, 15, 16, 17, 30, 31, 32, 33, 254, 255, 256, 257, 65535, 65536};
    gale_value *items = xcalloc(2 * 65536, sizeof(*items));

    (void)state;
    for (uint32_t kind = GALE_STRING; kind <= GALE_MAP; kind++)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
            gale_value v = {kind, sizes[i], {.items = items}};
            const char *what = differs(v);

            if (what != NULL)
                fail_msg("kind %u, size %u: %s", kind, sizes[i], what);
        }
    free(items);
}

static void random_values_are_written_as_msgpack_c_does(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct random random;
        gale_value v;
        const char *what;

        random_seed(&random, seed);
        v = made_value(&random, 4);
        what = differs(v);
        if (what != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, what);
        made_value_free(v);
    }
}

static void a_bool_of_any_number_is_true(void **state)
{
    gale_value v = {GALE_BOOL, 0, {.i = 256}};
    size_t size;
    char *ours = field_bytes(v, &size);

    (void)state;
    assert_int_equal(size, 1);
    assert_int_equal((uint8_t)ours[RUN_HEAD], 0xc3);
    free(ours);
}

/* -- reading --------------------------------------------------------------- */

struct form {
    const char *bytes;
    size_t size;
    uint32_t kind;
    int64_t word; /* or the text's size */
};

#define FORM(bytes_, kind_, word_)                                             \
    {                                                                          \
        bytes_, sizeof(bytes_) - 1, kind_, word_                               \
    }

static const struct form forms[] = {
    FORM("\xcc\1", GALE_INT, 1),
    FORM("\xcd\0\1", GALE_INT, 1),
    FORM("\xce\0\0\0\1", GALE_INT, 1),
    FORM("\xcf\0\0\0\0\0\0\0\1", GALE_INT, 1),
    FORM("\xd0\1", GALE_INT, 1),
    FORM("\xd0\xff", GALE_INT, -1),
    FORM("\xd1\xff\xff", GALE_INT, -1),
    FORM("\xd2\xff\xff\xff\xff", GALE_INT, -1),
    FORM("\xd3\xff\xff\xff\xff\xff\xff\xff\xff", GALE_INT, -1),
    FORM("\xcc\xff", GALE_INT, 255),
    FORM("\xcd\xff\xff", GALE_INT, 65535),
    FORM("\xce\xff\xff\xff\xff", GALE_INT, UINT32_MAX),
    FORM("\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", GALE_INT, INT64_MAX),
    FORM("\xd3\x80\0\0\0\0\0\0\0", GALE_INT, INT64_MIN),
    FORM("\xca\x3f\0\0\0", GALE_FLOAT, INT64_C(0x3fe0000000000000)),
    FORM("\xca\x80\0\0\0", GALE_FLOAT, INT64_MIN),
    FORM("\xd9\2ab", GALE_STRING, 2),
    FORM("\xda\0\2ab", GALE_STRING, 2),
    FORM("\xdb\0\0\0\2ab", GALE_STRING, 2),
    FORM("\xdb\0\0\0\0", GALE_STRING, 0),
    FORM("\xc5\0\2ab", GALE_BYTES, 2),
    FORM("\xc6\0\0\0\2ab", GALE_BYTES, 2),
    FORM("\xdc\0\0", GALE_LIST, 0),
    FORM("\xdd\0\0\0\0", GALE_LIST, 0),
    FORM("\xde\0\0", GALE_MAP, 0),
    FORM("\xdf\0\0\0\0", GALE_MAP, 0),
};

/* The field by itself, and with bytes behind it that belong to a second one. */
static void any_form_of_a_value_is_read(void **state)
{
    _Alignas(8) char memory[64];

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct form *f = &forms[i];
        struct slot s = field_of(f->bytes, f->size, 24, memory);
        gale_value v;

        assert_int_equal((uint8_t)s.head, f->kind);
        v = slot_value((const struct tuple *)(const void *)memory,
                       (const struct slot *)(const void *)(memory + 8));
        if (f->kind < GALE_STRING)
            assert_true((int64_t)s.word == f->word);
        else
            assert_int_equal(v.size, f->word);
        if (f->kind < GALE_LIST && f->kind >= GALE_STRING && v.size == 2)
            assert_memory_equal(v.as.data, "ab", 2);
    }
}

static void a_form_is_read_the_same_where_more_bytes_follow(void **state)
{
    _Alignas(8) char memory[256];

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct form *f = &forms[i];
        char list[64] = "\x92";
        struct slot alone = field_of(f->bytes, f->size, 24, memory), within;

        /* [the value, text of 26 bytes] */
        memcpy(list + 1, f->bytes, f->size);
        memcpy(list + 1 + f->size,
               "\xba"
               "abcdefghijklmnopqrstuvwxyz",
               27);
        field_of(list, 1 + f->size + 27, 24 + 32 + 32, memory);
        memcpy(&within, memory + 24, sizeof(within));
        assert_true(within.head == alone.head);
        if (f->kind < GALE_LIST)
            assert_true(within.word == alone.word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            each_integer_where_the_form_changes_is_written_as_msgpack_c_does),
        cmocka_unit_test(
            each_size_where_the_form_changes_is_written_as_msgpack_c_does),
        cmocka_unit_test(random_values_are_written_as_msgpack_c_does),
        cmocka_unit_test(a_bool_of_any_number_is_true),
        cmocka_unit_test(any_form_of_a_value_is_read),
        cmocka_unit_test(a_form_is_read_the_same_where_more_bytes_follow),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
