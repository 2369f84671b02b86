/*
 * mysql_session.h - one connection to a MySQL or MariaDB server.
 *
 * It belongs to one task, and is used on threads that may wait: the task's own
 * (GALE_BOLT_BLOCKING, GALE_SPOUT_BLOCKING), or that of its gale_async(), one
 * at a time. Each call returns within some `timeout.secs`. A session is strict
 * (what does not fit is an error, nothing is cut off), speaks utf8mb4, commits
 * when it is told to, and reads no file for the server. It never connects again
 * by itself, as that would lose a transaction without a word;
 * mysql_session_connect() does it.
 *
 * What goes wrong is in `problem`: one sentence, and what it means.
 */
#ifndef CONNECTORS_MYSQL_SESSION_H
#define CONNECTORS_MYSQL_SESSION_H

#include "connectors/mysql_error.h"
#include <gale/option.h>
#include <gale/task.h>

/* Where the server is and who asks; filled from the options. */
struct mysql_login {
    gale_str host, socket, user, password, password_file, database;
    gale_str tls_ca, tls_cert, tls_key;
    int64_t port, timeout_secs, start_secs;
    int32_t tls; /* off, require, verify */
};

#define MYSQL_LOGIN_OPTIONS(type_, m_)                                         \
    GALE_OPTION_STR(type_, m_.host, "host", "127.0.0.1",                       \
                    "name or address of the server"),                          \
        GALE_OPTION_INT(type_, m_.port, "port", "3306", 1, 65535,              \
                        "TCP port of the server"),                             \
        GALE_OPTION_STR(type_, m_.socket, "socket", "",                        \
                        "path of the server's Unix socket, instead of host "   \
                        "and port"),                                           \
        GALE_OPTION_STR(type_, m_.user, "user", NULL,                          \
                        "name that the server knows"),                         \
        GALE_OPTION_STR(type_, m_.password, "password", "",                    \
                        "password of the user; better said by "                \
                        "password.file"),                                      \
        GALE_OPTION_STR(type_, m_.password_file, "password.file", "",          \
                        "file whose first line is the password, read "         \
                        "before each connection"),                             \
        GALE_OPTION_STR(type_, m_.database, "database", NULL,                  \
                        "name of the database"),                               \
        GALE_OPTION_ENUM(type_, m_.tls, "tls", "off", "off require verify",    \
                         "encrypt the connection: require does, and verify "   \
                         "also checks that it is the right server"),           \
        GALE_OPTION_STR(type_, m_.tls_ca, "tls.ca", "",                        \
                        "file of the authorities that sign servers"),          \
        GALE_OPTION_STR(type_, m_.tls_cert, "tls.cert", "",                    \
                        "file of our own certificate, if the server asks"),    \
        GALE_OPTION_STR(type_, m_.tls_key, "tls.key", "",                      \
                        "file of the key of tls.cert"),                        \
        GALE_OPTION_INT(type_, m_.timeout_secs, "timeout.secs", "10", 1, 3600, \
                        "how long the server may take to answer"),             \
        GALE_OPTION_INT(type_, m_.start_secs, "start.secs", "10", 0, 86400,    \
                        "how long a server that is away is waited for at the " \
                        "start")

struct mysql_problem {
    enum mysql_error_class class;
    uint32_t code;  /* of the server or of the client library; 0: ours */
    char text[800]; /* a sentence */
};

/* A sentence of ours; returns false. */
GALE_PRINTF(3, 4)
bool mysql_problem_say(struct mysql_problem *p, enum mysql_error_class class,
                       const char *format, ...);

struct mysql_session {
    const struct mysql_login *login;
    bool autocommit;     /* for who only reads: what is newest each time */
    struct st_mysql *my; /* NULL: not connected */
    uint64_t serial;     /* of the connection, from 1 on */
    uint64_t max_packet; /* bytes that the server takes at a time */
    struct mysql_problem problem;
};

/* login is borrowed until mysql_session_close(). */
void mysql_session_init(struct mysql_session *s,
                        const struct mysql_login *login);

/* Nothing, if it is connected already. */
GALE_MUST_CHECK bool mysql_session_connect(struct mysql_session *s);

/* In open or prepare: tries for start.secs, unless it can never work.
 * GALE_FATAL with the sentence. */
gale_result mysql_session_start(gale_task *task, struct mysql_session *s);

/* Nothing, if it is not connected. What is not committed is gone. */
void mysql_session_close(struct mysql_session *s);

/* If it fails, it may have been done: see mysql_session_unsure(). */
GALE_MUST_CHECK bool mysql_session_commit(struct mysql_session *s);
void mysql_session_rollback(struct mysql_session *s);

/* After a commit that failed: nobody can know whether it was done, as no answer
 * has come. */
bool mysql_session_unsure(const struct mysql_session *s);

/* For parts of it: the library's last error becomes the problem, "cannot
 * <doing>: …"; the connection ends if it is of no use any more. Returns
 * false. */
bool mysql_session_failed(struct mysql_session *s, uint32_t code,
                          const char *state, const char *why,
                          const char *doing);

/* The same for one that is found here. */
GALE_PRINTF(3, 4)
bool mysql_session_refuse(struct mysql_session *s, enum mysql_error_class class,
                          const char *format, ...);

/* What the client library wants of a thread that is not the one which has
 * connected, and when it is done with. */
void mysql_session_enter_thread(void);
void mysql_session_leave_thread(void);

/* Sleep for some milliseconds: until a server may be back, nothing can be
 * waited for. For threads that may block. */
void mysql_session_pause(int64_t ms);

#endif
