/*
 * test_submission.c - which topologies nimbus lets run: nimbus/submission.c, a
 * function of what it is given, and submission_parts.c, which looks into the
 * files of a store.
 */
#include "common/pack.h"
#include "nimbus/submission.h"
#include "nimbus/submission_parts.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/remove_tree.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/memory.h"

/* -- a topology ------------------------------------------------------------ */

/* Of parts.so: numbers → sink, and a file of data. */
struct case_ {
    const char *name;
    uint32_t abi;
    uint32_t executors; /* of the sink */
    const char *key;    /* of the topology's configuration; NULL: none */
    gale_value value;
    const char *bolt; /* id of the sink's descriptor */
};

static void pack_file(struct pack *p, const char *name, char content,
                      uint64_t size, bool plugin)
{
    struct digest hash = digest_of(&content, 1);

    pack_map(p, 4);
    pack_key_text(p, "name", name);
    pack_key_bytes(p, "sha256", hash.bytes, DIGEST_BYTES);
    pack_key_uint(p, "size", size);
    pack_key_bool(p, "plugin", plugin);
}

static void pack_plugin(struct pack *p, const char *kind, const char *name,
                        const char *id)
{
    pack_map(p, 4);
    pack_key_text(p, "kind", kind);
    pack_key_text(p, "name", name);
    pack_key_text(p, "file", "parts.so");
    pack_key_text(p, "id", id);
}

static void pack_component(struct pack *p, const char *id, bool spout,
                           const char *plugin, uint32_t n)
{
    pack_map(p, 5);
    pack_key_text(p, "id", id);
    pack_key_bool(p, "spout", spout);
    pack_key_text(p, "plugin", plugin);
    pack_key_uint(p, "executors", n);
    pack_key_uint(p, "tasks", n);
}

static void pack_settings(struct pack *p, const struct case_ *c)
{
    pack_text(p, "settings");
    pack_array(p, c->key != NULL);
    if (c->key == NULL)
        return;
    pack_array(p, 2);
    pack_text(p, c->key);
    if (c->value.kind == GALE_INT)
        pack_int(p, c->value.as.i);
    else
        pack_text_n(p, c->value.as.data, c->value.size);
}

static struct description *describe(const struct case_ *c)
{
    struct description *d;
    gale_err error = {""};
    struct pack p;

    pack_init(&p);
    pack_map(&p, 8);
    pack_key_uint(&p, "version", 1);
    pack_key_text(&p, "gale", "0.0.9");
    pack_key_uint(&p, "abi", c->abi);
    pack_key_text(&p, "name", c->name);
    pack_text(&p, "files");
    pack_array(&p, 2);
    pack_file(&p, "parts.so", 'p', 1000, true);
    pack_file(&p, "words.txt", 'w', 20, false);
    pack_text(&p, "plugins");
    pack_array(&p, 2);
    pack_plugin(&p, "spout", "numbers", "numbers");
    pack_plugin(&p, "bolt", "sink", c->bolt);
    pack_text(&p, "components");
    pack_array(&p, 2);
    pack_component(&p, "in", true, "numbers", 1);
    pack_component(&p, "out", false, "sink", c->executors);
    pack_settings(&p, c);
    d = description_read(p.buffer.data, p.buffer.size, &error);
    pack_free(&p);
    if (d == NULL)
        fail_msg("%s", error.text);
    return d;
}

static struct case_ usual(void)
{
    return (struct case_){
        .name = "words", .abi = GALE_ABI, .executors = 3, .bolt = "sink"};
}

/* The files as they should be. */
static void look(struct submission_part parts[2])
{
    memset(parts, 0, 2 * sizeof(*parts));
    parts[0].there = parts[1].there = true;
    parts[0].size = 1000;
    parts[1].size = 20;
    assert_int_equal(
        manifest_read(plugin_files_path("parts.so"), &parts[0].manifest, NULL),
        0);
}

static struct submission submission_of(const struct description *d,
                                       const struct submission_part *parts)
{
    return (struct submission){.description = d,
                               .parts = parts,
                               .limits = {.workers = 4, .executors = 100}};
}

/* "" if it may run. */
static const char *refusal(const struct case_ *c)
{
    static gale_err error;
    struct description *d = describe(c);
    struct submission_part parts[2];
    struct submission s = submission_of(d, parts);

    look(parts);
    error.text[0] = '\0';
    if (submission_check(&s, &error) == 0)
        assert_string_equal(error.text, "");
    else
        assert_string_not_equal(error.text, "");
    manifest_fini(&parts[0].manifest);
    description_free(d);
    return error.text;
}

/* -- refused --------------------------------------------------------------- */

static void what_may_not_run_is_refused_with_a_sentence(void **state)
{
    char *large = xcalloc(1, SUBMISSION_CONF_MAX + 1);
    const struct {
        struct case_ c;
        const char *error; /* NULL: it may run */
    } cases[] = {
        {{"words", GALE_ABI, 3, NULL, {0}, "sink"}, NULL},
        {{"words", GALE_ABI, 99, NULL, {0}, "sink"}, NULL},
        {{"words", GALE_ABI, 3, "topology.workers", gale_int(4), "sink"}, NULL},
        {{"words", GALE_ABI, 3, "some.key", gale_int(4), "sink"}, NULL},
        {{"words", GALE_ABI + 1, 3, NULL, {0}, "sink"},
         "the topology was built by gale 0.0.9 with ABI 1, expected ABI 0 of "
         "gale " GALE_VERSION "; submit it with the gale of this cluster"},
        {{"words", GALE_ABI, 3, NULL, {0}, "nothing"},
         "parts.so has no bolt \"nothing\", but "},
        {{"words", GALE_ABI, 3, NULL, {0}, "numbers"}, /* it is a spout */
         "parts.so has no bolt \"numbers\", but "},
        {{"words", GALE_ABI, 100, NULL, {0}, "sink"},
         "the topology has 101 executors, at most 100 are allowed "
         "(nimbus.executors.perTopology)"},
        {{"words", GALE_ABI, 3, "topology.workers", gale_int(5), "sink"},
         "the topology asks for 5 workers, at most 4 are allowed "
         "(nimbus.slots.perTopology)"},
        {{"words", GALE_ABI, 3, "topology.workers", gale_cstr("x"), "sink"},
         "topology \"words\": topology.workers: found \"x\", expected an "
         "integer"},
        {{"words", GALE_ABI, 3, "topology.debug", gale_int(1), "sink"},
         "topology \"words\": topology.debug: found 1, expected true or false"},
        {{"words", GALE_ABI, 3, "storm.zookeeper.auth.payload",
          gale_cstr("bob:secret"), "sink"},
         "topology \"words\": storm.zookeeper.auth.payload: found a key of the "
         "daemons of a cluster, expected one of topologies"},
        {{"words", GALE_ABI, 3, "storm.zookeeper.auth.password", /* of Storm */
          gale_cstr("secret"), "sink"},
         "topology \"words\": storm.zookeeper.auth.password: found a key of "
         "the "
         "daemons"},
        {{"words", GALE_ABI, 3, "nimbus.seeds", gale_nil(), "sink"},
         "topology \"words\": nimbus.seeds: found a key of the daemons"},
        {{"words", GALE_ABI, 3, "large",
          gale_string(large, SUBMISSION_CONF_MAX), "sink"},
         "the topology's configuration has 131078 bytes, at most 131072 are "
         "allowed; let a file that is shipped with it hold what is large "
         "(--files)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = refusal(&cases[i].c);

        if (cases[i].error == NULL ? *found != '\0'
                                   : strstr(found, cases[i].error) != found)
            fail_msg("case %zu: found \"%s\", expected \"%s\"", i, found,
                     cases[i].error == NULL ? "" : cases[i].error);
    }
    free(large);
}

static void limits_that_are_not_set_limit_nothing(void **state)
{
    struct case_ c = usual();
    struct submission_part parts[2];
    struct description *d;
    struct submission s;
    gale_err error = {""};

    (void)state;
    c.executors = 30000;
    c.key = "topology.workers";
    c.value = gale_int(1024);
    d = describe(&c);
    s = submission_of(d, parts);
    s.limits = (struct submission_limits){0, 0};
    look(parts);
    if (submission_check(&s, &error))
        fail_msg("%s", error.text);
    manifest_fini(&parts[0].manifest);
    description_free(d);
}

static void workers_are_as_many_as_are_wanted_and_have_work(void **state)
{
    static const struct {
        int64_t wanted; /* 0: it does not say */
        uint32_t executors, workers;
    } cases[] = {{0, 3, 1}, {2, 3, 2}, {4, 3, 4}, {5, 3, 4}, {1, 99, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct case_ c = usual();
        struct description *d;

        c.executors = cases[i].executors; /* and one of the spout */
        c.key = cases[i].wanted == 0 ? NULL : "topology.workers";
        c.value = gale_int(cases[i].wanted);
        d = describe(&c);
        assert_int_equal(submission_workers(d->model), cases[i].workers);
        description_free(d);
    }
}

/* -- files ----------------------------------------------------------------- */

static void files_that_are_not_as_described_are_refused(void **state)
{
    static const struct {
        uint32_t file;
        bool there;
        uint64_t size;
        const char *defect; /* NULL: it is a plugin */
        const char *error;
    } cases[] = {
        {0, false, 0, "",
         "the file parts.so of the topology was not uploaded; submit it again"},
        {1, false, 0, NULL, "the file words.txt of the topology was not"},
        {1, true, 21, NULL,
         "the file words.txt has 21 bytes, expected 20 as described; submit it "
         "again"},
        {0, true, 1000, "parts.so is built for aarch64",
         "parts.so is built for"},
    };
    struct case_ c = usual();
    struct description *d = describe(&c);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct submission_part parts[2];
        struct submission s = submission_of(d, parts);
        gale_err error = {""};

        look(parts);
        parts[cases[i].file].there = cases[i].there;
        parts[cases[i].file].size = cases[i].size;
        if (cases[i].defect != NULL) {
            manifest_fini(&parts[0].manifest);
            snprintf(parts[0].defect.text, sizeof(parts[0].defect.text), "%s",
                     cases[i].defect);
        }
        assert_int_equal(submission_check(&s, &error), -1);
        if (strstr(error.text, cases[i].error) != error.text)
            fail_msg("found \"%s\", expected \"%s\"", error.text,
                     cases[i].error);
        manifest_fini(&parts[0].manifest);
    }
    description_free(d);
}

/* -- what the store has ---------------------------------------------------- */

static char top[] = "/tmp/gale-test-XXXXXX";

/* What is known of a plugin file of this content. */
static void look_at(struct store *store, const void *content, size_t size,
                    const char *error)
{
    struct description_file file = {
        .name = (char *)"mine.so", .size = size, .plugin = true};
    struct description d = {.n_files = 1, .files = &file};
    struct submission_part *parts;
    gale_err cause = {""};

    assert_int_equal(store_put(store, content, size, &file.hash, &cause), 0);
    parts = submission_parts_read(store, &d);
    assert_true(parts[0].there);
    assert_int_equal(parts[0].size, size);
    assert_int_equal(parts[0].manifest.n > 0, error == NULL);
    if (error != NULL && strstr(parts[0].defect.text, error) == NULL)
        fail_msg("found \"%s\", expected \"%s\"", parts[0].defect.text, error);
    submission_parts_free(parts, 1);
}

/* Named as its owner calls them, whatever the store does. */
static void files_of_the_store_are_looked_into(void **state)
{
    struct description_file gone = {.name = (char *)"gone.so", .plugin = true};
    struct description d = {.n_files = 1, .files = &gone};
    struct submission_part *parts;
    struct file_copy copy;
    struct store *store;
    gale_err error = {""};

    (void)state;
    assert_non_null(mkdtemp(top));
    store = store_open(env_posix(), top, &error);
    assert_non_null(store);
    file_copy_of(&copy, "parts.so");
    look_at(store, copy.data, copy.size, NULL);
    copy.data[EI_NIDENT + 2] ^= 0x55; /* e_machine */
    look_at(store, copy.data, copy.size, "mine.so is built for ");
    file_copy_free(&copy);
    file_copy_of(&copy, "other_abi.so");
    look_at(store, copy.data, copy.size, "mine.so is built for ABI ");
    file_copy_free(&copy);
    look_at(store, "#!/bin/sh\n", 10, "mine.so is not an ELF file");
    parts = submission_parts_read(store, &d);
    assert_false(parts[0].there);
    submission_parts_free(parts, 1);
    store_close(store);
    remove_tree(top);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_not_run_is_refused_with_a_sentence),
        cmocka_unit_test(limits_that_are_not_set_limit_nothing),
        cmocka_unit_test(workers_are_as_many_as_are_wanted_and_have_work),
        cmocka_unit_test(files_that_are_not_as_described_are_refused),
        cmocka_unit_test(files_of_the_store_are_looked_into),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
