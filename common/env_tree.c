/* env_tree.c - directories: list, make private, remove whole; see env.h. */
#include "common/env_tree.h"
#include "topology-api/memory.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory in a directory in …: what a worker has made may be anything. */
#define DEPTH_MAX 64

/* Not through a link: who could put one there could lead us anywhere. */
static int open_directory(int at, const char *name)
{
    return openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int env_tree_private(struct env *env, const char *path)
{
    struct stat status;
    int fd, result;

    (void)env;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    fd = open_directory(AT_FDCWD, path);
    if (fd < 0)
        return -1;
    result = fstat(fd, &status);
    if (result == 0 && status.st_uid != geteuid()) {
        errno = EPERM;
        result = -1;
    }
    if (result == 0 && (status.st_mode & 07777) != 0700)
        result = fchmod(fd, 0700);
    close(fd);
    return result;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

int env_tree_list(struct env *env, const char *path, uint32_t max,
                  char ***names, uint32_t *n)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;

    (void)env;
    *names = NULL;
    *n = 0;
    if (directory == NULL)
        return -1;
    while (*n < max && (entry = readdir(directory)) != NULL) {
        if (is_dots(entry->d_name))
            continue;
        *names = xreallocarray(*names, *n + 1, sizeof(**names));
        (*names)[(*n)++] = xstrdup(entry->d_name);
    }
    closedir(directory);
    return 0;
}

static int remove_at(int at, const char *name, int depth);

/* All that is in it; takes fd over. 0, or -1 and errno of the last failure. */
static int empty(int fd, int depth)
{
    DIR *directory = fdopendir(fd);
    const struct dirent *entry;
    int result = 0, saved = 0;

    if (directory == NULL) {
        close(fd);
        return -1;
    }
    while ((entry = readdir(directory)) != NULL)
        if (!is_dots(entry->d_name) &&
            remove_at(dirfd(directory), entry->d_name, depth + 1) != 0) {
            result = -1;
            saved = errno;
        }
    closedir(directory);
    errno = saved;
    return result;
}

/* Who has made it may have taken away the right to change it. */
static int open_to_empty(int at, const char *name)
{
    int fd = open_directory(at, name);

    if (fd < 0 && errno == EACCES && fchmodat(at, name, 0700, 0) == 0)
        fd = open_directory(at, name);
    if (fd >= 0 && fchmod(fd, 0700) != 0 && errno != EPERM) {
        close(fd);
        return -1;
    }
    return fd;
}

static int remove_at(int at, const char *name, int depth)
{
    int fd;

    if (unlinkat(at, name, 0) == 0 || errno == ENOENT)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return -1;
    if (depth > DEPTH_MAX) {
        errno = ELOOP;
        return -1;
    }
    fd = open_to_empty(at, name);
    if (fd < 0 || empty(fd, depth) != 0)
        return -1;
    return unlinkat(at, name, AT_REMOVEDIR);
}

int env_tree_remove(struct env *env, const char *path)
{
    (void)env;
    return remove_at(AT_FDCWD, path, 0);
}

int64_t env_tree_written(struct env *env, const char *path)
{
    struct stat status;

    (void)env;
    if (lstat(path, &status) != 0)
        return -1;
    return status.st_mtim.tv_sec * INT64_C(1000000) +
           status.st_mtim.tv_nsec / 1000;
}
