/* test_zookeeper_root.c - how the root is looked for, and made. */
#include "common/zookeeper_root.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <string.h>

enum { OK = ZOOKEEPER_OK, MISSING = ZOOKEEPER_NO_NODE, END = -1 };

static char letter_of(enum zookeeper_kind asks)
{
    if (asks == ZOOKEEPER_EXISTS)
        return '?';
    return asks == ZOOKEEPER_CREATE ? '+' : '=';
}

static void each_node_of_the_way_is_made_if_it_is_missing(void **state)
{
    static const struct {
        const char *root;
        int answers[8];
        const char *asked; /* ?: is it there, +: make it, =: read it */
    } cases[] = {
        {"/gale", {OK, OK, END}, "?/gale =/gale yes"},
        {"/gale", {MISSING, OK, OK, END}, "?/gale +/gale =/gale yes"},
        {"/gale",
         {MISSING, ZOOKEEPER_NODE_EXISTS, OK, END},
         "?/gale +/gale =/gale yes"},
        {"/a/bc/d",
         {OK, MISSING, OK, MISSING, OK, OK, END},
         "?/a ?/a/bc +/a/bc ?/a/bc/d +/a/bc/d =/a/bc/d yes"},
        {"", {OK, END}, "=/ yes"},
        {"/gale", {OK, ZOOKEEPER_NO_AUTH, END}, "?/gale =/gale no"},
        {"/gale", {MISSING, ZOOKEEPER_NO_AUTH, END}, "?/gale +/gale no"},
        {"/gale", {MISSING, MISSING, END}, "?/gale +/gale no"},
        {"/gale", {ZOOKEEPER_AWAY, END}, "?/gale no"},
        {"/gale", {OK, MISSING, END}, "?/gale =/gale no"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        enum zookeeper_root_next next = ZOOKEEPER_ROOT_ASK;
        struct zookeeper_root root;
        char asked[4096] = "";
        size_t n = 0;

        zookeeper_root_begin(&root, cases[i].root);
        for (const int *a = cases[i].answers; *a != END; a++) {
            assert_int_equal(next, ZOOKEEPER_ROOT_ASK);
            n += (size_t)snprintf(asked + n, sizeof(asked) - n, "%c%s ",
                                  letter_of(root.asks), root.path);
            next = zookeeper_root_step(&root, (enum zookeeper_result) * a);
        }
        snprintf(asked + n, sizeof(asked) - n, "%s",
                 next == ZOOKEEPER_ROOT_YES ? "yes" : "no");
        assert_int_not_equal(next, ZOOKEEPER_ROOT_ASK);
        assert_string_equal(asked, cases[i].asked);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_node_of_the_way_is_made_if_it_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
