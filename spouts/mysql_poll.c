/*
 * mysql_poll.c - spout: new rows of a table of MySQL or MariaDB, by a key that
 * grows, such as one of AUTO_INCREMENT.
 *
 * It reads on behind the last key that it has emitted, and with a state it goes
 * on there after a restart. Rows that are changed or deleted later are no news.
 * A message that failed is read again by its key: the table keeps it, and no
 * copy is needed; if it was deleted meanwhile, it is given up with a warning.
 *
 * connectors/settled_key.h says why a row is read only some time after it was
 * seen. The server is talked to on a thread of the task's own.
 */
#include "connectors/back_off.h"
#include "connectors/must.h"
#include "connectors/mysql_columns.h"
#include "connectors/mysql_fields.h"
#include "connectors/mysql_statement.h"
#include "connectors/outage.h"
#include "connectors/settled_key.h"
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <gale/spout.h>

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
    FIELDS_MAX = 255,
    LATEST = 1, /* start */
};

struct mysql_poll {
    struct mysql_login login; /* options */
    gale_str table, key, columns;
    int32_t start;
    int64_t poll_ms, settle_ms, batch_rows;

    struct mysql_session session;
    struct mysql_columns described;
    struct mysql_statement largest, rows, one;
    char *largest_sql, *rows_sql, *one_sql;
    uint32_t n_fields;
    struct settled_key settled;
    int64_t last; /* key that was emitted */
    struct replay failed;
    int64_t again_at; /* not before that, nanoseconds */
    struct back_off pause, again;
    struct outage away;
};

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct mysql_poll *m = instance;
    char names[FIELDS_MAX][256];
    const char *pointers[FIELDS_MAX];
    gale_stream stream = {.name = "default"};
    gale_str line, column, field;

    for (size_t at = 0; mysql_fields_line(m->columns, &at, &line);) {
        mysql_fields_split(line, &column, &field);
        if (stream.fields.n == FIELDS_MAX || field.size >= sizeof(names[0]))
            return gale_declare_error(out, "option columns: give 1 to 255 "
                                           "names of at most 255 bytes");
        snprintf(names[stream.fields.n], sizeof(names[0]), "%.*s",
                 (int)field.size, field.data);
        pointers[stream.fields.n] = names[stream.fields.n];
        stream.fields.n++;
    }
    if (stream.fields.n == 0)
        return gale_declare_error(out, "option columns: it names none, give 1 "
                                       "to 255");
    stream.fields.names = pointers;
    stream.fields.item_size = sizeof(pointers[0]);
    return gale_declare_stream(out, &stream);
}

/* -- statements ------------------------------------------------------------ */

static bool no_column(struct mysql_poll *m, const char *option,
                      const char *name)
{
    char *names = mysql_columns_names(&m->described);

    mysql_session_refuse(&m->session, MYSQL_ERROR_NEVER,
                         "option %s: the table \"%s\" has no column \"%s\"; "
                         "its columns are %.400s",
                         option, m->described.table, name, names);
    free(names);
    return false;
}

/* SELECT key, columns FROM table WHERE key … */
static bool add_select(struct mysql_poll *m, FILE *sql, const char *key)
{
    char name[256];
    gale_str line, column_name, field;

    fputs("SELECT ", sql);
    mysql_columns_quote(sql, key);
    for (size_t at = 0; mysql_fields_line(m->columns, &at, &line);) {
        uint32_t column;

        mysql_fields_split(line, &column_name, &field);
        snprintf(name, sizeof(name), "%.*s", (int)column_name.size,
                 column_name.data);
        column = mysql_columns_find(&m->described, name);
        if (column == MYSQL_NO_COLUMN)
            return no_column(m, "columns", name);
        fputs(", ", sql);
        mysql_columns_quote(sql, m->described.items[column].name);
        m->n_fields++;
    }
    fputs(" FROM ", sql);
    mysql_columns_quote(sql, m->described.table);
    fputs(" WHERE ", sql);
    mysql_columns_quote(sql, key);
    return true;
}

static bool write_rows_sql(struct mysql_poll *m, const char *key, bool one)
{
    size_t size;
    FILE *sql = open_memstream(one ? &m->one_sql : &m->rows_sql, &size);
    bool done;

    must(sql != NULL);
    m->n_fields = 0;
    done = add_select(m, sql, key);
    if (one) {
        fputs(" = ?", sql);
    } else {
        fputs(" > ? AND ", sql);
        mysql_columns_quote(sql, key);
        fputs(" <= ? ORDER BY ", sql);
        mysql_columns_quote(sql, key);
        fputs(" LIMIT ?", sql);
    }
    fclose(sql);
    return done;
}

static void write_largest_sql(struct mysql_poll *m, const char *key)
{
    size_t size;
    FILE *sql = open_memstream(&m->largest_sql, &size);

    must(sql != NULL);
    fputs("SELECT MAX(", sql);
    mysql_columns_quote(sql, key);
    fputs(") FROM ", sql);
    mysql_columns_quote(sql, m->described.table);
    fclose(sql);
}

static bool write_statements(struct mysql_poll *m)
{
    uint32_t column = mysql_columns_find(&m->described, m->key.data);
    const char *key;

    if (column == MYSQL_NO_COLUMN)
        return no_column(m, "key", m->key.data);
    key = m->described.items[column].name;
    if (!m->described.items[column].integer ||
        !mysql_columns_unique(&m->described, &column, 1))
        return mysql_session_refuse(&m->session, MYSQL_ERROR_NEVER,
                                    "option key: expected a column of integers "
                                    "with a unique key of its own, NOT NULL; "
                                    "\"%s\" of the table \"%s\" is none",
                                    key, m->described.table);
    write_largest_sql(m, key);
    return write_rows_sql(m, key, false) && write_rows_sql(m, key, true);
}

static struct mysql_statement statement(struct mysql_poll *m, const char *sql)
{
    return (struct mysql_statement){
        .session = &m->session, .sql = sql, .what = "read the table"};
}

/* -- reading --------------------------------------------------------------- */

static bool ask(struct mysql_poll *m, struct mysql_statement *st,
                const gale_value *params)
{
    return mysql_session_connect(&m->session) && mysql_statement_prepare(st) &&
           mysql_statement_query(st, params);
}

/* false in *known: the table is empty. */
static bool ask_largest(struct mysql_poll *m, int64_t *largest, bool *known)
{
    gale_value row[1];
    bool more;

    *known = false;
    if (!ask(m, &m->largest, NULL))
        return false;
    do {
        if (!mysql_statement_fetch(&m->largest, row, &more))
            return false;
        if (more && row[0].kind == GALE_INT) {
            *largest = row[0].as.i;
            *known = true;
        }
    } while (more);
    return true;
}

static gale_result emit(gale_task *task, const gale_value *row)
{
    struct mysql_poll *m = gale_instance(task);
    gale_msgid id = {0, (uint64_t)row[0].as.i};

    return gale_emit_values_msg(task, id, row + 1, m->n_fields);
}

/* Emit what the statement gives, *n rows. False: the rest did not come. */
static bool emit_rows(gale_task *task, struct mysql_statement *st,
                      gale_result *result, uint32_t *n)
{
    struct mysql_poll *m = gale_instance(task);
    gale_value row[FIELDS_MAX + 1];
    bool more = true;

    for (*n = 0; more && *result == GALE_OK;) {
        if (!mysql_statement_fetch(st, row, &more))
            return false;
        if (!more || row[0].kind != GALE_INT)
            continue;
        *result = emit(task, row);
        if (st == &m->rows)
            m->last = row[0].as.i;
        (*n)++;
    }
    if (more)
        mysql_statement_end(st);
    return true;
}

static gale_result keep_position(gale_task *task)
{
    const struct mysql_poll *m = gale_instance(task);

    return gale_offset_set(task, m->described.table, m->last);
}

/* The server is away, or the table: until the next try. */
static gale_result wait_for_it(gale_task *task)
{
    struct mysql_poll *m = gale_instance(task);
    int64_t ms = back_off_next(&m->pause, gale_random(task));

    outage_fails(&m->away, task, "%s; next try in %lld ms",
                 m->session.problem.text, (long long)ms);
    gale_wait_until(task, gale_now(task) + ms * MS);
    return GALE_OK;
}

static void answers(gale_task *task)
{
    struct mysql_poll *m = gale_instance(task);

    back_off_reset(&m->pause);
    outage_ends(&m->away, task, "the table %s is read again",
                m->described.table);
}

/* -- messages that failed -------------------------------------------------- */

static gale_result emit_failed(gale_task *task)
{
    struct mysql_poll *m = gale_instance(task);
    gale_result result = GALE_OK;

    for (int64_t i = 0; i < m->batch_rows && !replay_empty(&m->failed); i++) {
        gale_msgid id = m->failed.ids[m->failed.first];
        gale_value key = gale_int((int64_t)id.lo);
        uint32_t n = 0;

        if (!ask(m, &m->one, &key) || !emit_rows(task, &m->one, &result, &n))
            return n > 0 ? GALE_OK : wait_for_it(task);
        replay_pop(&m->failed);
        if (result != GALE_OK)
            return result;
        if (n > 0)
            continue;
        gale_log(task, GALE_LOG_WARN,
                 "row %lld of the table \"%s\" has failed, and is there no "
                 "longer: it is given up",
                 (long long)key.as.i, m->described.table);
        gale_give_up(task, id);
    }
    return GALE_OK;
}

/* -- callbacks ------------------------------------------------------------- */

static bool begin_at(gale_task *task, struct mysql_poll *m)
{
    gale_str at = gale_position_get(
        task, gale_str_make(m->described.table, strlen(m->described.table)));
    bool known = false;

    m->last = INT64_MIN;
    if (at.size > 0) {
        m->last = gale_offset_get(task, m->described.table);
        return true;
    }
    return m->start != LATEST || ask_largest(m, &m->last, &known);
}

static gale_result open_poll(gale_task *task)
{
    struct mysql_poll *m = gale_instance(task);

    mysql_session_init(&m->session, &m->login);
    m->session.autocommit = true;
    m->pause = m->again =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    m->settled.settle = m->settle_ms * MS;
    m->batch_rows = per_call(task, (uint32_t)m->batch_rows);
    if (gale_n_tasks(task) > 1)
        return gale_error(task, GALE_FATAL,
                          "found %u tasks, expected one: a table has one "
                          "position",
                          gale_n_tasks(task));
    if (mysql_session_start(task, &m->session) != GALE_OK)
        return GALE_FATAL;
    if (mysql_columns_read(&m->described, &m->session, m->table.data) &&
        write_statements(m)) {
        m->largest = statement(m, m->largest_sql);
        m->rows = statement(m, m->rows_sql);
        m->one = statement(m, m->one_sql);
        if (begin_at(task, m))
            return GALE_OK;
    }
    return gale_error(task, GALE_FATAL, "%s", m->session.problem.text);
}

static void close_poll(gale_task *task, gale_close_reason reason)
{
    struct mysql_poll *m = gale_instance(task);

    (void)reason;
    mysql_statement_fini(&m->largest);
    mysql_statement_fini(&m->rows);
    mysql_statement_fini(&m->one);
    mysql_session_close(&m->session);
    mysql_columns_fini(&m->described);
    replay_free(&m->failed);
    free(m->largest_sql);
    free(m->rows_sql);
    free(m->one_sql);
}

/* Behind the last key, as far as it is settled. */
static gale_result emit_new(gale_task *task)
{
    struct mysql_poll *m = gale_instance(task);
    gale_value params[] = {gale_int(m->last), gale_int(m->settled.key),
                           gale_int(m->batch_rows)};
    gale_result result = GALE_OK;
    uint32_t n = 0;
    bool whole;

    if (!ask(m, &m->rows, params))
        return wait_for_it(task);
    whole = emit_rows(task, &m->rows, &result, &n);
    if (n > 0 && result == GALE_OK)
        result = keep_position(task);
    if (whole)
        answers(task);
    if (whole && result == GALE_OK && n < m->batch_rows)
        m->last = params[1].as.i; /* there is no other one up to there */
    return whole || n > 0 ? result : wait_for_it(task);
}

static gale_result next(gale_task *task)
{
    struct mysql_poll *m = gale_instance(task);
    int64_t now = gale_now(task), largest = 0;
    bool known;

    if (!replay_empty(&m->failed)) {
        if (now >= m->again_at)
            return emit_failed(task);
        gale_wait_until(task, m->again_at);
    }
    if (m->settled.known && m->settled.key > m->last)
        return emit_new(task);
    if (!ask_largest(m, &largest, &known))
        return wait_for_it(task);
    answers(task);
    if (known)
        settled_key_look(&m->settled, largest, now);
    if (!m->settled.known || m->settled.key <= m->last)
        gale_wait_until(task, now + m->poll_ms * MS);
    return GALE_OK;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct mysql_poll *m = gale_instance(task);

    (void)id;
    back_off_reset(&m->again);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct mysql_poll *m = gale_instance(task);

    if (replay_empty(&m->failed))
        m->again_at =
            gale_now(task) + back_off_next(&m->again, gale_random(task)) * MS;
    replay_push(&m->failed, id);
}

#define M struct mysql_poll
GALE_SPOUT(
    mysql_poll, .summary = "new rows of a table of MySQL or MariaDB",
    .flags = GALE_SPOUT_BLOCKING, .needs = GALE_NEEDS_NETWORK,
    .declare = declare, .open = open_poll, .close = close_poll, .next = next,
    .ack = ack, .fail = fail, .instance_size = sizeof(M),
    .options = GALE_OPTIONS(
        MYSQL_LOGIN_OPTIONS(M, login),
        GALE_OPTION_STR(M, table, "table", NULL, "where the rows are"),
        GALE_OPTION_STR(M, key, "key", NULL,
                        "its column that grows: integers, each once"),
        GALE_OPTION_LIST(M, columns, "columns", NULL,
                         "columns to emit, each \"name\", which is the field, "
                         "or \"name=field\""),
        GALE_OPTION_ENUM(M, start, "start", "earliest", "earliest latest",
                         "where to begin when no position is kept"),
        GALE_OPTION_INT(M, poll_ms, "poll.ms", "500", 1, 3600000,
                        "how often to look for new rows"),
        GALE_OPTION_INT(M, settle_ms, "settle.ms", "1000", 0, 3600000,
                        "how long a transaction may take so that its rows are "
                        "not left out"),
        GALE_OPTION_INT(M, batch_rows, "batch.rows", "256", 1, 10000,
                        "rows to read at a time")));
