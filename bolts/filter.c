/*
 * filter.c - bolt: passes on the tuples that fulfil its conditions.
 *
 * Conditions are about one field; all that are given must hold, or with
 * `invert` at least one must not. What is left out is acked and counted as
 * dropped. A condition on text wants text, one on numbers a number: another
 * type fails the tuple with a sentence.
 */
#include "bolts/pass.h"
#include "bolts/text_of.h"
#include <float.h>

/* As good as no limit. */
#define LOWEST "-1.7976931348623157e308"
#define HIGHEST "1.7976931348623157e308"

struct filter {
    gale_str fields, field; /* options */
    gale_str equals, prefix, contains;
    double min, max;
    bool invert;

    uint32_t n;
    bool numbers, texts; /* which kinds of conditions there are */
};

static bool has_numbers(const struct filter *f)
{
    return f->min > -DBL_MAX || f->max < DBL_MAX;
}

static bool has_texts(const struct filter *f)
{
    return f->equals.size || f->prefix.size || f->contains.size;
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct filter *f = instance;

    if (!has_numbers(f) && !has_texts(f))
        gale_declare_error(out, "no condition: give equals, prefix, contains, "
                                "min or max");
    return pass_declare(out, f->fields);
}

static gale_result prepare(gale_task *task)
{
    struct filter *f = gale_instance(task);

    f->n = pass_count(f->fields);
    f->numbers = has_numbers(f);
    f->texts = has_texts(f);
    return GALE_OK;
}

static bool text_fits(const struct filter *f, gale_str text)
{
    if (f->equals.size && !gale_str_eq(text, f->equals))
        return false;
    if (f->prefix.size && (text.size < f->prefix.size ||
                           memcmp(text.data, f->prefix.data, f->prefix.size)))
        return false;
    return !f->contains.size ||
           (text.size &&
            memmem(text.data, text.size, f->contains.data, f->contains.size));
}

static bool fits(const struct filter *f, const gale_tuple *in)
{
    uint32_t field = f->field.size ? gale_index_of(in, f->field.data) : 0;

    if (f->numbers) {
        double number = gale_get_float(in, field);

        if (!(number >= f->min && number <= f->max))
            return false;
    }
    return !f->texts || text_fits(f, text_at(in, field));
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct filter *f = gale_instance(task);

    if (fits(f, in) == f->invert)
        return GALE_DROP;
    return pass_emit(task, in, f->n);
}

GALE_BOLT(filter, .summary = "passes on the tuples that fulfil its conditions",
          .declare = declare, .prepare = prepare, .execute = execute,
          .instance_size = sizeof(struct filter),
          .options = GALE_OPTIONS(
              GALE_OPTION_LIST(struct filter, fields, "fields", NULL,
                               "names for the values that are passed on, from "
                               "the first on"),
              GALE_OPTION_FIELD(struct filter, field, "field", "",
                                "name of the field that the conditions are "
                                "about; the first one if empty"),
              GALE_OPTION_STR(struct filter, equals, "equals", "",
                              "the text is this one"),
              GALE_OPTION_STR(struct filter, prefix, "prefix", "",
                              "the text begins so"),
              GALE_OPTION_STR(struct filter, contains, "contains", "",
                              "the text has this in it"),
              GALE_OPTION_FLOAT(struct filter, min, "min", LOWEST,
                                "the number is this or more"),
              GALE_OPTION_FLOAT(struct filter, max, "max", HIGHEST,
                                "the number is this or less"),
              GALE_OPTION_BOOL(struct filter, invert, "invert", "false",
                               "pass on the others instead")));
