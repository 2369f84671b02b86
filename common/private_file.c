/* private_file.c - a file that its owner alone may read; see private_file.h. */
#include "common/private_file.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

static int cannot_open(const char *what, const char *path, gale_err *error)
{
    if (errno == ELOOP)
        return error_set(error,
                         "the %s %s is a symbolic link, expected a file: say "
                         "where it really is",
                         what, path);
    return error_set(error, "cannot read the %s %s: %s", what, path,
                     strerror(errno));
}

static int check_status(int fd, const char *what, const char *path,
                        bool any_mode, gale_err *error)
{
    struct stat s;

    if (fstat(fd, &s) != 0)
        return cannot_open(what, path, error);
    if (!S_ISREG(s.st_mode))
        return error_set(error, "the %s %s is no regular file", what, path);
    if (s.st_uid != geteuid())
        return error_set(error,
                         "the %s %s belongs to user %u, expected %u, who runs "
                         "this: chown it, or run this as its owner",
                         what, path, s.st_uid, geteuid());
    if (!any_mode && (s.st_mode & 0077) != 0)
        return error_set(error,
                         "others may read the %s %s (mode %04o, expected "
                         "0600): chmod 600 it, and if somebody could have read "
                         "it, make a new one everywhere",
                         what, path, s.st_mode & 07777);
    return 0;
}

/* Up to `size` bytes; how many, or -1. */
static ssize_t read_whole(int fd, char *to, size_t size)
{
    size_t sum = 0;

    while (sum < size) {
        ssize_t n = read(fd, to + sum, size - sum);

        if (n == 0)
            break;
        if (n < 0 && errno != EINTR)
            return -1;
        sum += n > 0 ? (size_t)n : 0;
    }
    return (ssize_t)sum;
}

static ssize_t read_file(const char *path, const char *what, char *to,
                         size_t size, bool any_mode, gale_err *error)
{
    /* A pipe must not hold it up. */
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    ssize_t n;

    if (fd < 0 && errno == ENOENT)
        return PRIVATE_FILE_NONE;
    if (fd < 0)
        return cannot_open(what, path, error);
    n = check_status(fd, what, path, any_mode, error);
    if (n == 0) {
        n = read_whole(fd, to, size);
        if (n < 0)
            cannot_open(what, path, error);
    }
    close(fd);
    return n;
}

ssize_t private_file_read(const char *path, const char *what, char *to,
                          size_t size, gale_err *error)
{
    return read_file(path, what, to, size, false, error);
}

ssize_t private_file_peek(const char *path, const char *what, char *to,
                          size_t size, gale_err *error)
{
    return read_file(path, what, to, size, true, error);
}
