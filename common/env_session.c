/*
 * env_session.c - what a process has started, and left behind; see
 * env_session.h.
 *
 * The number of a session is nobody else's while anybody is in it, and that of
 * a group as well. Each is signalled through a pidfd that was opened before it
 * was looked at, so that none is hit who has got a number meanwhile.
 */
#include "common/env_session.h"
#include "common/process_stat.h"
#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <unistd.h>

enum { ROUNDS = 4 }; /* one who forks meanwhile is found in the next */

/* Whether the number has gone to a process of a later start. */
static bool is_anothers(int leader, uint64_t start)
{
    struct process_stat s;

    return process_stat_read(leader, &s) && s.start != start;
}

static bool is_member(int pid, int leader)
{
    struct process_stat s;

    return process_stat_read(pid, &s) && s.runs && s.session == leader;
}

static bool kill_member(int pid, int leader)
{
    int fd = is_member(pid, leader) ? pidfd_open(pid, 0) : -1;
    bool killed = fd >= 0 && is_member(pid, leader) &&
                  pidfd_send_signal(fd, SIGKILL, NULL, 0) == 0;

    if (fd >= 0)
        close(fd);
    return killed;
}

static bool kill_members(int leader)
{
    DIR *directory = opendir("/proc");
    const struct dirent *entry;
    bool any = false;

    if (directory == NULL)
        return false;
    while ((entry = readdir(directory)) != NULL) {
        int pid = isdigit((unsigned char)entry->d_name[0])
                      ? (int)strtol(entry->d_name, NULL, 10)
                      : 0;

        if (pid > 0 && pid != leader)
            any |= kill_member(pid, leader);
    }
    closedir(directory);
    return any;
}

void env_session_end(int leader, uint64_t start)
{
    if (is_anothers(leader, start))
        return;
    for (int i = 0; i < ROUNDS && kill_members(leader); i++)
        ;
}
