/* world_machine.c - machines of a simulated world; see world_machine.h. */
#include "simulator/world_machine.h"
#include "common/check.h"
#include "simulator/world_machine_in.h"
#include "simulator/world_net.h"
#include "simulator/world_threads.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { MACHINES_MAX = 1 << 16 };

struct world_machine *world_machine_new(struct world *w)
{
    struct world_machine *m = xcalloc(1, sizeof(*m));

    check(w->n_machines < MACHINES_MAX);
    m->world = w;
    m->number = w->n_machines;
    m->boots = 1;
    snprintf(m->address, sizeof(m->address), "10.0.%u.%u", m->number >> 8 & 255,
             m->number & 255);
    world_disk_init(&m->disk, m->number == 0);
    w->machines =
        xreallocarray(w->machines, w->n_machines + 1, sizeof(*w->machines));
    w->machines[w->n_machines++] = m;
    return m;
}

void world_machine_free(struct world_machine *m)
{
    world_disk_fini(&m->disk);
    free(m);
}

struct world_machine *world_machine_of(struct env *env)
{
    return world_process_of(env)->machine;
}

uint32_t world_machine_number(const struct world_machine *m)
{
    return m->number;
}

const char *world_machine_address(const struct world_machine *m)
{
    return m->address;
}

void world_machine_lose_power(struct world_machine *m)
{
    struct world *w = m->world;

    check(m->number > 0 && world_running(w)->process->machine != m);
    world_net_lose_power(w, m->number);
    for (uint32_t i = 0; i < w->n_processes; i++)
        if (w->processes[i]->machine == m)
            world_process_crash(w->processes[i]);
    world_note(w, WORLD_NOTE_POWER, m->number, m->boots);
    world_disk_lose_power(&m->disk, w);
    m->boots++;
    m->starts = 0;
}

void world_machine_fill(struct world_machine *m, int64_t from, int64_t until)
{
    m->full_from = from;
    m->full_until = until;
}

/* -- for a checker --------------------------------------------------------- */

/* Looking makes no directory. */
static const struct world_node *node_at(const struct world_machine *m,
                                        const char *path)
{
    struct world_disk as_it_is = m->disk;

    as_it_is.lenient = false;
    return world_disk_find(&as_it_is, path);
}

const void *world_machine_file(const struct world_machine *m, const char *path,
                               size_t *size)
{
    const struct world_node *node = node_at(m, path);

    if (node == NULL || node->kind != WORLD_NODE_FILE)
        return NULL;
    *size = node->size;
    return node->data;
}

int world_machine_each(const struct world_machine *m, const char *path,
                       void (*each)(void *arg, const char *name), void *arg)
{
    const struct world_node *node = node_at(m, path);

    if (node == NULL || node->kind != WORLD_NODE_DIRECTORY)
        return -1;
    for (const struct world_disk_name *n = node->names; n != NULL; n = n->next)
        each(arg, n->text);
    return 0;
}
