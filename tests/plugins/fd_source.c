/* fd_source.c - the numbers in a growing file; from a failed one on, again. */
#include <fcntl.h>
#include <gale/spout.h>
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

struct source {
    gale_str path;   /* option */
    int file, watch; /* watch is readable when the file has grown */
    uint64_t at;     /* offset of the next number: the position */
};

static gale_result open_source(gale_task *task)
{
    struct source *s = gale_instance(task);
    s->file = open(s->path.data, O_RDONLY | O_CLOEXEC);
    s->watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    s->at = gale_offset_get(task, "");
    if (inotify_add_watch(s->watch, s->path.data, IN_MODIFY) < 0)
        return gale_error(task, GALE_FATAL, "cannot open %s", s->path.data);
    return GALE_OK;
}

static gale_result next(gale_task *task)
{
    struct source *s = gale_instance(task);
    char events[4096];
    int64_t n;
    while (read(s->watch, events, sizeof(events)) > 0)
        ; /* before looking, so that no growth goes unseen */
    if (pread(s->file, &n, sizeof(n), s->at) != sizeof(n)) {
        gale_wait_fd(task, s->watch, POLLIN);
        return GALE_OK;
    }
    gale_emit_msg(task, ((gale_msgid){0, s->at}), gale_int(n));
    s->at += sizeof(n);
    return gale_offset_set(task, "", s->at);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct source *s = gale_instance(task);
    s->at = id.lo < s->at ? id.lo : s->at;
}

static void end(gale_task *task, gale_close_reason reason)
{
    struct source *s = gale_instance(task);

    (void)reason;
    close(s->file);
    close(s->watch);
}

GALE_SPOUT(fd_source, .summary = "the numbers in a file that grows",
           .open = open_source, .next = next, .fail = fail, .close = end,
           .instance_size = sizeof(struct source), .streams = GALE_OUTPUTS("n"),
           .options = GALE_OPTIONS(GALE_OPTION_STR(struct source, path, "path",
                                                   NULL, "file to follow")));
