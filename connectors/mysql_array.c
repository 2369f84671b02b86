/* mysql_array.c - the values of one parameter; see mysql_array.h. */
#include "connectors/mysql_array.h"
#include "connectors/must.h"
#include <mysql/mysql.h>

void mysql_array_fini(struct mysql_array *a)
{
    free(a->elements);
    free(a->lengths);
    free(a->indicators);
}

void mysql_array_clear(struct mysql_array *a)
{
    a->n = 0;
    a->kind = GALE_NIL;
}

static gale_kind kind_of(gale_value v)
{
    return v.kind == GALE_BOOL ? GALE_INT : (gale_kind)v.kind;
}

bool mysql_array_takes(const struct mysql_array *a, gale_value v)
{
    return a->kind == GALE_NIL || v.kind == GALE_NIL || kind_of(v) == a->kind;
}

static void make_room(struct mysql_array *a)
{
    if (a->n < a->capacity)
        return;
    a->capacity = a->capacity > 0 ? 2 * a->capacity : 16;
    a->elements = must_alloc(a->elements, a->capacity * sizeof(*a->elements));
    a->lengths = must_alloc(a->lengths, a->capacity * sizeof(*a->lengths));
    a->indicators = must_alloc(a->indicators, a->capacity);
}

void mysql_array_add(struct mysql_array *a, gale_value v)
{
    must(mysql_array_takes(a, v) && v.kind <= GALE_BYTES);
    make_room(a);
    if (v.kind != GALE_NIL)
        a->kind = kind_of(v);
    a->indicators[a->n] =
        v.kind == GALE_NIL ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
    a->lengths[a->n] = v.size;
    a->elements[a->n].i = v.as.i;
    if (v.kind == GALE_FLOAT)
        a->elements[a->n].f = v.as.f;
    if (a->kind >= GALE_STRING)
        a->elements[a->n].text =
            v.kind == GALE_NIL || v.size == 0 ? "" : v.as.data;
    a->n++;
}

static enum enum_field_types type_of(gale_kind kind)
{
    switch (kind) {
    case GALE_INT:
        return MYSQL_TYPE_LONGLONG;
    case GALE_FLOAT:
        return MYSQL_TYPE_DOUBLE;
    case GALE_BYTES:
        return MYSQL_TYPE_BLOB;
    default:
        return MYSQL_TYPE_STRING;
    }
}

void mysql_array_bind(struct mysql_array *a, bool all,
                      struct st_mysql_bind *bind)
{
    bool text = a->kind >= GALE_STRING;

    must(a->n > 0);
    memset(bind, 0, sizeof(*bind));
    bind->buffer_type = type_of(a->kind);
    bind->buffer = a->elements;
    if (text)
        bind->length = a->lengths;
    if (all) {
        bind->u.indicator = a->indicators;
        return;
    }
    a->is_null = a->indicators[0] == STMT_INDICATOR_NULL;
    bind->is_null = &a->is_null;
    if (text) {
        bind->buffer = (void *)(uintptr_t)a->elements[0].text;
        bind->buffer_length = a->lengths[0];
    }
}
