/*
 * directory.c - spout: the lines of files that come into a directory.
 *
 * Emits (line, file, offset): file is its name, offset the byte at which the
 * line starts. A file is read from its beginning to its end, in the order of
 * names as far as several are there. When all its lines are acked it is moved
 * to the directory of those that are done, and only then the next one begins:
 * so what is still there is what is still to be done. One that cannot be read
 * goes to the bad ones.
 *
 * Names that begin with _ or . or end with .tmp are left alone, and so is a
 * file that was changed less than age.ms ago: somebody may be writing it. Who
 * moves files in when they are whole needs no such time. Several tasks share
 * the files by their names.
 *
 * The position is inode, offset and name of the file that is read. Changes are
 * heard of by inotify; the directory is looked at every rescan.secs in any
 * case, since not every file system says what happens.
 */
#include "connectors/must.h"
#include "spouts/line_reader.h"
#include "spouts/per_call.h"
#include "spouts/replay.h"
#include <dirent.h>
#include <gale/spout.h>
#include <inttypes.h>
#include <sys/inotify.h>
#include <sys/stat.h>

enum {
    BATCH_LINES = 64, /* at most, of one call of next … */
    BATCH_READS = 16, /* … and as many reads */
    READ_SIZE = 256 * 1024,
    AGAIN_SIZE = 4096,  /* of a line that failed */
    NAMES_MAX = 4096,   /* that are remembered of one look */
    NAME_SIZE = 256,    /* with the NUL */
    MOVE_TRIES = 10000, /* names for a file that is done */
    POSITION_SIZE = NAME_SIZE + 48,
};

#define MS INT64_C(1000000)

struct directory {
    gale_str path, done, bad; /* options */
    int64_t age_ms, rescan_secs, max_line;
    int32_t ends;
    bool end;

    int fd, done_fd, bad_fd, events; /* -1: not open */
    char **names;                    /* of the last look, in their order */
    uint32_t n_names, next_name;
    int64_t look_ns; /* when to look again */
    bool some_young; /* at the last look */

    char name[NAME_SIZE]; /* of the file that is read; "": none */
    uint64_t number;      /* of files that this task has begun */
    uint64_t inode;
    struct line_reader reader, again;
    bool at_end;     /* all of it has been emitted */
    char why[256];   /* it is bad; "": it is not */
    uint64_t n_open; /* its lines that are not acked */
    uint32_t per_call;
    struct replay failed;
    gale_metric *files, *bad_files;
};

/* -- names ----------------------------------------------------------------- */

static bool is_tmp(const char *name, size_t size)
{
    return size >= 4 && strcmp(name + size - 4, ".tmp") == 0;
}

/* FNV-1a. */
static bool is_mine(gale_task *task, const char *name)
{
    uint64_t sum = UINT64_C(14695981039346656037);

    for (; *name != '\0'; name++)
        sum = (sum ^ (unsigned char)*name) * UINT64_C(1099511628211);
    return (sum >> 32) % gale_n_tasks(task) == gale_task_index(task);
}

static void forget_names(struct directory *d)
{
    for (uint32_t i = 0; i < d->n_names; i++)
        free(d->names[i]);
    d->n_names = d->next_name = 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Milliseconds until the file is old enough, 0: it is; -1: it is none. */
static int64_t too_young(gale_task *task, const char *name)
{
    struct directory *d = gale_instance(task);
    struct stat is;
    int64_t age;

    if (fstatat(d->fd, name, &is, 0) != 0 || !S_ISREG(is.st_mode))
        return -1;
    age = gale_wall_us(task) / 1000 -
          (is.st_mtim.tv_sec * 1000 + is.st_mtim.tv_nsec / MS);
    return age < 0 || age >= d->age_ms ? 0 : d->age_ms - age;
}

static void take_name(gale_task *task, const char *name)
{
    struct directory *d = gale_instance(task);
    size_t size = strlen(name);
    int64_t young;

    if (name[0] == '_' || name[0] == '.' || is_tmp(name, size) ||
        size >= NAME_SIZE || !is_mine(task, name) || d->n_names == NAMES_MAX)
        return;
    young = too_young(task, name);
    d->some_young = d->some_young || young > 0;
    if (young > 0 && gale_now(task) + young * MS < d->look_ns)
        d->look_ns = gale_now(task) + young * MS;
    if (young != 0)
        return;
    d->names[d->n_names] = strdup(name);
    must(d->names[d->n_names] != NULL);
    d->n_names++;
}

static gale_result look(gale_task *task)
{
    struct directory *d = gale_instance(task);
    DIR *names = opendir(d->path.data);
    struct dirent *entry;

    forget_names(d);
    d->some_young = false;
    d->look_ns = gale_now(task) + d->rescan_secs * 1000 * MS;
    if (names == NULL)
        return gale_error(task, GALE_RETRY, "cannot read the directory %s: %s",
                          d->path.data, strerror(errno));
    while ((entry = readdir(names)) != NULL)
        take_name(task, entry->d_name);
    closedir(names);
    qsort(d->names, d->n_names, sizeof(*d->names), by_name);
    return GALE_OK;
}

/* What has happened is seen by a look. */
static void drop_events(struct directory *d)
{
    char events[4096];

    while (read(d->events, events, sizeof(events)) > 0)
        ;
}

/* -- the file that is read ------------------------------------------------- */

static void keep_position(gale_task *task, int64_t offset)
{
    struct directory *d = gale_instance(task);
    char text[POSITION_SIZE];
    int n = snprintf(text, sizeof(text), "%" PRIu64 " %" PRId64 " %s", d->inode,
                     offset, d->name);

    gale_position_set(task, gale_str_make("", 0),
                      gale_str_make(text, (size_t)n));
}

static void call_bad(struct directory *d, const char *why)
{
    snprintf(d->why, sizeof(d->why), "%s", why);
    d->at_end = true;
}

static void begin_file(gale_task *task, const char *name, uint64_t inode,
                       int64_t offset)
{
    struct directory *d = gale_instance(task);
    struct stat is;
    int fd = openat(d->fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 && errno == ENOENT)
        return;
    memcpy(d->name, name, strlen(name) + 1);
    d->number++;
    d->at_end = false;
    d->why[0] = '\0';
    d->reader.fd = d->again.fd = fd;
    if (fd < 0 || fstat(fd, &is) != 0) {
        call_bad(d, strerror(errno));
        return;
    }
    d->inode = is.st_ino;
    if (is.st_ino == inode && is.st_size >= offset)
        line_reader_seek(&d->reader, offset);
}

/* From where the last run has come to. */
static void go_on(gale_task *task)
{
    gale_str text = gale_position_get(task, gale_str_make("", 0));
    char copy[POSITION_SIZE] = "";
    uint64_t inode;
    int64_t offset;
    int name = 0;

    if (text.size == 0 || text.size >= sizeof(copy))
        return;
    memcpy(copy, text.data, text.size);
    if (sscanf(copy, "%" SCNu64 " %" SCNd64 " %n", &inode, &offset, &name) ==
            2 &&
        name > 0 && copy[name] != '\0' && strchr(copy + name, '/') == NULL &&
        strlen(copy + name) < NAME_SIZE && offset >= 0)
        begin_file(task, copy + name, inode, offset);
}

/* Whether the name is still that of the file that was read. */
static bool is_there(const struct directory *d)
{
    struct stat is;

    return fstatat(d->fd, d->name, &is, AT_SYMLINK_NOFOLLOW) == 0 &&
           (is.st_ino == d->inode || d->why[0] != '\0');
}

/* Under another name if its own is taken. */
static int move_to(struct directory *d, int to)
{
    char name[NAME_SIZE + 16];

    for (int i = 0; i < MOVE_TRIES; i++) {
        if (i == 0)
            snprintf(name, sizeof(name), "%s", d->name);
        else
            snprintf(name, sizeof(name), "%.240s.%d", d->name, i);
        if (renameat2(d->fd, d->name, to, name, RENAME_NOREPLACE) == 0)
            return 0;
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

/* It is left alone by now, be there another one of its name or not. */
static void leave_file(struct directory *d)
{
    d->again.fd = -1; /* the same */
    line_reader_close(&d->again);
    line_reader_close(&d->reader);
    d->name[0] = '\0';
}

static gale_result was_removed(gale_task *task)
{
    struct directory *d = gale_instance(task);

    gale_log(task, GALE_LOG_WARN,
             "%s/%s was removed, moved away or replaced while it was read: "
             "%" PRId64 " bytes of it were emitted, and it does not go to %s",
             d->path.data, d->name, d->reader.offset, d->done.data);
    leave_file(d);
    return GALE_OK;
}

static gale_result finish_file(gale_task *task)
{
    struct directory *d = gale_instance(task);
    bool bad = d->why[0] != '\0';

    if (!is_there(d))
        return was_removed(task);
    if (bad)
        gale_report_error(task, "the file %s/%s is bad, and goes to %s: %s",
                          d->path.data, d->name, d->bad.data, d->why);
    if (move_to(d, bad ? d->bad_fd : d->done_fd) != 0)
        return gale_error(task, GALE_RETRY, "cannot move %s/%s to %s: %s",
                          d->path.data, d->name,
                          bad ? d->bad.data : d->done.data, strerror(errno));
    gale_counter_add(task, bad ? d->bad_files : d->files, 1);
    leave_file(d);
    return GALE_OK;
}

/* -- lines ----------------------------------------------------------------- */

static gale_result emit_line(gale_task *task, struct line_reader *r,
                             size_t size)
{
    struct directory *d = gale_instance(task);
    gale_msgid id = {d->number, (uint64_t)r->offset};

    return gale_emit_msg(task, id, gale_s(line_reader_line(r, size, d->ends)),
                         gale_cstr(d->name), gale_int(r->offset));
}

/* The line at the front, whole or what is left of the file. */
static gale_result emit_next(gale_task *task, size_t size, bool newline)
{
    struct directory *d = gale_instance(task);
    gale_result result = emit_line(task, &d->reader, size);

    if (result != GALE_OK)
        return result;
    d->n_open++;
    line_reader_skip(&d->reader, size + newline);
    return GALE_OK;
}

/* More of the file, or its end. */
static gale_result read_more(gale_task *task)
{
    struct directory *d = gale_instance(task);
    size_t rest = line_reader_unread(&d->reader);
    ssize_t n;

    if (rest > (size_t)d->max_line) {
        call_bad(d, "a line is longer than max.line.bytes");
        return GALE_OK;
    }
    n = line_reader_fill(&d->reader, READ_SIZE);
    if (n < 0)
        call_bad(d, strerror(errno));
    if (n != 0)
        return GALE_OK;
    d->at_end = true;
    return rest > 0 ? emit_next(task, rest, false) : GALE_OK;
}

static gale_result emit_lines(gale_task *task)
{
    struct directory *d = gale_instance(task);
    gale_result result = GALE_OK;
    uint32_t lines = 0, reads = 0;

    while (result == GALE_OK && !d->at_end && lines < d->per_call &&
           reads < BATCH_READS) {
        size_t size = line_reader_size(&d->reader);

        if (size == LINE_READER_NONE || size > (size_t)d->max_line) {
            if (size != LINE_READER_NONE)
                call_bad(d, "a line is longer than max.line.bytes");
            else
                result = read_more(task);
            reads++;
            continue;
        }
        result = emit_next(task, size, true);
        lines++;
    }
    keep_position(task, d->reader.offset);
    return result;
}

/* A line that failed is read again; what is gone is given up. */
static gale_result emit_again(gale_task *task)
{
    struct directory *d = gale_instance(task);
    gale_msgid id = replay_pop(&d->failed);
    size_t size = LINE_READER_NONE;
    ssize_t n = 1;

    line_reader_seek(&d->again, (int64_t)id.lo);
    while (n > 0 && size == LINE_READER_NONE) {
        size = line_reader_size(&d->again);
        if (size == LINE_READER_NONE)
            n = line_reader_fill(&d->again, AGAIN_SIZE);
    }
    if (size == LINE_READER_NONE)
        size = line_reader_unread(&d->again);
    if (n >= 0 && (n > 0 || size > 0))
        return emit_line(task, &d->again, size);
    gale_report_error(task, "%s/%s was cut: its line at %" PRIu64 " is gone",
                      d->path.data, d->name, id.lo);
    gale_give_up(task, id);
    d->n_open--;
    return GALE_OK;
}

/* -- callbacks ------------------------------------------------------------- */

static int open_directory(const char *path)
{
    return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* The option, or a directory of this name in the one that is watched. */
static gale_result open_target(gale_task *task, gale_str *option,
                               const char *name, int *fd)
{
    struct directory *d = gale_instance(task);
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s", d->path.data, name);
    if (option->size > 0)
        snprintf(path, sizeof(path), "%s", option->data);
    else
        *option = gale_str_make(name, strlen(name));
    if (mkdir(path, 0777) != 0 && errno != EEXIST)
        *fd = -1;
    else
        *fd = open_directory(path);
    if (*fd < 0)
        return gale_error(task, GALE_FATAL,
                          "cannot open or make the directory %s: %s", path,
                          strerror(errno));
    return GALE_OK;
}

static gale_result watch(gale_task *task)
{
    struct directory *d = gale_instance(task);

    d->events = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (d->events < 0 ||
        inotify_add_watch(d->events, d->path.data,
                          IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB) < 0)
        gale_log(task, GALE_LOG_WARN,
                 "nobody says when a file comes into %s (%s): it is looked at "
                 "every %" PRId64 " s",
                 d->path.data, strerror(errno), d->rescan_secs);
    return GALE_OK;
}

static gale_result open_spout(gale_task *task)
{
    struct directory *d = gale_instance(task);

    d->fd = d->done_fd = d->bad_fd = d->events = -1;
    d->reader.fd = d->again.fd = -1;
    d->reader.regular = d->again.regular = true;
    d->per_call = per_call(task, BATCH_LINES);
    d->files = gale_counter(task, "files.done");
    d->bad_files = gale_counter(task, "files.bad");
    d->names = must_alloc(NULL, NAMES_MAX * sizeof(*d->names));
    d->fd = open_directory(d->path.data);
    if (d->fd < 0)
        return gale_error(task, GALE_FATAL, "cannot read the directory %s: %s",
                          d->path.data, strerror(errno));
    if (open_target(task, &d->done, "_done", &d->done_fd) != GALE_OK ||
        open_target(task, &d->bad, "_bad", &d->bad_fd) != GALE_OK)
        return GALE_FATAL;
    go_on(task);
    return watch(task);
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

static void close_spout(gale_task *task, gale_close_reason reason)
{
    struct directory *d = gale_instance(task);

    (void)reason;
    d->again.fd = -1;
    line_reader_close(&d->reader);
    free(d->reader.data);
    free(d->again.data);
    replay_free(&d->failed);
    if (d->names != NULL)
        forget_names(d);
    free(d->names);
    close_fd(d->events);
    close_fd(d->bad_fd);
    close_fd(d->done_fd);
    close_fd(d->fd);
}

/* The next file, or what to wait for. */
static gale_result find_file(gale_task *task)
{
    struct directory *d = gale_instance(task);

    if (d->next_name == d->n_names) {
        drop_events(d);
        if (look(task) != GALE_OK)
            return GALE_RETRY;
    }
    while (d->name[0] == '\0' && d->next_name < d->n_names)
        begin_file(task, d->names[d->next_name++], 0, 0);
    if (d->name[0] != '\0')
        return GALE_OK;
    if (d->end && !d->some_young) {
        gale_exhausted(task);
        return GALE_OK;
    }
    if (d->events >= 0)
        gale_wait_fd(task, d->events, POLLIN);
    gale_wait_until(task, d->look_ns);
    return GALE_OK;
}

static gale_result next(gale_task *task)
{
    struct directory *d = gale_instance(task);

    if (!replay_empty(&d->failed))
        return emit_again(task);
    if (d->name[0] == '\0')
        return find_file(task);
    if (!d->at_end)
        return emit_lines(task);
    if (d->n_open == 0)
        return finish_file(task);
    gale_wait_wakeup(task);
    return GALE_OK;
}

static void ack(gale_task *task, gale_msgid id)
{
    struct directory *d = gale_instance(task);

    if (id.hi != d->number)
        return;
    d->n_open--;
    if (d->n_open == 0 && d->at_end)
        gale_wakeup(task);
}

static void fail(gale_task *task, gale_msgid id)
{
    struct directory *d = gale_instance(task);

    if (id.hi == d->number)
        replay_push(&d->failed, id);
}

#define D struct directory
GALE_SPOUT(
    directory, .summary = "the lines of files that come into a directory",
    .streams = GALE_OUTPUTS("line", "file", "offset"),
    .needs = GALE_NEEDS_NETWORK, .open = open_spout, .close = close_spout,
    .next = next, .ack = ack, .fail = fail, .instance_size = sizeof(D),
    .options = GALE_OPTIONS(
        GALE_OPTION_STR(D, path, "directory", NULL, "where files come to"),
        GALE_OPTION_STR(D, done, "done", "",
                        "where they go when all their lines are acked; none: "
                        "_done in it; on the same file system"),
        GALE_OPTION_STR(D, bad, "bad", "",
                        "where those go that cannot be read; none: _bad in it"),
        GALE_OPTION_INT(D, age_ms, "age.ms", "1000", 0, 86400000,
                        "a file that was changed less than so long ago is left "
                        "alone"),
        GALE_OPTION_INT(D, rescan_secs, "rescan.secs", "30", 1, 86400,
                        "how often the directory is looked at in any case"),
        LINE_READER_ENDS_OPTION(D, ends),
        GALE_OPTION_INT(D, max_line, "max.line.bytes", "1048576", 1, 67108864,
                        "a file with a longer line is bad"),
        GALE_OPTION_BOOL(D, end, "end", "false",
                         "end when no file is there any more")));
