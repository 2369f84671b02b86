/*
 * zookeeper.h - what is agreed in a cluster and survives: a tree of small nodes
 * in ZooKeeper, as daemons see it.
 *
 * Two stand behind it: zookeeper_client.c talks to real servers, and
 * zookeeper_memory.c is a whole ensemble in memory, for simulated clusters,
 * tests and `gale local --cluster`. tests/support/zookeeper_contract.c holds
 * both to what is said here.
 *
 * Everything belongs to one thread, the loop's. Every request has one answer, a
 * callback on that thread and never inside the call; what the answer points to
 * is valid in the callback only. Requests of one client are carried out in the
 * order in which they were made, and answered in it, except those that are
 * answered without being sent, and reads with a watch of what is missing, which
 * take longer. Each has a deadline, two thirds of the session.
 *
 * Paths begin with a slash and are below the root (storm.zookeeper.root), which
 * is made if it is missing.
 */
#ifndef GALE_ZOOKEEPER_H
#define GALE_ZOOKEEPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZOOKEEPER_SIZE_MAX                                                     \
    (512u * 1024)                /* of a value; of those of a multi,
                                            which has 1000 KiB with paths */
#define ZOOKEEPER_PATH_MAX 1024u /* bytes, with the root */

struct zookeeper;

enum zookeeper_result {
    ZOOKEEPER_OK,
    ZOOKEEPER_NO_NODE,     /* the node, or the parent of what is created */
    ZOOKEEPER_NODE_EXISTS, /* perhaps of another session: look at its owner */
    ZOOKEEPER_BAD_VERSION, /* it was changed since */
    ZOOKEEPER_NOT_EMPTY,   /* it has children, and cannot be deleted */
    ZOOKEEPER_NO_CHILDREN, /* the parent is ephemeral */
    ZOOKEEPER_TOO_LARGE,   /* nothing was sent */
    ZOOKEEPER_BAD_PATH,    /* nothing was sent */
    ZOOKEEPER_NO_AUTH,     /* the node belongs to another secret */
    ZOOKEEPER_AWAY,        /* nothing was sent, or it was only to be read */
    ZOOKEEPER_UNKNOWN,     /* a write: it has happened, or not, or will. What is
                              read in the same session after another write was
                              answered tells. */
    ZOOKEEPER_FAILED,      /* anything else that the server may say */
};

/* A sentence for people, without a full stop. */
const char *zookeeper_says(enum zookeeper_result result);

/* -- sessions -------------------------------------------------------------- */

enum zookeeper_state {
    /* The servers answer. After LOST, and at first, in a new session: register
     * and read everything again. After AWAY nothing was lost: watches stand,
     * and ephemeral nodes are there. */
    ZOOKEEPER_IS_CONNECTED,
    /* They do not. The session may live on, or be over already: they decide
     * that, and tell it when they are back. At first it is this, unsaid. */
    ZOOKEEPER_IS_AWAY,
    /* The session is over, its ephemeral nodes are gone, and all watches are
     * called after this. A new session begins by itself. */
    ZOOKEEPER_IS_LOST,
};

typedef void zookeeper_state_fn(void *arg, enum zookeeper_state state);

/* -- watches --------------------------------------------------------------- */

/*
 * Who wants to be woken: a member of the waiting one, which sets fn and arg;
 * the rest is zero. One-shot: fn(arg) is called when the node that was read
 * with it comes, changes or goes (its children, if these were read), and when
 * the session is lost. It only wakes, now and then for nothing: what to do
 * follows from what is read then, with the watch again. It may be given to
 * several reads at a time; read one path with it.
 */
struct zookeeper_watch {
    void (*fn)(void *arg);
    void *arg;
    struct zookeeper_watch *next, **link; /* link: NULL while not set */
};

/* It will not be called. Before it is freed; harmless if it is not set. */
void zookeeper_watch_clear(struct zookeeper_watch *watch);

/* -- requests and answers -------------------------------------------------- */

struct zookeeper_stat {
    int32_t version;    /* of the value: 0, and one more with every set */
    int32_t n_children; /* how many it has */
    int64_t owner;      /* the session of an ephemeral node; 0: none */
    int64_t created;    /* order of all writes: that which created it */
    int64_t modified;   /* and that which set it last */
};

struct zookeeper_answer {
    enum zookeeper_result result;
    const char *path;            /* create: of the new node */
    const void *data;            /* get: the value, never NULL */
    size_t size;                 /* its bytes */
    struct zookeeper_stat stat;  /* get, exists, children, set */
    const char *const *children; /* their names, sorted */
    uint32_t n_children;
    uint32_t failed; /* multi: the number of the write that failed; result is
                        what it failed with */
};

typedef void zookeeper_fn(void *arg, const struct zookeeper_answer *answer);

struct zookeeper_then {
    zookeeper_fn *fn; /* NULL: nobody wants to know */
    void *arg;
};

enum zookeeper_kind {
    ZOOKEEPER_CREATE,
    ZOOKEEPER_DELETE,
    ZOOKEEPER_SET,
    ZOOKEEPER_CHECK, /* of the version, in a multi */
    ZOOKEEPER_MULTI,
    ZOOKEEPER_GET,
    ZOOKEEPER_EXISTS,
    ZOOKEEPER_CHILDREN,
};

enum {
    ZOOKEEPER_EPHEMERAL = 1, /* it goes with the session */
    ZOOKEEPER_SEQUENCE = 2,  /* ten digits, ever higher, behind the name */
    ZOOKEEPER_ANY = -1,      /* version */
};

/* A write, alone or in a multi. */
struct zookeeper_write {
    enum zookeeper_kind kind; /* CREATE, DELETE, SET or CHECK */
    const char *path;
    const void *data; /* CREATE, SET; NULL if size is 0 */
    size_t size;
    int32_t version; /* DELETE, SET, CHECK: which it must have, or ANY */
    uint32_t flags;  /* CREATE; no SEQUENCE in a multi */
};

/* What the inline functions below make. */
struct zookeeper_request {
    enum zookeeper_kind kind;
    const char *path;                     /* of a read */
    const struct zookeeper_write *writes; /* else */
    uint32_t n;                           /* writes; 1 unless it is a MULTI */
    struct zookeeper_watch *watch;        /* of a read, or NULL */
    struct zookeeper_then then;
};

struct zookeeper_ops {
    void (*request)(struct zookeeper *z, const struct zookeeper_request *r);
    enum zookeeper_state (*state)(const struct zookeeper *z);
    int64_t (*session)(const struct zookeeper *z);
    int64_t (*lease_until)(const struct zookeeper *z);
    const char *(*trouble)(const struct zookeeper *z);
    void (*free)(struct zookeeper *z);
};

struct zookeeper {
    const struct zookeeper_ops *ops;
};

/*
 * Ends the session, as far as the servers can be told within some seconds (4.5
 * at most, and none if they are known to be away; where their names are being
 * looked up, as long as that takes). Not in a callback.
 *
 * Every request that is under way is answered before this returns: AWAY, or
 * UNKNOWN if it is a write that was sent; so is what is asked in such an
 * answer, if that comes to an end. So who asks is there until then. Watches are
 * not called.
 */
#define ZOOKEEPER_LAST_ANSWERS_MAX (1u << 20)
static inline void zookeeper_free(struct zookeeper *z)
{
    if (z != NULL)
        z->ops->free(z);
}

/* CONNECTED or AWAY. */
static inline enum zookeeper_state zookeeper_state(const struct zookeeper *z)
{
    return z->ops->state(z);
}

/* The owner of what this session creates; 0 while there is none. */
static inline int64_t zookeeper_session(const struct zookeeper *z)
{
    return z->ops->session(z);
}

/*
 * Until when the session cannot be over for anybody, in loop_now()'s time: two
 * thirds of it after the last request that most of the servers took part in (a
 * write, or a ping of the client's) and that was answered was sent. Who owns
 * something by an ephemeral node (a leader) acts before this only: ZooKeeper
 * tells those that were cut off or stopped too late. 0: there is no session.
 */
static inline int64_t zookeeper_lease_until(const struct zookeeper *z)
{
    return z->ops->lease_until(z);
}

static inline bool zookeeper_may_act(const struct zookeeper *z, int64_t now)
{
    return now < zookeeper_lease_until(z);
}

/* Why it is not connected: a sentence that says what to do; "" if it is. */
static inline const char *zookeeper_trouble(const struct zookeeper *z)
{
    return z->ops->trouble(z);
}

/* -- writes ---------------------------------------------------------------- */

/* All of them or none. */
static inline void zookeeper_multi(struct zookeeper *z,
                                   const struct zookeeper_write *writes,
                                   uint32_t n, struct zookeeper_then then)
{
    z->ops->request(z, &(struct zookeeper_request){.kind = ZOOKEEPER_MULTI,
                                                   .writes = writes,
                                                   .n = n,
                                                   .then = then});
}

static inline void zookeeper_write(struct zookeeper *z,
                                   const struct zookeeper_write *write,
                                   struct zookeeper_then then)
{
    z->ops->request(
        z, &(struct zookeeper_request){
               .kind = write->kind, .writes = write, .n = 1, .then = then});
}

/*
 * With ZOOKEEPER_SEQUENCE, give the name something that nobody else has: after
 * an UNKNOWN, children of the parent that begin with it are those that this
 * client has created (zookeeper_find()). Look before you create again.
 */
static inline void zookeeper_create(struct zookeeper *z, const char *path,
                                    const void *data, size_t size,
                                    uint32_t flags, struct zookeeper_then then)
{
    const struct zookeeper_write write = {.kind = ZOOKEEPER_CREATE,
                                          .path = path,
                                          .data = data,
                                          .size = size,
                                          .flags = flags};

    zookeeper_write(z, &write, then);
}

static inline void zookeeper_set(struct zookeeper *z, const char *path,
                                 const void *data, size_t size, int32_t version,
                                 struct zookeeper_then then)
{
    const struct zookeeper_write write = {.kind = ZOOKEEPER_SET,
                                          .path = path,
                                          .data = data,
                                          .size = size,
                                          .version = version};

    zookeeper_write(z, &write, then);
}

static inline void zookeeper_delete(struct zookeeper *z, const char *path,
                                    int32_t version, struct zookeeper_then then)
{
    const struct zookeeper_write write = {
        .kind = ZOOKEEPER_DELETE, .path = path, .version = version};

    zookeeper_write(z, &write, then);
}

/* -- reads ----------------------------------------------------------------- */

/*
 * watch, or NULL: it is set if the answer is OK or NO_NODE; then it wakes when
 * the node comes. After any other answer it may be woken or not.
 */
static inline void zookeeper_read(struct zookeeper *z, enum zookeeper_kind kind,
                                  const char *path,
                                  struct zookeeper_watch *watch,
                                  struct zookeeper_then then)
{
    z->ops->request(
        z, &(struct zookeeper_request){
               .kind = kind, .path = path, .watch = watch, .then = then});
}

static inline void zookeeper_get(struct zookeeper *z, const char *path,
                                 struct zookeeper_watch *watch,
                                 struct zookeeper_then then)
{
    zookeeper_read(z, ZOOKEEPER_GET, path, watch, then);
}

static inline void zookeeper_exists(struct zookeeper *z, const char *path,
                                    struct zookeeper_watch *watch,
                                    struct zookeeper_then then)
{
    zookeeper_read(z, ZOOKEEPER_EXISTS, path, watch, then);
}

static inline void zookeeper_children(struct zookeeper *z, const char *path,
                                      struct zookeeper_watch *watch,
                                      struct zookeeper_then then)
{
    zookeeper_read(z, ZOOKEEPER_CHILDREN, path, watch, then);
}

/* The first child whose name begins with the prefix; NULL if there is none. */
const char *zookeeper_find(const struct zookeeper_answer *answer,
                           const char *prefix);

/* The ten digits at the end of a name; -1 if it does not end so. */
int64_t zookeeper_sequence(const char *name);

/* -- for those that stand behind it ---------------------------------------- */

/* Is it to be sent at all? OK, TOO_LARGE or BAD_PATH (with the root before it).
 * What only gale can have done wrong is a failed check(). */
enum zookeeper_result zookeeper_request_check(const struct zookeeper_request *r,
                                              size_t root_size);

/* A path of the rule: a slash before each name, names of printable ASCII,
 * none "." or "..", ZOOKEEPER_PATH_MAX bytes at most. "/" is one. */
bool zookeeper_path_valid(const char *path, size_t root_size);

static inline bool zookeeper_kind_writes(enum zookeeper_kind kind)
{
    return kind <= ZOOKEEPER_MULTI;
}

#endif
