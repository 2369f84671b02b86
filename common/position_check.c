/* position_check.c - whose a position is; see position_check.h. */
#include "common/position_check.h"
#include "topology-api/model.h"
#include <string.h>

/* n_components: there is none of that id. */
static uint32_t component_of(const struct topology_record *t, gale_str id)
{
    uint32_t i = 0;

    while (i < t->n_components &&
           (strlen(t->components[i].id) != id.size ||
            memcmp(t->components[i].id, id.data, id.size) != 0))
        i++;
    return i;
}

/* Tasks of a range of executors follow each other. */
static bool has_task(const struct executor_range *range, uint32_t tasks,
                     uint32_t executors, uint32_t task)
{
    return task >= model_first_task(tasks, executors, range->first) &&
           task < model_first_task(tasks, executors, range->first + range->n);
}

static bool is_task_of(const struct topology_record *t,
                       const struct assignment_record *a,
                       const struct assigned_worker *worker,
                       const struct position_record *r)
{
    uint32_t c = component_of(t, r->component);

    if (c >= t->n_components || c >= a->n_components)
        return false;
    for (uint32_t i = 0; i < worker->n_executors; i++)
        if (worker->executors[i].component == c &&
            has_task(&worker->executors[i], t->components[c].tasks,
                     a->components[c].executors, r->index))
            return true;
    return false;
}

static const char *defect(const struct topology_record *t,
                          const struct assignment_record *a,
                          const struct assigned_worker *worker,
                          const char *name, const struct position_record *r)
{
    char right[DIGEST_HEX];

    position_record_name(r, right);
    if (strcmp(name, right) != 0)
        return "its name is that of another one";
    if (!is_task_of(t, a, worker, r))
        return "it is of a task that this worker does not have";
    /* 0: of a process that an earlier gale has started. */
    if (r->order.birth != 0 && r->order.birth != worker->birth)
        return "it is of another birth of this worker";
    return NULL;
}

const char *position_check(const struct topology_record *t,
                           const struct assignment_record *a, uint32_t worker,
                           const char *name, gale_str data)
{
    struct position_record r;
    struct unpacked u;
    const char *wrong;

    if (position_record_read(&r, &u, data.data, data.size) != 0)
        return "it is none, or too long";
    wrong = defect(t, a, &a->workers[worker], name, &r);
    unpacked_free(&u);
    return wrong;
}
