/*
 * lines.c - spout: the lines of files and of standard input.
 *
 * Emits (line, file, offset), where offset is the byte at which the line
 * starts. The newline is cut off, everything else is data: \r (but for the
 * option line.end), NUL bytes, bytes that are no UTF-8. A last line without a
 * newline counts.
 *
 * Several tasks share a regular file by chunks of CHUNK bytes, dealt out in
 * turn; a line belongs to the chunk in which it starts. So nobody needs to know
 * how long the file is, and a file that grows while tasks open it leaves no
 * gap. What cannot be read at an offset (a pipe, a terminal) is read by the
 * first task alone, only when poll(2) says so: the flags of a standard input
 * that other processes share stay as they are.
 *
 * The message id is (index of the file, offset). A line that failed is read
 * again from its file; a line of a pipe is kept until it is acked. For each
 * regular file a task keeps the offset up to which it has emitted as its
 * position.
 */
#include "spouts/per_call.h"
#include "spouts/kept.h"
#include "spouts/line_reader.h"
#include "spouts/replay.h"
#include <gale/spout.h>
#include <inttypes.h>
#include <sys/stat.h>

enum {
    BATCH_LINES = 64,            /* at most, of one call of next … */
    BATCH_BYTES = 32 * 1024,     /* … and no new line beyond so many bytes */
    BATCH_READS = 64,            /* at most, without finding a line */
    READ_SIZE = 256 * 1024,      /* room for one read, at least … */
    AGAIN_SIZE = 4096,           /* … and for one of a line that failed */
    CHUNK = 1024 * 1024,         /* dealt out to tasks */
    KEPT_MAX = 64 * 1024 * 1024, /* bytes of un-acked lines of pipes */
    SPLIT_MAX = 255,             /* bytes of the name of a position … */
    POSITION_MAX = 20,           /* … of its text … */
    POSITIONS_MAX = 1024 * 1024, /* … and of all of a task */
};

struct input {
    gale_str path; /* as given; NUL-terminated */
    bool standard; /* standard input */
    bool regular;  /* can be read at an offset */
    bool again;    /* standard input, which one before it reads to its end */
    int64_t start; /* where this task begins; the start of a line */
};

struct split {
    char name[SPLIT_MAX + 1];
    size_t size; /* 0: no position is kept */
};

struct lines {
    gale_str files; /* options */
    int32_t ends;
    int64_t max_line;

    struct input *inputs;
    char *paths;
    uint32_t n_inputs;
    uint32_t current; /* the input being read; n_inputs at the end */
    bool tracked;
    bool no_positions;
    uint32_t batch; /* lines that one call of next emits at most */

    struct line_reader reader;
    bool skip;    /* inside a line of another task */
    int64_t stop; /* a line that starts here is of another chunk */
    int64_t done; /* behind the last line emitted: the position */
    struct split split;

    struct replay failed;
    struct line_reader again; /* reads the lines that failed */
    struct kept kept;         /* un-acked lines of pipes */
};

/* -- what is wrong --------------------------------------------------------- */

static const char *shown(const struct input *in)
{
    return in->standard ? "standard input" : in->path.data;
}

static gale_result unreadable(gale_task *task, const struct input *in,
                              const char *why)
{
    return gale_error(task, GALE_FATAL, "cannot read %s: %s", shown(in), why);
}

static gale_result broken(gale_task *task, const struct input *in,
                          uint64_t offset, const char *why)
{
    return gale_error(task, GALE_FATAL,
                      "cannot read %s at byte %" PRIu64 ": %s", shown(in),
                      offset, why);
}

static gale_result too_long(gale_task *task, gale_msgid id)
{
    const struct lines *s = gale_instance(task);

    return gale_error(task, GALE_FATAL,
                      "%s: the line at byte %" PRIu64 " is longer than "
                      "max.line.bytes (%" PRId64 "): raise the option or break "
                      "the line",
                      shown(&s->inputs[id.hi]), id.lo, s->max_line);
}

/* -- the inputs ------------------------------------------------------------ */

/* No path at all is standard input; an empty one, as of a variable of a shell
 * that is not set, is not: option and list of nothing have the same text. */
static const char *paths_of(gale_task *task, const struct lines *s)
{
    bool is_empty_text = gale_config(task, "files").kind == GALE_STRING;

    return s->files.size || is_empty_text ? s->files.data : "-";
}

/* A name that leads to descriptor 0; opened, it would begin the file anew. */
static bool is_standard(const char *path)
{
    static const char *const names[] = {"/dev/stdin", "/dev/fd/0",
                                        "/proc/self/fd/0"};
    struct stat named, standard;
    bool is_name = false;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        is_name = is_name || !strcmp(path, names[i]);
    if (!is_name)
        return !strcmp(path, "-");
    return !stat(path, &named) && !fstat(STDIN_FILENO, &standard) &&
           named.st_dev == standard.st_dev && named.st_ino == standard.st_ino;
}

/* The option has one path a line. */
static void list_inputs(struct lines *s, const char *text)
{
    size_t size = strlen(text);
    bool has_standard = false;
    char *path, *end;

    s->paths = memcpy(replay_grown(NULL, size + 1), text, size + 1);
    for (path = s->paths; path; path = end ? end + 1 : NULL) {
        struct input in = {.standard = false};

        end = strchr(path, '\n');
        if (end)
            *end = '\0';
        in.path = gale_str_make(path, strlen(path));
        in.standard = is_standard(path);
        in.again = in.standard && has_standard;
        has_standard = has_standard || in.standard;
        s->inputs = replay_grown(s->inputs, (s->n_inputs + 1) * sizeof(in));
        s->inputs[s->n_inputs++] = in;
    }
}

static gale_result check_input(gale_task *task, struct input *in)
{
    struct stat st;
    int rc = in->standard ? fstat(STDIN_FILENO, &st) : stat(in->path.data, &st);

    if (!in->path.size)
        return gale_error(task, GALE_FATAL,
                          "the name of a file is empty: name a file, or - for "
                          "standard input");
    if (rc)
        return unreadable(task, in, strerror(errno));
    if (S_ISDIR(st.st_mode))
        return unreadable(task, in, "it is a directory; name files");
    if (!in->standard && S_ISSOCK(st.st_mode))
        return unreadable(task, in, "it is a socket; name files or pipes");
    if (!in->standard && faccessat(AT_FDCWD, in->path.data, R_OK, AT_EACCESS))
        return unreadable(task, in, strerror(errno));
    in->regular = S_ISREG(st.st_mode);
    if (in->standard && in->regular)
        in->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
    return GALE_OK;
}

static int open_input(const struct input *in)
{
    if (in->standard)
        return STDIN_FILENO;
    return open(in->path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

/* -- positions ------------------------------------------------------------- */

/* Name what this task reads of an input. */
static void name_split(gale_task *task, uint32_t i, struct split *split)
{
    const struct lines *s = gale_instance(task);
    const struct input *in = &s->inputs[i];
    int n = snprintf(split->name, sizeof(split->name), "%u %u/%u %s", i,
                     gale_task_index(task), gale_n_tasks(task), in->path.data);
    bool kept = in->regular && !in->standard && n <= SPLIT_MAX;

    split->size = kept && !s->no_positions ? (size_t)n : 0;
}

static void restore_positions(gale_task *task, struct lines *s)
{
    struct split split;
    size_t bytes = 0;

    for (uint32_t i = 0; i < s->n_inputs; i++) {
        name_split(task, i, &split);
        bytes += split.size + POSITION_MAX;
    }
    s->no_positions = bytes > POSITIONS_MAX;
    if (s->no_positions)
        gale_log(task, GALE_LOG_WARN,
                 "%u files are too many to keep a position for each: after a "
                 "restart, all are read from their start",
                 s->n_inputs);
    for (uint32_t i = 0; i < s->n_inputs; i++) {
        name_split(task, i, &split);
        if (split.size)
            s->inputs[i].start = gale_offset_get(task, split.name);
    }
}

static gale_result save_position(gale_task *task, const struct lines *s)
{
    if (!s->split.size)
        return GALE_OK;
    return gale_offset_set(task, s->split.name, s->done);
}

/* -- chunks ---------------------------------------------------------------- */

/* The first chunk of this task that is not before `chunk`. */
static int64_t own_chunk(gale_task *task, uint32_t input, int64_t chunk)
{
    int64_t n = gale_n_tasks(task), index = gale_task_index(task);

    return chunk + (index + n - (chunk + input) % n) % n;
}

/* Go on where the next line of this task can start; `at` is a line's start, or
 * lies in a chunk of another task. */
static void seek_line(gale_task *task, struct lines *s, int64_t at)
{
    int64_t own = own_chunk(task, s->current, at / CHUNK);

    s->skip = own != at / CHUNK;
    if (s->skip)
        at = own * CHUNK - 1; /* a newline there, and the first byte counts */
    s->stop = (own + 1) * CHUNK;
    line_reader_seek(&s->reader, at);
}

/* Leave a line of another task behind; false: more has to be read for that. */
static bool skip_line(gale_task *task, struct lines *s)
{
    struct line_reader *r = &s->reader;
    size_t n = line_reader_unread(r), size = line_reader_size(r);

    s->skip = size == LINE_READER_NONE;
    if (s->skip && r->offset + (int64_t)n >= s->stop) {
        seek_line(task, s, s->stop); /* no line starts in this chunk */
        return true;
    }
    line_reader_skip(r, s->skip ? n : size + 1);
    return !s->skip;
}

/* A position behind the end is of another file that had this name. */
static void begin_regular(gale_task *task, struct lines *s)
{
    struct input *in = &s->inputs[s->current];
    struct stat st;

    if (!fstat(s->reader.fd, &st) && st.st_size && in->start > st.st_size) {
        gale_log(task, GALE_LOG_WARN,
                 "%s is shorter than it was: it is read from its start again",
                 shown(in));
        in->start = 0;
    }
    posix_fadvise(s->reader.fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    seek_line(task, s, in->start);
}

/* A terminal goes on behind its end, and so may what is no file. */
static bool concerns(gale_task *task, const struct input *in)
{
    return in->regular ? !in->again : gale_task_index(task) == 0;
}

/* Open the current input, or the first behind it that concerns this task. */
static gale_result open_current(gale_task *task, struct lines *s)
{
    const struct input *in;

    while (s->current < s->n_inputs && !concerns(task, &s->inputs[s->current]))
        s->current++;
    if (s->current == s->n_inputs)
        return GALE_OK;
    in = &s->inputs[s->current];
    s->reader.fd = open_input(in);
    if (s->reader.fd < 0)
        return unreadable(task, in, strerror(errno));
    s->reader.regular = in->regular;
    s->skip = false;
    s->stop = INT64_MAX;
    name_split(task, s->current, &s->split);
    if (in->regular)
        begin_regular(task, s);
    return GALE_OK;
}

/* -- emitting -------------------------------------------------------------- */

static gale_result emit_line(gale_task *task, gale_msgid id, gale_str text)
{
    const struct lines *s = gale_instance(task);
    gale_value file = gale_s(s->inputs[id.hi].path);
    gale_value offset = gale_int((int64_t)id.lo);

    if (!s->tracked)
        return gale_emit(task, gale_s(text), file, offset);
    return gale_emit_msg(task, id, gale_s(text), file, offset);
}

/* Emit the first `size` unread bytes as a line that takes up `used` bytes. */
static gale_result take_line(gale_task *task, struct lines *s, size_t size,
                             size_t used)
{
    struct line_reader *r = &s->reader;
    gale_msgid id = {s->current, (uint64_t)r->offset};
    gale_str text = line_reader_line(r, size, s->ends);

    if (size > (uint64_t)s->max_line)
        return too_long(task, id);
    if (s->tracked && !r->regular)
        kept_add(&s->kept, id, text);
    line_reader_skip(r, used);
    s->done = r->offset;
    return emit_line(task, id, text);
}

/* Emit what the buffer holds of whole lines, a batch at most; how many. */
static uint32_t emit_batch(gale_task *task, struct lines *s,
                           gale_result *result)
{
    struct line_reader *r = &s->reader;
    uint32_t n = 0;
    size_t bytes = 0, size;

    while (n < s->batch && bytes < BATCH_BYTES && *result == GALE_OK) {
        if (r->offset >= s->stop)
            seek_line(task, s, r->offset);
        if (s->skip && skip_line(task, s))
            continue;
        size = line_reader_size(r);
        if (size == LINE_READER_NONE)
            break;
        *result = take_line(task, s, size, size + 1);
        bytes += size;
        n++;
    }
    if (n && *result == GALE_OK)
        *result = save_position(task, s);
    return n;
}

/* The input has ended: what is left is its last line. */
static gale_result end_input(gale_task *task, struct lines *s)
{
    size_t rest = line_reader_unread(&s->reader);
    gale_result result = GALE_OK;

    if (rest && !s->skip && s->reader.offset < s->stop) {
        result = take_line(task, s, rest, rest);
        if (result == GALE_OK)
            result = save_position(task, s);
    }
    line_reader_close(&s->reader);
    s->current++;
    return result;
}

/* -- lines that failed ----------------------------------------------------- */

/* Read until a line's end is there, or the end of the file. */
static gale_result read_again(gale_task *task, struct line_reader *r,
                              gale_msgid id, size_t *size)
{
    const struct lines *s = gale_instance(task);
    const struct input *in = &s->inputs[id.hi];
    ssize_t n;

    do {
        n = line_reader_fill(r, AGAIN_SIZE);
        if (n < 0)
            return broken(task, in, id.lo, strerror(errno));
        *size = line_reader_size(r);
        if (*size == LINE_READER_NONE && r->end > (uint64_t)s->max_line)
            return too_long(task, id);
    } while (*size == LINE_READER_NONE && n != 0);
    if (*size == LINE_READER_NONE)
        *size = r->end;
    if (r->end == 0)
        return broken(task, in, id.lo,
                      "it was cut while a line there had to be read again");
    return GALE_OK;
}

static gale_result emit_from_file(gale_task *task, gale_msgid id)
{
    struct lines *s = gale_instance(task);
    struct line_reader *r = &s->again;
    gale_result result;
    size_t size;

    r->fd = open_input(&s->inputs[id.hi]);
    if (r->fd < 0)
        return broken(task, &s->inputs[id.hi], id.lo, strerror(errno));
    r->regular = true;
    line_reader_seek(r, (int64_t)id.lo);
    result = read_again(task, r, id, &size);
    if (result == GALE_OK)
        result = emit_line(task, id, line_reader_line(r, size, s->ends));
    line_reader_close(r);
    return result;
}

static gale_result emit_failed(gale_task *task, struct lines *s)
{
    gale_result result = GALE_OK;

    for (uint32_t n = 0; n < s->batch && result == GALE_OK; n++) {
        const struct kept_text *t;
        gale_msgid id;

        if (replay_empty(&s->failed))
            break;
        id = replay_pop(&s->failed);
        if (s->inputs[id.hi].regular)
            result = emit_from_file(task, id);
        else if ((t = kept_find(&s->kept, id)))
            result = emit_line(task, id, gale_str_make(t->data, t->size));
    }
    return result;
}

/* -- callbacks ------------------------------------------------------------- */

static gale_result open_lines(gale_task *task)
{
    struct lines *s = gale_instance(task);
    gale_value ackers = gale_config(task, "topology.acker.executors");

    s->reader.fd = s->again.fd = -1;
    s->tracked = ackers.kind != GALE_INT || ackers.as.i != 0;
    s->batch = per_call(task, BATCH_LINES);
    list_inputs(s, paths_of(task, s));
    for (uint32_t i = 0; i < s->n_inputs; i++)
        if (check_input(task, &s->inputs[i]) != GALE_OK)
            return GALE_FATAL;
    restore_positions(task, s);
    return GALE_OK;
}

/* Stopped in the middle of what can be read but once. */
static void report_unread(gale_task *task, const struct lines *s)
{
    size_t n = line_reader_unread(&s->reader);

    if (s->reader.fd >= 0 && !s->reader.regular && n > 0)
        gale_log(task, GALE_LOG_WARN,
                 "%s: %zu bytes behind the last line that was emitted were "
                 "read, and are lost: the run was stopped",
                 shown(&s->inputs[s->current]), n);
}

static void close_lines(gale_task *task, gale_close_reason reason)
{
    struct lines *s = gale_instance(task);

    (void)reason;
    report_unread(task, s);
    line_reader_close(&s->reader);
    free(s->reader.data);
    free(s->again.data);
    kept_free(&s->kept);
    replay_free(&s->failed);
    free(s->inputs);
    free(s->paths);
}

/* One read; true: `next` is done, with the result. */
static bool read_more(gale_task *task, struct lines *s, gale_result *result)
{
    struct line_reader *r = &s->reader;
    uint64_t size = line_reader_unread(r);
    ssize_t n;

    if (!s->skip && size > (uint64_t)s->max_line) {
        *result = too_long(task, (gale_msgid){s->current, (uint64_t)r->offset});
        return true;
    }
    n = line_reader_fill(r, READ_SIZE);
    if (n < 0 && errno == EAGAIN) {
        gale_wait_fd(task, r->fd, POLLIN);
        return true;
    }
    if (n < 0)
        *result = broken(task, &s->inputs[s->current],
                         (uint64_t)r->offset + size, strerror(errno));
    if (n == 0)
        *result = end_input(task, s);
    return *result != GALE_OK;
}

static gale_result next(gale_task *task)
{
    struct lines *s = gale_instance(task);
    gale_result result = GALE_OK;

    if (!replay_empty(&s->failed))
        return emit_failed(task, s);
    if (s->kept.bytes > KEPT_MAX)
        return GALE_OK; /* until some are acked */
    for (int i = 0; i < BATCH_READS; i++) {
        if (s->reader.fd < 0)
            result = open_current(task, s);
        if (result == GALE_OK && s->current == s->n_inputs) {
            gale_exhausted(task);
            return GALE_OK;
        }
        if (result != GALE_OK || emit_batch(task, s, &result) ||
            result != GALE_OK || read_more(task, s, &result))
            return result;
    }
    gale_wait_until(task, gale_now(task)); /* let others run */
    return GALE_OK;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct lines *s = gale_instance(task);

    if (id.hi < s->n_inputs && !s->inputs[id.hi].regular)
        kept_drop(&s->kept, id);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct lines *s = gale_instance(task);

    if (id.hi >= s->n_inputs)
        return;
    replay_push(&s->failed, id);
}

GALE_SPOUT(lines, .summary = "the lines of files and of standard input",
           .open = open_lines, .close = close_lines, .next = next, .ack = ack,
           .fail = fail, .instance_size = sizeof(struct lines),
           .streams = GALE_OUTPUTS("line", "file", "offset"),
           .options = GALE_OPTIONS(
               GALE_OPTION_STR(struct lines, files, "files", "",
                               "paths to read, in this order; -, /dev/stdin or "
                               "none at all is standard input"),
               LINE_READER_ENDS_OPTION(struct lines, ends),
               GALE_OPTION_INT(struct lines, max_line, "max.line.bytes",
                               "67108864", 1, 2147483647,
                               "a longer line is an error")));
