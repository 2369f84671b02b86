/*
 * world_process_in.h - a process of a simulated world, from inside. Private to
 * world*.c.
 */
#ifndef GALE_WORLD_PROCESS_IN_H
#define GALE_WORLD_PROCESS_IN_H

#include "simulator/world_process.h"

struct world_process {
    struct env env; /* first: what its threads hold is a pointer to it */
    struct world *world;
    struct world_machine *machine;
    uint32_t number; /* of its start, in the world */
    char name[16];
    char *command; /* arguments, a NUL byte behind each */
    size_t command_size;
    char *worker;
    struct env_process_id id;
    struct world_process *parent; /* NULL: nobody asks how it ended */
    int (*main)(struct env *env, void *arg);
    void *arg;

    bool runs, reaped;
    bool paused; /* and its witnesses have not heard that it goes on */
    struct env_process_end end;
    uint64_t points, crash_at;
    int64_t paused_until;
    int64_t slow_until, slow_ns;
    uint32_t n_entries; /* of its loops */
    void (*handler)(void *arg, int signal);
    void *handler_arg;
    struct world_process_witness *witnesses;
};

/* All bytes of it, but what is drawn and counted: the first process. */
struct world_process *world_process_first(struct world *w,
                                          struct world_machine *m);
void world_process_free(struct world_process *p);

/* At each point of the running thread; may not return. */
void world_process_at_point(struct world_process *p);

/* When a pause ends; INT64_MAX: none does by itself. */
int64_t world_process_next_turn(const struct world *w);
/* Those whose pause is over. */
void world_process_let_go_on(struct world *w);

#endif
