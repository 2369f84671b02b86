/* mysql_cell.c - a column of a result; see mysql_cell.h. */
#include "connectors/mysql_cell.h"
#include "connectors/must.h"
#include <inttypes.h>
#include <mysql/mysql.h>

enum { TEXT_FIRST = 256, BINARY_CHARSET = 63, NUMBER_MAX = 24 };

/* What is text in the protocol has the charset of the session, unless it is
 * bytes. */
static gale_kind kind_of(const MYSQL_FIELD *field)
{
    switch (field->type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
    case MYSQL_TYPE_YEAR:
        return GALE_INT;
    case MYSQL_TYPE_FLOAT:
    case MYSQL_TYPE_DOUBLE:
        return GALE_FLOAT;
    case MYSQL_TYPE_BIT:
    case MYSQL_TYPE_GEOMETRY:
        return GALE_BYTES;
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_VAR_STRING:
        return field->charsetnr == BINARY_CHARSET ? GALE_BYTES : GALE_STRING;
    default:
        return GALE_STRING;
    }
}

void mysql_cell_init(struct mysql_cell *c, const struct st_mysql_field *field)
{
    memset(c, 0, sizeof(*c));
    c->kind = kind_of(field);
    c->is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    c->capacity = TEXT_FIRST;
    c->text = must_alloc(NULL, c->capacity);
}

void mysql_cell_fini(struct mysql_cell *c)
{
    free(c->text);
}

void mysql_cell_bind(struct mysql_cell *c, struct st_mysql_bind *bind)
{
    memset(bind, 0, sizeof(*bind));
    bind->is_null = &c->is_null;
    bind->error = &c->error;
    bind->length = &c->length;
    bind->is_unsigned = c->is_unsigned;
    bind->buffer = &c->number;
    bind->buffer_length = sizeof(c->number);
    bind->buffer_type =
        c->kind == GALE_INT ? MYSQL_TYPE_LONGLONG : MYSQL_TYPE_DOUBLE;
    if (c->kind == GALE_STRING || c->kind == GALE_BYTES) {
        bind->buffer_type =
            c->kind == GALE_BYTES ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
        bind->buffer = c->text;
        bind->buffer_length = c->capacity;
    }
}

bool mysql_cell_grow(struct mysql_cell *c)
{
    bool text = c->kind == GALE_STRING || c->kind == GALE_BYTES;

    if (!text || c->is_null || c->length <= c->capacity)
        return false;
    c->capacity = c->length;
    c->text = must_alloc(c->text, c->capacity);
    return true;
}

gale_value mysql_cell_value(struct mysql_cell *c)
{
    if (c->is_null)
        return gale_nil();
    if (c->kind == GALE_FLOAT)
        return gale_float(c->number.f);
    if (c->kind == GALE_BYTES)
        return gale_bytes(c->text, c->length);
    if (c->kind == GALE_STRING)
        return gale_string(c->text, c->length);
    if (!c->is_unsigned || c->number.i >= 0)
        return gale_int(c->number.i);
    return gale_string(c->text,
                       (size_t)snprintf(c->text, NUMBER_MAX, "%" PRIu64,
                                        (uint64_t)c->number.i));
}
