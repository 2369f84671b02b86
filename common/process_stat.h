/* process_stat.h - what /proc says of a process. Of env_process.c,
 * env_family.c and env_session.c alone. */
#ifndef GALE_PROCESS_STAT_H
#define GALE_PROCESS_STAT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct process_stat {
    bool runs;    /* it has not ended */
    bool changes; /* from one program to another one, and shows neither */
    int parent;
    int session;
    uint64_t start;
};

/* False: there is no process of that number. */
bool process_stat_read(int pid, struct process_stat *s);

/* At most size bytes of /proc/PID/NAME; how many, or -1. */
ssize_t process_stat_file(int pid, const char *name, char *to, size_t size);

/* The value of a variable in the environment that it was started with, or that
 * whom it was forked from was; "" if there is none, it may not be read, or has
 * no room. Waits .2 s at most for who is about to become another program. */
void process_stat_variable(int pid, const char *name, char *to, size_t size);

#endif
