/*
 * nimbus_record.h - /nimbuses/UUID-SEQUENCE: a nimbus that leads or would.
 * Ephemeral, written by itself.
 */
#ifndef GALE_NIMBUS_RECORD_H
#define GALE_NIMBUS_RECORD_H

#include "common/record.h"

struct nimbus_record {
    char id[RECORD_NAME_SIZE];      /* its uuid */
    char host[RECORD_HOST_SIZE];    /* the machine's name, for people */
    char address[RECORD_HOST_SIZE]; /* where its RPC is found */
    uint32_t port;
    int64_t started_us; /* wall clock, microseconds since 1970 */
    char gale[64];      /* its version, for people */

    struct record_rest rest;
};

/* See record_pack(), record_unpack(). */
int nimbus_record_pack(const struct nimbus_record *n, struct pack *p,
                       gale_err *error);
int nimbus_record_unpack(const void *data, size_t size, struct nimbus_record *n,
                         gale_err *error);
void nimbus_record_free(struct nimbus_record *n);

#endif
