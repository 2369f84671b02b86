/*
 * topology_record.h - /topologies/ID: what is to run, and what is to be done
 * with it.
 *
 * Written by the leader alone, and signed: files that are named in it are
 * loaded by workers. What nimbus needs in order to place it is in here, so that
 * it never looks into code of users.
 */
#ifndef GALE_TOPOLOGY_RECORD_H
#define GALE_TOPOLOGY_RECORD_H

#include "common/record.h"
#include "common/topology_id.h"

enum topology_status {
    TOPOLOGY_ACTIVE,
    TOPOLOGY_INACTIVE,    /* spouts rest */
    TOPOLOGY_KILLED,      /* goes as soon as nothing is pending */
    TOPOLOGY_REBALANCING, /* gets another assignment then */
    TOPOLOGY_FINISHED,    /* all input is done */
};

/* As they are written, and shown to people. */
extern const char *const topology_status_words[];

/* What follows when nothing is pending, or the wait is over. */
enum topology_action { TOPOLOGY_STAY, TOPOLOGY_KILL, TOPOLOGY_REBALANCE };

enum topology_file_kind { TOPOLOGY_PLUGIN, TOPOLOGY_DATA };

/* A file of the store, by its content. */
struct topology_file {
    char name[256]; /* under which workers see it */
    char hash[RECORD_HASH_SIZE];
    uint64_t size; /* bytes */
    enum topology_file_kind kind;
};

struct topology_component {
    char *id;
    uint32_t executors; /* 1 … tasks */
    uint32_t tasks;
    bool is_spout;
};

struct topology_record {
    char id[TOPOLOGY_ID_SIZE];
    char name[TOPOLOGY_NAME_SIZE];
    enum topology_status status;
    enum topology_status status_back; /* after a rebalance */

    enum topology_action action;
    uint32_t action_wait_secs;
    int64_t action_asked_us;   /* wall clock, microseconds since 1970 */
    uint32_t wish_workers;     /* of a rebalance; 0: as many as now */
    uint32_t n_wish_executors; /* 0, or n_components */
    struct topology_wish {
        uint32_t executors; /* 0: as many as now */
    } * wish_executors;     /* by component */
    char *wish_conf;        /* KEY=VALUE lines, or NULL */

    char description_hash[RECORD_HASH_SIZE]; /* of the built topology */
    uint64_t description_size;               /* bytes */
    uint32_t n_files;
    struct topology_file *files;
    uint32_t n_components;
    struct topology_component *components; /* as the description has them */
    uint32_t workers;                      /* that are wanted */
    uint32_t turns;        /* in which end of input comes to components */
    uint32_t timeout_secs; /* topology.message.timeout.secs: the usual wait */
    char *conf; /* what rebalances have set: KEY=VALUE lines, or NULL */

    int64_t launched_us;
    char *owner;                      /* who submitted it; may be NULL */
    char lineage[TOPOLOGY_ID_SIZE];   /* the id of the first of those that have
                                       replaced each other; its own */
    char waits_for[TOPOLOGY_ID_SIZE]; /* starts when this one is gone; or "" */
    uint32_t guarantee;               /* 0; others are for later */
    uint64_t assignment_version;      /* the last one; 0: none yet */
    unsigned log_level; /* what its workers log: 0 as usual, otherwise one more
                           than a gale_log_level … */
    int64_t log_until_us; /* … until then by the wall's clock; 0: for ever */

    struct record_rest rest;
};

/* See record_pack(), record_unpack(). */
int topology_record_pack(const struct topology_record *t,
                         const struct digest *key, struct pack *p,
                         gale_err *error);
int topology_record_unpack(const void *data, size_t size,
                           const struct digest *key, struct topology_record *t,
                           gale_err *error);
void topology_record_free(struct topology_record *t);

#define TOPOLOGY_LOG_SECS_MAX 86400u
/* What its workers log now, if that is not as usual: its name, and for how many
 * seconds more (0: no end); otherwise NULL. */
const char *topology_log_level(const struct topology_record *t, int64_t now_us,
                               uint64_t *secs);
void topology_record_copy(const struct topology_record *from,
                          struct topology_record *to);

#endif
