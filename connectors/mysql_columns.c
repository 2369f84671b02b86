/* mysql_columns.c - a table as its server describes it; see
 * mysql_columns.h. */
#include "connectors/mysql_columns.h"
#include "connectors/must.h"
#include "connectors/mysql_statement.h"
#include <strings.h>

enum { ROW_MAX = 5 };

static char *copy_of(gale_value text)
{
    gale_str s = gale_value_str(text);
    char *copy = must_alloc(NULL, s.size + 1);

    if (s.size > 0)
        memcpy(copy, s.data, s.size);
    copy[s.size] = '\0';
    return copy;
}

static bool is_true(gale_value v)
{
    return v.kind == GALE_INT && v.as.i != 0;
}

void mysql_columns_fini(struct mysql_columns *c)
{
    for (uint32_t i = 0; i < c->n; i++)
        free(c->items[i].name);
    for (uint32_t i = 0; i < c->n_keys; i++) {
        free(c->keys[i].name);
        free(c->keys[i].columns);
    }
    free(c->table);
    free(c->engine);
    free(c->items);
    free(c->keys);
    memset(c, 0, sizeof(*c));
}

/* -- reading --------------------------------------------------------------- */

typedef void take_fn(struct mysql_columns *c, const gale_value *row);

static bool fetch_all(struct mysql_statement *st, struct mysql_columns *c,
                      take_fn *take)
{
    gale_value row[ROW_MAX];
    bool more;

    must(st->n_columns <= ROW_MAX);
    do {
        if (!mysql_statement_fetch(st, row, &more))
            return false;
        if (more)
            take(c, row);
    } while (more);
    return true;
}

/* One parameter: the table's name. */
static bool ask(struct mysql_columns *c, struct mysql_session *s,
                const char *sql, const char *table, take_fn *take)
{
    struct mysql_statement st = {
        .session = s, .sql = sql, .what = "read what columns a table has"};
    gale_value name = gale_cstr(table);
    bool done = mysql_statement_prepare(&st) &&
                mysql_statement_query(&st, &name) && fetch_all(&st, c, take);

    mysql_statement_fini(&st);
    return done;
}

static const char table_sql[] =
    "SELECT t.table_name, t.engine, e.transactions IS NULL OR "
    "e.transactions = 'YES' FROM information_schema.tables t LEFT JOIN "
    "information_schema.engines e ON e.engine = t.engine "
    "WHERE t.table_schema = DATABASE() AND t.table_name = ?";

static void take_table(struct mysql_columns *c, const gale_value *row)
{
    free(c->table);
    free(c->engine);
    c->table = copy_of(row[0]);
    c->engine = copy_of(row[1]);
    c->transactions = is_true(row[2]);
}

static const char columns_sql[] =
    "SELECT column_name, is_nullable = 'YES' OR column_default IS NOT NULL OR "
    "extra LIKE '%auto_increment%', generation_expression <> '', "
    "data_type IN ('tinyint', 'smallint', 'mediumint', 'int', 'bigint'), "
    "character_set_name IS NOT NULL "
    "FROM information_schema.columns WHERE table_schema = DATABASE() AND "
    "table_name = ? ORDER BY ordinal_position";

static void take_column(struct mysql_columns *c, const gale_value *row)
{
    c->items = must_alloc(c->items, (c->n + 1) * sizeof(*c->items));
    c->items[c->n++] = (struct mysql_column){.name = copy_of(row[0]),
                                             .optional = is_true(row[1]),
                                             .generated = is_true(row[2]),
                                             .integer = is_true(row[3]),
                                             .text = is_true(row[4])};
}

static const char keys_sql[] =
    "SELECT index_name, column_name, nullable = 'YES' OR sub_part IS NOT NULL "
    "FROM information_schema.statistics WHERE table_schema = DATABASE() AND "
    "table_name = ? AND non_unique = 0 ORDER BY index_name, seq_in_index";

static struct mysql_key *key_named(struct mysql_columns *c, gale_value name)
{
    struct mysql_key *last = c->n_keys > 0 ? &c->keys[c->n_keys - 1] : NULL;

    if (last != NULL &&
        gale_str_eq(gale_value_str(name),
                    gale_str_make(last->name, strlen(last->name))))
        return last;
    c->keys = must_alloc(c->keys, (c->n_keys + 1) * sizeof(*c->keys));
    last = &c->keys[c->n_keys++];
    *last = (struct mysql_key){.name = copy_of(name), .whole = true};
    return last;
}

static void take_key(struct mysql_columns *c, const gale_value *row)
{
    struct mysql_key *key = key_named(c, row[0]);
    char *column = copy_of(row[1]);

    key->columns =
        must_alloc(key->columns, (key->n + 1) * sizeof(*key->columns));
    key->columns[key->n++] = mysql_columns_find(c, column);
    key->whole = key->whole && !is_true(row[2]);
    free(column);
}

bool mysql_columns_read(struct mysql_columns *c, struct mysql_session *s,
                        const char *table)
{
    mysql_columns_fini(c);
    if (!ask(c, s, table_sql, table, take_table))
        return false;
    if (c->table == NULL)
        return mysql_session_refuse(
            s, MYSQL_ERROR_NEVER,
            "the database \"%s\" has no table \"%s\" that the user \"%s\" may "
            "see: see the options database, table, user",
            s->login->database.data, table, s->login->user.data);
    if (!c->transactions)
        return mysql_session_refuse(
            s, MYSQL_ERROR_NEVER,
            "the table \"%s\" is kept by %s, which has no transactions: "
            "expected another one, as by ALTER TABLE … ENGINE=InnoDB",
            table, c->engine);
    return ask(c, s, columns_sql, c->table, take_column) &&
           ask(c, s, keys_sql, c->table, take_key);
}

/* -- looking up ------------------------------------------------------------ */

uint32_t mysql_columns_find(const struct mysql_columns *c, const char *name)
{
    for (uint32_t i = 0; i < c->n; i++)
        if (!strcasecmp(c->items[i].name, name))
            return i;
    return MYSQL_NO_COLUMN;
}

static bool has(const uint32_t *columns, uint32_t n, uint32_t column)
{
    for (uint32_t i = 0; i < n; i++)
        if (columns[i] == column)
            return true;
    return false;
}

static bool is_over(const struct mysql_key *key, const uint32_t *columns,
                    uint32_t n)
{
    if (!key->whole || key->n != n)
        return false;
    for (uint32_t i = 0; i < n; i++)
        if (!has(key->columns, key->n, columns[i]))
            return false;
    return true;
}

bool mysql_columns_unique(const struct mysql_columns *c,
                          const uint32_t *columns, uint32_t n)
{
    for (uint32_t i = 0; i < c->n_keys; i++)
        if (is_over(&c->keys[i], columns, n))
            return true;
    return false;
}

/* -- text ------------------------------------------------------------------ */

void mysql_columns_quote(FILE *sql, const char *name)
{
    fputc('`', sql);
    for (; *name != '\0'; name++) {
        if (*name == '`')
            fputc('`', sql);
        fputc(*name, sql);
    }
    fputc('`', sql);
}

char *mysql_columns_names(const struct mysql_columns *c)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    must(out != NULL);
    for (uint32_t i = 0; i < c->n; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : "", c->items[i].name);
    fclose(out);
    return text;
}
