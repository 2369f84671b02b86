/*
 * fields_split.c - bolt: the fields of a line in which a delimiter stands
 * between them.
 *
 * `Ann,Lee` with the option fields=first,last becomes (Ann, Lee). What is
 * between two delimiters is taken as it is, blanks and quotes, too. With
 * escape=backslash a \ before a delimiter makes it a part of a field, and \n,
 * \r and \\ are read as the bolts `file` and `hdfs_bolt` write them. A line
 * that has fewer fields, or more, is poison, unless `missing` and `more` say
 * else.
 *
 * `keep` names fields of the input that are passed on behind them.
 */
#include "bolts/field_names.h"
#include "bolts/text_of.h"
#include "connectors/must.h"

enum escape { NONE, BACKSLASH };
enum missing { REFUSE_FEWER, NIL };
enum more { REFUSE_MORE, REST };
enum { SHOWN = 80, DELIMITER_MAX = 16 };

struct fields_split {
    gale_str field, fields, keep, delimiter; /* options */
    int32_t escape, missing, more;

    struct field_names names, kept;
};

/* -- options --------------------------------------------------------------- */

static const char *check_delimiter(const struct fields_split *s)
{
    if (s->delimiter.size == 0 || s->delimiter.size > DELIMITER_MAX)
        return "option delimiter: give 1 to 16 bytes";
    if (s->escape == BACKSLASH &&
        memchr(s->delimiter.data, '\\', s->delimiter.size) != NULL)
        return "option delimiter: it holds a backslash, which escape=backslash "
               "has a use for";
    return NULL;
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct fields_split *s = instance;
    const char *wrong = check_delimiter(s);
    struct field_names names, kept;
    gale_result result =
        wrong == NULL ? GALE_OK : gale_declare_error(out, wrong);

    if (!field_names_read(&names, s->fields) || names.n == 0)
        result = gale_declare_error(out, "option fields: give 1 to 255 names");
    result = field_names_keep(out, &kept, s->keep, result);
    result = field_names_declare(out, &names, &kept, result);
    field_names_free(&names);
    field_names_free(&kept);
    return result;
}

static gale_result prepare(gale_task *task)
{
    struct fields_split *s = gale_instance(task);

    must(field_names_read(&s->names, s->fields));
    must(field_names_read(&s->kept, s->keep));
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct fields_split *s = gale_instance(task);

    field_names_free(&s->names);
    field_names_free(&s->kept);
}

/* -- a line ---------------------------------------------------------------- */

/* Bytes before the first delimiter that has no backslash before it; all, if
 * there is none. */
static size_t field_size(const struct fields_split *s, gale_str text)
{
    const char *at = text.data, *end = at + text.size;

    if (text.size == 0)
        return 0;
    if (s->escape == NONE) {
        at = memmem(at, text.size, s->delimiter.data, s->delimiter.size);
        return at != NULL ? (size_t)(at - text.data) : text.size;
    }
    for (; end - at >= (ptrdiff_t)s->delimiter.size; at++)
        if (*at == '\\')
            at++;
        else if (!memcmp(at, s->delimiter.data, s->delimiter.size))
            return (size_t)(at - text.data);
    return text.size;
}

/* As many as are wanted, of what is there; *n is how many are there. */
static void cut(const struct fields_split *s, gale_str text, gale_str *parts,
                uint32_t *n)
{
    bool is_last = false;

    for (*n = 0; !is_last; ++*n) {
        bool takes_rest = s->more == REST && *n + 1 == s->names.n;
        size_t size = takes_rest ? text.size : field_size(s, text);

        if (*n < s->names.n)
            parts[*n] = gale_str_make(text.data, size);
        is_last = size == text.size;
        if (!is_last) {
            text.data += size + s->delimiter.size;
            text.size -= size + s->delimiter.size;
        }
    }
}

/* Without its backslashes, at *room, which moves on. */
static gale_str plain(gale_str text, char **room)
{
    gale_str out = {*room, 0};

    for (size_t i = 0; i < text.size; i++) {
        char c = text.data[i];

        if (c == '\\' && i + 1 < text.size) {
            c = text.data[++i];
            c = (char)(c == 'n' ? '\n' : c == 'r' ? '\r' : c);
        }
        (*room)[out.size++] = c;
    }
    *room += out.size;
    return out;
}

static gale_result wrong_number(gale_task *task, gale_str text, uint32_t n)
{
    const struct fields_split *s = gale_instance(task);
    int shown = text.size < SHOWN ? (int)text.size : SHOWN;

    return gale_error(task, GALE_POISON,
                      "a line has %u field%s, expected %u with \"%s\" between "
                      "them: \"%.*s\"%s",
                      n, n == 1 ? "" : "s", s->names.n, s->delimiter.data,
                      shown, text.size > 0 ? text.data : "",
                      (size_t)shown < text.size ? " …" : "");
}

static gale_result emit_line(gale_task *task, const gale_tuple *in,
                             gale_str text, char *room)
{
    struct fields_split *s = gale_instance(task);
    gale_value values[FIELD_NAMES_MAX];
    gale_str parts[FIELD_NAMES_MAX];
    uint32_t n, wanted = s->names.n;

    cut(s, text, parts, &n);
    if (n > wanted || (n < wanted && s->missing == REFUSE_FEWER))
        return wrong_number(task, text, n);
    for (uint32_t i = 0; i < wanted; i++)
        values[i] = i >= n         ? gale_nil()
                    : room == NULL ? gale_s(parts[i])
                                   : gale_s(plain(parts[i], &room));
    if (field_names_take(task, in, &s->kept, values + wanted) != GALE_OK)
        return GALE_FATAL;
    return gale_emit_values(task, values, wanted + s->kept.n);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct fields_split *s = gale_instance(task);
    gale_str text;
    char *room = NULL;
    gale_result result = text_of(task, in, s->field, &text);

    if (result != GALE_OK)
        return result;
    if (s->escape == BACKSLASH && text.size > 0 &&
        memchr(text.data, '\\', text.size) != NULL)
        room = must_alloc(NULL, text.size);
    result = emit_line(task, in, text, room);
    free(room);
    return result;
}

GALE_BOLT(
    fields_split, .summary = "the fields of a line, between delimiters",
    .declare = declare, .prepare = prepare, .cleanup = cleanup,
    .execute = execute, .instance_size = sizeof(struct fields_split),
    .options = GALE_OPTIONS(
        GALE_OPTION_LIST(struct fields_split, fields, "fields", NULL,
                         "what they are called, in their order"),
        GALE_OPTION_FIELD(struct fields_split, field, "field", "",
                          "name of the field that holds the line; the "
                          "first one if empty"),
        GALE_OPTION_STR(struct fields_split, delimiter, "delimiter", ",",
                        "text between two fields"),
        GALE_OPTION_ENUM(struct fields_split, escape, "escape", "none",
                         "none backslash",
                         "whether a backslash keeps a delimiter from "
                         "being one, and \\n, \\r and \\\\ are these"),
        GALE_OPTION_ENUM(struct fields_split, missing, "missing", "poison",
                         "poison nil",
                         "what becomes of a line with fewer fields"),
        GALE_OPTION_ENUM(struct fields_split, more, "more", "poison",
                         "poison rest",
                         "and of one with more: the last field may take "
                         "the rest, with its delimiters"),
        GALE_OPTION_FIELDS(struct fields_split, keep, "keep", "",
                           "names of fields of the input that are passed on "
                           "behind them")));
