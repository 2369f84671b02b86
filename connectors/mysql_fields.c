/* mysql_fields.c - which field goes to which column; see mysql_fields.h. */
#include "connectors/mysql_fields.h"
#include "connectors/must.h"
#include <string.h>
#include <strings.h>

enum { NAME_MAX_SIZE = 512 };

void mysql_fields_fini(struct mysql_fields *f)
{
    for (uint32_t i = 0; i < f->n; i++)
        free(f->names[i]);
    free(f->names);
    free(f->columns);
    free(f->at);
    memset(f, 0, sizeof(*f));
}

void mysql_fields_add(struct mysql_fields *f, gale_str name, uint32_t column)
{
    if (f->n == f->capacity) {
        f->capacity = 2 * f->capacity + 8;
        f->names = must_alloc(f->names, f->capacity * sizeof(*f->names));
        f->columns = must_alloc(f->columns, f->capacity * sizeof(*f->columns));
        f->at = must_alloc(f->at, f->capacity * sizeof(*f->at));
    }
    f->names[f->n] = must_alloc(NULL, name.size + 1);
    memcpy(f->names[f->n], name.data, name.size);
    f->names[f->n][name.size] = '\0';
    f->columns[f->n++] = column;
    f->component = NULL;
}

uint32_t mysql_fields_find(const struct mysql_fields *f, gale_str name)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (gale_str_eq(name, gale_str_make(f->names[i], strlen(f->names[i]))))
            return i;
    return MYSQL_NO_COLUMN;
}

bool mysql_fields_line(gale_str list, size_t *at, gale_str *line)
{
    const char *end;

    if (*at >= list.size)
        return false;
    *line = gale_str_make(list.data + *at, list.size - *at);
    end = memchr(line->data, '\n', line->size);
    if (end != NULL)
        line->size = (size_t)(end - line->data);
    *at += line->size + 1;
    return true;
}

void mysql_fields_split(gale_str line, gale_str *column, gale_str *field)
{
    const char *equals = memchr(line.data, '=', line.size);

    *column = *field = line;
    if (equals == NULL)
        return;
    column->size = (size_t)(equals - line.data);
    *field = gale_str_make(equals + 1, line.size - column->size - 1);
}

static bool is_listed_until(gale_str list, size_t until, gale_str name)
{
    gale_str line, column, field;

    for (size_t at = 0; at < until && mysql_fields_line(list, &at, &line);) {
        mysql_fields_split(line, &column, &field);
        if (column.size == name.size &&
            !strncasecmp(column.data, name.data, name.size))
            return true;
    }
    return false;
}

gale_str mysql_fields_twice(gale_str list)
{
    gale_str line, column, field;

    for (size_t at = 0, from = 0; mysql_fields_line(list, &at, &line);
         from = at) {
        mysql_fields_split(line, &column, &field);
        if (is_listed_until(list, from, column))
            return column;
    }
    return gale_str_make(NULL, 0);
}

/* -- listed ---------------------------------------------------------------- */

static bool complain(struct mysql_session *s, const struct mysql_columns *c,
                     const char *column, const char *option)
{
    char *names = mysql_columns_names(c);

    mysql_session_refuse(s, MYSQL_ERROR_NEVER,
                         "option %s: the table \"%s\" has no column \"%s\"; "
                         "its columns are %.400s",
                         option, c->table, column, names);
    free(names);
    return false;
}

static bool has_column(const struct mysql_fields *f, uint32_t column)
{
    for (uint32_t i = 0; i < f->n; i++)
        if (f->columns[i] == column)
            return true;
    return false;
}

static bool add_listed(struct mysql_fields *f, const struct mysql_columns *c,
                       struct mysql_session *s, gale_str line)
{
    gale_str column_name, field;
    char name[NAME_MAX_SIZE];
    uint32_t column;

    mysql_fields_split(line, &column_name, &field);
    snprintf(name, sizeof(name), "%.*s", (int)column_name.size,
             column_name.data);
    column = mysql_columns_find(c, name);
    if (column == MYSQL_NO_COLUMN)
        return complain(s, c, name, "columns");
    if (has_column(f, column))
        return mysql_session_refuse(s, MYSQL_ERROR_NEVER,
                                    "option columns: \"%s\" is there twice",
                                    name);
    if (c->items[column].generated)
        return mysql_session_refuse(
            s, MYSQL_ERROR_NEVER,
            "option columns: the column \"%s\" of the table \"%s\" is "
            "generated: leave it out, as its value comes from others",
            name, c->table);
    mysql_fields_add(f, field, column);
    return true;
}

/* A column that must have a value has one. */
static bool is_enough(const struct mysql_fields *f,
                      const struct mysql_columns *c, struct mysql_session *s)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (!c->items[i].optional && !c->items[i].generated &&
            !has_column(f, i))
            return mysql_session_refuse(
                s, MYSQL_ERROR_NEVER,
                "the column \"%s\" of the table \"%s\" has no default, and no "
                "field goes there: see the option columns",
                c->items[i].name, c->table);
    return true;
}

bool mysql_fields_listed(struct mysql_fields *f, const struct mysql_columns *c,
                         struct mysql_session *s, gale_str list)
{
    gale_str line;
    size_t at = 0;

    while (mysql_fields_line(list, &at, &line))
        if (!add_listed(f, c, s, line))
            return false;
    return is_enough(f, c, s);
}

/* -- taken ----------------------------------------------------------------- */

/* As MySQL itself compares names of columns: their case says nothing. One that
 * is the same goes before. NULL: there is none. */
static const char *field_named(const gale_tuple *in, const char *column)
{
    if (gale_index_of(in, column) != GALE_NO_FIELD)
        return column;
    for (uint32_t i = 0; i < gale_n_fields(in); i++)
        if (!strcasecmp(gale_field_name(in, i), column))
            return gale_field_name(in, i);
    return NULL;
}

bool mysql_fields_taken(struct mysql_fields *f, const struct mysql_columns *c,
                        struct mysql_session *s, const gale_tuple *in)
{
    for (uint32_t i = 0; i < c->n; i++) {
        const char *name =
            c->items[i].generated ? NULL : field_named(in, c->items[i].name);

        if (name != NULL)
            mysql_fields_add(f, gale_str_make(name, strlen(name)), i);
    }
    if (f->n == 0)
        return mysql_session_refuse(
            s, MYSQL_ERROR_NEVER,
            "no column of the table \"%s\" has the name of a field of what "
            "comes from %s, stream %s: see the option columns",
            c->table, gale_source_component(in), gale_source_stream(in));
    return is_enough(f, c, s);
}

bool mysql_fields_locate(struct mysql_fields *f, struct mysql_problem *problem,
                         const gale_tuple *in, const char *options)
{
    if (f->component == gale_source_component(in) &&
        f->stream == gale_source_stream(in))
        return true;
    for (uint32_t i = 0; i < f->n; i++) {
        f->at[i] = gale_index_of(in, f->names[i]);
        if (f->at[i] == GALE_NO_FIELD)
            return mysql_problem_say(
                problem, MYSQL_ERROR_NEVER,
                "the tuples of %s, stream %s, have no field \"%s\": see the "
                "%s",
                gale_source_component(in), gale_source_stream(in), f->names[i],
                options);
    }
    f->component = gale_source_component(in);
    f->stream = gale_source_stream(in);
    return true;
}
