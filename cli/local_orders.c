/* local_orders.c - lines of words; see local_orders.h. */
#include "cli/local_orders.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

struct local_orders {
    struct loop_watch watch;
    int fd;
    bool own; /* it was opened here */
    void (*fn)(void *arg, int argc, char **argv);
    void *arg;
    size_t size;
    char line[LOCAL_ORDERS_LINE + 1];
};

static void take_line(struct local_orders *o)
{
    char *words[LOCAL_ORDERS_WORDS + 1];
    char *rest = o->line, *word;
    int n = 0;

    o->line[o->size] = '\0';
    o->size = 0;
    while (n < LOCAL_ORDERS_WORDS &&
           (word = strtok_r(rest, " \t\r", &rest)) != NULL)
        words[n++] = word;
    words[n] = NULL;
    if (n > 0)
        o->fn(o->arg, n, words);
}

static void take(struct local_orders *o, const char *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (data[i] == '\n')
            take_line(o);
        else if (o->size < LOCAL_ORDERS_LINE)
            o->line[o->size++] = data[i];
}

static void readable(void *arg)
{
    struct local_orders *o = arg;
    char data[4096];
    ssize_t n = read(o->fd, data, sizeof(data));

    if (n > 0)
        take(o, data, (size_t)n);
    else if (n == 0 || (errno != EINTR && errno != EAGAIN))
        loop_watch_clear(&o->watch);
}

/* A pipe that has a name is held open, so that one may write to it after
 * another. */
static int open_it(struct local_orders *o, const char *from, gale_err *error)
{
    struct stat is;

    o->fd = STDIN_FILENO;
    o->own = from != NULL && strcmp(from, "-") != 0;
    if (o->own)
        o->fd = open(from, O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
    if (o->fd < 0 || fstat(o->fd, &is) != 0)
        return error_set(error, "--commands: cannot open %s: %s", from,
                         strerror(errno));
    if (S_ISREG(is.st_mode) || S_ISDIR(is.st_mode))
        return error_set(error,
                         "--commands: %s is no pipe: a file would be read to "
                         "its end before anything runs",
                         from);
    return 0;
}

struct local_orders *local_orders_new(struct loop *loop, const char *from,
                                      void (*fn)(void *arg, int argc,
                                                 char **argv),
                                      void *arg, gale_err *error)
{
    struct local_orders *o = xcalloc(1, sizeof(*o));

    o->fn = fn;
    o->arg = arg;
    o->fd = -1;
    if (from == NULL && !isatty(STDIN_FILENO))
        return o;
    if (open_it(o, from, error) == 0 &&
        (loop_watch_set(loop, &o->watch, o->fd, readable, o) == 0 ||
         from == NULL || strcmp(from, "-") == 0))
        return o;
    local_orders_free(o);
    return NULL;
}

void local_orders_free(struct local_orders *o)
{
    if (o == NULL)
        return;
    loop_watch_clear(&o->watch);
    if (o->own && o->fd >= 0)
        close(o->fd);
    free(o);
}
