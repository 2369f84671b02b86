/*
 * mysql_insert.c - bolt: tuples as rows of a table of MySQL or MariaDB.
 *
 * Rows are gathered, and written together in one transaction: when enough are
 * there, when the oldest has waited long enough, and at the end. An input is
 * held until the COMMIT of its row. What may work later (the server is away, a
 * deadlock, a lock) is tried again after a pause, and meanwhile new inputs wait
 * before the bolt; what waits for too long fails, and its spout emits it again.
 * A bad row is found by halving, and does not hold up the others.
 *
 * With `dedup.key` a message has its effect once: connectors/mysql_writer.h.
 *
 * The server is talked to on a thread of the task's own.
 */
#include "connectors/back_off.h"
#include "connectors/json_text.h"
#include "connectors/must.h"
#include "connectors/mysql_fields.h"
#include "connectors/mysql_writer.h"
#include "connectors/row_batch.h"
#include <gale/bolt.h>
#include <math.h>

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
    SLICE_MS = 500, /* of a pause in which an input waits */
    FAIL = 1,       /* bad.rows */
    REFUSE = 1,     /* nested */
};

struct mysql_insert {
    struct mysql_login login; /* options */
    gale_str table, columns, dedup_key, dedup_table;
    int32_t mode, bad_rows, nested;
    int64_t batch_rows, batch_bytes, batch_ms, retry_secs;
    bool arrays;

    struct mysql_session session;
    struct mysql_columns described, marker;
    struct mysql_fields fields; /* of the columns, then of the marker */
    uint32_t n_columns;
    struct mysql_writer writer;
    bool planned; /* what is written, and how, is known */
    gale_value *row;
    char **texts; /* JSON, for as long as the row is added */
    struct row_batch batch;
    struct back_off pause;
    int64_t due; /* of the next try; 0: nothing has failed */
    gale_metric *written, *already, *bad, *retries, *warnings;
    uint64_t n_warnings;
};

/* -- what is written ------------------------------------------------------- */

static gale_result refused(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);

    return gale_error(task, GALE_FATAL, "%s", m->session.problem.text);
}

/* The fields that name a message, as columns of the table of markers. */
static bool add_marker_keys(struct mysql_insert *m, uint32_t *keys, uint32_t *n)
{
    gale_str line;
    char name[256];

    for (size_t at = 0; mysql_fields_line(m->dedup_key, &at, &line); (*n)++) {
        snprintf(name, sizeof(name), "%.*s", (int)line.size, line.data);
        if (*n == MYSQL_KEYS_MAX)
            return mysql_session_refuse(&m->session, MYSQL_ERROR_NEVER,
                                        "option dedup.key: at most %d fields",
                                        MYSQL_KEYS_MAX);
        keys[*n] = mysql_columns_find(&m->marker, name);
        if (keys[*n] == MYSQL_NO_COLUMN)
            return mysql_session_refuse(
                &m->session, MYSQL_ERROR_NEVER,
                "option dedup.key: the table \"%s\" has no column \"%s\"",
                m->marker.table, name);
        mysql_fields_add(&m->fields, line, keys[*n]);
    }
    return true;
}

/* The same, as columns that are written anyway. */
static bool find_keys(struct mysql_insert *m, uint32_t *keys, uint32_t *n)
{
    gale_str line;

    for (size_t at = 0; mysql_fields_line(m->dedup_key, &at, &line); (*n)++) {
        uint32_t field = mysql_fields_find(&m->fields, line);

        if (*n == MYSQL_KEYS_MAX || field == MYSQL_NO_COLUMN)
            return mysql_session_refuse(
                &m->session, MYSQL_ERROR_NEVER,
                "option dedup.key: expected at most %d fields, each of which "
                "goes to a column; \"%.*s\" goes nowhere: see the options "
                "columns and dedup.table",
                MYSQL_KEYS_MAX, (int)line.size, line.data);
        keys[*n] = m->fields.columns[field];
    }
    return true;
}

static bool has_unique_key(struct mysql_insert *m, const uint32_t *keys,
                           uint32_t n)
{
    const struct mysql_columns *c =
        m->dedup_table.size > 0 ? &m->marker : &m->described;

    if (n == 0 || mysql_columns_unique(c, keys, n))
        return true;
    return mysql_session_refuse(
        &m->session, MYSQL_ERROR_NEVER,
        "option dedup.key: the table \"%s\" has no unique key over just these "
        "columns, all NOT NULL; expected one, as by ALTER TABLE … ADD UNIQUE "
        "KEY (…), or a table of markers: see the option dedup.table",
        c->table);
}

/* All columns are known. */
static bool plan(struct mysql_insert *m)
{
    uint32_t keys[MYSQL_KEYS_MAX], n_keys = 0;
    bool marker = m->dedup_table.size > 0;

    m->n_columns = m->fields.n;
    if (!(marker ? add_marker_keys : find_keys)(m, keys, &n_keys) ||
        !has_unique_key(m, keys, n_keys))
        return false;
    struct mysql_target target = {.table = &m->described,
                                  .columns = m->fields.columns,
                                  .n_columns = m->n_columns,
                                  .mode = (enum mysql_mode)m->mode,
                                  .one_by_one = !m->arrays,
                                  .marker = marker ? &m->marker : NULL,
                                  .keys = keys,
                                  .n_keys = n_keys};

    mysql_writer_init(&m->writer, &m->session, &target);
    m->batch.width = mysql_writer_width(&target);
    must(m->batch.width == m->fields.n);
    m->row = must_alloc(NULL, m->fields.n * sizeof(*m->row));
    m->texts = must_alloc(NULL, m->fields.n * sizeof(*m->texts));
    return m->planned = true;
}

/* -- rows of inputs -------------------------------------------------------- */

static gale_result bad_input(gale_task *task, const char *field,
                             const char *why)
{
    const struct mysql_insert *m = gale_instance(task);

    return gale_error(task, m->bad_rows == FAIL ? GALE_RETRY : GALE_POISON,
                      "field \"%s\" for the table \"%s\": %s", field,
                      m->described.table, why);
}

/* A list or a map. */
static const char *text_of_items(struct mysql_insert *m, const gale_tuple *in,
                                 uint32_t i)
{
    size_t size;
    FILE *out;
    const char *why;

    if (m->nested == REFUSE)
        return "a list or a map has no column; the option nested: json makes "
               "text of it";
    out = open_memstream(&m->texts[i], &size);
    must(out != NULL);
    why = json_text_write(out, in, m->row[i], JSON_BYTES_REFUSED);
    fclose(out);
    m->row[i] = gale_string(m->texts[i], size);
    return why;
}

static const char *take_value(struct mysql_insert *m, const gale_tuple *in,
                              uint32_t i)
{
    gale_value v = gale_get(in, m->fields.at[i]);
    bool key = i >= m->n_columns;

    m->row[i] = v;
    for (uint32_t k = 0; k < m->writer.target.n_keys; k++)
        key = key || m->writer.key_at[k] == i;
    if (key && (v.kind == GALE_NIL || v.kind == GALE_FLOAT ||
                v.kind == GALE_LIST || v.kind == GALE_MAP))
        return "a dedup.key is text, bytes, an int or a bool";
    if (v.kind == GALE_FLOAT && !isfinite(v.as.f))
        return "a number that is not finite has no column";
    if (v.kind == GALE_LIST || v.kind == GALE_MAP)
        return text_of_items(m, in, i);
    return NULL;
}

static void drop_texts(struct mysql_insert *m)
{
    for (uint32_t i = 0; i < m->fields.n; i++)
        free(m->texts[i]);
}

/* While nothing has failed, the rows of a batch count as old as its first one,
 * since a look at the clock for each costs more than the rest. */
static int64_t since(gale_task *task, const struct mysql_insert *m)
{
    if (m->due == 0 && row_batch_left(&m->batch) > 0)
        return row_batch_oldest(&m->batch);
    return gale_now(task);
}

static gale_result add_row(gale_task *task, const gale_tuple *in)
{
    struct mysql_insert *m = gale_instance(task);
    const char *why = NULL;
    uint32_t i;

    memset(m->texts, 0, m->fields.n * sizeof(*m->texts));
    for (i = 0; i < m->fields.n && why == NULL; i++)
        why = take_value(m, in, i);
    if (why == NULL)
        row_batch_add(&m->batch, gale_hold(task, in), since(task, m), m->row);
    drop_texts(m);
    if (why == NULL)
        return GALE_OK;
    gale_counter_add(task, m->bad, 1);
    return bad_input(task, m->fields.names[i - 1], why);
}

/* -- writing --------------------------------------------------------------- */

static void ack_range(gale_task *task, size_t from, size_t n)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t written = 0;

    for (size_t i = from; i < from + n; i++) {
        gale_ack(task, m->batch.entries[i].input);
        written += !m->batch.entries[i].left_out; /* that was there already */
    }
    gale_counter_add(task, m->written, written);
    row_batch_written(&m->batch);
    if (m->due != 0)
        gale_log(task, GALE_LOG_INFO, "rows are written again to the table %s",
                 m->described.table);
    m->due = 0;
    back_off_reset(&m->pause);
}

/* Its spout emits it again, or it is put aside for people to look at. */
static void settle_bad(gale_task *task, gale_handle input)
{
    struct mysql_insert *m = gale_instance(task);
    const char *why = m->session.problem.text;

    gale_counter_add(task, m->bad, 1);
    if (m->bad_rows == FAIL) {
        gale_report_error(task, "%s", why);
        gale_fail(task, input);
        return;
    }
    gale_error(task, GALE_POISON, "%s", why);
    gale_poison(task, input);
}

static void fail_range(gale_task *task, size_t from, size_t n,
                       const char *because)
{
    struct mysql_insert *m = gale_instance(task);

    gale_report_error(task, "%zu rows %s: %s", n, because,
                      m->session.problem.text);
    for (size_t i = from; i < from + n; i++)
        gale_fail(task, m->batch.entries[i].input);
}

/* An error once they begin to wait, for people who do not read the log. */
static void say_waiting(gale_task *task, int64_t ms, bool first)
{
    struct mysql_insert *m = gale_instance(task);
    const char *why = m->session.problem.text;
    size_t n = row_batch_left(&m->batch);

    if (first)
        gale_report_error(task, "%s; %zu rows wait, next try in %lld ms", why,
                          n, (long long)ms);
    else
        gale_log(task, GALE_LOG_WARN, "%s; %zu rows wait, next try in %lld ms",
                 why, n, (long long)ms);
}

/* Until the next try, or for good if it has taken too long. */
static void put_off(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t now = gale_now(task);
    int64_t ms = back_off_next(&m->pause, gale_random(task));
    bool first = m->due == 0;

    m->due = now + ms * MS;
    gale_counter_add(task, m->retries, 1);
    if (now - row_batch_oldest(&m->batch) >= m->retry_secs * 1000 * MS) {
        fail_range(task, m->batch.from, row_batch_left(&m->batch),
                   "have waited for retry.secs and fail");
        row_batch_clear(&m->batch);
        gale_tick_every(task, 0);
        return;
    }
    say_waiting(task, ms, first);
    gale_tick_every(task, ms);
}

static void look_at_warnings(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    uint64_t n = m->writer.insert.warnings - m->n_warnings;

    if (n == 0)
        return;
    gale_counter_add(task, m->warnings, (int64_t)n);
    gale_log(task, m->n_warnings == 0 ? GALE_LOG_WARN : GALE_LOG_DEBUG,
             "the server warns, %llu times, as in: %s", (unsigned long long)n,
             m->writer.insert.last_warning);
    m->n_warnings += n;
}

/* False: the rest has to wait. */
static bool write_range(gale_task *task, size_t from, size_t n)
{
    struct mysql_insert *m = gale_instance(task);
    gale_handle first = m->batch.entries[from].input;
    uint64_t n_there = 0;
    enum mysql_written written =
        mysql_writer_write(&m->writer, &m->batch, from, n, &n_there);

    gale_counter_add(task, m->already, (int64_t)n_there);
    switch (written) {
    case MYSQL_WRITTEN:
        ack_range(task, from, n);
        return true;
    case MYSQL_BAD_ROW:
        if (row_batch_refused(&m->batch))
            settle_bad(task, first);
        return true;
    case MYSQL_UNKNOWN:
        fail_range(task, from, n,
                   "fail, as nobody knows whether they were written, and may "
                   "come twice, as there is no dedup.key");
        row_batch_written(&m->batch);
        return true;
    default:
        put_off(task);
        return false;
    }
}

static void write_batch(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    size_t from, n;

    while (row_batch_range(&m->batch, &from, &n))
        if (!write_range(task, from, n))
            return;
    look_at_warnings(task);
    gale_tick_every(task, 0);
}

/* While the server is away, each input takes its time: so they wait before the
 * bolt, and a stop is not held up for long. */
static void write_when_due(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t ms = (m->due - gale_now(task)) / MS;

    if (m->due != 0 && ms > 0)
        mysql_session_pause(ms < SLICE_MS ? ms : SLICE_MS);
    if (ms < SLICE_MS)
        write_batch(task);
}

/* -- callbacks ------------------------------------------------------------- */

/* What fails is emitted again before its spout would miss it. */
static gale_result check_times(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    gale_value timeout = gale_config(task, "topology.message.timeout.secs");
    int64_t secs = timeout.kind == GALE_INT ? timeout.as.i : 30;

    if (m->retry_secs == 0)
        m->retry_secs = secs * 2 / 3 > 0 ? secs * 2 / 3 : 1;
    if (m->retry_secs > secs || m->batch_ms > secs * 1000)
        return gale_error(task, GALE_FATAL,
                          "retry.secs is %lld and batch.ms %lld, expected no "
                          "more than topology.message.timeout.secs, which is "
                          "%lld",
                          (long long)m->retry_secs, (long long)m->batch_ms,
                          (long long)secs);
    return GALE_OK;
}

static bool describe(struct mysql_insert *m)
{
    if (!mysql_columns_read(&m->described, &m->session, m->table.data))
        return false;
    if (m->dedup_table.size > 0 &&
        !mysql_columns_read(&m->marker, &m->session, m->dedup_table.data))
        return false;
    if (m->columns.size == 0)
        return true; /* the first input says */
    return mysql_fields_listed(&m->fields, &m->described, &m->session,
                               m->columns) &&
           plan(m);
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct mysql_insert *m = instance;

    if (m->dedup_table.size == 0 || m->dedup_key.size > 0)
        return GALE_OK;
    return gale_declare_error(out, "option dedup.table is given, but there is "
                                   "no dedup.key, the fields that name a "
                                   "message");
}

static gale_result prepare(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);

    mysql_session_init(&m->session, &m->login);
    m->pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    m->written = gale_counter(task, "rows.written");
    m->already = gale_counter(task, "rows.there.already");
    m->bad = gale_counter(task, "rows.bad");
    m->retries = gale_counter(task, "retries");
    m->warnings = gale_counter(task, "warnings");
    if (check_times(task) != GALE_OK ||
        mysql_session_start(task, &m->session) != GALE_OK)
        return GALE_FATAL;
    return describe(m) ? GALE_OK : refused(task);
}

static void cleanup(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);

    if (m->planned)
        mysql_writer_fini(&m->writer);
    mysql_session_close(&m->session);
    mysql_fields_fini(&m->fields);
    mysql_columns_fini(&m->described);
    mysql_columns_fini(&m->marker);
    row_batch_fini(&m->batch);
    free(m->row);
    free(m->texts);
}

static bool know_input(struct mysql_insert *m, const gale_tuple *in)
{
    if (!m->planned &&
        !(mysql_fields_taken(&m->fields, &m->described, &m->session, in) &&
          plan(m)))
        return false;
    return mysql_fields_locate(&m->fields, &m->session, in,
                               "options columns and dedup.key");
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct mysql_insert *m = gale_instance(task);
    gale_result result;

    if (!know_input(m, in))
        return refused(task);
    result = add_row(task, in);
    if (result != GALE_OK)
        return result;
    if (row_batch_left(&m->batch) >= (size_t)m->batch_rows ||
        row_batch_bytes(&m->batch) >= (size_t)m->batch_bytes)
        write_when_due(task);
    else if (row_batch_left(&m->batch) == 1)
        gale_tick_every(task, m->batch_ms);
    return GALE_OK;
}

static gale_result tick(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);

    if (gale_now(task) >= m->due)
        write_batch(task);
    return GALE_OK;
}

static gale_result end_of_input(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    size_t left = row_batch_left(&m->batch);

    while (row_batch_left(&m->batch) > 0)
        write_when_due(task);
    if (left > 0 && m->due != 0)
        return gale_error(task, GALE_RETRY, "the last rows are not written: %s",
                          m->session.problem.text);
    return GALE_OK;
}

#define M struct mysql_insert
GALE_BOLT(
    mysql_insert, .summary = "tuples as rows of a table of MySQL or MariaDB",
    .flags = GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK,
    .needs = GALE_NEEDS_NETWORK, .declare = declare, .prepare = prepare,
    .cleanup = cleanup, .execute = execute, .tick = tick,
    .end_of_input = end_of_input, .instance_size = sizeof(M),
    .options = GALE_OPTIONS(
        MYSQL_LOGIN_OPTIONS(M, login),
        GALE_OPTION_STR(M, table, "table", NULL, "where the rows go"),
        GALE_OPTION_FIELDS_IN(
            M, columns, "columns", "", "=",
            "columns, each \"name\" or \"name=field\"; none: all "
            "that have the name of a field"),
        GALE_OPTION_ENUM(M, mode, "mode", "insert", "insert upsert ignore",
                         "what becomes of a row whose unique key is there: it "
                         "is bad, it replaces the values, it is left out"),
        GALE_OPTION_FIELDS(
            M, dedup_key, "dedup.key", "",
            "fields that name the message: it has its effect once, "
            "however often it comes"),
        GALE_OPTION_STR(M, dedup_table, "dedup.table", "",
                        "table of markers with columns named as dedup.key; "
                        "none: the key is unique in the table itself"),
        GALE_OPTION_INT(M, batch_rows, "batch.rows", "1000", 1, 100000,
                        "rows in a transaction at most"),
        GALE_OPTION_INT(M, batch_bytes, "batch.bytes", "4194304", 1, 1073741824,
                        "the same in bytes, about"),
        GALE_OPTION_INT(M, batch_ms, "batch.ms", "100", 1, 3600000,
                        "how long a row waits for others"),
        GALE_OPTION_INT(M, retry_secs, "retry.secs", "0", 0, 86400,
                        "how long rows are tried before their inputs fail; 0: "
                        "two thirds of topology.message.timeout.secs"),
        GALE_OPTION_ENUM(M, bad_rows, "bad.rows", "poison", "poison fail",
                         "what becomes of the input of a row that cannot be "
                         "written"),
        GALE_OPTION_ENUM(M, nested, "nested", "json", "json refuse",
                         "what becomes of lists and maps"),
        GALE_OPTION_BOOL(M, arrays, "arrays", "true",
                         "send many rows in one packet if the server takes "
                         "that; false is for proxies that do not")));
