/*
 * config_yaml.h - read a configuration file: one map of keys and values.
 *
 * The text is foreign: its size, depth and number of values are bounded (values
 * count again wherever an alias repeats them), keys may not come twice, and
 * only plain YAML is taken: no merge keys, no tags but !!str. What is read
 * belongs to the struct config_yaml.
 */
#ifndef GALE_CONFIG_YAML_H
#define GALE_CONFIG_YAML_H

#include <gale/local.h> /* gale_err */
#include <gale/value.h>

enum {
    CONFIG_YAML_SIZE_MAX = 1 << 20, /* bytes of text */
    CONFIG_YAML_DEPTH_MAX = 16,     /* the file itself is 1 */
    CONFIG_YAML_VALUES_MAX = 10000,
    CONFIG_YAML_RECORD_DEPTH_MAX = 60,
};

struct config_entry {
    const char *key;
    gale_value value;
    const char *written; /* as it is there; NULL: not of a GALE_FLOAT */
    uint32_t line;       /* of the key, from 1 on */
};

struct yaml_tree;

struct config_yaml {
    struct config_entry *entries; /* in the order of the file */
    uint32_t n;
    struct yaml_tree *tree; /* holds what entries and values point to */
};

/* name is what errors call the file: "name:line:column: …". NULL with the
 * error. An empty file has no entries. */
struct config_yaml *config_yaml_read(const char *name, const char *text,
                                     size_t size, gale_err *error);

/* One JSON value (NUL-terminated behind size). NULL if it is none. */
struct config_yaml *config_yaml_read_json(const char *text, size_t size,
                                          gale_value *value);

/* The same for what gale has written itself, and no person: as many values as
 * there is room for, and deeper. */
struct config_yaml *config_yaml_read_record(const char *text, size_t size,
                                            gale_value *value);

void config_yaml_free(struct config_yaml *y); /* NULL is fine */

#endif
