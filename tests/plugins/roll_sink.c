/*
 * roll_sink.c - bolt: the answers of examples/roll_call.c, each written down
 * before it is acked: a line `ANSWER N` in DIR/sink-TASK.
 */
#include "tests/plugins/whole_lines.h"
#include <errno.h>
#include <gale/bolt.h>
#include <stdio.h>
#include <string.h>

enum { N, ANSWER }; /* fields of `calls` */

struct roll_sink {
    gale_str dir; /* option */
    int fd;       /* plus 1; 0: none */
};

static gale_result open_roll(gale_task *task)
{
    struct roll_sink *s = gale_instance(task);
    char path[4096];

    snprintf(path, sizeof(path), "%s/sink-%u", s->dir.data,
             gale_task_index(task));
    s->fd = 1 + whole_lines_open(path);
    return s->fd
               ? GALE_OK
               : gale_error(task, GALE_FATAL, "%s: %s", path, strerror(errno));
}

static void close_roll(gale_task *task)
{
    struct roll_sink *s = gale_instance(task);

    if (s->fd)
        close(s->fd - 1);
}

static gale_result write_answer(gale_task *task, const gale_tuple *in)
{
    struct roll_sink *s = gale_instance(task);
    char line[64];
    int n = snprintf(line, sizeof(line), "%lld %lld\n",
                     (long long)gale_get_int(in, ANSWER),
                     (long long)gale_get_int(in, N));

    if (write(s->fd - 1, line, (size_t)n) == n)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "a line cannot be written: %s",
                      strerror(errno));
}

GALE_BOLT(roll_sink, .summary = "writes answers down, and acks them then",
          .prepare = open_roll, .cleanup = close_roll, .execute = write_answer,
          .instance_size = sizeof(struct roll_sink),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct roll_sink, dir, "dir",
                                                  NULL,
                                                  "where its files are")));
