/*
 * test_flux_keys.c - the table of the keys of a topology in YAML, and the page
 * that has it.
 *
 * With UPDATE=1 in the environment it writes the tables of the page anew. It
 * runs in the top folder of the tree.
 */
#include "common/env.h"
#include "common/flux_keys.h"
#include "tests/support/cmocka_all.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "docs/topology-yaml.md"
#define BEGIN "<!-- the keys: written by tests/unit/test_flux_keys.c -->\n"
#define END "<!-- the end of the keys -->\n"

static void every_key_is_found_once_and_says_what_it_is_for(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < flux_keys_n(); i++) {
        const struct flux_key *key = flux_keys_at(i);

        assert_ptr_equal(flux_keys_find(key->in, key->name), key);
        assert_int_equal((key->help != NULL) + (key->of != NULL) +
                             (key->instead != NULL),
                         1);
        if (key->help != NULL)
            assert_int_equal(key->help[strlen(key->help) - 1], '.');
        assert_non_null(flux_keys_meant(key));
    }
    assert_null(flux_keys_find(FLUX_IN_TOPOLOGY, "id"));
}

static void no_map_has_more_keys_than_are_kept(void **state)
{
    (void)state;
    for (int in = FLUX_IN_TOPOLOGY; in <= FLUX_IN_INCLUDE; in++) {
        uint32_t n = 0;

        for (uint32_t i = 0; i < flux_keys_n(); i++)
            n +=
                (int)flux_keys_at(i)->in == in && flux_keys_at(i)->help != NULL;
        assert_in_range(n, 1, FLUX_KEYS_MAX);
    }
}

/* -- the page -------------------------------------------------------------- */

static const char *other_name(const struct flux_key *key)
{
    for (uint32_t i = 0; i < flux_keys_n(); i++)
        if (flux_keys_at(i)->of != NULL &&
            flux_keys_meant(flux_keys_at(i)) == key)
            return flux_keys_at(i)->name;
    return NULL;
}

static void put_key(FILE *to, const struct flux_key *key)
{
    static const char *const types[] = {
        [FLUX_TEXT] = "text",
        [FLUX_NUMBER] = "number",
        [FLUX_BOOL] = "true or false",
        [FLUX_LIST] = "list",
        [FLUX_MAP] = "map",
        [FLUX_ANY] = "anything",
    };
    const char *other = other_name(key);

    fprintf(to, "| `%s`%s%s%s | %s%s | %s |\n", key->name,
            other == NULL ? "" : ", `", other == NULL ? "" : other,
            other == NULL ? "" : "`", types[key->type],
            key->needed ? ", needed" : "", key->help);
}

static void put_table(FILE *to, enum flux_in in, const char *title)
{
    fprintf(to, "\n%s:\n\n| key | what | |\n|---|---|---|\n", title);
    for (uint32_t i = 0; i < flux_keys_n(); i++)
        if (flux_keys_at(i)->in == in && flux_keys_at(i)->help != NULL)
            put_key(to, flux_keys_at(i));
}

static void put_keys(FILE *to)
{
    static const char *const titles[] = {
        [FLUX_IN_TOPOLOGY] = "Of the topology",
        [FLUX_IN_COMPONENT] = "Of a spout or bolt, an item of `spouts` or "
                              "`bolts`",
        [FLUX_IN_PROPERTY] = "Of a property, an item of `properties`",
        [FLUX_IN_STREAM] = "Of a stream, an item of `streams`",
        [FLUX_IN_GROUPING] = "Of a `grouping`",
        [FLUX_IN_CUSTOM] = "Of a `customClass`",
        [FLUX_IN_INCLUDE] = "Of an include, an item of `includes`",
    };

    fputs(BEGIN, to);
    for (int in = FLUX_IN_TOPOLOGY; in <= FLUX_IN_INCLUDE; in++)
        put_table(to, (enum flux_in)in, titles[in]);
    fputs("\nKeys of Flux that mean nothing here are errors:\n\n"
          "| key | what to do |\n|---|---|\n",
          to);
    for (uint32_t i = 0; i < flux_keys_n(); i++)
        if (flux_keys_at(i)->instead != NULL)
            fprintf(to, "| `%s` | %s |\n", flux_keys_at(i)->name,
                    flux_keys_at(i)->instead);
    fputc('\n', to);
}

/* The page with the tables as they should be; the caller's to free. */
static char *renewed(const char *page)
{
    const char *begin = strstr(page, BEGIN), *end = strstr(page, END);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (begin == NULL || end == NULL)
        fail_msg(PAGE ": expected the lines " BEGIN " and " END);
    fwrite(page, 1, (size_t)(begin - page), out);
    put_keys(out);
    fputs(end, out);
    fclose(out);
    return text;
}

static char *read_page(void)
{
    struct env *env = env_posix();
    void *text;
    size_t size;

    if (env->ops->file_read(env, PAGE, 1 << 20, &text, &size))
        fail_msg("cannot read " PAGE);
    return text;
}

static void the_page_agrees_with_the_table(void **state)
{
    char *found = read_page(), *expected = renewed(found);
    FILE *file = getenv("UPDATE") ? fopen(PAGE, "w") : NULL;

    (void)state;
    if (file != NULL) {
        fputs(expected, file);
        fclose(file);
        free(found);
        found = read_page();
    }
    if (strcmp(found, expected))
        fail_msg(PAGE " does not agree with common/flux_keys.def: run this "
                      "test with UPDATE=1 from the top of the tree");
    free(found);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_found_once_and_says_what_it_is_for),
        cmocka_unit_test(no_map_has_more_keys_than_are_kept),
        cmocka_unit_test(the_page_agrees_with_the_table),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
