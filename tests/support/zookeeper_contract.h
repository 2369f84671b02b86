/*
 * zookeeper_contract.h - what common/zookeeper.h promises, as a table of cases
 * that every ZooKeeper must pass: the one in memory, and real servers.
 *
 * A world says how clients come and how time passes in it.
 */
#ifndef GALE_ZOOKEEPER_CONTRACT_H
#define GALE_ZOOKEEPER_CONTRACT_H

#include "common/zookeeper.h"

struct zookeeper_world {
    /* Before and after each case: an empty tree. */
    void (*begin)(void);
    void (*end)(void);
    struct zookeeper *(*join)(zookeeper_state_fn *fn, void *arg);
    /* Until at least one callback has come; a failure if none comes. */
    void (*pump)(void);
    /* A callback has come. */
    void (*came)(void);
    int64_t (*now)(void);
};

/* A client, and what was said to it. */
struct zookeeper_user {
    struct zookeeper *z;
    uint32_t connected, away, lost; /* how often */
};

/* What came, copied. */
struct zookeeper_got {
    uint32_t n; /* answers so far */
    enum zookeeper_result result;
    struct zookeeper_stat stat;
    char path[ZOOKEEPER_PATH_MAX + 1];
    char *data; /* a NUL byte behind size; of the last answer */
    size_t size;
    char names[1024]; /* of children: "a b c" */
    uint32_t failed;
};

/* How often somebody was woken. */
struct zookeeper_bell {
    struct zookeeper_watch watch;
    uint32_t n;
};

extern const struct zookeeper_world *zookeeper_world;

/* A client that is connected. */
struct zookeeper_user *zookeeper_user_new(void);
void zookeeper_user_free(struct zookeeper_user *user);
/* A client that is not yet. */
struct zookeeper_user *zookeeper_user_start(void);

void zookeeper_bell_init(struct zookeeper_bell *bell);

/* One of some that live for ever; all are free again after the other. */
struct zookeeper_bell *zookeeper_bell_new(void);
void zookeeper_bells_forget(void);

/* Wait for the number at n to become `least` or more. */
void zookeeper_await(const uint32_t *n, uint32_t least);

/* A request and its answer, which is copied to got (NULL: to nowhere). */
enum zookeeper_result zookeeper_ask(struct zookeeper_user *user,
                                    const struct zookeeper_request *request,
                                    struct zookeeper_got *got);
/* The same without waiting for it. */
void zookeeper_send(struct zookeeper_user *user,
                    const struct zookeeper_request *request,
                    struct zookeeper_got *got);
void zookeeper_got_free(struct zookeeper_got *got);

/* Short for these; text is the value. */
enum zookeeper_result zookeeper_ask_create(struct zookeeper_user *user,
                                           const char *path, const char *text,
                                           uint32_t flags);
enum zookeeper_result zookeeper_ask_set(struct zookeeper_user *user,
                                        const char *path, const char *text,
                                        int32_t version);
enum zookeeper_result zookeeper_ask_delete(struct zookeeper_user *user,
                                           const char *path, int32_t version);
enum zookeeper_result zookeeper_ask_read(struct zookeeper_user *user,
                                         enum zookeeper_kind kind,
                                         const char *path,
                                         struct zookeeper_bell *bell,
                                         struct zookeeper_got *got);

enum zookeeper_result zookeeper_ask_multi(struct zookeeper_user *user,
                                          const struct zookeeper_write *writes,
                                          uint32_t n,
                                          struct zookeeper_got *got);

/* All cases, with cmocka; how many failed. */
int zookeeper_contract_run(const struct zookeeper_world *world);

#endif
