/*
 * tail.c - spout: the lines of a file that grows and is rotated.
 *
 * Follows a name: what is there now, or will be, or was when the spout ended
 * last. Emits (line, file, offset), offset being the byte at which the line
 * starts. The newline is cut off, everything else is data (see line.end); a
 * last line without one waits for it.
 *
 * When the name is another file's, the one before is read to its end first: it
 * is open, or is found by its inode and its first bytes, whatever its name is
 * now; then those that were rotated meanwhile, and then the new one. A file
 * that is cut short (copytruncate) begins anew; what had not been read is taken
 * from its copy if there is one (connectors/log_files.h).
 *
 * Lines are kept until they are acked, so that one that failed does not need a
 * file which may be gone. The position is the file's mark behind the last line
 * (connectors/file_mark.h). inotify says when to look, and, since it says
 * nothing of some file systems, a clock does, too.
 */
#include "connectors/log_files.h"
#include "spouts/kept.h"
#include "spouts/line_reader.h"
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <gale/spout.h>
#include <inttypes.h>
#include <sys/inotify.h>

enum {
    BATCH_LINES = 64, /* at most, of one call of next */
    BATCH_READS = 16, /* at most, without finding a line */
    READ_SIZE = 64 * 1024,
    KEPT_MAX = 64 * 1024 * 1024, /* bytes of lines that are not acked */
    PATH_MAX_BYTES = 255,        /* it is the name of the position, too */
    EVENTS = 4096,               /* bytes of events, taken at a time */
    MS = 1000000,                /* ns */
};

enum from { START, END };

struct tail {
    gale_str path; /* options */
    int32_t from, ends;
    int64_t max_line, look_ms, quiet_ms;

    bool at_work; /* false: another task is */
    bool tracked;
    uint32_t batch;

    struct line_reader reader; /* of the file that is read; fd -1: none */
    char name[256];            /* … in its directory */
    struct file_mark read;     /* behind what was taken of it … */
    struct file_mark mark;     /* … behind its last line: the position */
    uint64_t serial;           /* of the file, in this run */
    bool skips;                /* inside a line that is left out */
    bool marked;               /* there is a mark, whether it is open or not */
    bool began;                /* a file has been opened in this run */
    bool left;                 /* the name is another file's … */
    bool removed;              /* … or nobody's, which was said */
    int64_t quiet_since;       /* ns; since then nothing has come */
    int64_t touched;           /* ns since 1970: written to, or renamed */
    struct log_files_done done;

    int inotify, file_watch; /* or -1 */
    bool looks;              /* at the file's name, before it goes on */
    int64_t next_look;       /* ns; at the latest */
    int why_not;             /* the errno that was said last */

    struct replay failed;
    struct kept kept;
    gale_metric *too_long;
};

/* -- positions ------------------------------------------------------------- */

static gale_result save_position(gale_task *task, struct tail *s)
{
    char text[FILE_MARK_TEXT];
    size_t size;

    if (s->skips)
        return GALE_OK;
    s->mark = s->read;
    size = file_mark_write(&s->mark, text);
    return gale_position_set(task, s->path, gale_str_make(text, size));
}

static gale_result restore_position(gale_task *task, struct tail *s)
{
    gale_str text = gale_position_get(task, s->path);

    s->marked = text.size > 0;
    if (!s->marked || file_mark_read(text, &s->mark))
        return GALE_OK;
    return gale_error(task, GALE_FATAL,
                      "%s: its position is \"%.*s\", expected one that this "
                      "spout has written",
                      s->path.data, (int)text.size, text.data);
}

/* -- lines ----------------------------------------------------------------- */

static gale_result emit_text(gale_task *task, gale_msgid id, gale_str text)
{
    const struct tail *s = gale_instance(task);
    gale_value file = gale_s(s->path), offset = gale_int((int64_t)id.lo);

    if (!s->tracked)
        return gale_emit(task, gale_s(text), file, offset);
    return gale_emit_msg(task, id, gale_s(text), file, offset);
}

/* Leave n bytes behind. */
static void pass(struct tail *s, size_t n)
{
    file_mark_pass(&s->read, s->reader.data + s->reader.begin, n);
    line_reader_skip(&s->reader, n);
}

static gale_result emit_line(gale_task *task, struct tail *s, size_t size)
{
    gale_str text = line_reader_line(&s->reader, size, s->ends);
    gale_msgid id = {s->serial, (uint64_t)s->reader.offset};

    if (s->tracked)
        kept_add(&s->kept, id, text);
    return emit_text(task, id, text);
}

static void begin_to_skip(gale_task *task, struct tail *s)
{
    s->skips = true;
    gale_counter_add(task, s->too_long, 1);
    gale_report_error(task,
                      "%s: the line at byte %" PRId64 " is longer than "
                      "max.line.bytes (%" PRId64 "): it is left out; raise the "
                      "option or break the line",
                      s->name, s->reader.offset, s->max_line);
}

/* Take what is whole of the line at the front; false: there is none. */
static bool take_line(gale_task *task, struct tail *s, gale_result *result)
{
    size_t size = line_reader_size(&s->reader);
    size_t unread = line_reader_unread(&s->reader);
    bool whole = size != LINE_READER_NONE;

    if (!s->skips && (whole ? size : unread) > (size_t)s->max_line)
        begin_to_skip(task, s);
    if (s->skips) {
        pass(s, whole ? size + 1 : unread);
        s->skips = !whole;
        return whole;
    }
    if (whole) {
        *result = emit_line(task, s, size);
        pass(s, size + 1);
    }
    return whole;
}

static uint32_t emit_batch(gale_task *task, struct tail *s, gale_result *result)
{
    uint32_t n = 0;

    while (n < s->batch && *result == GALE_OK && take_line(task, s, result))
        n++;
    if (n > 0 && *result == GALE_OK)
        *result = save_position(task, s);
    return n;
}

/* -- a file begins --------------------------------------------------------- */

static void watch_file(struct tail *s)
{
    char link[40];

    if (s->inotify < 0)
        return;
    if (s->file_watch >= 0)
        inotify_rm_watch(s->inotify, s->file_watch);
    snprintf(link, sizeof(link), "/proc/self/fd/%d", s->reader.fd);
    s->file_watch =
        inotify_add_watch(s->inotify, link, IN_MODIFY | IN_MOVE_SELF);
}

static int64_t touched(const struct stat *st)
{
    return (int64_t)st->st_ctim.tv_sec * 1000 * MS + st->st_ctim.tv_nsec;
}

/* From `mark` on, or, if that is NULL, from the start. */
static void take_file(gale_task *task, struct tail *s, const struct log_file *f,
                      const struct file_mark *mark)
{
    line_reader_close(&s->reader);
    s->reader.fd = f->fd;
    s->reader.regular = true;
    memcpy(s->name, f->name, sizeof(s->name));
    file_mark_begin(&s->read, f->st.st_dev, f->st.st_ino,
                    log_file_changed(&f->st));
    if (mark != NULL) {
        s->read.offset = mark->offset;
        s->read.sum = mark->sum;
    }
    line_reader_seek(&s->reader, s->read.offset);
    s->serial++;
    s->touched = touched(&f->st);
    s->skips = s->left = s->removed = false;
    s->marked = s->began = s->looks = true;
    s->why_not = 0;
    s->quiet_since = gale_now(task);
    watch_file(s);
}

/* Once for each reason, and again when a file has been there meanwhile. */
static void say_why_not(gale_task *task, struct tail *s, int error)
{
    if (s->why_not == error)
        return;
    s->why_not = error;
    if (error == ENOENT)
        gale_log(task, GALE_LOG_INFO, "%s is not there yet: it is waited for",
                 s->path.data);
    else
        gale_report_error(task, "cannot read %s: %s; it is tried again",
                          s->path.data, strerror(error));
}

/* A new start at the end: behind what is there, which may be half a line. */
static void go_to_end(struct tail *s, const struct log_file *f)
{
    char head[FILE_MARK_HEAD], last = '\n';
    int64_t size = f->st.st_size;
    ssize_t n = pread(f->fd, head, sizeof(head), 0);

    if (n <= 0 || n > size)
        return;
    file_mark_pass(&s->read, head, (size_t)n);
    s->read.offset = size;
    line_reader_seek(&s->reader, size);
    s->skips = pread(f->fd, &last, 1, size - 1) == 1 && last != '\n';
}

/* There is no position: the file itself. */
static gale_result begin_first(gale_task *task, struct tail *s)
{
    struct log_file f = log_files_open(s->path.data);

    if (f.fd < 0) {
        if (errno == ENOENT)
            s->from = START; /* all that comes is new */
        say_why_not(task, s, errno);
        return GALE_OK;
    }
    take_file(task, s, &f, NULL);
    if (s->from == END)
        go_to_end(s, &f);
    s->from = START;
    gale_log(task, GALE_LOG_INFO, "%s is read from byte %" PRId64 " on",
             s->path.data, s->read.offset);
    return save_position(task, s);
}

/* Behind the file that was read, or is gone. */
static gale_result begin_next(gale_task *task, struct tail *s, int64_t since)
{
    struct log_file f = log_files_next(s->path.data, since, &s->done);

    if (f.fd < 0) {
        say_why_not(task, s, errno);
        line_reader_close(&s->reader);
        return GALE_OK;
    }
    take_file(task, s, &f, NULL);
    return save_position(task, s);
}

/* What the mark is of is not at hand, as at a start, or has been cut. */
static gale_result resume(gale_task *task, struct tail *s)
{
    struct file_mark mark = s->mark;
    struct log_file f = log_files_marked(s->path.data, &mark);

    if (f.fd >= 0) {
        gale_log(task, GALE_LOG_INFO,
                 "%s is read from byte %" PRId64 " on, as %s", s->path.data,
                 mark.offset, f.name);
        take_file(task, s, &f, &mark);
        return save_position(task, s);
    }
    if (!s->began && s->why_not == 0)
        gale_report_error(task,
                          "%s: the file that was read up to byte %" PRId64
                          " is gone, or was cut: what it held behind that is "
                          "lost; what has come since then is read from its "
                          "start",
                          s->path.data, mark.offset);
    return begin_next(task, s, mark.changed);
}

static gale_result begin(gale_task *task, struct tail *s)
{
    return s->marked ? resume(task, s) : begin_first(task, s);
}

/* -- looking --------------------------------------------------------------- */

static void take_events(const struct tail *s)
{
    char events[EVENTS];

    while (s->inotify >= 0 && read(s->inotify, events, sizeof(events)) > 0)
        continue;
}

/* Once; it is read as long as it is open, and somebody may write to it. */
static void see_removed(gale_task *task, struct tail *s, const struct stat *st)
{
    if (st->st_nlink > 0 || s->removed)
        return;
    s->removed = true;
    gale_log(task, GALE_LOG_WARN,
             "%s was removed when %" PRId64 " bytes of it were read: what is "
             "still written to it is read until another one has its name; a "
             "restart finds it no more",
             s->name, s->reader.offset);
}

static gale_result was_cut(gale_task *task, struct tail *s)
{
    gale_log(task, GALE_LOG_WARN,
             "%s was cut, or written anew, when %" PRId64 " bytes of it were "
             "read: it is read from its start; %zu bytes that had no newline "
             "yet are left out unless there is a copy",
             s->name, s->reader.offset, line_reader_unread(&s->reader));
    return resume(task, s);
}

/* Whether the name is another file's by now. */
static void see_name(gale_task *task, struct tail *s)
{
    bool was_left = s->left;
    struct stat st;

    s->left = stat(s->path.data, &st) == 0 &&
              (st.st_dev != s->read.device || st.st_ino != s->read.inode);
    if (s->left && !was_left)
        s->quiet_since = gale_now(task);
}

static gale_result look(gale_task *task, struct tail *s)
{
    struct file_mark all = s->read;
    struct stat st;

    s->looks = false;
    s->next_look = gale_now(task) + s->look_ms * MS;
    take_events(s);
    log_files_watch(s->inotify, s->path.data);
    if (s->reader.fd < 0)
        return begin(task, s);
    if (fstat(s->reader.fd, &st) == 0) {
        s->read.changed = log_file_changed(&st);
        s->touched = touched(&st);
        see_removed(task, s, &st);
    }
    see_name(task, s);
    if (!log_file_is(s->reader.fd, &all) ||
        st.st_size < all.offset + (int64_t)line_reader_unread(&s->reader))
        return was_cut(task, s);
    return GALE_OK;
}

/* -- a file ends ----------------------------------------------------------- */

/* Nothing has come for so long, since it was renamed, that its writer has the
 * new one by now. */
static bool is_quiet(gale_task *task, const struct tail *s)
{
    int64_t quiet = s->quiet_ms * MS;

    return gale_now(task) - s->quiet_since >= quiet ||
           gale_wall_us(task) * 1000 - s->touched >= quiet;
}

/* What is left is its last line. */
static gale_result end_file(gale_task *task, struct tail *s)
{
    size_t rest = line_reader_unread(&s->reader);
    gale_result result = GALE_OK;
    struct stat st;

    if (rest > 0 && !s->skips)
        result = emit_line(task, s, rest);
    pass(s, rest);
    if (result != GALE_OK || fstat(s->reader.fd, &st))
        return result;
    s->skips = false;
    log_files_done(&s->done, &st);
    return begin_next(task, s, log_file_changed(&st));
}

/* Everything that is there has been read; true: another file has begun. */
static bool end_of_data(gale_task *task, struct tail *s, gale_result *result)
{
    if (!s->left)
        return false;
    if (is_quiet(task, s)) {
        *result = end_file(task, s);
        return true;
    }
    gale_wait_until(task, s->quiet_since + s->quiet_ms * MS);
    return false;
}

/* -- callbacks ------------------------------------------------------------- */

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct tail *s = instance;

    if (s->path.size > 0 && s->path.size <= PATH_MAX_BYTES)
        return GALE_OK;
    return gale_declare_error(out, "option file is empty or too long: expected "
                                   "a path of 1 to 255 bytes");
}

/* What cannot be read now is an error at once; what is not there may come. */
static gale_result check_path(gale_task *task, const struct tail *s)
{
    struct log_file f = log_files_open(s->path.data);

    if (f.fd >= 0)
        close(f.fd);
    else if (errno == EISDIR || errno == ENOTSUP)
        return gale_error(task, GALE_FATAL,
                          "cannot follow %s: expected a file that grows, found "
                          "%s",
                          s->path.data,
                          errno == EISDIR ? "a directory"
                                          : "what can be read but once");
    else if (errno != ENOENT)
        return gale_error(task, GALE_FATAL, "cannot read %s: %s", s->path.data,
                          strerror(errno));
    return GALE_OK;
}

static gale_result open_tail(gale_task *task)
{
    struct tail *s = gale_instance(task);
    gale_value ackers = gale_config(task, "topology.acker.executors");

    s->reader.fd = s->inotify = s->file_watch = -1;
    s->at_work = gale_task_index(task) == 0;
    if (!s->at_work)
        return GALE_OK;
    if (gale_n_tasks(task) > 1)
        gale_log(task, GALE_LOG_WARN,
                 "%u tasks are to follow one file: only the first does",
                 gale_n_tasks(task));
    s->tracked = ackers.kind != GALE_INT || ackers.as.i != 0;
    s->batch = per_call(task, BATCH_LINES);
    s->too_long = gale_counter(task, "lines-too-long");
    s->looks = true;
    if (check_path(task, s) != GALE_OK)
        return GALE_FATAL;
    s->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (s->inotify < 0)
        gale_log(task, GALE_LOG_WARN,
                 "there is no inotify (%s): %s is looked at every %" PRId64
                 " ms only",
                 strerror(errno), s->path.data, s->look_ms);
    return restore_position(task, s);
}

static void close_tail(gale_task *task, gale_close_reason reason)
{
    struct tail *s = gale_instance(task);

    (void)reason;
    if (!s->at_work)
        return;
    line_reader_close(&s->reader);
    free(s->reader.data);
    if (s->inotify >= 0)
        close(s->inotify);
    kept_free(&s->kept);
    replay_free(&s->failed);
}

static gale_result emit_failed(gale_task *task, struct tail *s)
{
    gale_result result = GALE_OK;

    for (uint32_t n = 0; n < s->batch && result == GALE_OK; n++) {
        const struct kept_text *t;
        gale_msgid id;

        if (replay_empty(&s->failed))
            break;
        id = replay_pop(&s->failed);
        t = kept_find(&s->kept, id);
        if (t != NULL)
            result = emit_text(task, id, gale_str_make(t->data, t->size));
    }
    return result;
}

/* What has come is looked at before it is read: it may be another file's. */
static void wait_for_more(gale_task *task, struct tail *s)
{
    s->looks = true;
    if (s->inotify >= 0)
        gale_wait_fd(task, s->inotify, POLLIN);
    gale_wait_until(task, s->next_look);
}

/* One read; true: `next` is done, with the result. */
static bool read_more(gale_task *task, struct tail *s, gale_result *result)
{
    ssize_t n = line_reader_fill(&s->reader, READ_SIZE);

    if (n > 0) {
        s->quiet_since = gale_now(task);
        return false;
    }
    if (n < 0) {
        s->looks = true;
        *result = gale_error(task, GALE_RETRY,
                             "cannot read %s at byte %" PRId64
                             ": %s; it is tried again",
                             s->name, s->reader.offset, strerror(errno));
    } else if (!end_of_data(task, s, result)) {
        wait_for_more(task, s);
    }
    return true;
}

static gale_result next(gale_task *task)
{
    struct tail *s = gale_instance(task);
    gale_result result = GALE_OK;

    if (!s->at_work) {
        gale_exhausted(task);
        return GALE_OK;
    }
    if (!replay_empty(&s->failed))
        return emit_failed(task, s);
    if (s->kept.bytes > KEPT_MAX)
        return GALE_OK; /* until some are acked */
    if (s->looks || gale_now(task) >= s->next_look)
        result = look(task, s);
    if (s->reader.fd < 0 && result == GALE_OK)
        wait_for_more(task, s);
    for (int i = 0; s->reader.fd >= 0 && i < BATCH_READS; i++)
        if (result != GALE_OK || emit_batch(task, s, &result) > 0 ||
            result != GALE_OK || read_more(task, s, &result))
            break;
    return result;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct tail *s = gale_instance(task);

    kept_drop(&s->kept, id);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct tail *s = gale_instance(task);

    replay_push(&s->failed, id);
}

GALE_SPOUT(
    tail, .summary = "the lines of a file that grows and is rotated",
    .needs = GALE_NEEDS_NETWORK, .declare = declare, .open = open_tail,
    .close = close_tail, .next = next, .ack = ack, .fail = fail,
    .instance_size = sizeof(struct tail),
    .streams = GALE_OUTPUTS("line", "file", "offset"),
    .options = GALE_OPTIONS(
        GALE_OPTION_STR(struct tail, path, "file", NULL,
                        "path of the file, which need not be there yet"),
        GALE_OPTION_ENUM(struct tail, from, "from", "start", "start end",
                         "where to begin when there is no position: at what "
                         "is there, or behind it"),
        LINE_READER_ENDS_OPTION(struct tail, ends),
        GALE_OPTION_INT(struct tail, max_line, "max.line.bytes", "1048576", 1,
                        1073741824,
                        "a longer line is left out, and is an error"),
        GALE_OPTION_INT(struct tail, look_ms, "look.ms", "1000", 10, 3600000,
                        "how often to look where the system says nothing"),
        GALE_OPTION_INT(struct tail, quiet_ms, "rotated.quiet.ms", "2000", 0,
                        3600000,
                        "how long nothing must have come to a file that was "
                        "rotated before the next one is read")));
