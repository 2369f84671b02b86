/* worker_user.h - the user that workers run as, if it is not the supervisor's.
 */
#ifndef GALE_WORKER_USER_H
#define GALE_WORKER_USER_H

#include <gale/local.h>
#include <stdint.h>

enum { WORKER_USER_MAX = 255 };

struct worker_user {
    char name[WORKER_USER_MAX + 1];
    uint32_t user, group;
    char home[4096];
};

/* 0, or -1 with the error: there is none of that name, it is root or of root's
 * group, or this process is not root and cannot become another. */
int worker_user_find(struct worker_user *user, const char *name,
                     gale_err *error);

/* This process is that user from now on, for good: 0, or -1 with the error, and
 * then it must end. */
int worker_user_become(const struct worker_user *user, gale_err *error);

#endif
