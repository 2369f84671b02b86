/* process_stat.c - what /proc says of a process; see process_stat.h. */
#include "common/process_stat.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATE = 3, PARENT = 4, SESSION = 6, START = 22 };

ssize_t process_stat_file(int pid, const char *name, char *to, size_t size)
{
    char path[64];
    size_t n = 0;
    ssize_t more = 1;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    while (n < size && more > 0) {
        more = read(fd, to + n, size - n);
        n += more > 0 ? (size_t)more : 0;
    }
    close(fd);
    return more < 0 ? -1 : (ssize_t)n;
}

/* NULL: there are not so many. */
static const char *field(const char *at, int from, int to)
{
    for (; at != NULL && from < to; from++) {
        at = strchr(at, ' ');
        if (at != NULL)
            at++;
    }
    return at;
}

/* "PID (NAME) STATE …"; a name may have blanks and parentheses, too. */
static bool parse(const char *text, struct process_stat *s)
{
    const char *at = strrchr(text, ')'), *parent, *session, *start;

    if (at == NULL || at[1] != ' ')
        return false;
    at += 2;
    parent = field(at, STATE, PARENT);
    session = field(parent, PARENT, SESSION);
    start = field(session, SESSION, START);
    if (start == NULL)
        return false;
    s->runs = *at != 'Z' && *at != 'X';
    s->parent = (int)strtol(parent, NULL, 10);
    s->session = (int)strtol(session, NULL, 10);
    errno = 0;
    s->start = strtoull(start, NULL, 10);
    return errno == 0 && s->start != 0;
}

bool process_stat_read(int pid, struct process_stat *s)
{
    char text[1024];
    ssize_t n = process_stat_file(pid, "stat", text, sizeof(text) - 1);

    if (n <= 0)
        return false;
    text[n] = '\0';
    return parse(text, s);
}

/* Each ends with a NUL byte; the kernel bounds them all together. */
void process_stat_variable(int pid, const char *name, char *to, size_t size)
{
    size_t length = strlen(name), room = 0;
    char path[64], *text = NULL;
    FILE *from;

    to[0] = '\0';
    snprintf(path, sizeof(path), "/proc/%d/environ", pid);
    from = fopen(path, "re");
    if (from == NULL)
        return;
    while (to[0] == '\0' && getdelim(&text, &room, '\0', from) > 0) {
        const char *value = text + length + 1;

        if (strncmp(text, name, length) == 0 && text[length] == '=' &&
            strlen(value) < size)
            memcpy(to, value, strlen(value) + 1);
    }
    free(text);
    fclose(from);
}
