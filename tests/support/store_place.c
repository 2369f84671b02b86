/* store_place.c - where a test has its store; see store_place.h. */
#include "tests/support/store_place.h"
#include "tests/support/remove_tree.h"
#include "tests/support/cmocka_all.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char store_place_top[] = "/tmp/gale-test-XXXXXX";
char store_place[PATH_MAX];

int store_place_setup(void **state)
{
    (void)state;
    memcpy(strrchr(store_place_top, '-') + 1, "XXXXXX", 6);
    if (mkdtemp(store_place_top) == NULL)
        return -1;
    snprintf(store_place, sizeof(store_place), "%s/store", store_place_top);
    return 0;
}

int store_place_teardown(void **state)
{
    (void)state;
    return remove_tree(store_place_top);
}

struct store *store_place_open(struct env *env)
{
    gale_err error = {""};
    struct store *s = store_open(env, store_place, &error);

    if (s == NULL)
        fail_msg("%s", error.text);
    return s;
}
