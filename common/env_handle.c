/*
 * env_handle.c - files written and read piece by piece, by handle; names of
 * files: given, linked, removed, listed.
 *
 * Every function answers 0 or more, or -1 with errno of the step that failed.
 */
#include "common/env_handle.h"
#include "common/env_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int env_handle_create(struct env *env, const char *path)
{
    (void)env;
    return open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                0400);
}

/* errno stays. */
static int closed(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

/* O_NONBLOCK: opening a FIFO must not wait for its writer. */
int env_handle_open(struct env *env, const char *path, bool follow,
                    uint64_t *size)
{
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC |
                            (follow ? 0 : O_NOFOLLOW));
    struct stat status;

    (void)env;
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) != 0)
        return closed(fd);
    if (!S_ISREG(status.st_mode)) {
        errno = S_ISDIR(status.st_mode) ? EISDIR : EINVAL;
        return closed(fd);
    }
    *size = (uint64_t)status.st_size;
    return fd;
}

int env_handle_write(struct env *env, int handle, const void *data, size_t size)
{
    const char *at = data;

    (void)env;
    while (size > 0) {
        ssize_t n = write(handle, at, size);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            at += n;
            size -= (size_t)n;
        }
    }
    return 0;
}

int64_t env_handle_read(struct env *env, int handle, uint64_t offset, void *to,
                        size_t size)
{
    size_t n = 0;

    (void)env;
    if (offset > INT64_MAX - size) {
        errno = EINVAL;
        return -1;
    }
    while (n < size) {
        ssize_t got =
            pread(handle, (char *)to + n, size - n, (off_t)(offset + n));

        if (got == 0)
            break;
        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0)
            n += (size_t)got;
    }
    return (int64_t)n;
}

int env_handle_sync(struct env *env, int handle)
{
    (void)env;
    return fsync(handle);
}

void env_handle_close(struct env *env, int handle)
{
    (void)env;
    close(handle);
}

int env_handle_rename(struct env *env, const char *from, const char *to)
{
    (void)env;
    return rename(from, to) != 0 ? -1 : env_file_sync_directory_of(to);
}

int env_handle_link(struct env *env, const char *from, const char *to)
{
    (void)env;
    return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int env_handle_remove(struct env *env, const char *path)
{
    (void)env;
    return unlink(path);
}

int env_handle_each(struct env *env, const char *path,
                    void (*each)(void *arg, const char *name), void *arg)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    (void)env;
    if (directory == NULL)
        return -1;
    while ((entry = readdir(directory)) != NULL)
        if (entry->d_name[0] != '.')
            each(arg, entry->d_name);
    closedir(directory);
    return 0;
}
