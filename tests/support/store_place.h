/* store_place.h - a directory for a test of the store, made and removed with it. */
#ifndef GALE_STORE_PLACE_H
#define GALE_STORE_PLACE_H

#include "common/store.h"
#include <limits.h>

extern char store_place_top[];     /* all that the test writes … */
extern char store_place[PATH_MAX]; /* … and of it, the store's */

/* Of cmocka. */
int store_place_setup(void **state);
int store_place_teardown(void **state);

/* The store there, in a world; the test fails if there is none. */
struct store *store_place_open(struct env *env);

#define assert_says(error_, text_)                                             \
    do {                                                                       \
        if (strstr((error_).text, text_) == NULL)                              \
            fail_msg("found \"%s\", expected \"%s\"", (error_).text, text_);   \
    } while (0)

#endif
