/* mysql_writer.c - rows of a batch into a table; see mysql_writer.h. */
#include "connectors/mysql_writer.h"
#include "connectors/must.h"
#include <inttypes.h>

/* -- statements ------------------------------------------------------------ */

static void add_names(FILE *sql, const struct mysql_columns *c,
                      const uint32_t *columns, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0)
            fputs(", ", sql);
        mysql_columns_quote(sql, c->items[columns[i]].name);
    }
}

static void add_insert(FILE *sql, const struct mysql_columns *c,
                       const uint32_t *columns, uint32_t n)
{
    fputs("INSERT INTO ", sql);
    mysql_columns_quote(sql, c->table);
    fputs(" (", sql);
    add_names(sql, c, columns, n);
    fputs(") VALUES (", sql);
    for (uint32_t i = 0; i < n; i++)
        fputs(i > 0 ? ", ?" : "?", sql);
    fputc(')', sql);
}

/* INSERT IGNORE would also cut off what is too long. */
static void add_on_duplicate(FILE *sql, const struct mysql_target *t)
{
    uint32_t n = t->mode == MYSQL_MODE_UPSERT ? t->n_columns : 1;

    if (t->mode == MYSQL_MODE_INSERT)
        return;
    fputs(" ON DUPLICATE KEY UPDATE ", sql);
    for (uint32_t i = 0; i < n; i++) {
        const char *name = t->table->items[t->columns[i]].name;

        if (i > 0)
            fputs(", ", sql);
        mysql_columns_quote(sql, name);
        fputs(t->mode == MYSQL_MODE_UPSERT ? " = VALUES(" : " = (", sql);
        mysql_columns_quote(sql, name);
        fputc(')', sql);
    }
}

static const struct mysql_columns *key_table(const struct mysql_target *t)
{
    return t->marker != NULL ? t->marker : t->table;
}

static void add_there(FILE *sql, const struct mysql_target *t)
{
    const struct mysql_columns *c = key_table(t);

    fputs("SELECT ", sql);
    add_names(sql, c, t->keys, t->n_keys);
    fputs(" FROM ", sql);
    mysql_columns_quote(sql, c->table);
    for (uint32_t i = 0; i < t->n_keys; i++) {
        fputs(i > 0 ? " AND " : " WHERE ", sql);
        mysql_columns_quote(sql, c->items[t->keys[i]].name);
        fputs(" = ?", sql);
    }
}

typedef void text_fn(FILE *sql, const struct mysql_target *t);

static void insert_text(FILE *sql, const struct mysql_target *t)
{
    add_insert(sql, t->table, t->columns, t->n_columns);
    add_on_duplicate(sql, t);
}

static void marker_text(FILE *sql, const struct mysql_target *t)
{
    add_insert(sql, t->marker, t->keys, t->n_keys);
}

static char *text_of(text_fn *write, const struct mysql_target *t)
{
    char *text = NULL;
    size_t size;
    FILE *sql = open_memstream(&text, &size);

    must(sql != NULL);
    write(sql, t);
    fclose(sql);
    return text;
}

/* -- beginning and end ----------------------------------------------------- */

uint32_t mysql_writer_width(const struct mysql_target *target)
{
    return target->n_columns + (target->marker != NULL ? target->n_keys : 0);
}

static uint32_t place_of_key(const struct mysql_target *t, uint32_t key)
{
    if (t->marker != NULL)
        return t->n_columns + key;
    for (uint32_t i = 0; i < t->n_columns; i++)
        if (t->columns[i] == t->keys[key])
            return i;
    must(!"the key is written");
    return 0;
}

static struct mysql_statement statement(const struct mysql_writer *w,
                                        const char *sql, const char *what)
{
    return (struct mysql_statement){.session = w->session,
                                    .sql = sql,
                                    .what = what,
                                    .one_by_one = w->target.one_by_one};
}

void mysql_writer_init(struct mysql_writer *w, struct mysql_session *session,
                       const struct mysql_target *target)
{
    const struct mysql_target *t = target;

    must(t->n_columns > 0 && t->n_keys <= MYSQL_KEYS_MAX);
    memset(w, 0, sizeof(*w));
    w->session = session;
    w->target = *t;
    w->target.keys = w->keys;
    w->insert_sql = text_of(insert_text, t);
    snprintf(w->insert_what, sizeof(w->insert_what), "write to the table %s",
             t->table->table);
    w->insert = statement(w, w->insert_sql, w->insert_what);
    if (t->n_keys == 0)
        return;
    for (uint32_t i = 0; i < t->n_keys; i++) {
        w->keys[i] = t->keys[i];
        w->key_at[i] = place_of_key(t, i);
    }
    snprintf(w->marker_what, sizeof(w->marker_what),
             "look after the dedup.key in the table %s", key_table(t)->table);
    w->there_sql = text_of(add_there, t);
    w->there = statement(w, w->there_sql, w->marker_what);
    if (t->marker != NULL)
        w->marker_sql = text_of(marker_text, t);
    w->marker = statement(w, w->marker_sql, w->marker_what);
}

void mysql_writer_fini(struct mysql_writer *w)
{
    mysql_statement_fini(&w->insert);
    mysql_statement_fini(&w->marker);
    mysql_statement_fini(&w->there);
    free(w->insert_sql);
    free(w->marker_sql);
    free(w->there_sql);
}

static bool prepare(struct mysql_writer *w)
{
    return mysql_session_connect(w->session) &&
           mysql_statement_prepare(&w->insert) &&
           (w->there_sql == NULL || mysql_statement_prepare(&w->there)) &&
           (w->marker_sql == NULL || mysql_statement_prepare(&w->marker));
}

/* -- what is there already ------------------------------------------------- */

/* As text, a number or a text. */
static gale_str text_form(gale_value v, char *text, size_t size)
{
    if (v.kind != GALE_INT && v.kind != GALE_BOOL)
        return gale_value_str(v);
    return gale_str_make(text,
                         (size_t)snprintf(text, size, "%" PRId64, v.as.i));
}

/* What is equal for the collation, or as a number, need not be the same. */
static bool is_same(const struct mysql_writer *w, const struct row_batch *b,
                    size_t row, const gale_value *found)
{
    const struct mysql_target *t = &w->target;
    char a[32], c[32];

    for (uint32_t i = 0; i < t->n_keys; i++) {
        gale_value wanted = row_batch_value(b, row, w->key_at[i]);

        if (key_table(t)->items[t->keys[i]].text &&
            !gale_str_eq(text_form(wanted, a, sizeof(a)),
                         text_form(found[i], c, sizeof(c))))
            return false;
    }
    return true;
}

static bool look_for(struct mysql_writer *w, const struct row_batch *b,
                     size_t row, bool *there)
{
    gale_value values[MYSQL_KEYS_MAX];
    bool more;

    for (uint32_t i = 0; i < w->target.n_keys; i++)
        values[i] = row_batch_value(b, row, w->key_at[i]);
    *there = false;
    if (!mysql_statement_query(&w->there, values))
        return false;
    do {
        if (!mysql_statement_fetch(&w->there, values, &more))
            return false;
        *there = *there || (more && is_same(w, b, row, values));
    } while (more);
    return true;
}

/* Leave out what is there already; how many of the range these are is added. */
static bool sift(struct mysql_writer *w, struct row_batch *b, size_t from,
                 size_t n, uint64_t *n_there)
{
    bool there;

    for (size_t row = from; row < from + n; row++) {
        if (b->entries[row].left_out)
            continue;
        if (!look_for(w, b, row, &there))
            return false;
        if (there)
            row_batch_leave_out(b, row);
        *n_there += there;
    }
    mysql_session_rollback(w->session); /* what it has seen grows old */
    return true;
}

/* -- writing --------------------------------------------------------------- */

static bool transaction(struct mysql_writer *w, const struct row_batch *b,
                        size_t from, size_t n, bool *commits)
{
    *commits = false;
    if (w->marker_sql != NULL &&
        !mysql_statement_write(&w->marker, b, w->target.n_columns, from, n))
        return false;
    if (!mysql_statement_write(&w->insert, b, 0, from, n))
        return false;
    *commits = true;
    return mysql_session_commit(w->session);
}

static bool is_duplicate(const struct mysql_writer *w)
{
    return w->target.n_keys > 0 &&
           w->session->problem.code == MYSQL_ERROR_DUPLICATE;
}

enum mysql_written mysql_writer_write(struct mysql_writer *w,
                                      struct row_batch *b, size_t from,
                                      size_t n, uint64_t *n_there)
{
    bool sifted = false, commits;

    for (;;) {
        if (!prepare(w))
            return MYSQL_LATER;
        if (transaction(w, b, from, n, &commits))
            return MYSQL_WRITTEN;
        if (commits && w->target.n_keys == 0 &&
            mysql_session_unsure(w->session))
            return MYSQL_UNKNOWN;
        mysql_session_rollback(w->session);
        if (w->session->problem.class != MYSQL_ERROR_ROW)
            return MYSQL_LATER;
        if (sifted || !is_duplicate(w))
            return MYSQL_BAD_ROW;
        if (!sift(w, b, from, n, n_there))
            return MYSQL_LATER;
        sifted = true;
    }
}
