/* dead_letter.c - writes a dead letter as a line of JSON; see dead_letter.h. */
#include "common/dead_letter.h"
#include "common/base64.h"
#include "common/number.h"
#include "common/utf8.h"
#include "topology-api/memory.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What the reader of configurations takes as it stands. */
static bool is_plain_code(uint32_t code)
{
    return code != 0 && !(code >= 0x7f && code < 0xa0) && code != 0xfeff &&
           code != 0xfffe && code != 0xffff;
}

static bool is_plain(const char *data, size_t size)
{
    uint32_t code;

    while (size > 0) {
        size_t n = utf8_next(data, size, &code);

        if (n == 0 || !is_plain_code(code))
            return false;
        data += n;
        size -= n;
    }
    return true;
}

/* Text for people: what is not plain is a question mark. */
static void put_words(struct json *j, const char *key, gale_str text)
{
    char *words = xcalloc(text.size + 1, 1);
    size_t size = 0, n;
    uint32_t code;

    for (size_t i = 0; i<text.size; i += n> 0 ? n : 1) {
        n = utf8_next(text.data + i, text.size - i, &code);
        if (n > 0 && is_plain_code(code)) {
            memcpy(words + size, text.data + i, n);
            size += n;
        } else {
            words[size++] = '?';
        }
    }
    json_key(j, key);
    json_bytes(j, words, size);
    free(words);
}

/* {"$what": "base64"} */
static void put_coded(struct json *j, const char *what, gale_value v)
{
    char *text = base64_write(v.as.data, v.size);

    json_object(j);
    json_key(j, what);
    json_string(j, text);
    json_end(j);
    free(text);
}

static void put_float(struct json *j, double x)
{
    char text[NUMBER_TEXT_SIZE];

    number_write(x, text);
    if (isfinite(x) && strpbrk(text, ".e") != NULL) {
        json_float(j, x);
        return;
    }
    json_object(j);
    json_key(j, "$float");
    json_string(j, isnan(x) ? "nan" : text);
    json_end(j);
}

static void put_value(struct json *j, gale_value v);

static void put_items(struct json *j, const gale_value *items, uint32_t n)
{
    json_list(j);
    for (uint32_t i = 0; i < n; i++)
        put_value(j, items[i]);
    json_end(j);
}

static void put_map(struct json *j, gale_value v)
{
    json_object(j);
    json_key(j, "$map");
    put_items(j, v.as.items, 2 * v.size);
    json_end(j);
}

static void put_value(struct json *j, gale_value v)
{
    if (v.kind == GALE_BYTES)
        put_coded(j, "$bytes", v);
    else if (v.kind == GALE_STRING && !is_plain(v.as.data, v.size))
        put_coded(j, "$string", v);
    else if (v.kind == GALE_FLOAT)
        put_float(j, v.as.f);
    else if (v.kind == GALE_LIST)
        put_items(j, v.as.items, v.size);
    else if (v.kind == GALE_MAP)
        put_map(j, v);
    else
        json_value(j, v);
}

static void put_fields(struct json *j, const struct dead_letter *letter)
{
    json_key(j, "fields");
    if (!letter->has_fields) {
        json_null(j);
        return;
    }
    json_list(j);
    for (uint32_t i = 0; i < letter->n; i++) {
        json_object(j);
        put_words(j, "name", letter->names[i]);
        json_key(j, "value");
        put_value(j, letter->values[i]);
        json_end(j);
    }
    json_end(j);
}

static void put_int(struct json *j, const char *key, int64_t n)
{
    json_key(j, key);
    json_int(j, n);
}

static void put_id(struct json *j, gale_msgid id)
{
    json_key(j, "message");
    json_list(j);
    json_int(j, (int64_t)id.hi);
    json_int(j, (int64_t)id.lo);
    json_end(j);
}

char *dead_letter_write(const struct dead_letter *letter, size_t *size)
{
    char time[DEAD_LETTER_TIME_SIZE], *line;
    struct json j;

    json_to_memory(&j);
    json_object(&j);
    json_key(&j, "time");
    json_string(&j, dead_letter_time(letter->time_us, time));
    put_words(&j, "topology", letter->topology);
    put_words(&j, "spout", letter->spout);
    put_int(&j, "task", letter->task);
    put_id(&j, letter->id);
    put_int(&j, "failures", letter->failures);
    put_words(&j, "component", letter->component);
    put_int(&j, "failed_task", letter->failed_task);
    json_key(&j, "poison");
    json_bool(&j, letter->poison);
    put_words(&j, "error", letter->error);
    put_words(&j, "stream", letter->stream);
    put_fields(&j, letter);
    json_end(&j);
    *size = j.size + 1;
    line = xrealloc(json_take(&j), *size + 1);
    memcpy(line + *size - 1, "\n", 2);
    return line;
}

/* -- its time -------------------------------------------------------------- */

const char *dead_letter_time(int64_t time_us, char *text)
{
    int64_t part = ((time_us % 1000000) + 1000000) % 1000000;
    time_t seconds = (time_t)((time_us - part) / 1000000);
    struct tm tm = {0};
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(text, DEAD_LETTER_TIME_SIZE, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text + n, DEAD_LETTER_TIME_SIZE - n, ".%06dZ", (int)part);
    return text;
}

bool dead_letter_time_read(gale_str text, int64_t *time_us)
{
    char copy[DEAD_LETTER_TIME_SIZE] = "", again[DEAD_LETTER_TIME_SIZE];
    struct tm tm = {0};
    const char *rest;

    if (text.size >= sizeof(copy))
        return false;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    rest = strptime(copy, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest == NULL || *rest != '.')
        return false;
    *time_us = (int64_t)timegm(&tm) * 1000000 + strtol(rest + 1, NULL, 10);
    return strcmp(dead_letter_time(*time_us, again), copy) == 0;
}
