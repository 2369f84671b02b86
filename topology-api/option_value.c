/* option_value.c - one row of an options table, and one value for it. */
#include "topology-api/option_value.h"
#include "topology-api/option_fields.h"
#include "topology-api/text_buffer.h"
#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>

bool option_value_is_list(const gale_option *option)
{
    if (option->type == GALE_OPTION_TYPE_FIELDS)
        return option->max != 1 &&
               option_fields_form(option) != OPTION_FIELDS_BRACES;
    return option->type == GALE_OPTION_TYPE_STR && option->choices != NULL &&
           strcmp(option->choices, ",") == 0;
}

static void put_range(struct text_buffer *text, const gale_option *option)
{
    text_buffer_put(text, "an integer");
    if (option->min > INT64_MIN && option->max < INT64_MAX)
        text_buffer_put(text, " from %" PRId64 " to %" PRId64, option->min,
                        option->max);
    else if (option->min > INT64_MIN)
        text_buffer_put(text, " of at least %" PRId64, option->min);
    else if (option->max < INT64_MAX)
        text_buffer_put(text, " of at most %" PRId64, option->max);
}

static const char *expected_fields(const gale_option *option)
{
    switch (option_fields_form(option)) {
    case OPTION_FIELDS_EQUALS:
        return "a list of NAME or NAME=FIELD, FIELD being one of the input";
    case OPTION_FIELDS_BRACES:
        return "a string, in which {FIELD} is a field of the input";
    default:
        return option->max == 1 ? "the name of a field of the input"
                                : "a list of names of fields of the input";
    }
}

char *option_value_expected(const gale_option *option, char *buffer,
                            size_t size)
{
    struct text_buffer text;

    text_buffer_init(&text, buffer, size);
    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        put_range(&text, option);
        break;
    case GALE_OPTION_TYPE_FLOAT:
        text_buffer_put(&text, "a number");
        break;
    case GALE_OPTION_TYPE_BOOL:
        text_buffer_put(&text, "true or false");
        break;
    case GALE_OPTION_TYPE_STR:
        text_buffer_put(&text, "a string or a list of strings "
                               "without line breaks");
        break;
    case GALE_OPTION_TYPE_FIELDS:
        text_buffer_put(&text, "%s", expected_fields(option));
        break;
    case GALE_OPTION_TYPE_MAP:
        text_buffer_put(&text, "a string, a number, true or false");
        break;
    case GALE_OPTION_TYPE_ENUM:
        text_buffer_put(&text, "one of ");
        for (const char *at = option->choices; *at != '\0'; at++)
            text_buffer_put(&text, "%s%c", *at == ' ' ? "," : "", *at);
        break;
    }
    return buffer;
}

int32_t option_value_choice(const gale_option *option, gale_str word)
{
    const char *at = option->choices;

    for (int32_t i = 0; word.size > 0; i++) {
        size_t size = strcspn(at, " ");

        if (size == word.size && !memcmp(at, word.data, size))
            return i;
        if (at[size] == '\0')
            break;
        at += size + 1;
    }
    return -1;
}

/* A number with a point, whatever the locale of the embedding program. */
static bool parse_float(const char *text, double *f)
{
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    char *end = NULL;

    if (c == (locale_t)0)
        return false;
    *f = strtod_l(text, &end, c);
    freelocale(c);
    return *text != '\0' && *end == '\0' && isfinite(*f);
}

gale_value option_value_default(const gale_option *option)
{
    const char *text = option->fallback;
    char *end;
    long long i;
    double f;

    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        errno = 0;
        i = strtoll(text, &end, 10);
        return *text == '\0' || *end != '\0' || errno ? gale_nil()
                                                      : gale_int(i);
    case GALE_OPTION_TYPE_FLOAT:
        return parse_float(text, &f) ? gale_float(f) : gale_nil();
    case GALE_OPTION_TYPE_BOOL:
        return !strcmp(text, "true")    ? gale_bool(true)
               : !strcmp(text, "false") ? gale_bool(false)
                                        : gale_nil();
    default:
        return gale_cstr(text);
    }
}

/* What has a text that a NUL byte does not cut. */
static bool suits_map(gale_value v)
{
    return v.kind == GALE_INT || v.kind == GALE_BOOL ||
           (v.kind == GALE_FLOAT && isfinite(v.as.f)) ||
           (v.kind == GALE_STRING &&
            (v.size == 0 || memchr(v.as.data, '\0', v.size) == NULL));
}

bool option_value_suits(const gale_option *option, gale_value v)
{
    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        return v.kind == GALE_INT && v.as.i >= option->min &&
               v.as.i <= option->max;
    case GALE_OPTION_TYPE_FLOAT:
        return v.kind == GALE_INT || (v.kind == GALE_FLOAT && isfinite(v.as.f));
    case GALE_OPTION_TYPE_BOOL:
        return v.kind == GALE_BOOL;
    case GALE_OPTION_TYPE_STR:
    case GALE_OPTION_TYPE_FIELDS:
        return v.kind == GALE_STRING;
    case GALE_OPTION_TYPE_MAP:
        return suits_map(v);
    default:
        return v.kind == GALE_STRING &&
               option_value_choice(option, gale_value_str(v)) >= 0;
    }
}

void option_value_store(const gale_option *option, gale_value v, void *instance)
{
    void *member = (char *)instance + option->offset;

    switch (option->type) {
    case GALE_OPTION_TYPE_INT:
        *(int64_t *)member = v.as.i;
        break;
    case GALE_OPTION_TYPE_FLOAT:
        *(double *)member = v.kind == GALE_INT ? (double)v.as.i : v.as.f;
        break;
    case GALE_OPTION_TYPE_BOOL:
        *(bool *)member = v.as.i != 0;
        break;
    case GALE_OPTION_TYPE_STR:
    case GALE_OPTION_TYPE_FIELDS:
    case GALE_OPTION_TYPE_MAP:
        *(gale_str *)member = gale_value_str(v);
        break;
    default:
        *(int32_t *)member = option_value_choice(option, gale_value_str(v));
    }
}
