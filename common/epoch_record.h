/*
 * epoch_record.h - /epoch: who leads. Every write of a leader checks the node's
 * version in ZooKeeper, which is a new one with every leadership.
 */
#ifndef GALE_EPOCH_RECORD_H
#define GALE_EPOCH_RECORD_H

#include "common/record.h"

struct epoch_record {
    uint64_t epoch;                 /* number of the leadership; grows */
    char nimbus[RECORD_NAME_SIZE];  /* the leader's uuid; "": nobody has led */
    char host[RECORD_HOST_SIZE];    /* its machine's name, for people; or "" */
    char address[RECORD_HOST_SIZE]; /* where its RPC is found; or "" */
    uint32_t port;                  /* or 0 */
    char candidate[RECORD_NAME_SIZE]; /* its node below /nimbuses; or "" */

    struct record_rest rest;
};

/* See record_pack(), record_unpack(). */
int epoch_record_pack(const struct epoch_record *e, struct pack *p,
                      gale_err *error);
int epoch_record_unpack(const void *data, size_t size, struct epoch_record *e,
                        gale_err *error);
void epoch_record_free(struct epoch_record *e);

#endif
