/*
 * json_build.c - bolt: one JSON object of the fields of a tuple.
 *
 * Emits (json): a text without blanks, keys in the order of the fields. Nil is
 * null, a list an array, a map an object; a float keeps its point, and as many
 * digits as it needs. Bytes become base64, or are poison if the option `bytes`
 * says so. What JSON does not have is poison, with the field: text that is no
 * UTF-8, NaN and infinite numbers, maps with keys that are no text or come
 * twice.
 *
 * `keep` names fields of the input that are passed on behind it, such as a key.
 */
#include "bolts/field_names.h"
#include "connectors/json_text.h"
#include "connectors/must.h"
#include <inttypes.h>

struct json_build {
    gale_str fields, keep; /* options */
    int32_t bytes;
    int64_t max_bytes;

    struct field_names names, kept;
};

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct json_build *s = instance;
    const struct field_names own = {NULL, {"json"}, 1};
    struct field_names names, kept;
    gale_result result = GALE_OK;

    if (!field_names_read(&names, s->fields))
        result =
            gale_declare_error(out, "option fields: give at most 255 names");
    result = field_names_keep(out, &kept, s->keep, result);
    result = field_names_declare(out, &own, &kept, result);
    field_names_free(&names);
    field_names_free(&kept);
    return result;
}

/* -- the object ------------------------------------------------------------ */

static gale_result write_field(gale_task *task, const gale_tuple *in,
                               struct text_out *out, const char *name,
                               uint32_t field)
{
    const struct json_build *s = gale_instance(task);
    const char *why;

    if (field == GALE_NO_FIELD)
        return GALE_FATAL;
    why = json_text_write(out, in, gale_cstr(name), JSON_BYTES_REFUSED);
    text_out_char(out, ':');
    if (why == NULL)
        why = json_text_write(out, in, gale_get(in, field),
                              (enum json_bytes)s->bytes);
    return why == NULL
               ? GALE_OK
               : gale_error(task, GALE_POISON, "field \"%s\": %s", name, why);
}

/* Those that are named, or all. */
static gale_result write_object(gale_task *task, const gale_tuple *in,
                                struct text_out *out)
{
    const struct json_build *s = gale_instance(task);
    uint32_t n = s->names.n > 0 ? s->names.n : gale_n_fields(in);
    gale_result result = GALE_OK;

    text_out_char(out, '{');
    for (uint32_t i = 0; i < n && result == GALE_OK; i++) {
        const char *name =
            s->names.n > 0 ? s->names.names[i] : gale_field_name(in, i);
        uint32_t field =
            s->names.n > 0 ? field_names_find(task, in, "fields", name) : i;

        if (i > 0)
            text_out_char(out, ',');
        result = write_field(task, in, out, name, field);
    }
    text_out_char(out, '}');
    return result;
}

static gale_result emit_text(gale_task *task, const gale_tuple *in,
                             const char *text, size_t size)
{
    const struct json_build *s = gale_instance(task);
    gale_value values[1 + FIELD_NAMES_MAX];
    gale_result result;

    values[0] = gale_string(text, size);
    if (size > (size_t)s->max_bytes)
        return gale_error(task, GALE_POISON,
                          "the JSON text has %zu bytes, at most max.bytes "
                          "(%" PRId64 ") are emitted",
                          size, s->max_bytes);
    result = field_names_take(task, in, &s->kept, values + 1);
    return result == GALE_OK ? gale_emit_values(task, values, 1 + s->kept.n)
                             : result;
}

/* -- callbacks ------------------------------------------------------------- */

/* A tuple that is too large would stop the topology. */
static gale_result prepare(gale_task *task)
{
    struct json_build *s = gale_instance(task);
    gale_value most = gale_config(task, "gale.topology.max.tuple.bytes");

    must(field_names_read(&s->names, s->fields));
    must(field_names_read(&s->kept, s->keep));
    if (most.kind == GALE_INT && s->max_bytes > most.as.i / 2)
        return gale_error(task, GALE_FATAL,
                          "the option max.bytes is %" PRId64 ", more than half "
                          "of gale.topology.max.tuple.bytes (%" PRId64 ")",
                          s->max_bytes, most.as.i);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct json_build *s = gale_instance(task);

    field_names_free(&s->names);
    field_names_free(&s->kept);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct text_out out = {NULL, 0, 0};
    gale_result result = write_object(task, in, &out);

    if (result == GALE_OK)
        result = emit_text(task, in, out.data, out.size);
    text_out_fini(&out);
    return result;
}

GALE_BOLT(
    json_build, .summary = "one JSON object of the fields of a tuple",
    .declare = declare, .prepare = prepare, .cleanup = cleanup,
    .execute = execute, .instance_size = sizeof(struct json_build),
    .options = GALE_OPTIONS(
        GALE_OPTION_FIELDS(struct json_build, fields, "fields", "",
                           "names of the fields, in their order; all of "
                           "them if empty"),
        GALE_OPTION_FIELDS(struct json_build, keep, "keep", "",
                           "names of fields of the input that are passed on "
                           "behind the text"),
        GALE_OPTION_ENUM(struct json_build, bytes, "bytes", "base64",
                         "base64 refuse",
                         "what becomes of bytes, which JSON does not "
                         "have"),
        GALE_OPTION_INT(struct json_build, max_bytes, "max.bytes", "16777216",
                        2, 1073741824, "a longer text is poison")));
