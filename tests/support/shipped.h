/*
 * shipped.h - a topology that is built here, and shipped: its files and its
 * description lie in a directory, as those of a worker do.
 */
#ifndef TESTS_SHIPPED_H
#define TESTS_SHIPPED_H

#include "common/description.h"

#define SHIPPED_ARGS_MAX 6

struct shipped_topology {
    const char *name;                        /* of the case */
    const char *file;                        /* NULL: `make` alone */
    const char *args[SHIPPED_ARGS_MAX];      /* up to NULL */
    const char *overrides[SHIPPED_ARGS_MAX]; /* as behind -c */
    const char *config;                      /* a configuration file */
    void (*make)(gale_builder *b);           /* what a program adds */
};

/* Of each test: an empty directory, which is removed behind it. */
int shipped_setup(void **state);
int shipped_teardown(void **state);

/* Once: plugins of the build and of the tests are found by their names. */
void shipped_find_plugins(void);
const char *shipped_build_directory(void);

/* The directory is that one, which somebody else has made. */
void shipped_take_directory(const char *path);
const char *shipped_directory(void);
/* A path in it, good until the next call. */
const char *shipped_path(const char *name);
void shipped_write(const char *name, const char *text);
void shipped_copy(const char *from, const char *name);

/* A builder that is checked. */
gale_builder *shipped_build(const struct shipped_topology *t);

/* Its files and its description go into the directory. */
void shipped_ship(gale_builder *b);

/* The bytes of the description; to be freed. */
void *shipped_bytes(size_t *size);
/* What is read of them; NULL: it is said on standard output what is wrong. */
struct description *shipped_read(void);

#define assert_ok(result_, error_)                                             \
    do {                                                                       \
        if ((result_) != 0)                                                    \
            fail_msg("%s", (error_).text);                                     \
    } while (0)

#endif
