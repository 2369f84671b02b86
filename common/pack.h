/*
 * pack.h - MessagePack, written and read: records, messages, descriptions.
 *
 * Writing goes to memory that grows. Reading checks the whole text before
 * msgpack-c sees a byte of it (that library has no limits of its own), and then
 * gives views: text points into the data that was read, which must outlive
 * them.
 */
#ifndef GALE_PACK_H
#define GALE_PACK_H

#include <gale/local.h>
#include <msgpack.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* -- writing --------------------------------------------------------------- */

/* All bytes zero is not valid: pack_init(). */
struct pack {
    msgpack_sbuffer buffer; /* data, size */
    msgpack_packer packer;
};

void pack_init(struct pack *p);
void pack_free(struct pack *p);
/* It is kept for long: no more memory than it takes, of the eight KiB that one
 * begins with. */
void pack_shrink(struct pack *p);

void pack_map(struct pack *p, uint32_t n); /* n keys and values follow */
void pack_array(struct pack *p, uint32_t n);
void pack_nil(struct pack *p);
void pack_bool(struct pack *p, bool value);
void pack_int(struct pack *p, int64_t value);
void pack_uint(struct pack *p, uint64_t value);
void pack_float(struct pack *p, double value);
void pack_text(struct pack *p, const char *text); /* NULL: nil */
void pack_text_n(struct pack *p, const char *text, size_t size);
void pack_bytes(struct pack *p, const void *data, size_t size);
/* What another holds: one value, or as many as are asked for there. */
void pack_packed(struct pack *p, const struct pack *other);
/* A value that was read. */
void pack_object(struct pack *p, const msgpack_object *object);

/* The key of a map, and its value. */
void pack_key_int(struct pack *p, const char *key, int64_t value);
void pack_key_uint(struct pack *p, const char *key, uint64_t value);
void pack_key_bool(struct pack *p, const char *key, bool value);
void pack_key_text(struct pack *p, const char *key, const char *text);
void pack_key_bytes(struct pack *p, const char *key, const void *data,
                    size_t size);

/* -- reading --------------------------------------------------------------- */

#define PACK_DEPTH_MAX 24u

struct pack_limits {
    size_t bytes;      /* of the whole */
    uint32_t elements; /* of all arrays and maps together; a pair of a map
                          counts twice */
};

/*
 * Is it exactly one object, within the limits, nested at most PACK_DEPTH_MAX
 * deep, with every length within the rest? One pass, nothing allocated. NULL,
 * or what is wrong, as in "the message …".
 */
const char *pack_defect(const void *data, size_t size,
                        struct pack_limits limits);

/* What was read; unpacked_free() when its views are done with. */
struct unpacked {
    msgpack_unpacked message;
    const msgpack_object *root;
};

/* 0, or -1 with the error, which names `what`, as in "the assignment of
 * t-1-5". */
int unpack(struct unpacked *u, const void *data, size_t size,
           struct pack_limits limits, const char *what, gale_err *error);
void unpacked_free(struct unpacked *u);

/*
 * The value of a key, NULL if there is none or `map` is none (or NULL). If a
 * key comes twice, the first counts.
 */
const msgpack_object *unpack_key(const msgpack_object *map, const char *key);

/*
 * The value itself, if it is there and of its kind; otherwise `otherwise`. A
 * number that does not fit into what was asked for is of another kind.
 */
int64_t unpack_int(const msgpack_object *o, int64_t otherwise);
uint64_t unpack_uint(const msgpack_object *o, uint64_t otherwise);
double unpack_float(const msgpack_object *o, double otherwise); /* ints, too */
bool unpack_bool(const msgpack_object *o, bool otherwise);
/* Text or bytes; {NULL, 0} if it is neither. Not NUL-terminated. */
gale_str unpack_str(const msgpack_object *o);
/* A copy with a NUL byte, to be freed; NULL if it is no text, is longer than
 * max bytes, or has a NUL byte in it. */
char *unpack_text(const msgpack_object *o, size_t max);

/* Elements of an array; 0 if it is none. */
uint32_t unpack_n(const msgpack_object *o);
const msgpack_object *unpack_at(const msgpack_object *o, uint32_t i);
/* Pairs of a map; 0 if it is none. */
uint32_t unpack_n_pairs(const msgpack_object *o);
const msgpack_object_kv *unpack_pair(const msgpack_object *o, uint32_t i);

#endif
