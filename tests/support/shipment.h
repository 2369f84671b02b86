/*
 * shipment.h - a topology that is built here, and shipped: its files and its
 * description lie in a directory, as those of a worker do.
 */
#ifndef TESTS_SHIPMENT_H
#define TESTS_SHIPMENT_H

#include "common/description.h"

#define SHIPMENT_ARGS_MAX 6

struct shipment_topology {
    const char *name;                         /* of the case */
    const char *file;                         /* NULL: `make` alone */
    const char *args[SHIPMENT_ARGS_MAX];      /* up to NULL */
    const char *overrides[SHIPMENT_ARGS_MAX]; /* as behind -c */
    const char *config;                       /* a configuration file */
    void (*make)(gale_builder *b);            /* what a program adds */
};

/* Of each test: an empty directory, which is removed behind it. */
int shipment_setup(void **state);
int shipment_teardown(void **state);

/* Once: plugins of the build and of the tests are found by their names. */
void shipment_find_plugins(void);
const char *shipment_build_directory(void);

/* The directory is that one, which somebody else has made. */
void shipment_take_directory(const char *path);
const char *shipment_directory(void);
/* A path in it, good until the next call. */
const char *shipment_path(const char *name);
void shipment_write(const char *name, const char *text);
void shipment_copy(const char *from, const char *name);

/* A builder that is checked. */
gale_builder *shipment_build(const struct shipment_topology *t);

/* Its files and its description go into the directory. */
void shipment_ship(gale_builder *b);

/* The bytes of the description; to be freed. */
void *shipment_bytes(size_t *size);
/* What is read of them; NULL: it is said on standard output what is wrong. */
struct description *shipment_read(void);

#define assert_ok(result_, error_)                                             \
    do {                                                                       \
        if ((result_) != 0)                                                    \
            fail_msg("%s", (error_).text);                                     \
    } while (0)

#endif
