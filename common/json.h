/*
 * json.h - write JSON, to a stream or into memory.
 *
 *     struct json j;
 *
 *     json_to_file(&j, file);
 *     json_object(&j);
 *     json_key(&j, "rate");
 *     json_float(&j, 12.5);
 *     json_end(&j);
 *     if (json_finish(&j)) … errno …
 *
 * Commas and quotes come by themselves; a value where a key belongs, or an end
 * too many, is a failed check(). Strings may hold any bytes: what is not valid
 * UTF-8 becomes U+FFFD, one for each byte, so that the output always is JSON.
 * A float that JSON has no number for (infinite, NaN) becomes null.
 */
#ifndef GALE_JSON_H
#define GALE_JSON_H

#include <gale/value.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { JSON_DEPTH_MAX = 64 };

struct json {
    FILE *file; /* NULL: into memory */
    char *text; /* in memory: what there is, NUL-terminated */
    size_t size;
    size_t capacity;
    uint32_t depth; /* open objects and lists */
    bool after_key; /* a key waits for its value */
    struct {
        bool object;
        bool filled; /* has a member: the next one needs a comma */
    } open[JSON_DEPTH_MAX];
};

void json_to_file(struct json *j, FILE *file); /* stays the caller's */
void json_to_memory(struct json *j);

void json_object(struct json *j);
void json_list(struct json *j);
void json_end(struct json *j); /* of the innermost object or list */

void json_key(struct json *j, const char *key);

void json_null(struct json *j);
void json_bool(struct json *j, bool value);
void json_int(struct json *j, int64_t value);
void json_uint(struct json *j, uint64_t value);
void json_float(struct json *j, double value);
void json_string(struct json *j, const char *text);
void json_bytes(struct json *j, const char *data, size_t size);
/* Bytes are written as a string, a map with keys that are no strings by their
 * JSON text; deeper than JSON_DEPTH_MAX in all is a failed check(). */
void json_value(struct json *j, gale_value value);

/* Everything must be ended. A file is flushed: 0, or -1 and errno if it did
 * not take everything. */
int json_finish(struct json *j);
/* In memory: the text is the caller's to free. */
char *json_take(struct json *j);

#endif
