/*
 * test_skeleton.c - the texts of `gale new`.
 */
#include "tests/support/cmocka_all.h"
#include "cli/skeleton.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void place_holders_are_filled_in(void **state)
{
    static const struct {
        const char *text;
        const char *filled;
    } cases[] = {
        {"", ""},
        {"no place holder", "no place holder"},
        {"@NAME@", "shout"},
        {"a @KIND@ named @NAME@@NAME@.", "a bolt named shoutshout."},
        {"@NAME", "@NAME"},
        {"@@NAME@", "@shout"},
        {"$(@D) a@b", "$(@D) a@b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *filled = skeleton_fill(cases[i].text, "bolt", "shout");

        assert_string_equal(filled, cases[i].filled);
        free(filled);
    }
}

/* The Makefile embeds them by means of sed. */
static void texts_are_those_of_the_files(void **state)
{
    const char *const files[] = {"bolt.c.in", "Makefile.in",
                                 "test_topology.sh.in"};

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        char path[100], text[8192];
        FILE *file;
        size_t size;

        snprintf(path, sizeof(path), "cli/skeleton/%s", files[i]);
        file = fopen(path, "r");
        assert_non_null(file);
        size = fread(text, 1, sizeof(text) - 1, file);
        fclose(file);
        text[size] = '\0';
        assert_string_equal(skeleton_text(files[i]), text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(place_holders_are_filled_in),
        cmocka_unit_test(texts_are_those_of_the_files),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
