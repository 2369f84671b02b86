/* worker_user.c - another user for workers; see worker_user.h. */
#include "supervisor/worker_user.h"
#include "topology-api/model.h"
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

/* root's group is as good as root in many places. */
static int look_at(const struct passwd *found, const char *name,
                   gale_err *error)
{
    if (found == NULL)
        return error_set(error, "there is no user \"%s\"%s%s", name,
                         errno ? ": " : "", errno ? strerror(errno) : "");
    if (found->pw_uid == 0)
        return error_set(error, "a worker may not run as \"%s\", which is root",
                         name);
    if (found->pw_gid == 0)
        return error_set(error,
                         "a worker may not run as \"%s\", which is of root's "
                         "group",
                         name);
    if (geteuid() != 0)
        return error_set(error, "only a supervisor that runs as root can start "
                                "workers as another user");
    return 0;
}

int worker_user_find(struct worker_user *user, const char *name,
                     gale_err *error)
{
    const struct passwd *found;

    errno = 0;
    found = getpwnam(name);
    if (look_at(found, name, error) != 0)
        return -1;
    *user = (struct worker_user){.user = found->pw_uid, .group = found->pw_gid};
    if (snprintf(user->name, sizeof(user->name), "%s", name) >
            WORKER_USER_MAX ||
        snprintf(user->home, sizeof(user->home), "%s", found->pw_dir) >=
            (int)sizeof(user->home))
        return error_set(error, "the user \"%s\" has too long a name or home",
                         name);
    return 0;
}

/* Each of these would be a way back. */
static bool can_go_back(void)
{
    return setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0 ||
           setegid(0) == 0 || setgroups(0, NULL) == 0;
}

int worker_user_become(const struct worker_user *user, gale_err *error)
{
    if (initgroups(user->name, user->group) != 0 ||
        setresgid(user->group, user->group, user->group) != 0 ||
        setresuid(user->user, user->user, user->user) != 0)
        return error_set(error, "cannot become the user %s: %s", user->name,
                         strerror(errno));
    if (can_go_back())
        return error_set(error, "can become root again, expected not to");
    if (setenv("HOME", user->home, 1) != 0)
        return error_set(error, "cannot set HOME: %s", strerror(errno));
    return 0;
}
