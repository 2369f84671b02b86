/* out_file.c - a file that is written at the end; see out_file.h. */
#include "cli/out_file.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* -- before ---------------------------------------------------------------- */

static char *joined(const char *a, const char *between, const char *b)
{
    size_t size = strlen(a) + strlen(between) + strlen(b) + 1;
    char *text = xmalloc(size);

    snprintf(text, size, "%s%s%s", a, between, b);
    return text;
}

/* The absolute path of a file that need not be there, in a directory that must;
 * NULL and errno. */
static char *resolve(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    size_t size = slash != NULL ? (size_t)(slash - path) + 1 : 1;
    char *prefix = xstrndup(slash != NULL ? path : ".", size), *whole = NULL;
    char *directory = realpath(prefix, NULL);

    free(prefix);
    if (directory != NULL && *name != '\0')
        whole = joined(directory, "/", name);
    else if (directory != NULL)
        errno = EISDIR;
    free(directory);
    return whole;
}

/* Whether files can be made beside it. */
static bool has_room_beside(const char *path)
{
    char *directory = xstrndup(path, (size_t)(strrchr(path, '/') - path) + 1);
    int result = faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS);

    free(directory);
    return result == 0;
}

/* A name that leads nowhere yet. */
static int open_new(struct out_file *f, const char *path)
{
    f->path = resolve(path);
    return f->path != NULL && has_room_beside(f->path) ? 0 : -1;
}

static int open_in_place(struct out_file *f, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_NOCTTY | O_CLOEXEC, 0666);

    f->file = fd < 0 ? NULL : fdopen(fd, "w");
    return f->file != NULL ? 0 : -1;
}

/* The standard stream that writes to the same regular file, or -1. */
static int stream_of(const struct stat *status)
{
    struct stat other;

    for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++)
        if (fstat(fd, &other) == 0 && other.st_dev == status->st_dev &&
            other.st_ino == status->st_ino)
            return fd;
    return -1;
}

static int open_stream(struct out_file *f, int stream)
{
    int fd = fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    f->file = fd < 0 ? NULL : fdopen(fd, "w");
    return f->file != NULL ? 0 : -1;
}

static int open_regular(struct out_file *f, const char *path,
                        const struct stat *status)
{
    int stream = stream_of(status);

    if (stream >= 0)
        return open_stream(f, stream);
    f->cut = true;
    if (open_in_place(f, path) != 0)
        return -1;
    if (status->st_uid != geteuid() || status->st_nlink > 1)
        return 0;
    f->path = realpath(path, NULL);
    if (f->path != NULL && !has_room_beside(f->path)) {
        free(f->path);
        f->path = NULL;
    }
    return 0;
}

int out_file_open(struct out_file *f, const char *path)
{
    struct stat status;

    if (lstat(path, &status) != 0)
        return errno == ENOENT ? open_new(f, path) : -1;
    if (stat(path, &status) != 0 || !S_ISREG(status.st_mode))
        return open_in_place(f, path);
    return open_regular(f, path, &status);
}

/* -- after ----------------------------------------------------------------- */

/* As that which is there, if any is. */
static void keep_mode(int fd, const char *path)
{
    struct stat status;

    if (stat(path, &status) == 0 && fchmod(fd, status.st_mode & 0777) != 0)
        return; /* then it has that of a new one */
}

/* What a process of this number has left there goes. */
static FILE *begin_beside(struct out_file *f)
{
    char number[24];
    int fd;

    snprintf(number, sizeof(number), "%ld", (long)getpid());
    f->temporary = joined(f->path, ".", number);
    unlink(f->temporary);
    fd = open(f->temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0)
        return NULL;
    keep_mode(fd, f->path);
    return fdopen(fd, "w");
}

FILE *out_file_begin(struct out_file *f)
{
    if (f->path == NULL)
        return f->cut && ftruncate(fileno(f->file), 0) != 0 ? NULL : f->file;
    if (f->file != NULL)
        fclose(f->file); /* it was only looked at */
    f->file = begin_beside(f);
    return f->file;
}

/* What cannot be synced, as a FIFO, need not be. */
static bool is_whole(FILE *file)
{
    return fflush(file) == 0 && !ferror(file) &&
           !FAULT_FAILS("stats_written", ENOSPC) &&
           (fsync(fileno(file)) == 0 || errno == EINVAL || errno == EROFS);
}

int out_file_end(struct out_file *f)
{
    bool whole = is_whole(f->file);
    int error = errno;

    if (fclose(f->file) != 0 && whole) {
        whole = false;
        error = errno;
    }
    f->file = NULL;
    if (whole && f->path != NULL && rename(f->temporary, f->path) != 0) {
        whole = false;
        error = errno;
    }
    errno = error;
    return whole ? 0 : -1;
}

void out_file_free(struct out_file *f)
{
    if (f->file != NULL)
        fclose(f->file);
    if (f->temporary != NULL)
        unlink(f->temporary);
    free(f->temporary);
    free(f->path);
    *f = (struct out_file){.path = NULL};
}
