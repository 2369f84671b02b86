/* worker_log.c - the process that keeps a worker's log; see worker_log.h. */
#include "supervisor/worker_log.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK = 65536 }; /* as much as a pipe holds */

struct writer {
    int directory;
    int file; /* -1: none could be opened */
    uint64_t bytes, size;
    uint32_t files;
    bool replaced; /* by the writer of the next worker */
    bool in_line;  /* the file does not end with a line's end */
    uint64_t lost; /* bytes, since the last that was written */
    int reason;    /* errno */
};

struct worker_log_cut worker_log_cut(const char *data, size_t size,
                                     uint64_t room, uint64_t bytes,
                                     int at_line_start)
{
    struct worker_log_cut cut = {size, 0};
    const char *end;

    if (size <= room)
        return cut;
    cut.rotate = 1;
    end = memrchr(data, '\n', (size_t)room);
    if (end != NULL)
        cut.take = (size_t)(end - data) + 1;
    else if (at_line_start && room < bytes)
        cut.take = 0; /* the whole line goes to the next one */
    else
        cut.take = (size_t)room;
    return cut;
}

/* -- files ----------------------------------------------------------------- */

static void name_of(char name[32], uint32_t i)
{
    if (i == 0)
        snprintf(name, 32, "worker.log");
    else
        snprintf(name, 32, "worker.log.%" PRIu32, i);
}

/* It is the file of that name, and not one that was rotated away. */
static bool is_still_there(int directory, int file)
{
    struct stat mine, there;

    return fstat(file, &mine) == 0 &&
           fstatat(directory, "worker.log", &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

/* 0, or -1: worker.log is where it was (errno). */
static int move_on(const struct writer *w)
{
    char from[32], to[32];
    int moved = 0;

    if (w->files == 1)
        return unlinkat(w->directory, "worker.log", 0);
    name_of(to, w->files - 1);
    for (uint32_t i = w->files - 1; i > 0; i--) {
        name_of(from, i - 1);
        moved = renameat(w->directory, from, w->directory, to);
        memcpy(to, from, sizeof(to));
    }
    return moved;
}

static int open_file(int directory)
{
    return openat(directory, "worker.log",
                  O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC |
                      O_NONBLOCK,
                  0640);
}

/* 0, or -1: there is none to be had, or another one has it (EWOULDBLOCK). */
static int open_and_lock(struct writer *w)
{
    struct stat status;
    int fd = open_file(w->directory);

    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        close(fd);
        return -1;
    }
    w->file = fd;
    w->size = fstat(fd, &status) == 0 ? (uint64_t)status.st_size : 0;
    return 0;
}

/*
 * The writer of a worker that is gone may still be at work, since something
 * that the worker has started holds its pipe. Its file is locked, and becomes
 * worker.log.1, in which it goes on: what two of them write does not mix. Who
 * moves files has the directory's lock.
 */
static void take_over(struct writer *w)
{
    flock(w->directory, LOCK_EX);
    if (open_and_lock(w) != 0 && errno == EWOULDBLOCK) {
        move_on(w);
        open_and_lock(w);
    }
    flock(w->directory, LOCK_UN);
}

static void change_files(struct writer *w)
{
    close(w->file);
    w->file = -1;
    w->in_line = false;
    if (!w->replaced)
        open_and_lock(w);
}

/* When another one has the log, this one has written its last. False: the file
 * is full, and cannot be moved (errno). */
static bool rotate(struct writer *w)
{
    bool moved;

    flock(w->directory, LOCK_EX);
    w->replaced = !is_still_there(w->directory, w->file);
    moved = w->replaced || move_on(w) == 0;
    if (moved)
        change_files(w);
    flock(w->directory, LOCK_UN);
    return moved;
}

/* -- bytes ----------------------------------------------------------------- */

static void lose(struct writer *w, size_t size)
{
    w->lost += size;
    if (w->reason == 0)
        w->reason = errno;
}

/* How much could be written. */
static size_t write_some(struct writer *w, const char *data, size_t size)
{
    size_t n = 0;

    while (n < size) {
        ssize_t more = write(w->file, data + n, size - n);

        if (more < 0 && errno == EINTR)
            continue;
        if (more <= 0)
            break;
        n += (size_t)more;
    }
    w->size += n;
    if (n > 0)
        w->in_line = data[n - 1] != '\n';
    return n;
}

/* Before anything else can be written: how much is missing there. */
static bool confess(struct writer *w)
{
    char text[160];
    int n = snprintf(text, sizeof(text),
                     "%s[%" PRIu64 " bytes are lost here: %s]\n",
                     w->in_line ? "\n" : "", w->lost, strerror(w->reason));

    if (w->size + (uint64_t)n > w->bytes && !rotate(w))
        return false;
    if (w->file < 0 || write_some(w, text, (size_t)n) < (size_t)n)
        return false;
    w->lost = 0;
    w->reason = 0;
    return true;
}

static bool is_ready(struct writer *w)
{
    if (w->replaced || (w->file < 0 && open_and_lock(w) != 0))
        return false;
    return w->lost == 0 || confess(w);
}

/* What cannot be written now is thrown away: nobody waits for a disk. */
static void put(struct writer *w, const char *data, size_t size)
{
    while (size > 0) {
        struct worker_log_cut cut;
        uint64_t room;
        size_t n;

        if (!is_ready(w)) {
            lose(w, size);
            return;
        }
        room = w->size < w->bytes ? w->bytes - w->size : 0;
        cut = worker_log_cut(data, size, room, w->bytes, !w->in_line);
        n = write_some(w, data, cut.take);
        if (n < cut.take || (cut.rotate && !rotate(w))) {
            lose(w, size - n);
            return;
        }
        data += n;
        size -= n;
    }
}

/* -- the process ----------------------------------------------------------- */

int worker_log_run(int fd, const char *directory, uint64_t bytes,
                   uint32_t files)
{
    static char data[CHUNK];
    struct writer w = {.file = -1, .bytes = bytes, .files = files};
    ssize_t n;

    w.directory = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (w.directory < 0) {
        fprintf(stderr, "gale log-writer: cannot open %s: %s\n", directory,
                strerror(errno));
        return 1;
    }
    take_over(&w);
    while ((n = read(fd, data, sizeof(data))) != 0) {
        if (n > 0)
            put(&w, data, (size_t)n);
        else if (errno != EINTR)
            break;
    }
    if (is_ready(&w))
        close(w.file);
    close(w.directory);
    return 0;
}

static bool read_number(uint64_t *to, const char *text, uint64_t min,
                        uint64_t max)
{
    char *end;

    errno = 0;
    *to = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 &&
           *to >= min && *to <= max;
}

/* What ends others must not end it before it has read all. */
static void ignore_signals(void)
{
    static const int numbers[] = {SIGHUP, SIGINT, SIGTERM, SIGPIPE, SIGXFSZ};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
        signal(numbers[i], SIG_IGN);
}

int worker_log_main(int argc, char **argv)
{
    uint64_t bytes, files;

    if (argc != 4 ||
        !read_number(&bytes, argv[2], WORKER_LOG_BYTES_MIN, INT64_MAX) ||
        !read_number(&files, argv[3], 1, WORKER_LOG_FILES_MAX)) {
        fprintf(stderr,
                "gale log-writer: expected DIRECTORY, BYTES of a file "
                "(at least %d), and how many FILES (1 to %d)\n",
                WORKER_LOG_BYTES_MIN, WORKER_LOG_FILES_MAX);
        return 2;
    }
    ignore_signals();
    return worker_log_run(STDIN_FILENO, argv[1], bytes, (uint32_t)files);
}
