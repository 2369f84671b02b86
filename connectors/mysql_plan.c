/* mysql_plan.c - which fields go where; see mysql_plan.h. */
#include "connectors/mysql_plan.h"
#include "connectors/must.h"

static bool has_marker(const struct mysql_plan *p)
{
    return *p->marker_name != '\0';
}

/* The fields that name a message, as columns of the table of markers. */
static bool add_marker_keys(struct mysql_plan *p, struct mysql_session *s)
{
    gale_str line;
    char name[256];

    for (size_t at = 0; mysql_fields_line(p->dedup_key, &at, &line);
         p->n_keys++) {
        snprintf(name, sizeof(name), "%.*s", (int)line.size, line.data);
        if (p->n_keys == MYSQL_KEYS_MAX)
            return mysql_session_refuse(s, MYSQL_ERROR_NEVER,
                                        "option dedup.key: at most %d fields",
                                        MYSQL_KEYS_MAX);
        p->keys[p->n_keys] = mysql_columns_find(&p->marker, name);
        if (p->keys[p->n_keys] == MYSQL_NO_COLUMN)
            return mysql_session_refuse(
                s, MYSQL_ERROR_NEVER,
                "option dedup.key: the table \"%s\" has no column \"%s\"",
                p->marker.table, name);
        mysql_fields_add(&p->fields, line, p->keys[p->n_keys]);
    }
    return true;
}

/* The same, as columns that are written anyway. */
static bool find_keys(struct mysql_plan *p, struct mysql_session *s)
{
    gale_str line;

    for (size_t at = 0; mysql_fields_line(p->dedup_key, &at, &line);
         p->n_keys++) {
        uint32_t field = mysql_fields_find(&p->fields, line);

        if (p->n_keys == MYSQL_KEYS_MAX || field == MYSQL_NO_COLUMN)
            return mysql_session_refuse(
                s, MYSQL_ERROR_NEVER,
                "option dedup.key: expected at most %d fields, each of which "
                "goes to a column; \"%.*s\" goes nowhere: see the options "
                "columns and dedup.table",
                MYSQL_KEYS_MAX, (int)line.size, line.data);
        p->keys[p->n_keys] = p->fields.columns[field];
    }
    return true;
}

static bool has_unique_key(const struct mysql_plan *p, struct mysql_session *s)
{
    const struct mysql_columns *c = has_marker(p) ? &p->marker : &p->table;

    if (p->n_keys == 0 || mysql_columns_unique(c, p->keys, p->n_keys))
        return true;
    return mysql_session_refuse(
        s, MYSQL_ERROR_NEVER,
        "option dedup.key: the table \"%s\" has no unique key over just these "
        "columns, all NOT NULL; expected one, as by ALTER TABLE … ADD UNIQUE "
        "KEY (…), or a table of markers: see the option dedup.table",
        c->table);
}

/* All columns are known. */
static bool finish(struct mysql_plan *p, struct mysql_session *s)
{
    p->n_columns = p->fields.n;
    p->complete = (has_marker(p) ? add_marker_keys : find_keys)(p, s) &&
                  has_unique_key(p, s);
    return p->complete;
}

bool mysql_plan_read(struct mysql_plan *p, struct mysql_session *s)
{
    if (!mysql_columns_read(&p->table, s, p->table_name))
        return false;
    if (has_marker(p) && !mysql_columns_read(&p->marker, s, p->marker_name))
        return false;
    if (p->listed.size == 0)
        return true; /* the first input says */
    return mysql_fields_listed(&p->fields, &p->table, s, p->listed) &&
           finish(p, s);
}

bool mysql_plan_by_input(struct mysql_plan *p, struct mysql_session *s,
                         const gale_tuple *in)
{
    return mysql_fields_taken(&p->fields, &p->table, s, in) && finish(p, s);
}

struct mysql_target mysql_plan_target(const struct mysql_plan *p,
                                      enum mysql_mode mode, bool one_by_one)
{
    must(p->complete);
    return (struct mysql_target){.table = &p->table,
                                 .columns = p->fields.columns,
                                 .n_columns = p->n_columns,
                                 .mode = mode,
                                 .one_by_one = one_by_one,
                                 .marker = has_marker(p) ? &p->marker : NULL,
                                 .keys = p->keys,
                                 .n_keys = p->n_keys};
}

void mysql_plan_fini(struct mysql_plan *p)
{
    mysql_fields_fini(&p->fields);
    mysql_columns_fini(&p->table);
    mysql_columns_fini(&p->marker);
}
