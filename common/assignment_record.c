/* assignment_record.c - which worker is where; see assignment_record.h. */
#include "common/assignment_record.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"

#define W struct assigned_worker
static const struct record_field worker_fields[] = {
    RECORD_TEXT_OF(W, supervisor, record_name_valid, TOPOLOGY_NAME_RULE),
    RECORD_TEXT_OF(W, address, record_host_valid, RECORD_HOST_RULE),
    RECORD_NUMBER_OF(W, port, 1, UINT16_MAX),
    RECORD_NUMBER_OF(W, birth, 1, INT64_MAX),
    RECORD_NUMBERS_OF(W, executors, MODEL_TASKS_MAX),
};
#undef W

static const struct record_form worker_form = {
    .size = sizeof(struct assigned_worker),
    .n_fields = sizeof(worker_fields) / sizeof(worker_fields[0]),
    .fields = worker_fields,
};

#define A struct assignment_record
static const struct record_field fields[] = {
    RECORD_TEXT_OF(A, topology, topology_id_valid, TOPOLOGY_ID_RULE),
    RECORD_NUMBER_OF(A, assignment_version, 1, INT64_MAX),
    RECORD_NUMBER_OF(A, epoch, 0, INT64_MAX),
    RECORD_NUMBERS_OF(A, components, RECORD_COMPONENTS_MAX),
    RECORD_LIST_OF(A, workers, RECORD_WORKERS_MAX, &worker_form),
};
#undef A

/* -- each executor once ---------------------------------------------------- */

/* Which executors of all components have a worker. */
struct roll {
    uint32_t n;        /* executors */
    uint32_t n_called; /* that have one */
    uint32_t *first;   /* of each component */
    bool *called;
};

/* False: too many. */
static bool roll_init(struct roll *r, const struct assignment_record *a)
{
    uint64_t n = 0;

    r->first = xcalloc(a->n_components, sizeof(*r->first));
    for (uint32_t i = 0; i < a->n_components && n <= MODEL_TASKS_MAX; i++) {
        r->first[i] = (uint32_t)n;
        n += a->components[i].executors;
    }
    if (n > MODEL_TASKS_MAX)
        return false;
    r->n = (uint32_t)n;
    r->called = xcalloc(r->n, sizeof(*r->called));
    return true;
}

static const char *call(struct roll *r, const struct assignment_record *a,
                        const struct executor_range *range)
{
    uint32_t has = 0;

    if (range->component < a->n_components)
        has = a->components[range->component].executors;
    if (range->first > has || range->n > has - range->first || range->n == 0)
        return "gives a worker executors that there are not";
    for (uint32_t i = 0; i < range->n; i++) {
        bool *called =
            &r->called[r->first[range->component] + range->first + i];

        if (*called)
            return "gives an executor to two workers";
        *called = true;
        r->n_called++;
    }
    return NULL;
}

static const char *call_all(struct roll *r, const struct assignment_record *a)
{
    if (!roll_init(r, a))
        return "has more than 32767 executors";
    for (uint32_t w = 0; w < a->n_workers; w++)
        for (uint32_t i = 0; i < a->workers[w].n_executors; i++) {
            const char *defect = call(r, a, &a->workers[w].executors[i]);

            if (defect != NULL)
                return defect;
        }
    return r->n_called == r->n ? NULL : "gives an executor to no worker";
}

static const char *executors_defect(const struct assignment_record *a)
{
    struct roll r = {.n = 0};
    const char *defect = call_all(&r, a);

    free(r.first);
    free(r.called);
    return defect;
}

/* -- each slot once -------------------------------------------------------- */

static int by_slot(const void *a, const void *b)
{
    const struct assigned_worker *x = *(struct assigned_worker *const *)a;
    const struct assigned_worker *y = *(struct assigned_worker *const *)b;
    int order = strcmp(x->supervisor, y->supervisor);

    return order != 0 ? order : (x->port > y->port) - (x->port < y->port);
}

static bool slots_differ(const struct assignment_record *a)
{
    const struct assigned_worker **slots =
        xcalloc(a->n_workers, sizeof(*slots));
    bool differ = true;

    for (uint32_t w = 0; w < a->n_workers; w++)
        slots[w] = &a->workers[w];
    qsort(slots, a->n_workers, sizeof(*slots), by_slot);
    for (uint32_t w = 1; w < a->n_workers; w++)
        differ = differ && by_slot(&slots[w - 1], &slots[w]) != 0;
    free(slots);
    return differ;
}

static const char *defect_of(const void *record)
{
    const struct assignment_record *a = record;

    for (uint32_t i = 0; i < a->n_components; i++)
        if (a->components[i].executors == 0)
            return "has a component without executors";
    if (a->n_components == 0 || a->n_workers == 0)
        return "has no component or no worker";
    for (uint32_t w = 0; w < a->n_workers; w++)
        if (a->workers[w].birth > a->assignment_version)
            return "has a worker that is younger than itself";
    if (!slots_differ(a))
        return "gives a slot to two workers";
    return executors_defect(a);
}

/* -- the record ------------------------------------------------------------ */

static const struct record_form form = {
    .what = "assignment",
    .version = 1,
    .is_signed = true,
    .size = sizeof(struct assignment_record),
    .rest = offsetof(struct assignment_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
    .defect = defect_of,
};

int assignment_record_pack(const struct assignment_record *a,
                           const struct digest *key, struct pack *p,
                           gale_err *error)
{
    return record_pack(&form, a, key, p, error);
}

int assignment_record_unpack(const void *data, size_t size,
                             const struct digest *key,
                             struct assignment_record *a, gale_err *error)
{
    return record_unpack(&form, data, size, key, a, error);
}

void assignment_record_free(struct assignment_record *a)
{
    record_free(&form, a);
}

void assignment_record_copy(const struct assignment_record *from,
                            struct assignment_record *to)
{
    record_copy(&form, from, to);
}
