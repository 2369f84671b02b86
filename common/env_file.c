/*
 * env_file.c - replace a file durably, append to one, read one whole, lock one,
 * make a directory.
 *
 * Every function answers 0 or more, or -1 with errno of the step that failed;
 * nothing is left behind by a failure but the old file. What a process leaves
 * that dies meanwhile, env_file_clean() finds by its name.
 */
#include "common/env_file.h"
#include "common/check.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define UNIQUE ".XXXXXX" /* behind the name, as mkostemp() fills it */

static void close_quietly(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

/* A rename is durable once its directory is. */
int env_file_sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    char *directory;
    int fd, result;

    if (!slash)
        directory = xstrdup(".");
    else if (length == 0)
        directory = xstrdup("/");
    else {
        directory = xstrdup(path);
        directory[length] = 0;
    }
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(directory);
    if (fd < 0)
        return -1;
    result = fsync(fd);
    close_quietly(fd);
    return result;
}

/* Write, sync and close fd. */
static int fill(int fd, const void *data, size_t size)
{
    if (write_all(fd, data, size) ||
        FAULT_FAILS("file_replace_written", ENOSPC) || fsync(fd) ||
        FAULT_FAILS("file_replace_synced", EIO)) {
        close_quietly(fd);
        return -1;
    }
    return close(fd);
}

int env_file_replace(struct env *env, const char *path, const void *data,
                     size_t size)
{
    size_t length = strlen(path);
    char *temporary = xcalloc(length + sizeof(UNIQUE), 1);
    int fd, result = -1;

    (void)env;
    memcpy(temporary, path, length);
    memcpy(temporary + length, UNIQUE, sizeof(UNIQUE));
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd >= 0) {
        result = fill(fd, data, size) || rename(temporary, path) ? -1 : 0;
        if (result) {
            int saved = errno;

            unlink(temporary);
            errno = saved;
        }
    }
    free(temporary);
    if (result || FAULT_FAILS("file_replace_renamed", EIO))
        return -1;
    return env_file_sync_directory_of(path);
}

bool env_file_is_temporary(const char *name, const char *suffix)
{
    size_t size = strlen(name), size_suffix = strlen(suffix);
    size_t size_unique = sizeof(UNIQUE) - 1;
    const char *unique;

    if (size < size_suffix + size_unique)
        return false;
    unique = name + size - size_unique;
    return *unique == '.' &&
           strspn(unique + 1,
                  "abcdefghijklmnopqrstuvwxyz"
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == size_unique - 1 &&
           memcmp(unique - size_suffix, suffix, size_suffix) == 0;
}

int env_file_clean(struct env *env, const char *path, const char *suffix)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    int n = 0;

    (void)env;
    if (directory == NULL)
        return -1;
    while ((entry = readdir(directory)) != NULL)
        if (env_file_is_temporary(entry->d_name, suffix) &&
            unlinkat(dirfd(directory), entry->d_name, 0) == 0)
            n++;
    closedir(directory);
    return n;
}

/* Up to `most` bytes; how many, or -1. */
static ssize_t read_up_to(int fd, char *to, size_t most)
{
    size_t size = 0;

    while (size < most) {
        ssize_t n = read(fd, to + size, most - size);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0)
            size += (size_t)n;
    }
    return (ssize_t)size;
}

/* Doubles the buffer until the end comes before it is full: the size that a
 * file states may be 0 (a pipe, /proc) or out of date. */
static int read_all(int fd, size_t max, char **data, size_t *size)
{
    size_t capacity = 4096;

    *size = 0;
    *data = NULL;
    for (;;) {
        ssize_t n;

        if (capacity > max + 1)
            capacity = max + 1; /* one more shows that it is too long */
        *data = xrealloc(*data, capacity + 1);
        n = read_up_to(fd, *data + *size, capacity - *size);
        if (n < 0)
            return -1;
        *size += (size_t)n;
        if (*size > max) {
            errno = EFBIG;
            return -1;
        }
        if (*size < capacity)
            return 0;
        capacity *= 2;
    }
}

/* Closes it. */
static int read_whole(int fd, size_t max, void **data, size_t *size)
{
    char *text = NULL;
    int result;

    check(max < SIZE_MAX / 4);
    result =
        FAULT_FAILS("file_read", EIO) ? -1 : read_all(fd, max, &text, size);
    close_quietly(fd);
    if (result) {
        free(text);
        return -1;
    }
    text[*size] = 0;
    *data = text;
    return 0;
}

int env_file_read(struct env *env, const char *path, size_t max, void **data,
                  size_t *size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    (void)env;
    return fd < 0 ? -1 : read_whole(fd, max, data, size);
}

int env_file_read_regular(struct env *env, const char *path, size_t max,
                          void **data, size_t *size)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat status;

    (void)env;
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))
        return read_whole(fd, max, data, size);
    close(fd);
    errno = EINVAL;
    return -1;
}

/* Where the last newline ends before `size`; 0 if there is none, -1 if that
 * cannot be read. */
static off_t end_of_lines(int fd, off_t size)
{
    char part[4096];

    while (size > 0) {
        off_t from =
            size > (off_t)sizeof(part) ? size - (off_t)sizeof(part) : 0;
        ssize_t n = pread(fd, part, (size_t)(size - from), from);
        const char *newline;

        if (n <= 0)
            return -1;
        newline = memrchr(part, '\n', (size_t)n);
        if (newline != NULL)
            return from + (newline - part) + 1;
        size = from;
    }
    return 0;
}

/* Cut off what is no whole line; the size that is left, or -1. What is no
 * regular file (a device) has none. */
static off_t whole_lines(int fd)
{
    struct stat status;
    off_t end;

    if (fstat(fd, &status) != 0)
        return -1;
    end = S_ISREG(status.st_mode) ? end_of_lines(fd, status.st_size) : 0;
    if (end >= 0 && end < status.st_size && ftruncate(fd, end) != 0)
        return -1;
    return end;
}

/* All of it or nothing. */
static int append(int fd, const char *path, struct iovec data, size_t max)
{
    off_t end = whole_lines(fd);
    int saved, cut;

    if (end < 0)
        return -1;
    if (data.iov_len > max || (size_t)end > max - data.iov_len) {
        errno = EOVERFLOW;
        return -1;
    }
    if (write_all(fd, data.iov_base, data.iov_len) == 0 && fsync(fd) == 0)
        return end > 0 ? 0
                       : env_file_sync_directory_of(path); /* it may be new */
    saved = errno;
    cut = ftruncate(fd, end);
    (void)cut; /* if it fails, too, the next one cuts it off */
    errno = saved;
    return -1;
}

int env_file_append(struct env *env, const char *path, const void *data,
                    size_t size, size_t max)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600), result;

    (void)env;
    if (fd < 0)
        return -1;
    result =
        append(fd, path, (struct iovec){(void *)(uintptr_t)data, size}, max);
    close_quietly(fd);
    return result;
}

static int make_one(const char *path)
{
    struct stat status;

    if (!mkdir(path, 0777))
        return 0;
    if (errno != EEXIST)
        return -1;
    if (stat(path, &status))
        return -1;
    if (S_ISDIR(status.st_mode))
        return 0;
    errno = ENOTDIR;
    return -1;
}

int env_file_directory(struct env *env, const char *path)
{
    char *parent = xstrdup(path);
    int result = FAULT_FAILS("directory_make", ENOSPC) ? -1 : 0;

    (void)env;
    for (char *p = parent; *p && !result; p++) {
        if (*p != '/' || p == parent)
            continue;
        *p = 0;
        result = make_one(parent);
        *p = '/';
    }
    free(parent);
    return result ? -1 : make_one(path);
}

int env_file_lock(struct env *env, const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    (void)env;
    if (fd >= 0 && (flock(fd, LOCK_EX | LOCK_NB) != 0 ||
                    FAULT_FAILS("file_lock", ENOLCK))) {
        close_quietly(fd);
        return -1;
    }
    return fd;
}

/* The file stays: removed, it could be locked by one and made anew by another.
 */
void env_file_unlock(struct env *env, int handle)
{
    (void)env;
    close(handle);
}
