/*
 * record.h - what is kept in ZooKeeper: structs from and to MessagePack.
 *
 * A record is a map: "record" says which it is, "version" which version of it,
 * then its members by their names. How it looks is a table (struct
 * record_form), one in each NAME_record.c; these functions read, write, copy
 * and free by it.
 *
 * What a later version adds, it adds as new keys of the record: who does not
 * know them keeps them as they are, and writes them back. Nothing is believed:
 * every number has its range, every text its length and rule, every list its
 * length, all together at most RECORD_BYTES_MAX.
 *
 * A signed record ends with "mac": HMAC-SHA-256 under the cluster's key over
 * all bytes before it. It says who wrote the record, not when: who reads one
 * must look whether it is about what he asked for, and not older than what he
 * knows.
 */
#ifndef GALE_RECORD_H
#define GALE_RECORD_H

#include "common/digest.h"
#include "common/pack.h"
#include <gale/local.h>
#include <stddef.h>

#define RECORD_BYTES_MAX (512u * 1024)

/* Limits of what several records hold; bytes of texts are with the NUL. */
#define RECORD_WORKERS_MAX 1024u    /* of a topology */
#define RECORD_COMPONENTS_MAX 4096u /* of a topology */
#define RECORD_PORTS_MAX 256u       /* of a supervisor */
#define RECORD_NAME_SIZE 65u        /* of a supervisor, a nimbus */
#define RECORD_HOST_SIZE 256u       /* the name of a machine, an address */
#define RECORD_HASH_SIZE DIGEST_HEX /* SHA-256 in hexadecimal digits */

/* Pairs of a later version, as they were read. */
struct record_rest {
    uint32_t n;
    size_t size;
    void *pairs; /* MessagePack */
};

enum record_field_kind {
    RECORD_NUMBER,  /* uint32_t, uint64_t, or int64_t from 0 on */
    RECORD_FLAG,    /* bool */
    RECORD_WORD,    /* an enum, written as its word */
    RECORD_TEXT,    /* char[] */
    RECORD_OWNED,   /* char *, on the heap */
    RECORD_NUMBERS, /* uint32_t n; an array of structs of nothing but uint32_t,
                       on the heap; written as one list */
    RECORD_LIST,    /* uint32_t n; an array of structs on the heap */
};

struct record_form;

struct record_field {
    const char *key; /* the member's name */
    enum record_field_kind kind;
    bool optional; /* may be missing, or nil: 0, "", NULL */
    size_t at;     /* of the member, in the struct */
    size_t n_at;   /* of the number of elements */
    size_t size;   /* of the member, of an element */
    uint64_t min;  /* numbers */
    uint64_t max;  /* greatest number, longest text, most elements */
    bool (*valid)(const char *text); /* texts; NULL: any */
    const char *expected;            /* of texts and words, for messages */
    const char *const *words;        /* by value; NULL behind the last */
    const struct record_form *form;  /* of a list's elements */
};

struct record_form {
    const char *what; /* "topology" */
    uint32_t version; /* that is written; later ones are refused */
    bool is_signed;
    size_t size; /* of the struct */
    size_t rest; /* where in the struct the struct record_rest is */
    uint32_t n_fields;
    const struct record_field *fields;
    /* What the fields do not say each by itself: NULL, or what is wrong, as in
     * "the topology record …". NULL: nothing. */
    const char *(*defect)(const void *record);
};

/* Rows of a table of fields. */
#define RECORD_NUMBER_OF(type_, member_, min_, max_)                           \
    {                                                                          \
        .key = #member_, .kind = RECORD_NUMBER,                                \
        .at = offsetof(type_, member_), .size = sizeof(((type_ *)0)->member_), \
        .min = (min_), .max = (max_)                                           \
    }
#define RECORD_FLAG_OF(type_, member_)                                         \
    {                                                                          \
        .key = #member_, .kind = RECORD_FLAG, .at = offsetof(type_, member_)   \
    }
#define RECORD_WORD_OF(type_, member_, words_, expected_)                      \
    {                                                                          \
        .key = #member_, .kind = RECORD_WORD, .at = offsetof(type_, member_),  \
        .words = (words_), .expected = (expected_)                             \
    }
#define RECORD_TEXT_OF(type_, member_, valid_, expected_)                      \
    {                                                                          \
        .key = #member_, .kind = RECORD_TEXT, .at = offsetof(type_, member_),  \
        .max = sizeof(((type_ *)0)->member_) - 1, .valid = (valid_),           \
        .expected = (expected_)                                                \
    }
#define RECORD_OWNED_OF(type_, member_, max_, valid_, expected_)               \
    {                                                                          \
        .key = #member_, .kind = RECORD_OWNED, .at = offsetof(type_, member_), \
        .max = (max_), .valid = (valid_), .expected = (expected_)              \
    }
/* May be NULL. */
#define RECORD_OPTIONAL_OF(type_, member_, max_, expected_)                    \
    {                                                                          \
        .key = #member_, .kind = RECORD_OWNED, .optional = true,               \
        .at = offsetof(type_, member_), .max = (max_), .expected = (expected_) \
    }
/* The number of elements is n_MEMBER. */
#define RECORD_NUMBERS_OF(type_, member_, max_)                                \
    {                                                                          \
        .key = #member_, .kind = RECORD_NUMBERS,                               \
        .at = offsetof(type_, member_), .n_at = offsetof(type_, n_##member_),  \
        .size = sizeof(*((type_ *)0)->member_), .max = (max_)                  \
    }
#define RECORD_LIST_OF(type_, member_, max_, form_)                            \
    {                                                                          \
        .key = #member_, .kind = RECORD_LIST, .at = offsetof(type_, member_),  \
        .n_at = offsetof(type_, n_##member_), .max = (max_), .form = (form_)   \
    }

/*
 * key: the cluster's, for a signed record; otherwise NULL. 0, or -1 with the
 * error if the record is wrong as record_unpack() sees it, or too long; then p
 * holds nothing of use. p is empty before.
 */
int record_pack(const struct record_form *form, const void *record,
                const struct digest *key, struct pack *p, gale_err *error);

/* 0, or -1 with the error; then the record is empty. What was read does not
 * point into the data. */
int record_unpack(const struct record_form *form, const void *data, size_t size,
                  const struct digest *key, void *record, gale_err *error);

/* What it holds; it is empty then. An empty one (zeroes) may be freed, too. */
void record_free(const struct record_form *form, void *record);

/* `to` is another record with the same content. */
void record_copy(const struct record_form *form, const void *from, void *to);

/* Rules of texts, and what they are for messages. */
bool record_name_valid(const char *text); /* as topology_name_valid() */
bool record_host_valid(const char *text);
bool record_hash_valid(const char *text);
bool record_file_valid(const char *text);
#define RECORD_HOST_RULE "1 to 255 letters, digits, '.', ':', '%', '_' and '-'"
#define RECORD_HASH_RULE "64 hexadecimal digits in lower case"
#define RECORD_FILE_RULE                                                       \
    "the name of a file: letters, digits, '.', '_' and '-', not beginning "    \
    "with '.'"

#endif
