/*
 * ledger_file.h - where a sink of tests writes down what it then acks: a file
 * of the task's own, in a directory that an option names. A line is one write,
 * so that a process which is killed leaves no half one.
 */
#ifndef TESTS_LEDGER_FILE_H
#define TESTS_LEDGER_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <gale/bolt.h>
#include <unistd.h>

struct ledger_file {
    gale_str dir;    /* options: */
    int64_t pace_us; /* … what a line takes, at least */
    int fd;          /* plus 1 */
};

/* `instance_size` and `options` of the sink. */
#define LEDGER_FILE_OPTIONS                                                    \
    .instance_size = sizeof(struct ledger_file),                               \
    .options = GALE_OPTIONS(                                                   \
        GALE_OPTION_STR(struct ledger_file, dir, "dir", NULL,                  \
                        "where its files are"),                                \
        GALE_OPTION_INT(struct ledger_file, pace_us, "pace_us", "0", 0,        \
                        1000000, "microseconds that a line takes at least"))

/* DIR/NAME-TASK, appended to. */
static inline gale_result ledger_file_open(gale_task *task, const char *name)
{
    struct ledger_file *f = gale_instance(task);
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s-%u", f->dir.data, name,
             gale_task_index(task));
    f->fd = 1 + open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    return f->fd
               ? GALE_OK
               : gale_error(task, GALE_FATAL, "%s: %s", path, strerror(errno));
}

/* `cleanup` of the sink. */
static inline void ledger_file_close(gale_task *task)
{
    struct ledger_file *f = gale_instance(task);

    if (f->fd)
        close(f->fd - 1);
}

static inline gale_result ledger_file_write(gale_task *task, const char *line,
                                            int n)
{
    struct ledger_file *f = gale_instance(task);

    if (f->pace_us > 0)
        usleep((useconds_t)f->pace_us);
    if (write(f->fd - 1, line, (size_t)n) == n)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "a line cannot be written: %s",
                      strerror(errno));
}

#endif
