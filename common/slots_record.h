/*
 * slots_record.h - /slots/SUPERVISOR: what a supervisor is to run on its ports.
 *
 * Written by the leader together with the assignment that it follows from, and
 * signed: it leads to the start of a process. Since what is signed may be an
 * old one that somebody has put back, each has a number: a supervisor writes
 * down the highest that it has acted by, tells the leader of it, and takes no
 * lower one; the leader goes on behind it.
 */
#ifndef GALE_SLOTS_RECORD_H
#define GALE_SLOTS_RECORD_H

#include "common/assignment_record.h"

/* A port that is not in the list runs nothing. */
struct slot_order {
    uint32_t port;
    char topology[TOPOLOGY_ID_SIZE]; /* its id */
    uint32_t worker;                 /* its number */
    uint64_t assignment_version;
    uint64_t birth; /* see struct assigned_worker */
    bool active;    /* spouts shall emit */
    bool closing; /* it is led to its end: its topology is KILLED or FINISHED */
};

struct slots_record {
    char supervisor[RECORD_NAME_SIZE];
    uint64_t change; /* from 1 on; higher with each change of the slots */
    uint32_t n_slots;
    struct slot_order *slots; /* by port */

    struct record_rest rest;
};

/*
 * The slots of a topology as its assignment has them on this supervisor, in
 * place of those that it had here: NULL takes them away. Other topologies'
 * stay.
 */
void slots_record_assign(struct slots_record *s, const char *topology,
                         const struct assignment_record *a, bool active,
                         bool closing);

/* Worker w of the assignment, which is on this supervisor, is added: what
 * slots_record_assign() does for each that is. */
void slots_record_add(struct slots_record *s, const struct assignment_record *a,
                      uint32_t w, bool active, bool closing);

/* Whether both say the same, whatever their numbers are. */
bool slots_record_same(const struct slots_record *a,
                       const struct slots_record *b);

/*
 * The number that s gets: that of the record before it (data, size), if that
 * can be read, says the same, and the supervisor knows no higher one; otherwise
 * one above both. data may be NULL.
 */
uint64_t slots_record_change(const struct slots_record *s, const void *data,
                             size_t size, const struct digest *key,
                             uint64_t known);

/* See record_pack(), record_unpack(). */
int slots_record_pack(const struct slots_record *s, const struct digest *key,
                      struct pack *p, gale_err *error);
int slots_record_unpack(const void *data, size_t size, const struct digest *key,
                        struct slots_record *s, gale_err *error);
void slots_record_free(struct slots_record *s);

#endif
