/* mysql_session.c - one connection to a server; see mysql_session.h. */
#include "connectors/mysql_session.h"
#include "connectors/back_off.h"
#include "connectors/must.h"
#include <errno.h>
#include <fcntl.h>
#include <mysql/mysql.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

enum {
    TLS_OFF = 0,
    TLS_REQUIRE = 1,
    TLS_VERIFY = 2,
    PASSWORD_MAX = 1024,
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 1000,
    MS = 1000000, /* nanoseconds */
};

/* Ways to log in that do not show the password to whoever says it is the
 * server. */
#define SAFE_PLUGINS                                                           \
    "mysql_native_password,client_ed25519,caching_sha2_password,"              \
    "sha256_password"

void mysql_session_init(struct mysql_session *s,
                        const struct mysql_login *login)
{
    memset(s, 0, sizeof(*s));
    s->login = login;
}

void mysql_session_close(struct mysql_session *s)
{
    if (s->my != NULL)
        mysql_close(s->my);
    s->my = NULL;
}

void mysql_session_pause(int64_t ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * MS};

    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

/* -- problems -------------------------------------------------------------- */

__attribute__((format(printf, 3, 0))) static void say(
    struct mysql_problem *p, enum mysql_error_class class, const char *format,
    va_list args)
{
    p->class = class;
    p->code = 0;
    vsnprintf(p->text, sizeof(p->text), format, args);
}

bool mysql_problem_say(struct mysql_problem *p, enum mysql_error_class class,
                       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(p, class, format, args);
    va_end(args);
    return false;
}

bool mysql_session_refuse(struct mysql_session *s, enum mysql_error_class class,
                          const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(&s->problem, class, format, args);
    va_end(args);
    return false;
}

void mysql_session_enter_thread(void)
{
    mysql_thread_init();
}

void mysql_session_leave_thread(void)
{
    mysql_thread_end();
}

bool mysql_session_failed(struct mysql_session *s, uint32_t code,
                          const char *state, const char *why, const char *doing)
{
    const char *advice = mysql_error_advice(code);

    mysql_session_refuse(s, mysql_error_class(code, state),
                         "cannot %s: %s (MySQL error %u)%s%s", doing, why, code,
                         *advice != '\0' ? "; " : "", advice);
    s->problem.code = code;
    if (!mysql_error_keeps_connection(code, state))
        mysql_session_close(s);
    return false;
}

static bool failed(struct mysql_session *s, const char *doing)
{
    char why[MYSQL_ERRMSG_SIZE + 1], state[SQLSTATE_LENGTH + 1];

    snprintf(why, sizeof(why), "%s", mysql_error(s->my));
    snprintf(state, sizeof(state), "%s", mysql_sqlstate(s->my));
    return mysql_session_failed(s, mysql_errno(s->my), state, why, doing);
}

/* -- connecting ------------------------------------------------------------ */

static const char *text_or_null(gale_str s)
{
    return s.size > 0 ? s.data : NULL;
}

/* The first line of the file. */
static bool read_password(struct mysql_session *s, char *password)
{
    const char *path = s->login->password_file.data;
    FILE *file = fopen(path, "re");
    bool whole;

    if (file == NULL)
        return mysql_session_refuse(s, MYSQL_ERROR_NEVER,
                                    "cannot read the password from %s: %s",
                                    path, strerror(errno));
    whole = fgets(password, PASSWORD_MAX, file) != NULL;
    fclose(file);
    if (!whole || strlen(password) == PASSWORD_MAX - 1)
        return mysql_session_refuse(
            s, MYSQL_ERROR_NEVER,
            "%s: expected a password of at most %d bytes in its first line",
            path, PASSWORD_MAX - 2);
    password[strcspn(password, "\r\n")] = '\0';
    return true;
}

static void set_tls(const struct mysql_session *s)
{
    my_bool require = s->login->tls != TLS_OFF;
    my_bool verify = s->login->tls == TLS_VERIFY;

    if (!verify)
        mysql_options(s->my, MARIADB_OPT_RESTRICTED_AUTH, SAFE_PLUGINS);
    if (!require)
        return;
    mysql_ssl_set(s->my, text_or_null(s->login->tls_key),
                  text_or_null(s->login->tls_cert),
                  text_or_null(s->login->tls_ca), NULL, NULL);
    mysql_options(s->my, MYSQL_OPT_SSL_ENFORCE, &require);
    mysql_options(s->my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &verify);
}

static void set_options(const struct mysql_session *s)
{
    unsigned int seconds = (unsigned int)s->login->timeout_secs, off = 0;
    unsigned int way =
        s->login->socket.size > 0 ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
    my_bool no = 0;

    mysql_options(s->my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
    mysql_options(s->my, MYSQL_OPT_READ_TIMEOUT, &seconds);
    mysql_options(s->my, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
    mysql_options(s->my, MYSQL_OPT_LOCAL_INFILE, &off);
    mysql_options(s->my, MYSQL_OPT_RECONNECT, &no);
    mysql_options(s->my, MYSQL_OPT_PROTOCOL, &way);
    mysql_options(s->my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    set_tls(s);
}

static bool connect_to(struct mysql_session *s, const char *password)
{
    const struct mysql_login *l = s->login;
    char doing[600];

    if (l->socket.size > 0)
        snprintf(doing, sizeof(doing), "connect to MySQL at %s as \"%s\"",
                 l->socket.data, l->user.data);
    else
        snprintf(doing, sizeof(doing), "connect to MySQL at %s:%d as \"%s\"",
                 l->host.data, (int)l->port, l->user.data);
    if (mysql_real_connect(s->my, l->socket.size > 0 ? NULL : l->host.data,
                           l->user.data, password, l->database.data,
                           (unsigned int)l->port, text_or_null(l->socket),
                           0) == NULL)
        return failed(s, doing);
    fcntl(mysql_get_socket(s->my), F_SETFD, FD_CLOEXEC);
    if (l->tls != TLS_OFF && mysql_get_ssl_cipher(s->my) == NULL)
        return mysql_session_refuse(
            s, MYSQL_ERROR_NEVER,
            "cannot %s: the server does not encrypt; see the options tls, "
            "tls.ca",
            doing);
    return true;
}

/* Locks are waited for a little less long than answers, so that it is the
 * server who says what is wrong. */
static bool set_session(struct mysql_session *s)
{
    int wait = (int)s->login->timeout_secs;
    char sql[400];

    wait = wait > 1 ? wait - 1 : 1;
    snprintf(sql, sizeof(sql),
             "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_DATE,"
             "NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
             "NO_ENGINE_SUBSTITUTION', autocommit = %d, "
             "innodb_lock_wait_timeout = %d, lock_wait_timeout = %d",
             s->autocommit, wait, wait);
    return mysql_query(s->my, sql) == 0 || failed(s, "set up the session");
}

static bool ask_max_packet(struct mysql_session *s)
{
    MYSQL_RES *result = NULL;
    MYSQL_ROW row = NULL;

    if (mysql_query(s->my, "SELECT @@max_allowed_packet") == 0 &&
        (result = mysql_store_result(s->my)) != NULL)
        row = mysql_fetch_row(result);
    if (row == NULL || row[0] == NULL)
        return failed(s, "ask the server for max_allowed_packet");
    s->max_packet = strtoull(row[0], NULL, 10);
    mysql_free_result(result);
    return true;
}

bool mysql_session_connect(struct mysql_session *s)
{
    char password[PASSWORD_MAX] = "";
    bool done;

    if (s->my != NULL)
        return true;
    if (s->login->password_file.size > 0 && !read_password(s, password))
        return false;
    s->my = mysql_init(NULL);
    must(s->my != NULL);
    set_options(s);
    done = connect_to(s, s->login->password_file.size > 0
                             ? password
                             : s->login->password.data) &&
           set_session(s) && ask_max_packet(s);
    explicit_bzero(password, sizeof(password));
    if (!done)
        mysql_session_close(s);
    s->serial += done;
    return done;
}

gale_result mysql_session_start(gale_task *task, struct mysql_session *s)
{
    struct back_off pause = {.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    int64_t end = gale_now(task) + s->login->start_secs * 1000 * MS;

    if (s->login->password.size > 0 && s->login->password_file.size > 0)
        return gale_error(task, GALE_FATAL,
                          "both password and password.file are given: take "
                          "the option password away, which others may read");
    while (!mysql_session_connect(s)) {
        if (s->problem.class == MYSQL_ERROR_NEVER || gale_now(task) >= end)
            return gale_error(task, GALE_FATAL, "%s", s->problem.text);
        if (pause.last == 0) /* once: the last word is that of the error */
            gale_log(task, GALE_LOG_WARN, "%s; it is waited for up to %lld s",
                     s->problem.text, (long long)s->login->start_secs);
        mysql_session_pause(back_off_next(&pause, gale_random(task)));
    }
    return GALE_OK;
}

/* -- transactions ---------------------------------------------------------- */

bool mysql_session_commit(struct mysql_session *s)
{
    return mysql_commit(s->my) == 0 || failed(s, "commit");
}

/* Who cannot even do that is disconnected, which does it, too. */
void mysql_session_rollback(struct mysql_session *s)
{
    if (s->my != NULL && mysql_rollback(s->my) != 0)
        mysql_session_close(s);
}

/* The server has not refused it. */
bool mysql_session_unsure(const struct mysql_session *s)
{
    return s->my == NULL;
}
