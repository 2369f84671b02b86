/*
 * position_record.h - the position of one split of one task of a spout, as
 * ZooKeeper holds it, and which of two is the newer one.
 *
 * A position has an order: the birth of its worker, and within that the time
 * at which the worker had it from the spout, by the clock of its machine, and
 * later than that of every one that it was told. A birth has one slot, so all
 * of its processes have the same clock. Whoever writes a position, a supervisor
 * or nimbus, writes it over an older one only: so it matters to nobody by which
 * way, and how late, one comes.
 *
 * Pure.
 */
#ifndef GALE_POSITION_RECORD_H
#define GALE_POSITION_RECORD_H

#include "common/digest.h"
#include "common/pack.h"
#include "common/position_limits.h"

#define POSITION_AT_MAX ((uint64_t)INT64_MAX)

/* Zeroes: it has none, since a gale wrote it that knew nothing of that. */
struct position_order {
    uint64_t birth;
    uint64_t at; /* microseconds; POSITION_AT_MAX at most */
};

struct position_record {
    gale_str component;
    uint32_t index; /* of the task, within the component */
    gale_str split, position;
    struct position_order order;
};

/* Less than 0: a is older than b; 0: they are the same. */
int position_order_compare(struct position_order a, struct position_order b);

/* Of the next position after one that was had before, now (wall clock). */
uint64_t position_next_at(uint64_t before, int64_t now_us);

/* The name of its node: the same whoever writes. */
void position_record_name(const struct position_record *r,
                          char name[DIGEST_HEX]);

void position_record_pack(const struct position_record *r, struct pack *p);

/* 0, and texts of r are those of u, which is to be freed, and of the data; or
 * -1: it is none, and there is nothing to be freed. */
int position_record_read(struct position_record *r, struct unpacked *u,
                         const void *data, size_t size);

/* Whether it is the position that a node of that name has. */
bool position_record_is(const char *name, const void *data, size_t size);

/* Of what is no position: zeroes. */
struct position_order position_order_of(const void *data, size_t size);

#endif
