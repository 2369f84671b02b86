/*
 * probe.h - a spout and a bolt whose callbacks a test brings along.
 *
 * The plugin probe.so only forwards: the option "probe" is the address of a
 * `struct probe` of the process that runs the topology, and each callback calls
 * the member of its name, if there is one. So the code under test and what it
 * is to show stand in one file. tests/support/topology_run.h adds probes to a
 * topology.
 *
 * Members are called by the engine's threads; what several tasks share in `arg`
 * must be safe for that.
 */
#ifndef TESTS_PROBE_H
#define TESTS_PROBE_H

#include <gale/bolt.h>
#include <gale/spout.h>

struct probe {
    void *arg;           /* the test's own */
    uint32_t state_size; /* of what probe_state() answers, per task */
    gale_streams streams;

    gale_result (*open)(gale_task *task); /* and prepare */
    void (*close)(gale_task *task);       /* and cleanup */
    void (*activate)(gale_task *task);
    void (*deactivate)(gale_task *task);
    gale_result (*next)(gale_task *task);
    void (*ack)(gale_task *task, gale_msgid id);
    void (*fail)(gale_task *task, gale_msgid id);

    gale_result (*execute)(gale_task *task, const gale_tuple *in);
    gale_result (*execute_batch)(gale_task *task, gale_batch *in);
    gale_result (*tick)(gale_task *task);
    gale_result (*end_of_input)(gale_task *task);
};

/* Instance memory of every probe. */
struct probe_task {
    int64_t address; /* option: of the struct probe */
    void *state;     /* zeroed, from open to close */
};

static inline const struct probe *probe_of(gale_task *task)
{
    const struct probe_task *p = gale_instance(task);

    return (const struct probe *)(intptr_t)p->address;
}

static inline void *probe_arg(gale_task *task)
{
    return probe_of(task)->arg;
}

static inline void *probe_state(gale_task *task)
{
    return ((struct probe_task *)gale_instance(task))->state;
}

#endif
