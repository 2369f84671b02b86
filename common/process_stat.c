/* process_stat.c - what /proc says of a process; see process_stat.h. */
#include "common/process_stat.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* proc(5) */
enum { STATE = 3, PARENT = 4, SESSION = 6, START = 22, MEMORY = 23, ENV = 50 };
enum { LOOKS_MAX = 200, LOOK_MS = 1 };
enum { ENVIRONMENT = 1 << 14, ENVIRONMENT_MAX = 1 << 23 };

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
    const char *at = strrchr(text, ')'), *parent, *session, *start, *environ_at;

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
    environ_at = field(start, START, ENV);
    s->changes = s->runs && environ_at != NULL && *environ_at == '0' &&
                 *field(start, START, MEMORY) != '0';
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

/* By one read, which is all of one program, and not a part of the one before.
 * How many bytes; -1. The caller frees *text. */
static ssize_t read_environment(int pid, char **text)
{
    size_t room = ENVIRONMENT;
    ssize_t n;

    *text = xmalloc(room);
    while ((n = process_stat_file(pid, "environ", *text, room)) ==
               (ssize_t)room &&
           room < ENVIRONMENT_MAX) {
        room *= 2;
        *text = xrealloc(*text, room);
    }
    return n;
}

/* Each ends with a NUL byte. False: there is none at all. */
static bool read_variable(int pid, const char *name, char *to, size_t size)
{
    size_t length = strlen(name), left;
    char *text;
    ssize_t n = read_environment(pid, &text);

    for (const char *at = text; n > 0 && at < text + n; at += left + 1) {
        const char *value = at + length + 1;

        left = strnlen(at, (size_t)(text + n - at));
        if (left > length && at[length] == '=' && !strncmp(at, name, length) &&
            left - length - 1 < size) {
            snprintf(to, size, "%.*s", (int)(left - length - 1), value);
            break;
        }
    }
    free(text);
    return n > 0;
}

/* Nobody tells when a program is there, so that it is looked for again; once
 * more, if it has just come. */
void process_stat_variable(int pid, const char *name, char *to, size_t size)
{
    struct process_stat stat = {.changes = true};

    to[0] = '\0';
    for (int i = 0; i < LOOKS_MAX && !read_variable(pid, name, to, size); i++) {
        if (!stat.changes || !process_stat_read(pid, &stat))
            return;
        if (stat.changes)
            poll(NULL, 0, LOOK_MS);
    }
}
