/*
 * wire_credit.h - CREDIT frames: what executors have taken of what came from
 * the other worker, and how much may wait for them.
 *
 * Records of WIRE_CREDIT_SIZE bytes, little-endian, as many as there are:
 *
 *      0  u32  executor
 *      4  u32  tuples      taken since the record before
 *      8  u64  bytes       the same
 *     16  u32  limits.tuples, bytes, slice, each_tuple, cost_ns
 *
 * Reading trusts nothing but that it is whole records.
 */
#ifndef GALE_WIRE_CREDIT_H
#define GALE_WIRE_CREDIT_H

#include "worker/credit.h"
#include <stddef.h>

#define WIRE_CREDIT_SIZE 36u

struct wire_credit {
    uint32_t executor; /* by the id of its first task */
    uint32_t tuples;
    uint64_t bytes;
    struct credit limits;
};

/* Writes one record. */
void wire_credit_encode(const struct wire_credit *c, char *out);

/* Reads record i of a payload. */
void wire_credit_decode(const void *data, uint32_t i, struct wire_credit *c);

/* How many there are; UINT32_MAX: the payload is no whole number of them. */
uint32_t wire_credit_n(size_t size);

#endif
