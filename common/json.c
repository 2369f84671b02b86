/* json.c - write JSON, with the commas where they belong; see json.h. */
#include "common/json.h"
#include "common/check.h"
#include "common/number.h"
#include "common/utf8.h"
#include "topology-api/memory.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

void json_to_file(struct json *j, FILE *file)
{
    memset(j, 0, sizeof(*j));
    j->file = file;
}

void json_to_memory(struct json *j)
{
    memset(j, 0, sizeof(*j));
    j->capacity = 256;
    j->text = xcalloc(j->capacity, 1);
}

static void put(struct json *j, const char *text, size_t size)
{
    if (j->file) {
        fwrite(text, 1, size, j->file); /* json_finish() asks how it went */
        return;
    }
    if (size >= j->capacity - j->size) {
        check(size < SIZE_MAX / 2 - j->capacity);
        j->capacity = (j->capacity + size) * 2;
        j->text = xrealloc(j->text, j->capacity);
    }
    memcpy(j->text + j->size, text, size);
    j->size += size;
    j->text[j->size] = 0;
}

static void put_text(struct json *j, const char *text)
{
    put(j, text, strlen(text));
}

/* What stands before a member: a comma, unless it is the first. */
static void begin_member(struct json *j)
{
    if (j->depth == 0) {
        check(j->size == 0); /* one value; a file may hold several */
        return;
    }
    if (j->open[j->depth - 1].filled)
        put(j, ",", 1);
    j->open[j->depth - 1].filled = true;
}

static void begin_value(struct json *j)
{
    if (j->after_key) {
        j->after_key = false;
        return;
    }
    check_msg(j->depth == 0 || !j->open[j->depth - 1].object,
              "an object's value needs a key first");
    begin_member(j);
}

static void begin_container(struct json *j, bool object)
{
    begin_value(j);
    check(j->depth < JSON_DEPTH_MAX);
    j->open[j->depth].object = object;
    j->open[j->depth].filled = false;
    j->depth++;
    put(j, object ? "{" : "[", 1);
}

void json_object(struct json *j)
{
    begin_container(j, true);
}

void json_list(struct json *j)
{
    begin_container(j, false);
}

void json_end(struct json *j)
{
    check(j->depth > 0 && !j->after_key);
    j->depth--;
    put(j, j->open[j->depth].object ? "}" : "]", 1);
}

/* One character of a string; returns how many bytes it took. */
static size_t put_char(struct json *j, const char *data, size_t size)
{
    static const char escaped[] = "\"\\\b\f\n\r\t";
    static const char names[] = "\"\\bfnrt";
    uint32_t code;
    size_t n = utf8_next(data, size, &code);
    const char *found;
    char text[8];

    if (n == 0) {
        put(j, "\xef\xbf\xbd", 3); /* U+FFFD */
        return 1;
    }
    found = code && code < 0x80 ? strchr(escaped, (int)code) : NULL;
    if (found) {
        const char pair[] = {'\\', names[found - escaped]};

        put(j, pair, sizeof(pair));
    } else if (code < 0x20 || code == 0x7f) {
        snprintf(text, sizeof(text), "\\u%04x", (unsigned)code);
        put(j, text, 6);
    } else {
        put(j, data, n);
    }
    return n;
}

static void put_string(struct json *j, const char *data, size_t size)
{
    put(j, "\"", 1);
    while (size > 0) {
        size_t n = put_char(j, data, size);

        data += n;
        size -= n;
    }
    put(j, "\"", 1);
}

void json_key(struct json *j, const char *key)
{
    check(j->depth > 0 && j->open[j->depth - 1].object && !j->after_key);
    begin_member(j);
    put_string(j, key, strlen(key));
    put(j, ":", 1);
    j->after_key = true;
}

void json_null(struct json *j)
{
    begin_value(j);
    put_text(j, "null");
}

void json_bool(struct json *j, bool value)
{
    begin_value(j);
    put_text(j, value ? "true" : "false");
}

void json_int(struct json *j, int64_t value)
{
    char text[32];

    begin_value(j);
    snprintf(text, sizeof(text), "%" PRId64, value);
    put_text(j, text);
}

void json_uint(struct json *j, uint64_t value)
{
    char text[32];

    begin_value(j);
    snprintf(text, sizeof(text), "%" PRIu64, value);
    put_text(j, text);
}

void json_float(struct json *j, double value)
{
    char text[NUMBER_TEXT_SIZE];

    if (!isfinite(value)) {
        json_null(j);
        return;
    }
    begin_value(j);
    number_write(value, text);
    put_text(j, text);
}

void json_bytes(struct json *j, const char *data, size_t size)
{
    begin_value(j);
    put_string(j, data, size);
}

void json_string(struct json *j, const char *text)
{
    json_bytes(j, text, strlen(text));
}

static void key_of_value(struct json *j, gale_value key)
{
    gale_str text = gale_value_str(key);
    struct json other;
    char *written = NULL;

    if (key.kind != GALE_STRING && key.kind != GALE_BYTES) {
        json_to_memory(&other);
        json_value(&other, key);
        written = json_take(&other);
        text = gale_str_make(written, strlen(written));
    }
    begin_member(j);
    put_string(j, text.data, text.size);
    put(j, ":", 1);
    j->after_key = true;
    free(written);
}

static void put_items(struct json *j, gale_value value)
{
    bool map = value.kind == GALE_MAP;

    begin_container(j, map);
    for (uint32_t i = 0; i < value.size; i++) {
        if (map)
            key_of_value(j, value.as.items[2 * (size_t)i]);
        json_value(j, value.as.items[map ? 2 * (size_t)i + 1 : i]);
    }
    json_end(j);
}

void json_value(struct json *j, gale_value value)
{
    switch (value.kind) {
    case GALE_BOOL:
        json_bool(j, value.as.i != 0);
        break;
    case GALE_INT:
        json_int(j, value.as.i);
        break;
    case GALE_FLOAT:
        json_float(j, value.as.f);
        break;
    case GALE_STRING:
    case GALE_BYTES:
        json_bytes(j, value.as.data, value.size);
        break;
    case GALE_LIST:
    case GALE_MAP:
        put_items(j, value);
        break;
    default:
        json_null(j);
    }
}

int json_finish(struct json *j)
{
    check(j->file && j->depth == 0);
    return fflush(j->file) || ferror(j->file) ? -1 : 0;
}

char *json_take(struct json *j)
{
    char *text = j->text;

    check(!j->file && j->depth == 0 && !j->after_key);
    memset(j, 0, sizeof(*j));
    return text;
}
