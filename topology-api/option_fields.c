/* option_fields.c - the fields that an option names; see option_fields.h. */
#include "topology-api/option_fields.h"

enum option_fields_form option_fields_form(const gale_option *option)
{
    if (option->choices == NULL)
        return OPTION_FIELDS_LINES;
    if (!strcmp(option->choices, "="))
        return OPTION_FIELDS_EQUALS;
    return !strcmp(option->choices, "{}") ? OPTION_FIELDS_BRACES
                                          : OPTION_FIELDS_UNKNOWN;
}

static bool next_line(gale_str text, size_t *at, gale_str *line)
{
    const char *end;

    if (*at >= text.size)
        return false;
    *line = gale_str_make(text.data + *at, text.size - *at);
    end = memchr(line->data, '\n', line->size);
    if (end != NULL)
        line->size = (size_t)(end - line->data);
    *at += line->size + 1;
    return true;
}

/* What is behind the '=', if there is one. */
static gale_str behind_equals(gale_str line)
{
    const char *equals =
        line.size > 0 ? memchr(line.data, '=', line.size) : NULL;
    size_t before = equals == NULL ? 0 : (size_t)(equals - line.data) + 1;

    return gale_str_make(line.data + before, line.size - before);
}

/* A brace without its other one is the bolt's to refuse. */
static bool next_braces(gale_str text, size_t *at, gale_str *name)
{
    for (; *at < text.size; ++*at) {
        const char *open = text.data + *at, *close;
        size_t left = text.size - *at;

        if (*open != '{' && *open != '}')
            continue;
        if (left > 1 && open[1] == *open) {
            ++*at;
            continue;
        }
        close = *open == '{' ? memchr(open, '}', left) : NULL;
        if (close == NULL)
            continue;
        *name = gale_str_make(open + 1, (size_t)(close - open) - 1);
        *at += name->size + 2;
        return true;
    }
    return false;
}

bool option_fields_next(enum option_fields_form form, gale_str text, size_t *at,
                        gale_str *name)
{
    if (form == OPTION_FIELDS_BRACES)
        return next_braces(text, at, name);
    if (!next_line(text, at, name))
        return false;
    if (form == OPTION_FIELDS_EQUALS)
        *name = behind_equals(*name);
    return true;
}
