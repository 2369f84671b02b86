/* cgroup_files.c - files of control groups; see cgroup_files.h. */
#include "supervisor/cgroup_files.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_MAX ((size_t)1 << 20)

int cgroup_join(char path[CGROUP_PATH_MAX], const char *directory,
                const char *name)
{
    int n = snprintf(path, CGROUP_PATH_MAX, "%s/%s", directory, name);

    if (n >= 0 && n < CGROUP_PATH_MAX)
        return 0;
    errno = ENAMETOOLONG;
    return -1;
}

int cgroup_write(const char *directory, const char *file, const char *text)
{
    char path[CGROUP_PATH_MAX];
    ssize_t n;
    int fd, saved;

    if (cgroup_join(path, directory, file) != 0)
        return -1;
    fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    n = write(fd, text, strlen(text));
    saved = errno;
    close(fd);
    errno = saved;
    return n == (ssize_t)strlen(text) ? 0 : -1;
}

char *cgroup_read(struct env *env, const char *directory, const char *file)
{
    char path[CGROUP_PATH_MAX];
    void *text;
    size_t size;

    if (cgroup_join(path, directory, file) != 0 ||
        env->ops->file_read(env, path, TEXT_MAX, &text, &size) != 0)
        return NULL;
    return text;
}

int cgroup_make(const char *path)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : -1;
}

int cgroup_remove(const char *path)
{
    return rmdir(path);
}

/* Where there is no file for it: one by one, as they are listed now. */
static void kill_each(const char *list)
{
    char *end;

    for (;; list = end) {
        long pid = strtol(list, &end, 10);

        if (end == list)
            return;
        if (pid > 0)
            kill((pid_t)pid, SIGKILL);
    }
}

void cgroup_kill(struct env *env, const struct cgroup_place *place)
{
    char *list;

    if (place->unified && cgroup_write(place->path, "cgroup.kill", "1") == 0)
        return;
    list = cgroup_read(env, place->path, "cgroup.procs");
    if (list != NULL)
        kill_each(list);
    free(list);
}

int cgroup_files_of(struct env *env, int pid, struct cgroup_places *places)
{
    char directory[32] = "/proc/self";
    char *mounts = cgroup_read(env, "/proc/self", "mountinfo"), *groups;

    if (pid != 0)
        snprintf(directory, sizeof(directory), "/proc/%d", pid);
    groups = cgroup_read(env, directory, "cgroup");
    if (mounts != NULL && groups != NULL)
        cgroup_places_read(places, mounts, groups);
    free(mounts);
    free(groups);
    return mounts != NULL && groups != NULL ? 0 : -1;
}
