/*
 * mysql_lookup.c - bolt: asks MySQL or MariaDB about each tuple, and emits what
 * comes back, a tuple a row, anchored to the input.
 *
 * The query is prepared once; its ? are fields of the input, always bound. All
 * rows of an answer are there before the first is emitted, so an answer that
 * breaks off comes whole when the input is emitted again. Answers may be
 * remembered for a while, those that have no rows, too.
 *
 * A server that is away: inputs fail, slowly, and their spouts emit them again.
 */
#include "bolts/pass.h"
#include "connectors/back_off.h"
#include "connectors/lookup_cache.h"
#include "connectors/must.h"
#include "connectors/mysql_fields.h"
#include "connectors/mysql_params.h"
#include "connectors/mysql_statement.h"
#include "connectors/outage.h"
#include "connectors/packed_values.h"

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 50,
    PAUSE_MOST_MS = 500,
    NILS = 1, /* no.rows */
    FAIL = 1, /* bad.rows */
};

struct mysql_lookup {
    struct mysql_login login; /* options */
    gale_str query, params, pass, fields;
    int32_t no_rows, bad_rows;
    int64_t cache_entries, cache_secs, max_rows;

    struct mysql_session session;
    struct mysql_statement statement;
    struct mysql_fields asks, passes; /* fields of the input */
    uint32_t n_columns;
    struct lookup_cache cache;
    struct packed_values question, answer;
    struct back_off pause;
    struct outage away;
    gale_metric *asked, *remembered;
};

/* -- what is emitted ------------------------------------------------------- */

/* As check_query(), as far as it needs no server. */
static void declare_query(gale_outputs *out, const struct mysql_lookup *m)
{
    uint32_t n, n_params = pass_count(m->params);
    char text[160];

    if (!mysql_params_count(m->query.size > 0 ? m->query.data : "", &n) ||
        n == n_params)
        return;
    snprintf(text, sizeof(text),
             "option query: found %u ?, expected as many as params, which are "
             "%u",
             n, n_params);
    gale_declare_error(out, text);
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct mysql_lookup *m = instance;
    gale_str names = m->fields;
    char *both = NULL;
    gale_result result;

    declare_query(out, m);
    if (m->pass.size > 0 &&
        asprintf(&both, "%s%s%s", m->pass.data, m->fields.size > 0 ? "\n" : "",
                 m->fields.data) < 0)
        return gale_declare_error(out, "no memory");
    if (both != NULL)
        names = gale_str_make(both, strlen(both));
    result = pass_declare(out, names);
    free(both);
    return result;
}

/* The next row of an answer, behind the fields that are passed on. */
static bool next_row(const struct mysql_lookup *m, gale_str answer, size_t *at,
                     gale_value *row)
{
    for (uint32_t i = 0; i < m->n_columns; i++)
        if (!packed_values_next(answer, at, &row[i]))
            return false;
    return true;
}

static gale_result emit_answer(gale_task *task, const gale_tuple *in,
                               gale_str answer)
{
    struct mysql_lookup *m = gale_instance(task);
    gale_value values[PASS_MAX];
    uint32_t n = m->passes.n;
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < n; i++)
        values[i] = gale_get(in, m->passes.at[i]);
    for (size_t at = 0;
         result == GALE_OK && next_row(m, answer, &at, values + n);)
        result = gale_emit_values(task, values, n + m->n_columns);
    if (answer.size > 0 || m->no_rows != NILS)
        return result == GALE_OK && answer.size == 0 ? GALE_DROP : result;
    for (uint32_t i = 0; i < m->n_columns; i++)
        values[n + i] = gale_nil();
    return gale_emit_values(task, values, n + m->n_columns);
}

/* -- asking ---------------------------------------------------------------- */

static bool take_rows(struct mysql_lookup *m)
{
    gale_value row[PASS_MAX];
    bool more = true;

    packed_values_clear(&m->answer);
    for (int64_t n = 0; more; n++) {
        if (!mysql_statement_fetch(&m->statement, row, &more))
            return false;
        if (more && n == m->max_rows) {
            mysql_statement_end(&m->statement);
            return mysql_session_refuse(&m->session, MYSQL_ERROR_ROW,
                                        "the answer has more rows than "
                                        "max.rows, which is %lld",
                                        (long long)m->max_rows);
        }
        for (uint32_t i = 0; more && i < m->n_columns; i++)
            packed_values_add(&m->answer, row[i]);
    }
    return true;
}

static bool ask(struct mysql_lookup *m, const gale_value *params)
{
    return mysql_session_connect(&m->session) &&
           mysql_statement_prepare(&m->statement) &&
           mysql_statement_query(&m->statement, params) && take_rows(m);
}

/* A connection that nobody has used for long may be closed; then another one
 * does it. */
static bool ask_twice(struct mysql_lookup *m, const gale_value *params)
{
    bool was = m->session.my != NULL;

    return ask(m, params) || (was && m->session.my == NULL && ask(m, params));
}

static gale_result refused(gale_task *task)
{
    struct mysql_lookup *m = gale_instance(task);
    bool row = m->session.problem.class == MYSQL_ERROR_ROW;

    if (!row)
        outage_fails(&m->away, task, "%s; inputs fail until it answers",
                     m->session.problem.text);
    if (!row)
        mysql_session_pause(back_off_next(&m->pause, gale_random(task)));
    return gale_error(task,
                      row && m->bad_rows != FAIL ? GALE_POISON : GALE_RETRY,
                      "%s", m->session.problem.text);
}

static gale_result look_up(gale_task *task, const gale_tuple *in,
                           const gale_value *params)
{
    struct mysql_lookup *m = gale_instance(task);
    gale_str question, answer;

    packed_values_clear(&m->question);
    for (uint32_t i = 0; i < m->asks.n; i++)
        packed_values_add(&m->question, params[i]);
    question = packed_values_bytes(&m->question);
    if (lookup_cache_find(&m->cache, question, gale_now(task), &answer)) {
        gale_counter_add(task, m->remembered, 1);
        return emit_answer(task, in, answer);
    }
    gale_counter_add(task, m->asked, 1);
    if (!ask_twice(m, params))
        return refused(task);
    back_off_reset(&m->pause);
    outage_ends(&m->away, task, "the server answers again");
    answer = packed_values_bytes(&m->answer);
    lookup_cache_add(&m->cache, question, answer, gale_now(task));
    return emit_answer(task, in, answer);
}

/* -- callbacks ------------------------------------------------------------- */

static void list_fields(struct mysql_fields *f, gale_str list)
{
    gale_str line;

    for (size_t at = 0; mysql_fields_line(list, &at, &line);)
        mysql_fields_add(f, line, 0);
}

static bool check_query(struct mysql_lookup *m)
{
    if (!mysql_statement_prepare(&m->statement))
        return false;
    if (m->statement.n_params != m->asks.n)
        return mysql_session_refuse(&m->session, MYSQL_ERROR_NEVER,
                                    "option query: found %u ?, expected as "
                                    "many as params, which are %u",
                                    m->statement.n_params, m->asks.n);
    if (m->statement.n_columns != m->n_columns)
        return mysql_session_refuse(&m->session, MYSQL_ERROR_NEVER,
                                    "option query: it gives %u columns, "
                                    "expected as many as fields, which are %u",
                                    m->statement.n_columns, m->n_columns);
    return true;
}

static gale_result prepare(gale_task *task)
{
    struct mysql_lookup *m = gale_instance(task);

    mysql_session_init(&m->session, &m->login);
    m->session.autocommit = true;
    m->statement = (struct mysql_statement){.session = &m->session,
                                            .sql = m->query.data,
                                            .what = "ask the option query"};
    m->pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    m->cache.most = (size_t)m->cache_entries;
    m->cache.max_age = m->cache_secs * 1000 * MS;
    m->asked = gale_counter(task, "asked");
    m->remembered = gale_counter(task, "remembered");
    list_fields(&m->asks, m->params);
    list_fields(&m->passes, m->pass);
    m->n_columns = pass_count(m->fields);
    if (mysql_session_start(task, &m->session) != GALE_OK)
        return GALE_FATAL;
    if (!check_query(m))
        return gale_error(task, GALE_FATAL, "%s", m->session.problem.text);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct mysql_lookup *m = gale_instance(task);

    mysql_statement_fini(&m->statement);
    mysql_session_close(&m->session);
    mysql_fields_fini(&m->asks);
    mysql_fields_fini(&m->passes);
    lookup_cache_fini(&m->cache);
    packed_values_fini(&m->question);
    packed_values_fini(&m->answer);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct mysql_lookup *m = gale_instance(task);
    gale_value params[PASS_MAX];

    if (!mysql_fields_locate(&m->asks, &m->session.problem, in,
                             "option params") ||
        !mysql_fields_locate(&m->passes, &m->session.problem, in,
                             "option pass"))
        return gale_error(task, GALE_FATAL, "%s", m->session.problem.text);
    must(m->asks.n <= PASS_MAX);
    for (uint32_t i = 0; i < m->asks.n; i++) {
        params[i] = gale_get(in, m->asks.at[i]);
        if (params[i].kind > GALE_BYTES)
            return gale_error(task,
                              m->bad_rows == FAIL ? GALE_RETRY : GALE_POISON,
                              "field \"%s\": a list or a map cannot be asked "
                              "for",
                              m->asks.names[i]);
    }
    return look_up(task, in, params);
}

#define M struct mysql_lookup
GALE_BOLT(
    mysql_lookup, .summary = "asks MySQL or MariaDB about each tuple",
    .flags = GALE_BOLT_BLOCKING, .needs = GALE_NEEDS_NETWORK,
    .declare = declare, .prepare = prepare, .cleanup = cleanup,
    .execute = execute, .instance_size = sizeof(M),
    .options = GALE_OPTIONS(
        MYSQL_LOGIN_OPTIONS(M, login),
        GALE_OPTION_STR(M, query, "query", NULL,
                        "a SELECT with a ? for each of params"),
        GALE_OPTION_FIELDS(M, params, "params", "",
                           "fields of the input, in the order of the ?"),
        GALE_OPTION_FIELDS(M, pass, "pass", "",
                           "fields of the input that are emitted first"),
        GALE_OPTION_LIST(
            M, fields, "fields", NULL,
            "names of the columns of the answer, which are emitted "
            "behind them"),
        GALE_OPTION_ENUM(M, no_rows, "no.rows", "ack", "ack nils",
                         "an answer without rows: nothing is emitted, or a row "
                         "of nils"),
        GALE_OPTION_INT(M, max_rows, "max.rows", "10000", 1, 10000000,
                        "rows of an answer; one with more is a bad row"),
        GALE_OPTION_ENUM(M, bad_rows, "bad.rows", "poison", "poison fail",
                         "what becomes of an input that cannot be asked for"),
        GALE_OPTION_INT(M, cache_entries, "cache.entries", "0", 0, 100000000,
                        "answers to remember; 0: none"),
        GALE_OPTION_INT(M, cache_secs, "cache.secs", "60", 1, 1000000,
                        "for how long")));
