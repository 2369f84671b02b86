/* stream_decl.c - declared streams, checked and copied out of the plugin. */
#include "topology-api/stream_decl.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/readable.h"

/* -- checks ---------------------------------------------------------------- */

static int check_reserved(const gale_stream *stream, const char *owner,
                          gale_err *error)
{
    static const struct {
        uint32_t flag;
        const char *name;
    } reserved[] = {
        {GALE_STREAM_APPEND, "append"},
        {GALE_STREAM_CHANGELOG, "changelog"},
        {GALE_STREAM_LATE, "late"},
    };

    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
        if (stream->flags & reserved[i].flag)
            return error_set(error,
                             "stream \"%s\" of %s sets the reserved flag "
                             "\"%s\", which this gale does not run yet",
                             stream->name, owner, reserved[i].name);
    if (stream->flags & ~(uint32_t)GALE_STREAM_DIRECT)
        return error_set(error,
                         "stream \"%s\" of %s has the flags 0x%x, which this "
                         "gale does not know",
                         stream->name, owner, stream->flags);
    if (stream->reserved != 0 || stream->time_field != NULL)
        return error_set(error,
                         "stream \"%s\" of %s fills the reserved slot \"%s\", "
                         "which this gale does not run yet",
                         stream->name, owner,
                         stream->reserved ? "reserved" : "time_field");
    return 0;
}

static int check_field_texts(const gale_stream *stream, const char *owner,
                             gale_err *error)
{
    const gale_fields *fields = &stream->fields;
    char label[NAMES_MAX + 64];

    snprintf(label, sizeof(label), "the table of fields of stream \"%s\"",
             stream->name);
    if (readable_check_bytes(fields->names, fields->n * sizeof(char *), owner,
                             label, error))
        return -1;
    for (uint32_t i = 0; i < fields->n; i++) {
        snprintf(label, sizeof(label), "the name of field %u of stream \"%s\"",
                 i, stream->name);
        if (readable_check_text(fields->names[i], owner, label, error))
            return -1;
    }
    return 0;
}

static int check_fields(const gale_stream *stream, const char *owner,
                        gale_err *error)
{
    const gale_fields *fields = &stream->fields;

    if (fields->n > STREAM_DECL_FIELDS_MAX)
        return error_set(error,
                         "stream \"%s\" of %s has %u fields, at most %u are "
                         "allowed",
                         stream->name, owner, fields->n,
                         STREAM_DECL_FIELDS_MAX);
    if (fields->n > 0 &&
        (fields->names == NULL ||
         (uintptr_t)fields->names % _Alignof(const char *) != 0 ||
         fields->item_size != sizeof(char *)))
        return error_set(error,
                         "stream \"%s\" of %s has a damaged table of fields: "
                         "expected %u names of %zu bytes each",
                         stream->name, owner, fields->n, sizeof(char *));
    return check_field_texts(stream, owner, error);
}

static int check_field(const gale_stream *stream, uint32_t i, const char *owner,
                       gale_err *error)
{
    const char *name = stream->fields.names[i];
    gale_err cause;

    if (names_check("a field", name, &cause))
        return error_set(error, "stream \"%s\" of %s: %s", stream->name, owner,
                         cause.text);
    for (uint32_t j = 0; j < i; j++) /* one of them may be wrong, and told */
        if (stream->fields.names[j] != NULL &&
            !strcmp(stream->fields.names[j], name))
            return error_set(error,
                             "stream \"%s\" of %s declares the field \"%s\" "
                             "twice",
                             stream->name, owner, name);
    return 0;
}

/* The stream and its name; number: among those of its component. */
static int check_place(const gale_stream *stream, uint32_t number,
                       const char *owner, gale_err *error)
{
    char label[40];

    snprintf(label, sizeof(label), "stream %u", number);
    if (readable_check_bytes(stream, sizeof(*stream), owner, label, error))
        return -1;
    snprintf(label, sizeof(label), "the name of stream %u", number);
    return readable_check_text(stream->name, owner, label, error);
}

/* But for its fields by themselves. */
static int check_stream(const struct stream_decl_list *list,
                        const gale_stream *stream, const char *owner,
                        gale_err *error)
{
    gale_err cause;

    if (check_place(stream, list->n, owner, error))
        return -1;
    if (names_check("a stream", stream->name, &cause))
        return error_set(error, "%s: %s", owner, cause.text);
    if (list->n == STREAM_DECL_STREAMS_MAX)
        return error_set(error,
                         "%s declares more than %u streams, which is the most "
                         "that is allowed",
                         owner, STREAM_DECL_STREAMS_MAX);
    for (uint32_t i = 0; i < list->n; i++)
        if (!strcmp(list->items[i].name, stream->name))
            return error_set(error, "%s declares the stream \"%s\" twice",
                             owner, stream->name);
    if (check_reserved(stream, owner, error))
        return -1;
    return check_fields(stream, owner, error);
}

/* -- the list -------------------------------------------------------------- */

/* How much is wrong with it. */
static uint32_t tell_all(const struct stream_decl_list *list,
                         const gale_stream *stream, const char *owner,
                         stream_decl_wrong_fn *wrong, void *arg)
{
    uint32_t n = 0;
    gale_err error;

    if (check_stream(list, stream, owner, &error)) {
        wrong(arg, &error);
        return 1;
    }
    for (uint32_t i = 0; i < stream->fields.n; i++)
        if (check_field(stream, i, owner, &error)) {
            wrong(arg, &error);
            n++;
        }
    return n;
}

int stream_decl_add_told(struct stream_decl_list *list,
                         const gale_stream *stream, const char *owner,
                         stream_decl_wrong_fn *wrong, void *arg)
{
    struct stream_decl *copy;

    if (tell_all(list, stream, owner, wrong, arg) > 0)
        return -1;
    list->items = xreallocarray(list->items, list->n + 1, sizeof(*list->items));
    copy = &list->items[list->n++];
    copy->name = xstrdup(stream->name);
    copy->flags = stream->flags;
    copy->n_fields = stream->fields.n;
    copy->fields = xcalloc(copy->n_fields, sizeof(*copy->fields));
    for (uint32_t i = 0; i < copy->n_fields; i++)
        copy->fields[i] = xstrdup(stream->fields.names[i]);
    return 0;
}

struct first_wrong {
    gale_err *error; /* where it goes; NULL: nowhere, or it is there */
};

/* A stream_decl_wrong_fn. */
static void keep_first(void *arg, gale_err *error)
{
    struct first_wrong *first = arg;

    if (first->error != NULL)
        *first->error = *error;
    first->error = NULL;
}

int stream_decl_add(struct stream_decl_list *list, const gale_stream *stream,
                    const char *owner, gale_err *error)
{
    struct first_wrong first = {error};

    return stream_decl_add_told(list, stream, owner, keep_first, &first);
}

int stream_decl_add_all(struct stream_decl_list *list,
                        const gale_streams *streams, const char *owner,
                        gale_err *error)
{
    const char *at = (const char *)streams->items;

    if (streams->n > 0 &&
        (at == NULL || (uintptr_t)at % _Alignof(gale_stream) != 0 ||
         streams->item_size < sizeof(gale_stream) ||
         streams->item_size % _Alignof(gale_stream) != 0))
        return error_set(error,
                         "%s has a damaged table of streams: expected elements "
                         "of at least %zu bytes, found %u",
                         owner, sizeof(gale_stream), streams->item_size);
    for (uint32_t i = 0; i < streams->n; i++, at += streams->item_size)
        if (stream_decl_add(list, (const gale_stream *)(const void *)at, owner,
                            error))
            return -1;
    return 0;
}

void stream_decl_free(struct stream_decl_list *list)
{
    for (uint32_t i = 0; i < list->n; i++) {
        for (uint32_t j = 0; j < list->items[i].n_fields; j++)
            free(list->items[i].fields[j]);
        free(list->items[i].fields);
        free(list->items[i].name);
    }
    free(list->items);
    *list = (struct stream_decl_list){0, NULL};
}
