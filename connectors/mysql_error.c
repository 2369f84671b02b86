/* mysql_error.c - what an error of MySQL means; see mysql_error.h. */
#include "connectors/mysql_error.h"
#include <stddef.h>
#include <string.h>

struct rule {
    uint32_t code;
    enum mysql_error_class class;
    const char *advice;
};

/* Those whose SQLSTATE says nothing (HY000), or something else. Numbers and
 * states are those of mysqld_error.h of MariaDB, and, from 3000 to 3999, of the
 * Server Error Message Reference of MySQL 8. */
static const struct rule rules[] = {
    {1203, MYSQL_ERROR_TRANSIENT, NULL}, /* too many connections of this user */
    {1205, MYSQL_ERROR_TRANSIENT, "somebody holds a lock for long"},
    {1213, MYSQL_ERROR_TRANSIENT, NULL}, /* deadlock */
    {1226, MYSQL_ERROR_TRANSIENT, NULL}, /* a limit of resources of this user */
    {1021, MYSQL_ERROR_TRANSIENT, "make room on the disk of the server"},
    {1114, MYSQL_ERROR_TRANSIENT, "make room on the disk of the server"},
    {1290, MYSQL_ERROR_TRANSIENT, "the server must not be read-only"},
    {1836, MYSQL_ERROR_TRANSIENT, "the server must not be read-only"},
    {1792, MYSQL_ERROR_TRANSIENT, "the server must not be read-only"},
    {2002, MYSQL_ERROR_TRANSIENT, "is the server running?"},
    {2003, MYSQL_ERROR_TRANSIENT, "is the server running?"},
    {2005, MYSQL_ERROR_TRANSIENT, "is the option host right?"},

    {1118, MYSQL_ERROR_ROW, NULL}, /* row too large */
    {1153, MYSQL_ERROR_ROW, "see max_allowed_packet of the server"},
    {2020, MYSQL_ERROR_ROW, "see max_allowed_packet of the server"},
    {1265, MYSQL_ERROR_ROW, NULL}, /* truncated */
    {1300, MYSQL_ERROR_ROW, NULL}, /* no text of this character set */
    {1364, MYSQL_ERROR_ROW, "list it in the option columns"},
    {1366, MYSQL_ERROR_ROW, NULL}, /* no value of this type */
    {1369, MYSQL_ERROR_ROW, NULL}, /* WITH CHECK OPTION; 44000 in MariaDB */
    {1411, MYSQL_ERROR_ROW, NULL}, /* no value of this type, for a function */
    {1467, MYSQL_ERROR_ROW, NULL}, /* AUTO_INCREMENT is at its end */
    {1525, MYSQL_ERROR_ROW, NULL}, /* no value of this type */
    {1526, MYSQL_ERROR_ROW, NULL}, /* no partition for this value */
    {1643, MYSQL_ERROR_ROW, NULL}, /* signalled by a trigger: not found */
    {1644, MYSQL_ERROR_ROW, NULL}, /* … whatever state it has chosen */
    {1713, MYSQL_ERROR_ROW, NULL}, /* too large for the undo log */
    {1748, MYSQL_ERROR_ROW, NULL}, /* no partition of a list for this value */
    {1977, MYSQL_ERROR_ROW, NULL}, /* a character that its set has not got */
    {3643, MYSQL_ERROR_ROW, NULL}, /* a geometry with another SRID */
    {3819, MYSQL_ERROR_ROW, NULL}, /* a check constraint */
    {3988, MYSQL_ERROR_ROW, NULL}, /* a character that its set has not got */

    {1044, MYSQL_ERROR_NEVER, "grant the user what it needs"},
    {1045, MYSQL_ERROR_NEVER, "see the options user, password, password.file"},
    {1049, MYSQL_ERROR_NEVER, "see the option database"},
    {1142, MYSQL_ERROR_NEVER, "grant the user what it needs"},
    {1143, MYSQL_ERROR_NEVER, "grant the user what it needs"},
    {1251, MYSQL_ERROR_NEVER, NULL}, /* a way to log in that we have not got */
    {1275, MYSQL_ERROR_NEVER, NULL},
    {1698, MYSQL_ERROR_NEVER, "see the options user, password, password.file"},
    {1906, MYSQL_ERROR_NEVER, "leave it out of the option columns"},
    {3105, MYSQL_ERROR_NEVER, "leave it out of the option columns"},
    {2026, MYSQL_ERROR_NEVER, "see the options tls, tls.ca"},
    {2059, MYSQL_ERROR_NEVER, NULL}, /* no plugin for this way to log in */
    {2061, MYSQL_ERROR_NEVER, NULL},
};

static const struct rule *rule_of(uint32_t code)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (rules[i].code == code)
            return &rules[i];
    return NULL;
}

/* Data, constraint, the check of a view, what a trigger has signalled; syntax,
 * names, rights. */
static enum mysql_error_class class_of_state(const char *state)
{
    static const char *const row[] = {"22", "23", "44", "45"};
    static const char *const never[] = {"28", "3D", "42"};

    for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
        if (!strncmp(state, row[i], 2))
            return MYSQL_ERROR_ROW;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (!strncmp(state, never[i], 2))
            return MYSQL_ERROR_NEVER;
    return MYSQL_ERROR_TRANSIENT;
}

static bool of_client(uint32_t code)
{
    return code >= 2000 && code < 3000;
}

enum mysql_error_class mysql_error_class(uint32_t code, const char *state)
{
    const struct rule *rule = rule_of(code);

    if (rule != NULL)
        return rule->class;
    return of_client(code) ? MYSQL_ERROR_TRANSIENT : class_of_state(state);
}

/* A server that has been made read-only may not be the one to talk to any
 * longer, and so with what nobody knows: another connection finds out. */
bool mysql_error_keeps_connection(uint32_t code, const char *state)
{
    if (code == 1205 || code == 1213)
        return true;
    return !of_client(code) && code != 1153 &&
           mysql_error_class(code, state) == MYSQL_ERROR_ROW;
}

const char *mysql_error_advice(uint32_t code)
{
    const struct rule *rule = rule_of(code);

    return rule != NULL && rule->advice != NULL ? rule->advice : "";
}
