/* try_input.c - the lines of `gale try`; see try_input.h. */
#include "cli/try_input.h"
#include "cli/json_read.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "topology-api/names.h"
#include "topology-api/text_buffer.h"
#include <gale/testing.h>

/* -- lines ----------------------------------------------------------------- */

static void put(struct try_input *input, size_t at, int c)
{
    if (at + 1 >= input->capacity) {
        input->capacity = input->capacity > 0 ? 2 * input->capacity : 256;
        input->text = xrealloc(input->text, input->capacity);
    }
    input->text[at] = (char)c;
}

/* The size of the next line, TRY_LINE_MAX + 1 if it is longer than that; -1 at
 * the end. */
static long read_line(struct try_input *input)
{
    long n = 0;
    int c = getc(input->in);

    if (c == EOF)
        return -1;
    input->line++;
    for (; c != EOF && c != '\n'; c = getc(input->in))
        if (n <= TRY_LINE_MAX)
            put(input, (size_t)n++, c);
    return n;
}

static bool is_blank(const char *text, long n)
{
    while (n > 0 && strchr(" \t\r", text[n - 1]) != NULL)
        n--;
    return n == 0;
}

/* -- streams --------------------------------------------------------------- */

static struct try_stream *add_stream(struct try_input *input, const char *name,
                                     size_t size)
{
    struct try_stream *s;

    input->streams = xreallocarray(input->streams, input->n_streams + 1,
                                   sizeof(*input->streams));
    s = &input->streams[input->n_streams++];
    *s = (struct try_stream){.name = xstrndup(name, size)};
    return s;
}

static void add_field(struct try_stream *s, const char *name, size_t size)
{
    s->fields = xreallocarray(s->fields, s->n_fields + 1, sizeof(*s->fields));
    s->fields[s->n_fields++] = xstrndup(name, size);
}

int try_input_declare(struct try_input *input, const char *text,
                      gale_err *error)
{
    const char *at = strchr(text, '=');
    struct try_stream *s;

    if (at == NULL || at == text)
        return error_set(error, "found \"%s\", expected STREAM=FIELD,FIELD…",
                         text);
    s = add_stream(input, text, (size_t)(at - text));
    for (at++; *at != '\0'; at += *at == ',') {
        size_t size = strcspn(at, ",");

        add_field(s, at, size);
        at += size;
    }
    return 0;
}

/* The first tuple says which stream there is; its fields are named by it, or
 * f0, f1 … */
static void declare_by(struct try_input *input, const char *name,
                       gale_value values)
{
    struct try_stream *s = add_stream(input, name, strlen(name));
    char number[16];

    for (uint32_t i = 0; i < values.size; i++) {
        if (values.kind == GALE_MAP) {
            gale_value key = values.as.items[2 * i];

            add_field(s, key.as.data, key.size);
        } else {
            snprintf(number, sizeof(number), "f%u", i);
            add_field(s, number, strlen(number));
        }
    }
}

static const struct try_stream *find_stream(const struct try_input *input,
                                            const char *name)
{
    for (size_t i = 0; i < input->n_streams; i++)
        if (!strcmp(input->streams[i].name, name))
            return &input->streams[i];
    return NULL;
}

/* -- tuples ---------------------------------------------------------------- */

static const gale_value *member(gale_value map, const char *key)
{
    for (uint32_t i = 0; i < map.size; i++)
        if (!strcmp(map.as.items[2 * i].as.data, key))
            return &map.as.items[2 * i + 1];
    return NULL;
}

static const char *fields_text(const struct try_stream *s, char *buffer,
                               size_t size)
{
    struct text_buffer text;

    text_buffer_init(&text, buffer, size);
    for (uint32_t i = 0; i < s->n_fields; i++)
        text_buffer_put(&text, "%s\"%s\"", i > 0 ? ", " : "", s->fields[i]);
    return buffer;
}

static int wrong_fields(const struct try_stream *s, uint32_t found,
                        gale_err *error)
{
    char fields[400];

    return error_set(error,
                     "the tuple has %u value%s, stream \"%s\" has %u field%s: "
                     "%s",
                     found, found == 1 ? "" : "s", s->name, s->n_fields,
                     s->n_fields == 1 ? "" : "s",
                     fields_text(s, fields, sizeof(fields)));
}

static int order(const struct try_stream *s, struct try_item *item,
                 gale_value map)
{
    char fields[400];

    item->ordered = xcalloc(s->n_fields, sizeof(*item->ordered));
    for (uint32_t i = 0; i < s->n_fields; i++) {
        const gale_value *v = member(map, s->fields[i]);

        if (v == NULL)
            return error_set(
                &item->error, "field \"%s\" is missing; stream \"%s\" has %s",
                s->fields[i], s->name, fields_text(s, fields, sizeof(fields)));
        item->ordered[i] = *v;
    }
    item->values = gale_list(item->ordered, s->n_fields);
    return 0;
}

static int take_tuple(struct try_input *input, struct try_item *item,
                      const char *stream, gale_value values)
{
    const struct try_stream *s;

    if (values.kind != GALE_LIST && values.kind != GALE_MAP)
        return error_set(&item->error,
                         "\"values\" is %s, expected a list of "
                         "values, or an object of fields",
                         value_kind_name(values.kind));
    if (input->n_streams == 0)
        declare_by(input, stream, values);
    s = find_stream(input, stream);
    if (s == NULL)
        return error_set(&item->error,
                         "there is no stream \"%s\"; --stream %s=FIELD,FIELD "
                         "makes one",
                         stream, stream);
    if (values.size != s->n_fields)
        return wrong_fields(s, values.size, &item->error);
    item->kind = TRY_TUPLE;
    item->stream = s->name;
    item->values = values;
    return values.kind == GALE_MAP ? order(s, item, values) : 0;
}

static int take_advance(struct try_item *item, gale_value ms)
{
    if (ms.kind != GALE_INT || ms.as.i < 0 || ms.as.i > GALE_TEST_ADVANCE_MAX)
        return error_set(&item->error,
                         "\"advance\" wants milliseconds from 0 to %lld",
                         (long long)GALE_TEST_ADVANCE_MAX);
    item->kind = TRY_ADVANCE;
    item->ms = ms.as.i;
    return 0;
}

/* Members that are typed; behind them, those of what `gale try` has written,
 * which may be fed to another. */
static const char *const members[] = {"values",  "stream", "advance",
                                      "emit",    "ack",    "fail",
                                      "dropped", "poison", "error"};
enum { N_MEMBERS = sizeof(members) / sizeof(members[0]), N_TYPED = 3 };

static bool is_member(const char *key)
{
    for (size_t i = 0; i < N_MEMBERS; i++)
        if (!strcmp(members[i], key))
            return true;
    return false;
}

static int refuse_member(const char *key, gale_err *error)
{
    struct names_nearest nearest;
    char text[128];

    names_start(&nearest, key);
    for (size_t i = 0; i < N_TYPED; i++)
        names_consider(&nearest, members[i]);
    return error_set(
        error,
        "found the member %s, expected \"values\", with \"stream\" "
        "if need be, or \"advance\"%s",
        value_text(gale_cstr(key), text, sizeof(text)), names_hint(&nearest));
}

static int check_members(gale_value object, gale_err *error)
{
    for (uint32_t i = 0; i < object.size; i++) {
        const char *key = object.as.items[2 * i].as.data;

        if (!is_member(key))
            return refuse_member(key, error);
    }
    return 0;
}

static int take_object(struct try_input *input, struct try_item *item)
{
    const gale_value *stream = member(item->json, "stream");
    const gale_value *values = member(item->json, "values");
    const gale_value *ms = member(item->json, "advance");

    if (check_members(item->json, &item->error))
        return -1;
    if (values == NULL)
        values = member(item->json, "emit");
    if (stream != NULL && stream->kind != GALE_STRING)
        return error_set(&item->error, "\"stream\" is %s, expected a string",
                         value_kind_name(stream->kind));
    if (stream != NULL && strlen(stream->as.data) != stream->size)
        return error_set(&item->error,
                         "\"stream\" holds a NUL byte, which no name does");
    if (values != NULL)
        return take_tuple(
            input, item, stream == NULL ? "default" : stream->as.data, *values);
    if (ms != NULL)
        return take_advance(item, *ms);
    if (member(item->json, "ack") != NULL || member(item->json, "fail") != NULL)
        return 0;
    return error_set(&item->error, "an object has \"values\", with \"stream\" "
                                   "if need be, or \"advance\"");
}

static int read_item(struct try_input *input, struct try_item *item, long n)
{
    if (n > TRY_LINE_MAX)
        return error_set(&item->error, "the line is longer than %d MiB",
                         TRY_LINE_MAX >> 20);
    if (json_read(input->text, (size_t)n, &item->json, &item->error))
        return -1;
    if (item->json.kind == GALE_LIST)
        return take_tuple(input, item, "default", item->json);
    return take_object(input, item);
}

void try_input_next(struct try_input *input, struct try_item *item)
{
    long n = read_line(input);

    *item = (struct try_item){.kind = TRY_NOTHING};
    if (n < 0)
        item->kind = TRY_END;
    else if (!is_blank(input->text, n) && read_item(input, item, n))
        item->kind = TRY_WRONG;
}

void try_item_free(struct try_item *item)
{
    value_free(item->json);
    free(item->ordered);
}

void try_input_free(struct try_input *input)
{
    for (size_t i = 0; i < input->n_streams; i++) {
        for (uint32_t k = 0; k < input->streams[i].n_fields; k++)
            free(input->streams[i].fields[k]);
        free(input->streams[i].fields);
        free(input->streams[i].name);
    }
    free(input->streams);
    free(input->text);
}
