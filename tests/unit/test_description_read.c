/*
 * test_description_read.c - descriptions of topologies that are wrong: each
 * gets a sentence, whoever has written it.
 */
#include "common/config.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/shipment.h"
#include "topology-api/memory.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One thing of a description that is changed: where, as "files.0.name"; and
 * what is there instead. */
struct change {
    const char *where;
    gale_value value;
    const char *error; /* a part of the sentence; NULL: nothing is wrong */
};

#define NIL                                                                    \
    {                                                                          \
        .kind = GALE_NIL                                                       \
    }
#define NUMBER(n)                                                              \
    {                                                                          \
        .kind = GALE_INT, .as = {.i = (n) }                                    \
    }
#define TEXT(t)                                                                \
    {                                                                          \
        .kind = GALE_STRING, .size = sizeof(t) - 1, .as = {.data = (t) }       \
    }
/* An empty list. */
#define NOTHING                                                                \
    {                                                                          \
        .kind = GALE_LIST                                                      \
    }

static void put(struct pack *p, gale_value v)
{
    if (v.kind == GALE_STRING)
        pack_text_n(p, v.as.data, v.size);
    else if (v.kind == GALE_INT)
        pack_int(p, v.as.i);
    else if (v.kind == GALE_LIST)
        pack_array(p, 0);
    else
        pack_nil(p);
}

static void put_changed(struct pack *p, const msgpack_object *o,
                        const char *where, gale_value value)
{
    size_t size = strcspn(where, ".");
    const char *rest = where + size + (where[size] == '.');

    if (*where == '\0') {
        put(p, value);
    } else if (o->type == MSGPACK_OBJECT_ARRAY) {
        pack_array(p, unpack_n(o));
        for (uint32_t i = 0; i < unpack_n(o); i++)
            if (i == (uint32_t)strtoul(where, NULL, 10))
                put_changed(p, unpack_at(o, i), rest, value);
            else
                pack_object(p, unpack_at(o, i));
    } else {
        pack_map(p, unpack_n_pairs(o));
        for (uint32_t i = 0; i < unpack_n_pairs(o); i++) {
            const msgpack_object_kv *pair = unpack_pair(o, i);

            pack_object(p, &pair->key);
            if (pair->key.via.str.size == size &&
                !memcmp(pair->key.via.str.ptr, where, size))
                put_changed(p, &pair->val, rest, value);
            else
                pack_object(p, &pair->val);
        }
    }
}

/* The description of a word count that has been shipped; to be freed. */
static void *shipped(size_t *size)
{
    const struct shipment_topology t = {.file = "wordcount", .args = {"x"}};
    gale_builder *b = shipment_build(&t);

    shipment_ship(b);
    gale_builder_free(b);
    return shipment_bytes(size);
}

static struct description *read_changed(const void *data, size_t size,
                                        const struct change *change,
                                        gale_err *error)
{
    const struct pack_limits limits = {size, 10000};
    struct description *d;
    struct unpacked u;
    struct pack p;

    assert_int_equal(unpack(&u, data, size, limits, "it", error), 0);
    pack_init(&p);
    put_changed(&p, u.root, change->where, change->value);
    d = description_read(p.buffer.data, p.buffer.size, error);
    pack_free(&p);
    unpacked_free(&u);
    return d;
}

/* Of the word count: lines → split → count → print. */
static const struct change wrong[] = {
    {"version", NUMBER(2),
     "has version 2 (gale " GALE_VERSION "), this gale " GALE_VERSION
     " reads versions up to 1; use the same gale on all machines"},
    {"version", NIL, "\"version\" is no number from 1 to 1"},
    {"version", NUMBER(0), "\"version\" is no number from 1 to 1"},
    {"gale", NIL, "it has no \"gale\""},
    {"abi", NUMBER(-1), "\"abi\" is no number from 0"},
    {"name", NIL, "it has no \"name\""},
    {"name", NUMBER(1), "\"name\" is no text"},
    {"name", TEXT("a/b"), "a topology's name \"a/b\" is no valid name"},
    {"name", TEXT("-a"), "a topology's name \"-a\" is no valid name"},
    {"name", TEXT("a\0b"), "\"name\" is no text"},
    {"own", TEXT("x.so"), "\"x.so\" is not among its plugin files"},
    {"files", NUMBER(1), "\"files\" is no list"},
    {"files.0.name", TEXT("../x"),
     "a file is called \"../x\", expected 1 to 255 letters"},
    {"files.0.name", TEXT("gale.description"),
     "a file is called gale.description, as its description is where workers "
     "run"},
    {"files.0.name", TEXT(""), "it has no \"name\""},
    {"files.0.name", TEXT("lines.so"), "two files are called \"lines.so\""},
    {"files.0.sha256", TEXT("short"),
     "the file \"wordcount.so\" has no SHA-256 of 32 bytes"},
    {"files.0.size", NUMBER(-1), "\"size\" is no number"},
    {"files.0.plugin", NIL, "\"wordcount.so\" is not among its plugin files"},
    {"plugins.0.kind", TEXT("topology"),
     "\"kind\" is none of spout, bolt, grouping and hook"},
    {"plugins.0.file", TEXT("/bin/sh"),
     "\"/bin/sh\" is not among its plugin files"},
    {"plugins.0.id", TEXT("a b"), "a name \"a b\" is no valid name"},
    {"plugins.1.name", TEXT("count"), "it names a plugin twice"},
    {"plugins", NOTHING,
     "component \"lines\": it does not say which file the spout \"lines\" "
     "is in"},
    {"components", NIL, "\"components\" is no list"},
    {"components", NOTHING, "it has no components"},
    {"components.0.id", TEXT("__x"),
     "a component's id \"__x\" is no valid name"},
    {"components.0.id", TEXT(".x"), "a component's id \".x\" is no valid name"},
    {"components.1.id", TEXT("lines"),
     "component \"lines\": it is there twice"},
    {"components.0.executors", NUMBER(0),
     "component \"lines\": \"executors\" is no number from 1 to 1"},
    {"components.0.executors", NUMBER(2),
     "\"executors\" is no number from 1 to 1"},
    {"components.0.tasks", NUMBER(40000),
     "\"tasks\" is no number from 1 to 32767"},
    {"components.3.tasks", NUMBER(32767),
     "component \"print\": it makes more than 32767 tasks in all"},
    {"components.0.plugin", TEXT("other"),
     "it does not say which file the spout \"other\" is in"},
    {"components.0.spout", NIL,
     "it does not say which file the bolt \"lines\" is in"},
    {"components.0.streams.0.name", TEXT("a b"),
     "component \"lines\": a name \"a b\" is no valid name"},
    {"components.0.streams.0.fields.0", NIL, "a name"},
    {"components.1.inputs.0.from", TEXT("nobody"),
     "component \"split\": it names the component \"nobody\", which is "
     "not there"},
    {"components.1.inputs.0.stream", TEXT("other"),
     "it takes the stream \"other\" of \"lines\", which is not there"},
    {"components.1.inputs.0.grouping", NUMBER(77),
     "\"grouping\" is no number from 1 to 9"},
    {"components.1.inputs.0.grouping", NUMBER(9), "it has no \"custom\""},
    {"components.2.inputs.0.fields.0", TEXT("other"),
     "it groups the stream \"default\" by a field that is not there"},
    {"components.0.settings", NUMBER(1),
     "\"settings\" holds what is no configuration"},
    {"components.0.settings.0.0", TEXT(""),
     "\"settings\" holds what is no configuration"},
    {"letters", TEXT("nobody"), "it names the component \"nobody\""},
};

static void one_thing_that_is_wrong_is_named(void **state)
{
    size_t size;
    void *data = shipped(&size);

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        gale_err error = {""};

        if (read_changed(data, size, &wrong[i], &error) != NULL)
            fail_msg("%s: nothing is wrong, expected \"%s\"", wrong[i].where,
                     wrong[i].error);
        if (strstr(error.text, wrong[i].error) == NULL)
            fail_msg("%s: found \"%s\", expected \"%s\"", wrong[i].where,
                     error.text, wrong[i].error);
        assert_non_null(strstr(error.text, "the topology's description"));
    }
    free(data);
}

static void keys_that_are_not_known_are_passed_over(void **state)
{
    static const char more[] = "\xa5later\x81\xa1x\x01"; /* later: {x: 1} */
    size_t size;
    char *data = shipped(&size), *longer = xmalloc(size + sizeof(more));
    struct description *d;
    gale_err error = {""};

    (void)state;
    assert_int_equal((uint8_t)data[0], 0x8c); /* a map of 12 */
    memcpy(longer, data, size);
    memcpy(longer + size, more, sizeof(more) - 1);
    longer[0] = (char)0x8d;
    d = description_read(longer, size + sizeof(more) - 1, &error);
    assert_ok(d == NULL, error);
    assert_string_equal(d->model->name, "wordcount");
    description_free(d);
    free(longer);
    free(data);
}

static void a_part_of_a_description_is_none(void **state)
{
    size_t size;
    char *data = shipped(&size);

    (void)state;
    for (size_t n = 0; n < size; n++) {
        void *part = memcpy(xmalloc(n), data, n); /* of its own size */
        gale_err error = {""};

        assert_null(description_read(part, n, &error));
        assert_non_null(strstr(error.text, "the topology's description "));
        free(part);
    }
    free(data);
}

/* Only code can tell. */
static const struct change other[] = {
    {"abi", NUMBER(7),
     "the topology was submitted by gale " GALE_VERSION " with ABI 7, "
     "expected ABI 0; submit it with this gale " GALE_VERSION},
    {"plugins.0.id", TEXT("other"),
     "/lines.so has no spout \"other\", but spout \"lines\"; submit the "
     "topology again"},
    {"components.1.streams.0.flags", NUMBER(1), "component \"split\" ("},
    {"components.1.streams.0.fields", NOTHING,
     "groups the stream \"default\" by a field"},
    {"components.3.streams", NOTHING, NULL},
    {"components.0.settings", NOTHING, NULL},
    {"files.1.name", TEXT("gone.so"), "is not among"},
};

static void what_is_not_as_it_was_described_is_not_built(void **state)
{
    size_t size;
    void *data = shipped(&size);

    (void)state;
    for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
        gale_err error = {""};
        struct description *d = read_changed(data, size, &other[i], &error);
        gale_builder *b =
            d == NULL ? NULL
                      : description_build(d, shipment_directory(), &error);

        if ((b == NULL) != (other[i].error != NULL))
            fail_msg("%s: %s", other[i].where, error.text);
        if (b == NULL && strstr(error.text, other[i].error) == NULL)
            fail_msg("%s: found \"%s\", expected \"%s\"", other[i].where,
                     error.text, other[i].error);
        gale_builder_free(b);
        description_free(d);
    }
    free(data);
}

static void a_file_that_is_not_there_is_named(void **state)
{
    struct description *d;
    gale_err error = {""};
    size_t size;

    (void)state;
    free(shipped(&size));
    d = shipment_read();
    assert_int_equal(unlink(shipment_path("split.so")), 0);
    assert_null(description_build(d, shipment_directory(), &error));
    assert_non_null(strstr(error.text, "/split.so: No such file or directory"));
    description_free(d);
}

int main(void)
{
#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, shipment_setup, shipment_teardown)
    const struct CMUnitTest tests[] = {
        TEST(one_thing_that_is_wrong_is_named),
        TEST(keys_that_are_not_known_are_passed_over),
        TEST(a_part_of_a_description_is_none),
        TEST(what_is_not_as_it_was_described_is_not_built),
        TEST(a_file_that_is_not_there_is_named),
    };

    config_register();
    shipment_find_plugins();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
