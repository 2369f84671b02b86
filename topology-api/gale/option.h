/*
 * gale/option.h - a component's options, as a table.
 *
 * Each row names a key, where its value goes in the task's instance memory,
 * the default as text, and one sentence of help. The host checks and converts
 * the configuration against the table before `open` or `prepare` runs, prints
 * the table in `gale inspect`, and refuses an option of the wrong type or out
 * of range with component, key, found and expected.
 *
 *     struct top { int64_t keep; gale_str label; };
 *
 *     GALE_BOLT(top, .summary = "keeps the largest", .execute = execute,
 *         .instance_size = sizeof(struct top),
 *         .options = GALE_OPTIONS(
 *             GALE_OPTION_INT(struct top, keep, "keep", "10", 1, 1000,
 *                             "how many to keep"),
 *             GALE_OPTION_STR(struct top, label, "label", "top",
 *                             "text before each line")));
 *
 * A default of NULL makes the option required. Text (gale_str) is owned by
 * the host, NUL-terminated behind its size, and lives until close or cleanup
 * has returned.
 *
 * Names of fields of a bolt's input are said to be that: GALE_OPTION_FIELD(),
 * GALE_OPTION_FIELDS(). Then who writes the topology hears of a field that is
 * not there before anything runs.
 */
#ifndef GALE_OPTION_H
#define GALE_OPTION_H

#include <gale/value.h>

typedef enum gale_option_type {
    GALE_OPTION_TYPE_INT = 1,   /* int64_t, min … max */
    GALE_OPTION_TYPE_FLOAT = 2, /* double */
    GALE_OPTION_TYPE_BOOL = 3,  /* bool */
    GALE_OPTION_TYPE_STR = 4,   /* gale_str; a list becomes one value a line */
    GALE_OPTION_TYPE_ENUM = 5,  /* int32_t: index into the words of `choices` */
    GALE_OPTION_TYPE_MAP = 6,   /* gale_str: all keys that begin with `name` */
    GALE_OPTION_TYPE_FIELDS = 7, /* gale_str: names of fields of the input */
} gale_option_type;

typedef struct gale_option {
    uint32_t type;        /* gale_option_type */
    uint32_t offset;      /* in the instance memory, bytes */
    const char *name;     /* the key in the component's configuration */
    const char *fallback; /* default as text; NULL: must be given */
    const char *help;     /* one sentence */
    const char *choices;  /* GALE_OPTION_TYPE_ENUM: words, one blank between;
                             GALE_OPTION_TYPE_FIELDS: how they are written;
                             GALE_OPTION_TYPE_STR: "," of several, or NULL */
    int64_t min;          /* GALE_OPTION_TYPE_INT only, both inclusive … */
    int64_t max; /* … GALE_OPTION_TYPE_FIELDS: 1: a single name; or 0 */
} gale_option;

/* Every array of a descriptor carries the size of its elements. */
typedef struct gale_options {
    const gale_option *items;
    uint32_t n;
    uint32_t item_size;
} gale_options;

#define GALE_OPTION_INT(type_, member_, name_, default_, min_, max_, help_)    \
    {                                                                          \
        GALE_OPTION_TYPE_INT, offsetof(type_, member_), name_, default_,       \
            help_, NULL, min_, max_                                            \
    }
#define GALE_OPTION_FLOAT(type_, member_, name_, default_, help_)              \
    {                                                                          \
        GALE_OPTION_TYPE_FLOAT, offsetof(type_, member_), name_, default_,     \
            help_, NULL, 0, 0                                                  \
    }
#define GALE_OPTION_BOOL(type_, member_, name_, default_, help_)               \
    {                                                                          \
        GALE_OPTION_TYPE_BOOL, offsetof(type_, member_), name_, default_,      \
            help_, NULL, 0, 0                                                  \
    }
#define GALE_OPTION_STR(type_, member_, name_, default_, help_)                \
    {                                                                          \
        GALE_OPTION_TYPE_STR, offsetof(type_, member_), name_, default_,       \
            help_, NULL, 0, 0                                                  \
    }
#define GALE_OPTION_ENUM(type_, member_, name_, default_, choices_, help_)     \
    {                                                                          \
        GALE_OPTION_TYPE_ENUM, offsetof(type_, member_), name_, default_,      \
            help_, choices_, 0, 0                                              \
    }

/* Several texts, which the member gets one a line: a list sets them, or a text
 * with commas between them (blanks beside a comma are cut off), or one that has
 * these lines already. */
#define GALE_OPTION_LIST(type_, member_, name_, default_, help_)               \
    {                                                                          \
        GALE_OPTION_TYPE_STR, offsetof(type_, member_), name_, default_,       \
            help_, ",", 0, 0                                                   \
    }

/*
 * Of bolts: a field of the input, or several, as GALE_OPTION_LIST() has them.
 * The member gets the text, as of GALE_OPTION_STR(). While the topology is
 * built the host looks whether each stream that the bolt takes has all of these
 * fields, and refuses the option otherwise; an empty text names none. What only
 * some inputs have is for GALE_OPTION_STR(). Of a spout, nothing is looked for.
 */
#define GALE_OPTION_FIELD(type_, member_, name_, default_, help_)              \
    {                                                                          \
        GALE_OPTION_TYPE_FIELDS, offsetof(type_, member_), name_, default_,    \
            help_, NULL, 0, 1                                                  \
    }
#define GALE_OPTION_FIELDS(type_, member_, name_, default_, help_)             \
    {                                                                          \
        GALE_OPTION_TYPE_FIELDS, offsetof(type_, member_), name_, default_,    \
            help_, NULL, 0, 0                                                  \
    }
/* Written in another way: "=" is NAME or ANYTHING=NAME, several; "{}" a text
 * with {NAME} in it, {{ and }} being braces. */
#define GALE_OPTION_FIELDS_IN(type_, member_, name_, default_, form_, help_)   \
    {                                                                          \
        GALE_OPTION_TYPE_FIELDS, offsetof(type_, member_), name_, default_,    \
            help_, form_, 0, 0                                                 \
    }

/*
 * Everything that begins with `name_`, which ends with a dot, and is no option
 * of its own: settings that are handed on to a library. The member gets the
 * pairs for gale_option_pair(); values are texts, numbers, true or false. One
 * that is null is left out.
 */
#define GALE_OPTION_MAP(type_, member_, name_, help_)                          \
    {                                                                          \
        GALE_OPTION_TYPE_MAP, offsetof(type_, member_), name_, "", help_,      \
            NULL, 0, 0                                                         \
    }

/* The next pair of a map, *at being 0 at first; false behind the last. The key
 * comes without the option's name; both end with a NUL behind their size. */
static inline bool gale_option_pair(gale_str map, size_t *at, gale_str *key,
                                    gale_str *value)
{
    if (*at >= map.size)
        return false;
    *key = gale_str_make(map.data + *at, strlen(map.data + *at));
    *at += key->size + 1;
    *value = gale_str_make(map.data + *at, strlen(map.data + *at));
    *at += value->size + 1;
    return true;
}

#ifndef __cplusplus
#define GALE_OPTIONS(...)                                                      \
    {                                                                          \
        (const gale_option[]){__VA_ARGS__},                                    \
            sizeof((gale_option[]){__VA_ARGS__}) / sizeof(gale_option),        \
            sizeof(gale_option)                                                \
    }
#endif

#endif
