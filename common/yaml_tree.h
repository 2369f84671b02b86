/*
 * yaml_tree.h - a text of YAML as nodes, each with its place.
 *
 * The one reader of YAML: configuration (config_yaml.h) and topologies (flux.h)
 * make what they need of the nodes, and refuse what they do not want. The text
 * is foreign: its size, depth and number of nodes are bounded, and what an
 * alias repeats counts again wherever it does.
 */
#ifndef GALE_YAML_TREE_H
#define GALE_YAML_TREE_H

#include <gale/local.h> /* gale_err */
#include <stdbool.h>

enum yaml_kind {
    YAML_IS_SCALAR,
    YAML_IS_LIST,
    YAML_IS_MAP,
};

enum yaml_style {
    YAML_IS_PLAIN,  /* a scalar without quotes: may be a number or the like */
    YAML_IS_DOUBLE, /* in double quotes */
    YAML_IS_TEXT,   /* in single quotes, or a block of lines */
    YAML_IS_FLOW,   /* a list in [], a map in {} */
    YAML_IS_BLOCK,  /* one by its lines */
};

struct yaml_node {
    enum yaml_kind kind;
    enum yaml_style style;
    bool anchored; /* it has an anchor */
    bool alias; /* it stands for another: what is in it has that one's place */
    uint32_t line, column;         /* from 1 on */
    const char *tag;               /* NULL: none */
    const char *text;              /* of a scalar; ends with a NUL … */
    size_t size;                   /* … behind these bytes */
    const struct yaml_node *items; /* of a map: key, value, key, … */
    uint32_t n;                    /* of a map: twice its pairs */
    uint32_t height;               /* lists and maps in each other; 0: scalar */
    uint32_t total;                /* nodes in it, itself included */
};

/* Changes the text of a scalar in its place, as it is read; its new size. */
typedef size_t yaml_scalar_fn(char *text, size_t size);

struct yaml_limits {
    uint32_t size;  /* bytes of text */
    uint32_t depth; /* lists and maps in each other, the whole included */
    uint32_t nodes; /* in the whole, which is not counted */
    yaml_scalar_fn *scalar; /* NULL: as it is written */
};

struct yaml_tree {
    const struct yaml_node *root; /* NULL: there is no document */
    size_t end;                   /* characters before the end of the root */
    void **blocks;                /* what the nodes point to */
    uint32_t n_blocks;
};

/* name is what errors call the text: "name:line:column: …". NULL with the
 * error, the first there is. */
struct yaml_tree *yaml_tree_read(const char *name, const char *text,
                                 size_t size, const struct yaml_limits *limits,
                                 gale_err *error);
void yaml_tree_free(struct yaml_tree *t); /* NULL is fine */

/* Keeps a block from malloc() until the tree is freed, and returns it. */
void *yaml_tree_keep(struct yaml_tree *t, void *block);

#endif
