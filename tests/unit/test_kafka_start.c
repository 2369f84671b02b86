/* test_kafka_start.c - with which offset a partition begins. */
#include "connectors/kafka_start.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>

enum { NONE = -1, BEGUN = 1, LATE = 2 };

static const struct {
    struct kafka_start start;
    int64_t committed;
    int flags;
    struct kafka_start_at wanted;
} begins[] = {
    /* what is committed, else the fallback */
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_LATEST, {NULL, 0}, 0},
     7,
     0,
     {KAFKA_START_OFFSETS, 7}},
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_LATEST, {NULL, 0}, 0},
     0,
     0,
     {KAFKA_START_OFFSETS, 0}},
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_EARLIEST, {NULL, 0}, 0},
     NONE,
     0,
     {KAFKA_START_EARLIEST, 0}},
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_LATEST, {NULL, 0}, 0},
     NONE,
     0,
     {KAFKA_START_LATEST, 0}},
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_TIMESTAMP, {NULL, 0}, 0},
     NONE,
     0,
     {KAFKA_START_TIMESTAMP, 0}},
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_ERROR, {NULL, 0}, 0},
     NONE,
     0,
     {KAFKA_START_NONE, 0}},
    /* whatever is committed, at the first start of the topology … */
    {{KAFKA_START_EARLIEST, 0, {NULL, 0}, 0}, 7, 0, {KAFKA_START_EARLIEST, 0}},
    {{KAFKA_START_LATEST, 0, {NULL, 0}, 0}, 7, 0, {KAFKA_START_LATEST, 0}},
    {{KAFKA_START_TIMESTAMP, 0, {NULL, 0}, 0},
     7,
     0,
     {KAFKA_START_TIMESTAMP, 0}},
    {{KAFKA_START_OFFSETS, 0, {"t:3:9", 5}, 0}, 7, 0, {KAFKA_START_OFFSETS, 9}},
    /* … but not when it comes back */
    {{KAFKA_START_EARLIEST, 0, {NULL, 0}, 0},
     7,
     BEGUN,
     {KAFKA_START_OFFSETS, 7}},
    {{KAFKA_START_LATEST, 0, {NULL, 0}, 0}, 7, BEGUN, {KAFKA_START_OFFSETS, 7}},
    {{KAFKA_START_OFFSETS, 0, {"t:3:9", 5}, 0},
     7,
     BEGUN,
     {KAFKA_START_OFFSETS, 7}},
    {{KAFKA_START_LATEST, 0, {NULL, 0}, 0},
     NONE,
     BEGUN,
     {KAFKA_START_LATEST, 0}},
    /* nothing is skipped of what is found later */
    {{KAFKA_START_LATEST, 0, {NULL, 0}, 0},
     NONE,
     LATE,
     {KAFKA_START_EARLIEST, 0}},
    {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_ERROR, {NULL, 0}, 0},
     NONE,
     LATE,
     {KAFKA_START_EARLIEST, 0}},
    {{KAFKA_START_LATEST, 0, {NULL, 0}, 0}, 7, LATE, {KAFKA_START_OFFSETS, 7}},
    /* lists */
    {{KAFKA_START_OFFSETS, 0, {"a:3:1, t:3:9\nt:2:4", 18}, 0},
     NONE,
     0,
     {KAFKA_START_OFFSETS, 9}},
    {{KAFKA_START_OFFSETS, 0, {"t:2:4", 5}, 0}, 7, 0, {KAFKA_START_NONE, 0}},
    {{KAFKA_START_OFFSETS, KAFKA_FALLBACK_LATEST, {"t:2:4", 5}, 0},
     7,
     0,
     {KAFKA_START_LATEST, 0}},
};

static void a_partition_begins_where_it_was_said(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        struct kafka_start_case c = {.topic = "t",
                                     .partition = 3,
                                     .committed = begins[i].committed,
                                     .begun = begins[i].flags & BEGUN,
                                     .late = begins[i].flags & LATE};
        struct kafka_start_at at = kafka_start_choose(&begins[i].start, &c);

        if (at.kind != begins[i].wanted.kind ||
            at.offset != begins[i].wanted.offset)
            fail_msg("case %zu: %d at %lld", i, at.kind, (long long)at.offset);
    }
}

static void options_that_do_not_fit_are_named(void **state)
{
    static const struct {
        struct kafka_start start;
        const char *part; /* NULL: it is fine */
    } cases[] = {
        {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_UNSAID, {NULL, 0}, 0},
         "say by the option fallback"},
        {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_ERROR, {NULL, 0}, 0}, NULL},
        {{KAFKA_START_EARLIEST, KAFKA_FALLBACK_UNSAID, {NULL, 0}, 0}, NULL},
        {{KAFKA_START_OFFSETS, 0, {NULL, 0}, 0}, "by the option offsets"},
        {{KAFKA_START_TIMESTAMP, 0, {NULL, 0}, 0},
         "option start is timestamp: say which by the option timestamp"},
        {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_TIMESTAMP, {NULL, 0}, 0},
         "option fallback is timestamp: say which"},
        {{KAFKA_START_TIMESTAMP, 0, {NULL, 0}, 1}, NULL},
        {{KAFKA_START_OFFSETS, 0, {"t:1:2", 5}, 0}, NULL},
        {{KAFKA_START_OFFSETS, 0, {"t:1:2,t", 7}, 0}, "found t, expected"},
        {{KAFKA_START_OFFSETS, 0, {"t:1:-2", 6}, 0}, "found t:1:-2, expected"},
        {{KAFKA_START_OFFSETS, 0, {":1:2", 4}, 0}, "found :1:2, expected"},
        {{KAFKA_START_OFFSETS, 0, {"t:1:99999999999999999999", 24}, 0},
         "found t"},
        {{KAFKA_START_OFFSETS, 0, {"t:4294967296:1", 14}, 0}, "found t"},
        {{KAFKA_START_OFFSETS, 0, {"t:1:2,u:1:2,t:1:3", 17}, 0},
         "option offsets: t:1:2, and another one for the same partition"},
        {{KAFKA_START_OFFSETS, 0, {"t:1:2,t:01:2", 12}, 0}, "another one"},
        {{KAFKA_START_OFFSETS, 0, {"t:1:2,t:2:2,tt:1:2", 18}, 0}, NULL},
        {{KAFKA_START_EARLIEST, 0, {"t:1:2", 5}, 0},
         "option offsets means nothing where start is earliest"},
        {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_ERROR, {"t:1:2", 5}, 0},
         "option offsets means nothing where start is committed"},
        {{KAFKA_START_LATEST, KAFKA_FALLBACK_ERROR, {NULL, 0}, 0},
         "option fallback means nothing where start is latest"},
        {{KAFKA_START_OFFSETS, KAFKA_FALLBACK_LATEST, {"t:1:2", 5}, 0}, NULL},
        {{KAFKA_START_EARLIEST, 0, {NULL, 0}, 1},
         "option timestamp means nothing where neither start nor fallback"},
        {{KAFKA_START_COMMITTED, KAFKA_FALLBACK_TIMESTAMP, {NULL, 0}, 1}, NULL},
    };
    char text[300];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text[0] = '\0';
        assert_int_equal(kafka_start_check(&cases[i].start, text, sizeof(text)),
                         cases[i].part == NULL);
        if (cases[i].part != NULL && strstr(text, cases[i].part) == NULL)
            fail_msg("case %zu: %s", i, text);
    }
}

static void offsets_of_what_is_not_read_are_found(void **state)
{
    static const struct partition_name read[] = {{"t", 0}, {"t", 1}, {"u", 0}};
    static const struct {
        const char *offsets;
        const char *unread; /* with a blank behind each */
    } cases[] = {
        {"t:0:9", ""},
        {"t:0:9,t:1:9\nu:0:1", ""},
        {"t:2:9, t:0:9, v:0:1", "t:2:9 v:0:1 "},
        {"u:1:1", "u:1:1 "},
        {"tt:0:1", "tt:0:1 "},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct kafka_start s = {
            .kind = KAFKA_START_OFFSETS,
            .offsets =
                gale_str_make(cases[i].offsets, strlen(cases[i].offsets))};
        char found[100] = "";
        size_t at = 0, used = 0;
        gale_str item;

        while ((item = kafka_start_unread(&s, read, 3, &at)).size > 0)
            used += (size_t)snprintf(found + used, sizeof(found) - used,
                                     "%.*s ", (int)item.size, item.data);
        assert_string_equal(found, cases[i].unread);
        s.kind = KAFKA_START_EARLIEST;
        at = 0;
        assert_int_equal(kafka_start_unread(&s, read, 3, &at).size, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_partition_begins_where_it_was_said),
        cmocka_unit_test(options_that_do_not_fit_are_named),
        cmocka_unit_test(offsets_of_what_is_not_read_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
