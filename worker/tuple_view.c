/*
 * tuple_view.c - the host functions behind gale/tuple.h.
 *
 * A refused access marks the reading task; what that means for the input is
 * decided when the callback has returned (bolt_task.c).
 */
#include "topology-api/settings.h"
#include "topology-api/text_buffer.h"
#include "worker/task_base.h"

static const struct tuple_view *view_of(const gale_tuple *t)
{
    return (const struct tuple_view *)(const void *)t;
}

static const char *field_label(const struct tuple_view *v, uint32_t field)
{
    return field < v->route->stream->n_fields ? v->route->stream->fields[field]
                                              : "?";
}

const struct tuple tuple_none = {.size = sizeof(struct tuple)};

__attribute__((noinline, cold)) static void mark_type(
    const struct tuple_view *v, uint32_t field, uint32_t wanted)
{
    task_check_thread(v->task, "gale_get…()");
    if (v->task->marked)
        return; /* the first one is what to mend */
    v->task->marked = true;
    task_set_text(v->task,
                  "field \"%s\" of stream \"%s\" from \"%s\": wanted %s, "
                  "found %s",
                  field_label(v, field), v->route->stream->name,
                  v->route->from->id, value_kind_name(wanted),
                  value_kind_name((uint8_t)v->slots[field].head));
}

/* The name is that of the call of index_of() which gave GALE_NO_FIELD; none did
 * if the plugin says it by itself. */
static void say_unknown(const struct tuple_view *v)
{
    const struct stream_decl *stream = v->route->stream;
    struct text_buffer text;
    char fields[512];

    if (v->task->unknown[0] == '\0') {
        task_set_text(v->task,
                      "stream \"%s\" from \"%s\": GALE_NO_FIELD was asked for, "
                      "which is no field but says that there is none",
                      stream->name, v->route->from->id);
        return;
    }
    text_buffer_init(&text, fields, sizeof(fields));
    for (uint32_t i = 0; i < stream->n_fields; i++)
        text_buffer_put(&text, "%s\"%s\"", i > 0 ? ", " : "",
                        stream->fields[i]);
    task_set_text(v->task,
                  "stream \"%s\" from \"%s\" has no field \"%.*s\", it has %s",
                  stream->name, v->route->from->id, TASK_UNKNOWN_MAX,
                  v->task->unknown, stream->n_fields > 0 ? fields : "none");
}

__attribute__((noinline, cold)) static void mark_missing(
    const struct tuple_view *v, uint32_t field)
{
    task_check_thread(v->task, "gale_get…()");
    if (v->task->marked)
        return;
    v->task->marked = true;
    if (v->tuple == &tuple_none)
        task_set_text(v->task, "a tuple was read after its callback had "
                               "returned: gale_retain() keeps a copy");
    else if (field == GALE_NO_FIELD)
        say_unknown(v);
    else
        task_set_text(v->task,
                      "stream \"%s\" from \"%s\" has %u field%s, number %u was "
                      "asked for (numbers begin with 0)",
                      v->route->stream->name, v->route->from->id,
                      v->tuple->n_fields, v->tuple->n_fields == 1 ? "" : "s",
                      field);
}

/* The slot of a field of this kind, or NULL and a mark. */
static inline const struct slot *slot_at(const struct tuple_view *v,
                                         uint32_t field, uint32_t kind)
{
    if (__builtin_expect(field >= v->tuple->n_fields, 0)) {
        mark_missing(v, field);
        return NULL;
    }
    if (__builtin_expect((uint8_t)v->slots[field].head != kind, 0)) {
        mark_type(v, field, kind);
        return NULL;
    }
    return &v->slots[field];
}

static gale_str get_str(const gale_tuple *t, uint32_t field)
{
    const struct tuple_view *v = view_of(t);
    const struct slot *s = slot_at(v, field, GALE_STRING);

    return s != NULL ? slot_str(v->tuple, s) : gale_str_make("", 0);
}

static gale_str get_bytes(const gale_tuple *t, uint32_t field)
{
    const struct tuple_view *v = view_of(t);
    const struct slot *s = slot_at(v, field, GALE_BYTES);

    return s != NULL ? slot_str(v->tuple, s) : gale_str_make("", 0);
}

static int64_t get_int(const gale_tuple *t, uint32_t field)
{
    const struct slot *s = slot_at(view_of(t), field, GALE_INT);

    return s != NULL ? (int64_t)s->word : 0;
}

static bool get_bool(const gale_tuple *t, uint32_t field)
{
    const struct slot *s = slot_at(view_of(t), field, GALE_BOOL);

    return s != NULL && s->word != 0;
}

static double get_float(const gale_tuple *t, uint32_t field)
{
    const struct tuple_view *v = view_of(t);
    const struct slot *s;
    double f = 0;

    if (field < v->tuple->n_fields && (uint8_t)v->slots[field].head == GALE_INT)
        return (double)(int64_t)v->slots[field].word;
    s = slot_at(v, field, GALE_FLOAT);
    if (s != NULL)
        memcpy(&f, &s->word, sizeof(f));
    return f;
}

static gale_value get(const gale_tuple *t, uint32_t field)
{
    const struct tuple_view *v = view_of(t);

    if (field >= v->tuple->n_fields) {
        mark_missing(v, field);
        return gale_nil();
    }
    return slot_value(v->tuple, &v->slots[field]);
}

static gale_key key(const gale_tuple *t, uint32_t field)
{
    const struct tuple_view *v = view_of(t);

    if (__builtin_expect(field >= v->tuple->n_fields, 0)) {
        mark_missing(v, field);
        return (gale_key){{0, 0}};
    }
    return slot_key_fast(&v->slots[field]);
}

static uint32_t n_fields(const gale_tuple *t)
{
    return view_of(t)->tuple->n_fields;
}

static uint32_t index_of(const gale_tuple *t, const char *name)
{
    const struct stream_decl *stream = view_of(t)->route->stream;

    for (uint32_t i = 0; i < stream->n_fields; i++)
        if (strcmp(stream->fields[i], name) == 0)
            return i;
    memccpy(view_of(t)->task->unknown, name, '\0', TASK_UNKNOWN_MAX);
    return GALE_NO_FIELD;
}

static const char *field_name(const gale_tuple *t, uint32_t field)
{
    const struct stream_decl *stream = view_of(t)->route->stream;

    return field < stream->n_fields ? stream->fields[field] : NULL;
}

__attribute__((noinline, cold)) static gale_value mark_item(
    const struct tuple_view *v, gale_value container, uint32_t i)
{
    const char *kind = value_kind_name(container.kind);

    if (v->task->marked)
        return gale_nil();
    v->task->marked = true;
    if (container.kind != GALE_LIST && container.kind != GALE_MAP)
        task_set_text(v->task,
                      "element %u of %s was asked for, which has none; "
                      "expected a list or a map",
                      i, kind);
    else
        task_set_text(v->task, "element %u of %s with %u was asked for", i,
                      kind, container.size);
    return gale_nil();
}

static gale_value item(const gale_tuple *t, gale_value container, uint32_t i)
{
    const struct tuple_view *v = view_of(t);
    uint64_t n = container.kind == GALE_MAP ? 2 * (uint64_t)container.size
                                            : container.size;
    const struct slot *slot;

    if ((container.kind != GALE_LIST && container.kind != GALE_MAP) ||
        !value_is_borrowed(&container))
        n = 0; /* a plugin can hand in any value */
    slot = value_elements(&container) + i;
    if (i >= n || !tuple_has(v->tuple, (const char *)slot, sizeof(*slot)))
        return mark_item(v, container, i);
    return slot_value(v->tuple, slot);
}

static const char *component(const gale_tuple *t)
{
    return view_of(t)->route->from->id;
}

static const char *stream(const gale_tuple *t)
{
    return view_of(t)->route->stream->name;
}

static int32_t source_task(const gale_tuple *t)
{
    return view_of(t)->route->source_task;
}

const gale_tuple_host tuple_view_host = {
    .size = sizeof(gale_tuple_host),
    .get_str = get_str,
    .get_int = get_int,
    .get_float = get_float,
    .get_bool = get_bool,
    .get_bytes = get_bytes,
    .get = get,
    .n_fields = n_fields,
    .index_of = index_of,
    .field_name = field_name,
    .item = item,
    .component = component,
    .stream = stream,
    .source_task = source_task,
    .key = key,
};
