/*
 * mysql_insert.c - bolt: tuples as rows of a table of MySQL or MariaDB.
 *
 * Rows are gathered, and written together in one transaction: when enough are
 * there, when the oldest has waited long enough, and at the end. One batch is
 * written, by gale_async(), while the next one is gathered; when that is full,
 * too, no more input is taken. An input is held until the COMMIT of its row.
 * What may work later (the server is away, a deadlock, a lock) is tried again
 * after a pause; what waits for too long fails, and its spout emits it again. A
 * bad row is found by halving, and does not hold up the others.
 *
 * With `dedup.key` a message has its effect once: connectors/mysql_writer.h.
 *
 * The server is talked to on threads of the task's own, by one at a time.
 */
#include "connectors/back_off.h"
#include "connectors/json_text.h"
#include "connectors/must.h"
#include "connectors/mysql_plan.h"
#include "connectors/message_timeout.h"
#include "connectors/mysql_writer.h"
#include "connectors/outage.h"
#include "connectors/row_batch.h"
#include <gale/bolt.h>
#include <math.h>

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
    SLICE_MS = 500, /* of a pause, at the end */
    FAIL = 1,       /* bad.rows */
    REFUSE = 1,     /* nested */
};

/* A range of the rows that are being written, and what became of it. While
 * `working`, it, those rows, the session and the writer are those of the
 * thread that writes. */
struct range {
    bool working;
    size_t from, n;
    enum mysql_written written;
    uint64_t n_there;
};

struct mysql_insert {
    struct mysql_login login; /* options */
    gale_str table, columns, dedup_key, dedup_table;
    int32_t mode, bad_rows, nested;
    int64_t batch_rows, batch_bytes, batch_ms, retry_secs;
    bool arrays;

    struct mysql_session session;
    struct mysql_plan plan;
    struct mysql_problem refused; /* of an input */
    struct mysql_writer writer;   /* once there is a row */
    gale_value *row;
    char **texts; /* JSON, for as long as the row is added */
    struct row_batch batches[2];
    struct row_batch *filling, *writing;
    struct range range;
    struct back_off pause;
    struct outage away;
    int64_t due; /* of the next try; 0: nothing has failed */
    gale_metric *written, *already, *bad, *retries, *warnings;
    uint64_t n_warnings;
};

/* -- what is written ------------------------------------------------------- */

/* The plan is complete. */
static void begin_writing(struct mysql_insert *m)
{
    struct mysql_target target =
        mysql_plan_target(&m->plan, (enum mysql_mode)m->mode, !m->arrays);
    uint32_t width = mysql_writer_width(&target);

    must(width == m->plan.fields.n);
    mysql_writer_init(&m->writer, &m->session, &target);
    m->batches[0].width = m->batches[1].width = width;
    m->row = must_alloc(NULL, width * sizeof(*m->row));
    m->texts = must_alloc(NULL, width * sizeof(*m->texts));
}

/* -- rows of inputs -------------------------------------------------------- */

static gale_result bad_input(gale_task *task, const char *field,
                             const char *why)
{
    const struct mysql_insert *m = gale_instance(task);

    return gale_error(task, m->bad_rows == FAIL ? GALE_RETRY : GALE_POISON,
                      "field \"%s\" for the table \"%s\": %s", field,
                      m->plan.table.table, why);
}

/* A list or a map. */
static const char *text_of_items(struct mysql_insert *m, const gale_tuple *in,
                                 uint32_t i)
{
    struct text_out out = {NULL, 0, 0};
    const char *why;

    if (m->nested == REFUSE)
        return "a list or a map has no column; the option nested: json makes "
               "text of it";
    why = json_text_write(&out, in, m->row[i], JSON_BYTES_REFUSED);
    m->texts[i] = out.data;
    m->row[i] = gale_string(out.data, out.size);
    return why;
}

static const char *take_value(struct mysql_insert *m, const gale_tuple *in,
                              uint32_t i)
{
    gale_value v = gale_get(in, m->plan.fields.at[i]);
    bool key = i >= m->plan.n_columns;

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
    for (uint32_t i = 0; i < m->plan.fields.n; i++)
        free(m->texts[i]);
}

/* The rows of a batch count as old as its first one, since a look at the clock
 * for each costs more than the rest. */
static int64_t since(gale_task *task, const struct mysql_insert *m)
{
    return row_batch_left(m->filling) > 0 ? row_batch_oldest(m->filling)
                                          : gale_now(task);
}

static gale_result add_row(gale_task *task, const gale_tuple *in)
{
    struct mysql_insert *m = gale_instance(task);
    const char *why = NULL;
    uint32_t i;

    memset(m->texts, 0, m->plan.fields.n * sizeof(*m->texts));
    for (i = 0; i < m->plan.fields.n && why == NULL; i++)
        why = take_value(m, in, i);
    if (why == NULL)
        row_batch_add(m->filling, gale_hold(task, in), since(task, m), m->row);
    drop_texts(m);
    if (why == NULL)
        return GALE_OK;
    gale_counter_add(task, m->bad, 1);
    return bad_input(task, m->plan.fields.names[i - 1], why);
}

/* -- what became of rows --------------------------------------------------- */

static void ack_range(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t written = 0;

    for (size_t i = m->range.from; i < m->range.from + m->range.n; i++) {
        gale_ack(task, m->writing->entries[i].input);
        written += !m->writing->entries[i].left_out; /* that was there */
    }
    gale_counter_add(task, m->written, written);
    row_batch_written(m->writing);
    outage_ends(&m->away, task, "rows are written again to the table %s",
                m->plan.table.table);
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

static void fail_rows(gale_task *task, size_t from, size_t n,
                      const char *because)
{
    struct mysql_insert *m = gale_instance(task);

    gale_report_error(task, "%zu rows %s: %s", n, because,
                      m->session.problem.text);
    for (size_t i = from; i < from + n; i++)
        gale_fail(task, m->writing->entries[i].input);
}

/* Until the next try, or for good if it has taken too long. */
static void put_off(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t now = gale_now(task);
    int64_t ms = back_off_next(&m->pause, gale_random(task));

    m->due = now + ms * MS;
    gale_counter_add(task, m->retries, 1);
    if (now - row_batch_oldest(m->writing) < m->retry_secs * 1000 * MS) {
        outage_fails(&m->away, task, "%s; %zu rows wait, next try in %lld ms",
                     m->session.problem.text, row_batch_left(m->writing),
                     (long long)ms);
        return;
    }
    fail_rows(task, m->writing->from, row_batch_left(m->writing),
              "have waited for retry.secs and fail");
    row_batch_clear(m->writing);
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

static void settle_range(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    gale_handle first = m->writing->entries[m->range.from].input;

    gale_counter_add(task, m->already, (int64_t)m->range.n_there);
    switch (m->range.written) {
    case MYSQL_WRITTEN:
        ack_range(task);
        break;
    case MYSQL_BAD_ROW:
        if (row_batch_refused(m->writing))
            settle_bad(task, first);
        break;
    case MYSQL_UNKNOWN:
        fail_rows(task, m->range.from, m->range.n,
                  "fail, as nobody knows whether they were written, and may "
                  "come twice, as there is no dedup.key");
        row_batch_written(m->writing);
        break;
    default:
        put_off(task);
        break;
    }
    look_at_warnings(task);
}

/* -- writing --------------------------------------------------------------- */

/* May wait: on the thread of gale_async(), or, at the end, in the task. */
static gale_result write_range(void *arg)
{
    struct mysql_insert *m = arg;

    m->range.n_there = 0;
    m->range.written = mysql_writer_write(&m->writer, m->writing, m->range.from,
                                          m->range.n, &m->range.n_there);
    return GALE_OK;
}

static gale_result write_elsewhere(void *arg)
{
    gale_result result;

    mysql_session_enter_thread();
    result = write_range(arg);
    mysql_session_leave_thread();
    return result;
}

static bool batch_is_full(const struct mysql_insert *m)
{
    return row_batch_left(m->filling) >= (size_t)m->batch_rows ||
           row_batch_bytes(m->filling) >= (size_t)m->batch_bytes;
}

/* When the rows that are gathered are to be written, full or not. */
static int64_t filling_due(const struct mysql_insert *m)
{
    return row_batch_left(m->filling) == 0
               ? INT64_MAX
               : row_batch_oldest(m->filling) + m->batch_ms * MS;
}

/* What was gathered is written next, and the other batch is filled. */
static void turn_batches(struct mysql_insert *m)
{
    struct row_batch *full = m->filling;

    m->filling = m->writing;
    m->writing = full;
}

/* What is to be written now; false: nothing. */
static bool choose_range(struct mysql_insert *m, int64_t now, bool all)
{
    if (m->range.working)
        return false;
    if (row_batch_left(m->writing) == 0 &&
        (all || batch_is_full(m) || now >= filling_due(m)))
        turn_batches(m);
    return now >= m->due &&
           row_batch_range(m->writing, &m->range.from, &m->range.n);
}

static void range_done(gale_task *task, gale_result result, void *arg);

static void wake_up_when_due(gale_task *task, int64_t now)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t at = row_batch_left(m->writing) > 0 ? m->due : filling_due(m), ms;

    if (m->range.working || at == INT64_MAX) {
        gale_tick_every(task, 0);
        return;
    }
    ms = (at - now + MS - 1) / MS;
    gale_tick_every(task, ms > 0 ? ms : 1);
}

/* After anything that may have changed what is to be done next. */
static void go_on(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    int64_t now = gale_now(task);

    if (choose_range(m, now, false))
        m->range.working =
            gale_async(task, write_elsewhere, range_done, m) == GALE_OK;
    if (batch_is_full(m))
        gale_pause_input(task);
    else
        gale_resume_input(task);
    wake_up_when_due(task, now);
}

static void range_done(gale_task *task, gale_result result, void *arg)
{
    struct mysql_insert *m = arg;

    (void)result; /* the range says more */
    m->range.working = false;
    settle_range(task);
    go_on(task);
}

/* -- callbacks ------------------------------------------------------------- */

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct mysql_insert *m = instance;
    gale_str twice = mysql_fields_twice(m->columns);
    char text[320];

    message_timeout_declare(out, "retry.secs", m->retry_secs, 1000);
    message_timeout_declare(out, "batch.ms", m->batch_ms, 1);
    if (twice.size > 0) {
        snprintf(text, sizeof(text), "option columns: \"%.*s\" is there twice",
                 (int)(twice.size < 256 ? twice.size : 256), twice.data);
        gale_declare_error(out, text);
    }
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
    m->plan = (struct mysql_plan){.table_name = m->table.data,
                                  .listed = m->columns,
                                  .dedup_key = m->dedup_key,
                                  .marker_name = m->dedup_table.data};
    m->filling = &m->batches[0];
    m->writing = &m->batches[1];
    m->pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    m->written = gale_counter(task, "rows.written");
    m->already = gale_counter(task, "rows.there.already");
    m->bad = gale_counter(task, "rows.bad");
    m->retries = gale_counter(task, "retries");
    m->warnings = gale_counter(task, "warnings");
    if (m->retry_secs == 0)
        m->retry_secs = message_timeout_retry_secs(task);
    if (mysql_session_start(task, &m->session) != GALE_OK)
        return GALE_FATAL;
    if (!mysql_plan_read(&m->plan, &m->session))
        return gale_error(task, GALE_FATAL, "%s", m->session.problem.text);
    if (m->plan.complete)
        begin_writing(m);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);

    if (m->row != NULL)
        mysql_writer_fini(&m->writer);
    mysql_session_close(&m->session);
    mysql_plan_fini(&m->plan);
    row_batch_fini(&m->batches[0]);
    row_batch_fini(&m->batches[1]);
    free(m->row);
    free(m->texts);
}

/* Until the plan is complete, nothing is written, and the session is ours. */
static bool know_input(struct mysql_insert *m, const gale_tuple *in)
{
    if (!m->plan.complete) {
        if (!mysql_plan_by_input(&m->plan, &m->session, in)) {
            m->refused = m->session.problem;
            return false;
        }
        begin_writing(m);
    }
    return mysql_fields_locate(&m->plan.fields, &m->refused, in,
                               "options columns and dedup.key");
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct mysql_insert *m = gale_instance(task);
    gale_result result;

    if (!know_input(m, in))
        return gale_error(task, GALE_FATAL, "%s", m->refused.text);
    result = add_row(task, in);
    if (result == GALE_OK &&
        (batch_is_full(m) || row_batch_left(m->filling) == 1))
        go_on(task);
    return result;
}

static gale_result tick(gale_task *task)
{
    go_on(task);
    return GALE_OK;
}

static size_t rows_left(const struct mysql_insert *m)
{
    return row_batch_left(m->writing) + row_batch_left(m->filling);
}

/* Without tracking there are rows whose end nobody has waited for. */
static gale_result end_of_input(gale_task *task)
{
    struct mysql_insert *m = gale_instance(task);
    size_t left = rows_left(m);

    while (rows_left(m) > 0) {
        int64_t now = gale_now(task), ms = (m->due - now + MS - 1) / MS;

        if (choose_range(m, now, true)) {
            write_range(m);
            settle_range(task);
        } else {
            mysql_session_pause(ms < SLICE_MS ? ms : SLICE_MS);
        }
    }
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
