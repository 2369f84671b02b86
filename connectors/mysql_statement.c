/* mysql_statement.c - statements and what they give; see mysql_statement.h. */
#include "connectors/mysql_statement.h"
#include "connectors/mysql_array.h"
#include "connectors/mysql_cell.h"
#include "connectors/must.h"
#include <mysql/mysql.h>

/* Beside the values: their types, the head of the command. */
enum { PACKET_HEAD = 4096, VALUE_HEAD = 10 };

/* Of MariaDB's second 32 bits of what a server can do. */
enum { CAN_TAKE_ARRAYS = MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32 };

static bool failed(struct mysql_statement *st)
{
    char why[MYSQL_ERRMSG_SIZE + 1], state[SQLSTATE_LENGTH + 1];

    snprintf(why, sizeof(why), "%s", mysql_stmt_error(st->stmt));
    snprintf(state, sizeof(state), "%s", mysql_stmt_sqlstate(st->stmt));
    return mysql_session_failed(st->session, mysql_stmt_errno(st->stmt), state,
                                why, st->what);
}

/* -- preparing ------------------------------------------------------------- */

/* Also after its connection has been closed. */
static void forget(struct mysql_statement *st)
{
    for (uint32_t i = 0; i < st->n_params; i++)
        mysql_array_fini(&st->arrays_of[i]);
    for (uint32_t i = 0; i < st->n_columns; i++)
        mysql_cell_fini(&st->cells[i]);
    free(st->arrays_of);
    free(st->cells);
    if (st->stmt != NULL)
        mysql_stmt_close(st->stmt);
    st->arrays_of = NULL;
    st->cells = NULL;
    st->stmt = NULL;
    st->n_params = st->n_columns = 0;
}

void mysql_statement_fini(struct mysql_statement *st)
{
    forget(st);
}

static bool can_take_arrays(const struct mysql_statement *st)
{
    unsigned long can = 0;

    mariadb_get_infov(st->session->my,
                      MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &can);
    return !st->one_by_one && (can & CAN_TAKE_ARRAYS) != 0;
}

static void bind_columns(struct mysql_statement *st)
{
    MYSQL_RES *meta = mysql_stmt_result_metadata(st->stmt);

    if (meta == NULL)
        return;
    st->n_columns = mysql_num_fields(meta);
    st->cells = must_alloc(NULL, st->n_columns * sizeof(*st->cells));
    for (uint32_t i = 0; i < st->n_columns; i++)
        mysql_cell_init(&st->cells[i], mysql_fetch_field_direct(meta, i));
    mysql_free_result(meta);
}

bool mysql_statement_prepare(struct mysql_statement *st)
{
    if (st->stmt != NULL && st->serial == st->session->serial)
        return true;
    forget(st);
    st->serial = st->session->serial;
    st->stmt = mysql_stmt_init(st->session->my);
    must(st->stmt != NULL);
    if (mysql_stmt_prepare(st->stmt, st->sql, strlen(st->sql)) != 0) {
        failed(st);
        forget(st);
        return false;
    }
    st->n_params = (uint32_t)mysql_stmt_param_count(st->stmt);
    st->arrays_of = must_alloc(NULL, st->n_params * sizeof(*st->arrays_of));
    memset(st->arrays_of, 0, st->n_params * sizeof(*st->arrays_of));
    st->arrays = can_take_arrays(st);
    bind_columns(st);
    return true;
}

/* -- writing --------------------------------------------------------------- */

static void look_at_warnings(struct mysql_statement *st)
{
    MYSQL *my = st->session->my;
    uint32_t n = mysql_warning_count(my);
    MYSQL_RES *result;
    MYSQL_ROW row;

    if (n == 0)
        return;
    st->warnings += n;
    if (mysql_query(my, "SHOW WARNINGS LIMIT 1") != 0 ||
        (result = mysql_store_result(my)) == NULL)
        return;
    row = mysql_fetch_row(result);
    if (row != NULL)
        snprintf(st->last_warning, sizeof(st->last_warning), "%s", row[2]);
    mysql_free_result(result);
}

static void clear(struct mysql_statement *st)
{
    for (uint32_t i = 0; i < st->n_params; i++)
        mysql_array_clear(&st->arrays_of[i]);
}

/* What is in the arrays. */
static bool execute(struct mysql_statement *st, size_t n)
{
    MYSQL_BIND *binds = must_alloc(NULL, st->n_params * sizeof(*binds));
    unsigned int size = st->arrays ? (unsigned int)n : 0;
    bool done;

    for (uint32_t i = 0; i < st->n_params; i++)
        mysql_array_bind(&st->arrays_of[i], st->arrays, &binds[i]);
    mysql_stmt_attr_set(st->stmt, STMT_ATTR_ARRAY_SIZE, &size);
    done = mysql_stmt_bind_param(st->stmt, binds) == 0 &&
           mysql_stmt_execute(st->stmt) == 0;
    free(binds);
    if (!done)
        return failed(st);
    look_at_warnings(st);
    clear(st);
    return true;
}

/* Rows that are gathered for a call. */
struct packet {
    size_t n, size;
};

/* A row of a batch, of which the values from `first` on are wanted. */
struct place {
    const struct row_batch *b;
    uint32_t first;
    size_t row;
};

static gale_value value_at(const struct place *at, uint32_t param)
{
    return row_batch_value(at->b, at->row, at->first + param);
}

static size_t row_size(const struct mysql_statement *st, const struct place *at)
{
    size_t size = 0;

    for (uint32_t i = 0; i < st->n_params; i++)
        size += VALUE_HEAD + value_at(at, i).size;
    return size;
}

static bool too_long(struct mysql_statement *st, size_t size)
{
    return mysql_session_refuse(
        st->session, MYSQL_ERROR_ROW,
        "cannot %s: a row of %zu bytes is more than the %llu that the server "
        "takes (its max_allowed_packet)",
        st->what, size, (unsigned long long)st->session->max_packet);
}

static bool joins(const struct mysql_statement *st, const struct packet *packet,
                  const struct place *at, size_t size)
{
    if (!st->arrays ||
        packet->size + size + PACKET_HEAD > st->session->max_packet)
        return false;
    for (uint32_t i = 0; i < st->n_params; i++)
        if (!mysql_array_takes(&st->arrays_of[i], value_at(at, i)))
            return false;
    return true;
}

/* Values of one column are of one type for a call: another type begins
 * another. */
static bool add_row(struct mysql_statement *st, struct packet *packet,
                    const struct place *at)
{
    size_t size = row_size(st, at);

    if (size + PACKET_HEAD > st->session->max_packet)
        return too_long(st, size);
    if (packet->n > 0 && !joins(st, packet, at, size)) {
        if (!execute(st, packet->n))
            return false;
        *packet = (struct packet){0, 0};
    }
    for (uint32_t i = 0; i < st->n_params; i++)
        mysql_array_add(&st->arrays_of[i], value_at(at, i));
    packet->n++;
    packet->size += size;
    return true;
}

bool mysql_statement_write(struct mysql_statement *st,
                           const struct row_batch *b, uint32_t first,
                           size_t from, size_t n)
{
    struct place at = {b, first, from};
    struct packet packet = {0, 0};

    clear(st);
    for (; at.row < from + n; at.row++)
        if (!b->entries[at.row].left_out && !add_row(st, &packet, &at))
            return false;
    return packet.n == 0 || execute(st, packet.n);
}

/* -- asking ---------------------------------------------------------------- */

bool mysql_statement_query(struct mysql_statement *st, const gale_value *params)
{
    MYSQL_BIND *binds = must_alloc(NULL, st->n_params * sizeof(*binds));
    bool done;

    clear(st);
    for (uint32_t i = 0; i < st->n_params; i++) {
        mysql_array_add(&st->arrays_of[i], params[i]);
        mysql_array_bind(&st->arrays_of[i], false, &binds[i]);
    }
    done = (st->n_params == 0 || mysql_stmt_bind_param(st->stmt, binds) == 0) &&
           mysql_stmt_execute(st->stmt) == 0;
    free(binds);
    return done || failed(st);
}

static bool bind_results(struct mysql_statement *st)
{
    MYSQL_BIND *binds = must_alloc(NULL, st->n_columns * sizeof(*binds));
    bool done;

    for (uint32_t i = 0; i < st->n_columns; i++)
        mysql_cell_bind(&st->cells[i], &binds[i]);
    done = mysql_stmt_bind_result(st->stmt, binds) == 0;
    free(binds);
    return done;
}

/* Text that had no room is fetched once more, with enough of it. */
static bool fetch_cell(struct mysql_statement *st, uint32_t i)
{
    MYSQL_BIND bind;

    if (!mysql_cell_grow(&st->cells[i]))
        return true;
    mysql_cell_bind(&st->cells[i], &bind);
    return mysql_stmt_fetch_column(st->stmt, &bind, i, 0) == 0;
}

bool mysql_statement_fetch(struct mysql_statement *st, gale_value *row,
                           bool *more)
{
    int found;

    if (!bind_results(st))
        return failed(st);
    found = mysql_stmt_fetch(st->stmt);
    if (found != 0 && found != MYSQL_NO_DATA && found != MYSQL_DATA_TRUNCATED)
        return failed(st);
    *more = found != MYSQL_NO_DATA;
    for (uint32_t i = 0; i < st->n_columns && *more; i++) {
        if (!fetch_cell(st, i))
            return failed(st);
        row[i] = mysql_cell_value(&st->cells[i]);
    }
    return true;
}

void mysql_statement_end(struct mysql_statement *st)
{
    if (st->stmt != NULL && st->session->my != NULL)
        mysql_stmt_free_result(st->stmt);
}
