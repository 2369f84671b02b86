/* env_share.c - what another user may have a part of; see env.h. */
#include "common/env_share.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* errno stays. */
static int closed(int fd, int result)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return result;
}

static int fail_with(int number)
{
    errno = number;
    return -1;
}

int env_share_give(struct env *env, const char *path, uint32_t user,
                   uint32_t group)
{
    struct stat status;
    int fd;

    (void)env;
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return -1;
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) != 0)
        return closed(fd, -1);
    if (status.st_uid != geteuid() && status.st_uid != user)
        return closed(fd, fail_with(EPERM));
    return closed(fd, fchown(fd, user, group) || fchmod(fd, 0700) ? -1 : 0);
}

int env_share_path(struct env *env, const char *path, uint32_t group)
{
    struct stat status;

    (void)env;
    if (lstat(path, &status) != 0)
        return -1;
    if (status.st_uid != geteuid())
        return fail_with(EPERM);
    if (!S_ISDIR(status.st_mode) && !S_ISSOCK(status.st_mode))
        return fail_with(EINVAL);
    if (lchown(path, (uid_t)-1, group) != 0)
        return -1;
    return chmod(path, S_ISDIR(status.st_mode) ? 0710 : 0660);
}

int env_share_show(struct env *env, int handle)
{
    (void)env;
    return fchmod(handle, 0444);
}
