/*
 * supervisor_record.h - /supervisors/SUPERVISOR: a machine that runs workers,
 * as long as it says so. Ephemeral, written by the supervisor itself.
 */
#ifndef GALE_SUPERVISOR_RECORD_H
#define GALE_SUPERVISOR_RECORD_H

#include "common/record.h"

struct supervisor_port {
    uint32_t number;
};

struct supervisor_record {
    char id[RECORD_NAME_SIZE];      /* its uuid */
    char host[RECORD_HOST_SIZE];    /* the machine's name, for people */
    char address[RECORD_HOST_SIZE]; /* where its workers are found */
    uint32_t port;                  /* there, for who reads logs; 0: none */
    int64_t started_us;             /* wall clock, microseconds since 1970 */
    char gale[64];                  /* its version, for people */
    uint32_t n_ports;
    struct supervisor_port *ports; /* one slot each, ascending */

    struct record_rest rest;
};

/* See record_pack(), record_unpack(). */
int supervisor_record_pack(const struct supervisor_record *s, struct pack *p,
                           gale_err *error);
int supervisor_record_unpack(const void *data, size_t size,
                             struct supervisor_record *s, gale_err *error);
void supervisor_record_free(struct supervisor_record *s);

#endif
