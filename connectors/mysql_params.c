/* mysql_params.c - how many ? a statement has; see mysql_params.h. */
#include "connectors/mysql_params.h"
#include <ctype.h>
#include <string.h>

/* Behind the quote that ends what the first one begins; a doubled one ends it,
 * and begins it anew. */
static const char *behind_quoted(const char *sql)
{
    const char *end = strchr(sql + 1, *sql);

    return end == NULL ? sql + strlen(sql) : end + 1;
}

static const char *behind_line(const char *sql)
{
    return sql + strcspn(sql, "\n");
}

static const char *behind_comment(const char *sql)
{
    const char *end = strstr(sql + 2, "*/");

    return end == NULL ? sql + strlen(sql) : end + 2;
}

/* Two dashes are a comment only before a blank. */
static bool is_dashes(const char *sql)
{
    return sql[0] == '-' && sql[1] == '-' &&
           (sql[2] == '\0' || isspace((unsigned char)sql[2]));
}

static const char *behind(const char *sql)
{
    if (strchr("'\"`", *sql) != NULL)
        return behind_quoted(sql);
    if (*sql == '#' || is_dashes(sql))
        return behind_line(sql);
    if (sql[0] == '/' && sql[1] == '*')
        return behind_comment(sql);
    return sql + 1;
}

bool mysql_params_count(const char *sql, uint32_t *n)
{
    *n = 0;
    if (strchr(sql, '\\') != NULL || strstr(sql, "/*!") != NULL ||
        strstr(sql, "/*M!") != NULL)
        return false;
    for (; *sql != '\0'; sql = behind(sql))
        *n += *sql == '?';
    return true;
}
