/*
 * store_local.c - a directory of this machine; see file_store.h.
 *
 * A file is opened for each call, so that one which somebody has renamed or
 * removed is missed. What an append could not write in full is cut off at once.
 */
#include "connectors/must.h"
#include "connectors/file_store.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_local {
    struct store store;
    char *path;
    int directory; /* -1: not open */
    bool sync;
};

static struct store_local *local(struct store *s)
{
    return (struct store_local *)s;
}

/* -- problems -------------------------------------------------------------- */

static enum store_class class_of(int error)
{
    switch (error) {
    case ENOENT:
        return STORE_MISSING;
    case EACCES:
    case EPERM:
    case ENOTDIR:
    case EISDIR:
    case EROFS:
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
        return STORE_NEVER;
    default:
        return STORE_TRANSIENT;
    }
}

static bool failed(struct store *s, const char *what, const char *name)
{
    int error = errno;

    return store_refuse(s, class_of(error), "cannot %s %s/%s: %s", what,
                        local(s)->path, name, strerror(error));
}

/* -- parts of calls -------------------------------------------------------- */

static int open_in(struct store *s, const char *name, int flags)
{
    int fd;

    do
        fd = openat(local(s)->directory, name, flags | O_CLOEXEC, 0666);
    while (fd < 0 && errno == EINTR);
    return fd;
}

/* Somebody who is believed to be dead may be about to write: what one does to a
 * file is whole before another one looks. Where nothing can be locked, it goes
 * without. */
static int open_to_write(struct store *s, const char *name)
{
    int fd = open_in(s, name, O_WRONLY);

    while (fd >= 0 && flock(fd, LOCK_EX) != 0 && errno == EINTR)
        ;
    return fd;
}

static bool write_at(int fd, int64_t at, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = pwrite(fd, data, size, at);

        if (n < 0 && errno != EINTR)
            return false;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
            at += n;
        }
    }
    return true;
}

static bool safe(struct store *s, int fd)
{
    return !local(s)->sync || fsync(fd) == 0;
}

/* Names are kept by the directory. */
static bool names_safe(struct store *s)
{
    return safe(s, local(s)->directory) || failed(s, "sync", "");
}

static bool close_file(int fd, bool done)
{
    int error = errno;
    bool closed = close(fd) == 0;

    if (!done)
        errno = error;
    return done && closed;
}

/* -- calls ----------------------------------------------------------------- */

/* Each directory on the way that is not there. */
static bool make_directories(struct store *s)
{
    char *path = strdup(local(s)->path), *at = path;
    bool done = true;

    must(path != NULL);
    do {
        at += strspn(at, "/");
        at += strcspn(at, "/");
        char end = *at;

        *at = '\0';
        done = mkdir(path, 0777) == 0 || errno == EEXIST;
        *at = end;
    } while (done && *at != '\0');
    free(path);
    return done;
}

static bool begin(struct store *s)
{
    struct store_local *l = local(s);

    if (l->directory >= 0)
        return true;
    l->directory = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->directory < 0 && errno == ENOENT && make_directories(s))
        l->directory = open(l->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (l->directory < 0)
        return store_refuse(
            s, errno == ENOENT ? STORE_NEVER : class_of(errno),
            "cannot write to the directory %s: %s; expected a directory, or "
            "the right to make it",
            l->path, strerror(errno));
    if (faccessat(l->directory, ".", W_OK | X_OK, AT_EACCESS) != 0)
        return store_refuse(s, class_of(errno),
                            "cannot write to the directory %s: %s", l->path,
                            strerror(errno));
    return true;
}

static bool create(struct store *s, const char *name, const char *data,
                   size_t size)
{
    int fd = open_in(s, name, O_WRONLY | O_CREAT | O_TRUNC);

    if (fd < 0)
        return failed(s, "create", name);
    if (!close_file(fd, write_at(fd, 0, data, size) && safe(s, fd)))
        return failed(s, "write", name);
    return names_safe(s);
}

/* What is written in part is cut off, so that readers do not wonder. */
static bool append_to(struct store *s, int fd, int64_t at, const char *data,
                      size_t size)
{
    int error;

    if (write_at(fd, at, data, size) && safe(s, fd))
        return true;
    error = errno;
    if (ftruncate(fd, at) == 0)
        safe(s, fd);
    errno = error;
    return false;
}

static bool append(struct store *s, const char *name, int64_t at,
                   const char *data, size_t size)
{
    int fd = open_to_write(s, name);
    struct stat is;

    if (fd < 0)
        return failed(s, "append to", name);
    if (fstat(fd, &is) == 0 && is.st_size != at) {
        close(fd);
        return store_refuse(s, STORE_TRANSIENT,
                            "%s/%s has %lld bytes, expected %lld: somebody "
                            "else has written it",
                            local(s)->path, name, (long long)is.st_size,
                            (long long)at);
    }
    return close_file(fd, append_to(s, fd, at, data, size)) ||
           failed(s, "append to", name);
}

static bool recover(struct store *s, const char *name)
{
    return faccessat(local(s)->directory, name, F_OK, 0) == 0 ||
           failed(s, "find", name);
}

static bool length(struct store *s, const char *name, int64_t *found)
{
    struct stat is;

    if (fstatat(local(s)->directory, name, &is, 0) != 0)
        return failed(s, "find", name);
    *found = is.st_size;
    return true;
}

static bool read_file(struct store *s, const char *name, int64_t at, char *data,
                      size_t size)
{
    int fd = open_in(s, name, O_RDONLY);
    ssize_t n = 1;

    if (fd < 0)
        return failed(s, "read", name);
    while (size > 0 && n > 0) {
        n = pread(fd, data, size, at);
        if (n < 0 && errno == EINTR)
            n = 1;
        else if (n > 0) {
            data += n;
            size -= (size_t)n;
            at += n;
        }
    }
    if (size > 0 && n == 0)
        errno = EIO; /* it is shorter than it was */
    return close_file(fd, size == 0) || failed(s, "read", name);
}

static bool truncate_file(struct store *s, const char *name, int64_t at)
{
    int fd = open_to_write(s, name);

    if (fd < 0)
        return failed(s, "cut", name);
    return close_file(fd, ftruncate(fd, at) == 0 && safe(s, fd)) ||
           failed(s, "cut", name);
}

static bool rename_file(struct store *s, const char *from, const char *to)
{
    int in = local(s)->directory;

    if (faccessat(in, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
        if (faccessat(in, from, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
            return store_refuse(s, STORE_NEVER,
                                "cannot rename %s/%s to %s: there is a file of "
                                "that name",
                                local(s)->path, from, to);
    } else if (renameat(in, from, in, to) != 0) {
        return failed(s, "rename", from);
    }
    return names_safe(s);
}

static bool remove_file(struct store *s, const char *name)
{
    if (unlinkat(local(s)->directory, name, 0) != 0 && errno != ENOENT)
        return failed(s, "remove", name);
    return names_safe(s);
}

static bool list(struct store *s, store_name_fn *each, void *arg)
{
    DIR *names = opendir(local(s)->path);
    struct dirent *entry;

    if (names == NULL)
        return failed(s, "list", "");
    while (errno = 0, (entry = readdir(names)) != NULL)
        each(arg, entry->d_name);
    if (errno != 0) {
        failed(s, "list", "");
        closedir(names);
        return false;
    }
    closedir(names);
    return true;
}

static void close_store(struct store *s)
{
    if (local(s)->directory >= 0)
        close(local(s)->directory);
    free(local(s)->path);
    free(s);
}

struct store *store_local_make(const char *path, bool sync)
{
    static const struct store_ops ops = {
        begin,         create,      append,      recover, length,     read_file,
        truncate_file, rename_file, remove_file, list,    close_store};
    struct store_local *l = must_alloc(NULL, sizeof(*l));

    *l = (struct store_local){{.ops = &ops}, strdup(path), -1, sync};
    must(l->path != NULL);
    return &l->store;
}
