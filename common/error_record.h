/*
 * error_record.h - /errors/ID/COMPONENT: the last errors of a component of a
 * topology, as its tasks have reported them. Written by the leader.
 */
#ifndef GALE_ERROR_RECORD_H
#define GALE_ERROR_RECORD_H

#include "common/record.h"
#include "topology-api/names.h"

enum { ERROR_RECORD_MAX = 10, ERROR_TEXT_MAX = 511 };

struct reported_error {
    int64_t at_us;  /* wall clock, microseconds since 1970: the last time */
    uint64_t count; /* how many, as far as that is known */
    uint32_t worker;
    char host[RECORD_HOST_SIZE]; /* the machine's name */
    char *text;                  /* of the last one of them */
};

struct error_record {
    char component[NAMES_MAX + 1];
    uint32_t n_errors;
    struct reported_error *errors; /* the latest first */

    struct record_rest rest;
};

/* See record_pack(), record_unpack(). */
int error_record_pack(const struct error_record *e, struct pack *p,
                      gale_err *error);
int error_record_unpack(const void *data, size_t size, struct error_record *e,
                        gale_err *error);
void error_record_free(struct error_record *e);

/* One more; its text is copied. One of the same text that is earlier goes, with
 * its count added; in_all: `count` is that of all since the worker's start, so
 * that the larger one counts. The earliest goes when there are too many. False:
 * one of that text is as late, so it is known already. */
bool error_record_add(struct error_record *e, const struct reported_error *new,
                      bool in_all);

#endif
