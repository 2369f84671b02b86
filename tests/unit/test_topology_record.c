/* test_topology_record.c - what a topology's record may say. */
#include "tests/support/cmocka_all.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"
#include <gale/task.h>

static const struct digest key = {{7}};

/* Each puts one thing wrong. */
static void more_executors(struct topology_record *t)
{
    t->components[1].executors = t->components[1].tasks + 1;
}
static void no_executor(struct topology_record *t)
{
    t->components[1].executors = 0;
}
static void too_many_tasks(struct topology_record *t)
{
    t->components[1].tasks = 32766;
}
static void same_component(struct topology_record *t)
{
    t->components[1].id[1] = '0';
}
static void reserved_component(struct topology_record *t)
{
    t->components[1].id[0] = t->components[1].id[1] = '_';
}
static void no_component(struct topology_record *t)
{
    for (; t->n_components > 0; t->n_components--)
        free(t->components[t->n_components - 1].id);
}
static void other_name(struct topology_record *t)
{
    t->name[0] = 'x';
}
static void odd_name(struct topology_record *t)
{
    t->name[0] = '/';
}
static void odd_id(struct topology_record *t)
{
    t->id[0] = '.';
}
static void waits_for_nothing(struct topology_record *t)
{
    t->waits_for[0] = '-';
}
static void no_worker(struct topology_record *t)
{
    t->workers = 0;
}
static void many_workers(struct topology_record *t)
{
    t->workers = RECORD_WORKERS_MAX + 1;
}
static void same_file(struct topology_record *t)
{
    t->n_files = 2;
    t->files = xreallocarray(t->files, 2, sizeof(*t->files));
    t->files[1] = t->files[0];
}
static void file_elsewhere(struct topology_record *t)
{
    memcpy(t->files[0].name, "../x", 5);
}
static void short_hash(struct topology_record *t)
{
    t->description_hash[63] = '\0';
}
static void odd_hash(struct topology_record *t)
{
    t->files[0].hash[5] = 'A';
}
static void other_wishes(struct topology_record *t)
{
    t->n_wish_executors = 1;
    t->wish_executors = xcalloc(1, sizeof(*t->wish_executors));
}
static void great_wish(struct topology_record *t)
{
    t->n_wish_executors = 2;
    t->wish_executors = xcalloc(2, sizeof(*t->wish_executors));
    t->wish_executors[1].executors = 8;
}
static void long_conf(struct topology_record *t)
{
    t->conf = xcalloc(1, 64 * 1024 + 2);
    memset(t->conf, ' ', 64 * 1024 + 1);
}

static void a_record_that_contradicts_itself_is_refused(void **state)
{
    static const struct {
        void (*spoil)(struct topology_record *t);
        const char *sentence;
    } cases[] = {
        {more_executors, "has a component with more executors than tasks"},
        {no_executor, "has no right \"executors\" in element 1 of "
                      "\"components\", expected a number from 1 to 32767"},
        {too_many_tasks, "has more than 32767 tasks"},
        {same_component, "has two components of the same id"},
        {reserved_component,
         "has no right \"id\" in element 1 of \"components\", expected 1 to "
         "255 "
         "letters, digits, '.', '_' and '-', not beginning with \"__\""},
        {no_component, "has no component"},
        {other_name, "has an id that is of another name"},
        {odd_name, "has no right \"name\", expected 1 to 64 letters, digits, "
                   "'_' and '-', beginning with a letter or digit"},
        {odd_id, "has no right \"id\", expected NAME-NUMBER-SECONDS"},
        {waits_for_nothing,
         "has no right \"waits_for\", expected NAME-NUMBER-SECONDS"},
        {no_worker, "has no right \"workers\", expected a number from 1 to "
                    "1024"},
        {many_workers, "has no right \"workers\", expected a number from 1 to "
                       "1024"},
        {same_file, "has two files of the same name"},
        {file_elsewhere,
         "has no right \"name\" in element 0 of \"files\", expected the name "
         "of "
         "a file: letters, digits, '.', '_' and '-', not beginning with '.'"},
        {short_hash, "has no right \"description_hash\", expected 64 "
                     "hexadecimal digits in lower case"},
        {odd_hash, "has no right \"hash\" in element 0 of \"files\", expected "
                   "64 hexadecimal digits in lower case"},
        {other_wishes, "has wishes for other components than it has"},
        {great_wish, "wishes a component more executors than it has tasks"},
        {long_conf, "has no right \"conf\", expected text of at most 64 KiB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_record t;
        struct pack p;
        gale_err error = {""};

        sample_topology(&t, "words", 5, 3, 2, (const uint32_t[]){2, 7});
        cases[i].spoil(&t);
        pack_init(&p);
        assert_int_equal(topology_record_pack(&t, &key, &p, &error), -1);
        assert_memory_equal(error.text, "the topology record ", 20);
        assert_string_equal(error.text + 20, cases[i].sentence);
        pack_free(&p);
        topology_record_free(&t);
    }
}

/* -- what its workers log -------------------------------------------------- */

#define S INT64_C(1000000)

static void what_workers_log_ends_when_its_time_is_over(void **state)
{
    static const struct {
        unsigned level;
        int64_t until_us, now_us;
        const char *name;
        uint64_t secs;
    } cases[] = {
        {0, 0, 5 * S, NULL, 0},
        {0, 9 * S, 5 * S, NULL, 0},
        {1, 0, 5 * S, "ERROR", 0},
        {1 + GALE_LOG_DEBUG, 0, 5 * S, "DEBUG", 0},
        {1 + GALE_LOG_WARN, 9 * S, 5 * S, "WARN", 4},
        {1 + GALE_LOG_INFO, 9 * S, 9 * S - 1, "INFO", 1},
        {1 + GALE_LOG_INFO, 9 * S, 9 * S, NULL, 0},
        {1 + GALE_LOG_INFO, 9 * S, 10 * S, NULL, 0},
        /* Whose clock is far behind has it for a day at most. */
        {2, INT64_MAX, 0, "WARN", TOPOLOGY_LOG_SECS_MAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const struct topology_record t = {.log_level = cases[i].level,
                                          .log_until_us = cases[i].until_us};
        uint64_t secs = 99;
        const char *name = topology_log_level(&t, cases[i].now_us, &secs);

        if (cases[i].name == NULL)
            assert_null(name);
        else
            assert_string_equal(name, cases[i].name);
        assert_int_equal(secs, cases[i].secs);
    }
}

static void what_workers_log_is_kept(void **state)
{
    struct topology_record t, read;
    struct pack p;

    (void)state;
    sample_topology(&t, "words", 5, 3, 2, (const uint32_t[]){2, 7});
    t.log_level = 1 + GALE_LOG_DEBUG;
    t.log_until_us = 7 * S;
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &key, &p, NULL), 0);
    assert_int_equal(
        topology_record_unpack(p.buffer.data, p.buffer.size, &key, &read, NULL),
        0);
    assert_int_equal(read.log_level, 1 + GALE_LOG_DEBUG);
    assert_int_equal(read.log_until_us, 7 * S);
    pack_free(&p);
    topology_record_free(&t);
    topology_record_free(&read);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_workers_log_ends_when_its_time_is_over),
        cmocka_unit_test(what_workers_log_is_kept),
        cmocka_unit_test(a_record_that_contradicts_itself_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
