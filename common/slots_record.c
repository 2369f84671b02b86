/* slots_record.c - what a supervisor is to run; see slots_record.h. */
#include "common/slots_record.h"
#include "topology-api/memory.h"

#define O struct slot_order
static const struct record_field order_fields[] = {
    RECORD_NUMBER_OF(O, port, 1, UINT16_MAX),
    RECORD_TEXT_OF(O, topology, topology_id_valid, TOPOLOGY_ID_RULE),
    RECORD_NUMBER_OF(O, worker, 0, RECORD_WORKERS_MAX - 1),
    RECORD_NUMBER_OF(O, assignment_version, 1, INT64_MAX),
    RECORD_NUMBER_OF(O, birth, 1, INT64_MAX),
    RECORD_FLAG_OF(O, active),
    RECORD_FLAG_OF(O, closing),
};
#undef O

static const struct record_form order_form = {
    .size = sizeof(struct slot_order),
    .n_fields = sizeof(order_fields) / sizeof(order_fields[0]),
    .fields = order_fields,
};

static const struct record_field fields[] = {
    RECORD_TEXT_OF(struct slots_record, supervisor, record_name_valid,
                   TOPOLOGY_NAME_RULE),
    RECORD_NUMBER_OF(struct slots_record, change, 1, INT64_MAX),
    RECORD_LIST_OF(struct slots_record, slots, RECORD_PORTS_MAX, &order_form),
};

static const char *defect_of(const void *record)
{
    const struct slots_record *s = record;

    for (uint32_t i = 0; i < s->n_slots; i++) {
        if (i > 0 && s->slots[i - 1].port >= s->slots[i].port)
            return "does not have its ports once each, in ascending order";
        if (s->slots[i].birth > s->slots[i].assignment_version)
            return "has a worker that is younger than its assignment";
    }
    return NULL;
}

static const struct record_form form = {
    .what = "slots",
    .version = 1,
    .is_signed = true,
    .size = sizeof(struct slots_record),
    .rest = offsetof(struct slots_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
    .defect = defect_of,
};

/* -- from an assignment ---------------------------------------------------- */

static void forget(struct slots_record *s, const char *topology)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n_slots; i++)
        if (strcmp(s->slots[i].topology, topology) != 0)
            s->slots[n++] = s->slots[i];
    s->n_slots = n;
}

/* A worker that waits where it was, on a port that the supervisor has no more,
 * may come too many, or find its slot given away: then it is not named. */
static void insert(struct slots_record *s, const struct slot_order *order)
{
    uint32_t at = 0;

    while (at < s->n_slots && s->slots[at].port < order->port)
        at++;
    if (s->n_slots == RECORD_PORTS_MAX ||
        (at < s->n_slots && s->slots[at].port == order->port))
        return;
    s->slots = xreallocarray(s->slots, s->n_slots + 1, sizeof(*s->slots));
    memmove(&s->slots[at + 1], &s->slots[at],
            (s->n_slots - at) * sizeof(*s->slots));
    s->slots[at] = *order;
    s->n_slots++;
}

void slots_record_add(struct slots_record *s, const struct assignment_record *a,
                      uint32_t w, bool active, bool closing)
{
    struct slot_order order = {
        .port = a->workers[w].port,
        .worker = w,
        .assignment_version = a->assignment_version,
        .birth = a->workers[w].birth,
        .active = active,
        .closing = closing,
    };

    memcpy(order.topology, a->topology, sizeof(order.topology));
    insert(s, &order);
}

void slots_record_assign(struct slots_record *s, const char *topology,
                         const struct assignment_record *a, bool active,
                         bool closing)
{
    forget(s, topology);
    for (uint32_t w = 0; a != NULL && w < a->n_workers; w++)
        if (strcmp(a->workers[w].supervisor, s->supervisor) == 0)
            slots_record_add(s, a, w, active, closing);
}

/* -- which is newer -------------------------------------------------------- */

static bool same_order(const struct slot_order *a, const struct slot_order *b)
{
    return a->port == b->port && strcmp(a->topology, b->topology) == 0 &&
           a->worker == b->worker &&
           a->assignment_version == b->assignment_version &&
           a->birth == b->birth && a->active == b->active &&
           a->closing == b->closing;
}

bool slots_record_same(const struct slots_record *a,
                       const struct slots_record *b)
{
    if (strcmp(a->supervisor, b->supervisor) != 0 || a->n_slots != b->n_slots)
        return false;
    for (uint32_t i = 0; i < a->n_slots; i++)
        if (!same_order(&a->slots[i], &b->slots[i]))
            return false;
    return true;
}

uint64_t slots_record_change(const struct slots_record *s, const void *data,
                             size_t size, const struct digest *key,
                             uint64_t known)
{
    struct slots_record before;
    uint64_t change = 0;
    bool same = false;

    if (data != NULL &&
        slots_record_unpack(data, size, key, &before, NULL) == 0) {
        change = before.change;
        same = slots_record_same(s, &before);
        slots_record_free(&before);
    }
    if (same && change >= known)
        return change;
    return (change > known ? change : known) + 1;
}

/* -- the record ------------------------------------------------------------ */

int slots_record_pack(const struct slots_record *s, const struct digest *key,
                      struct pack *p, gale_err *error)
{
    return record_pack(&form, s, key, p, error);
}

int slots_record_unpack(const void *data, size_t size, const struct digest *key,
                        struct slots_record *s, gale_err *error)
{
    return record_unpack(&form, data, size, key, s, error);
}

void slots_record_free(struct slots_record *s)
{
    record_free(&form, s);
}
