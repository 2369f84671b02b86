/*
 * slot_table.h - the slots of all supervisors, and which are taken.
 */
#ifndef GALE_SLOT_TABLE_H
#define GALE_SLOT_TABLE_H

#include "nimbus/scheduler.h"

#define SLOT_NONE UINT32_MAX

/* Where a worker is. */
struct seat {
    uint32_t supervisor; /* its place by id; SLOT_NONE: nowhere */
    uint32_t port;
};

struct slot_supervisor {
    const struct schedule_supervisor *is;
    bool *used; /* by port */
    uint32_t n_used;
};

struct slot_table {
    uint32_t n;
    struct slot_supervisor *supervisors; /* by id */
    uint32_t n_free;                     /* slots of those that are open */
};

void slot_table_init(struct slot_table *t, const struct schedule *s);
void slot_table_fini(struct slot_table *t);

/* Its place by id; SLOT_NONE: there is none. */
uint32_t slot_table_find(const struct slot_table *t, const char *id);

/* Free slots; none if it is not open. */
uint32_t slot_table_free(const struct slot_table *t, uint32_t supervisor);

/* This very slot; false: there is none, or it is taken. */
bool slot_table_take(struct slot_table *t, struct seat seat);
/* The first of an open supervisor that has a free one. */
struct seat slot_table_take_first(struct slot_table *t, uint32_t supervisor);
void slot_table_give_back(struct slot_table *t, struct seat seat);

#endif
