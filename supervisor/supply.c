/* supply.c - what a worker needs before it can start; see supply.h. */
#include "supervisor/supply.h"
#include "common/check.h"
#include "common/description.h"
#include "common/position_record.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <stdarg.h>
#include <stdlib.h>

#define AGAIN_NS (200 * INT64_C(1000000))
#define TRIES_MAX 50u /* of records that are not there yet */
#define PATH_SIZE 300u

struct position {
    char *name;
    void *data;
    size_t size;
};

struct supply {
    const struct supply_from *from;
    struct slot_wanted worker;
    bool runs; /* its directory is left alone */
    void (*done)(void *arg, const char *failed);
    void *arg;

    struct topology_record topology;
    struct assignment_record assignment;
    int32_t node_version; /* of the node that it was read from */
    uint64_t version;     /* of the assignment that is asked for */
    bool known;           /* all records are read … */
    bool renews;          /* … and only the assignment is, once more */
    uint32_t n_positions, n_positions_read;
    struct position *positions;
    char unusable[400]; /* why one of them cannot be had; "": all can */

    uint32_t file; /* the one that is looked at; n_files: the description */
    struct file_source *files;

    uint32_t tries;
    uint32_t under_way; /* requests, whose answers find this */
    bool over;
    struct loop_timer again;
    void (*step)(struct supply *s); /* what is tried again */
};

/* -- the end --------------------------------------------------------------- */

static void free_records(struct supply *s)
{
    topology_record_free(&s->topology);
    assignment_record_free(&s->assignment);
    for (uint32_t i = 0; i < s->n_positions; i++) {
        free(s->positions[i].name);
        free(s->positions[i].data);
    }
    free(s->positions);
}

static void free_it(struct supply *s)
{
    free_records(s);
    free(s);
}

void supply_free(struct supply *s)
{
    if (s == NULL)
        return;
    loop_timer_clear(&s->again);
    file_source_free(s->files);
    s->over = true;
    if (s->under_way == 0)
        free_it(s);
}

/* An answer has come: false if nobody waits for it any more. */
static bool goes_on(struct supply *s)
{
    s->under_way--;
    if (!s->over)
        return true;
    if (s->under_way == 0)
        free_it(s);
    return false;
}

static void fail(struct supply *s, const char *format, ...) GALE_PRINTF(2, 3);

static void fail(struct supply *s, const char *format, ...)
{
    char text[700];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    s->done(s->arg, text);
}

static void try_again(void *arg)
{
    struct supply *s = arg;

    s->step(s);
}

/* Something is not there yet, or ZooKeeper does not answer. */
static void again(struct supply *s, void (*step)(struct supply *s),
                  const char *why)
{
    struct loop *loop = s->from->loop;

    if (++s->tries > TRIES_MAX) {
        fail(s, "%s", why);
        return;
    }
    s->step = step;
    loop_timer_set(loop, &s->again, loop_now(loop) + AGAIN_NS, try_again, s);
}

/* -- files ----------------------------------------------------------------- */

static void next_file(struct supply *s);

static void hash_of(const struct supply *s, char hash[RECORD_HASH_SIZE],
                    const char **name)
{
    const struct topology_record *t = &s->topology;
    bool description = s->file == t->n_files;

    snprintf(hash, RECORD_HASH_SIZE, "%s",
             description ? t->description_hash : t->files[s->file].hash);
    *name = description ? DESCRIPTION_NAME : t->files[s->file].name;
}

static int link_file(struct supply *s, const struct digest *hash,
                     const char *name, gale_err *error)
{
    char *work = local_directory_path(s->from->local, &s->worker, LOCAL_WORK);
    int result = store_link_into(s->from->store, hash, work, name, error);

    free(work);
    return result;
}

static void fetched(void *arg, const char *failed)
{
    struct supply *s = arg;
    char hash[RECORD_HASH_SIZE];
    const char *name;

    if (failed == NULL) {
        next_file(s);
        return;
    }
    hash_of(s, hash, &name);
    fail(s, "%s cannot be fetched: %s", name, failed);
}

/* Link what is there, fetch what is not; one file after the other. */
static void next_file(struct supply *s)
{
    char text[RECORD_HASH_SIZE];
    struct digest hash;
    const char *name;
    gale_err error;

    for (; s->file <= s->topology.n_files; s->file++) {
        hash_of(s, text, &name);
        check(digest_read_hex(text, strlen(text), &hash));
        if (!store_has(s->from->store, &hash, NULL)) {
            file_source_fetch(s->files, &hash);
            return;
        }
        if (link_file(s, &hash, name, &error) != 0) {
            fail(s, "%s cannot be given to the worker: %s", name, error.text);
            return;
        }
    }
    s->done(s->arg, NULL);
}

static void begin_files(struct supply *s)
{
    gale_err error;

    s->known = true;
    if (s->runs) {
        s->done(s->arg, NULL);
        return;
    }
    if (local_directory_make(s->from->local, &s->worker, &error) != 0) {
        fail(s, "%s", error.text);
        return;
    }
    s->file = 0;
    next_file(s);
}

/* -- positions ------------------------------------------------------------- */

static void get(struct supply *s, const char *folder, const char *name,
                zookeeper_fn *fn)
{
    char path[PATH_SIZE * 2];

    snprintf(path, sizeof(path), "%s/%s%s%s", folder, s->worker.topology,
             name == NULL ? "" : "/", name == NULL ? "" : name);
    s->under_way++;
    zookeeper_get(s->from->zookeeper, path, NULL,
                  (struct zookeeper_then){fn, s});
}

static void read_positions(struct supply *s);

/* Without one that is damaged a spout would begin anew, or leave out what came
 * meanwhile. */
static void take_position(struct supply *s, struct position *p,
                          const struct zookeeper_answer *answer)
{
    p->data = xmalloc(answer->size + 1);
    p->size = answer->size;
    if (answer->size > 0)
        memcpy(p->data, answer->data, answer->size);
    if (!position_record_is(p->name, p->data, p->size))
        snprintf(s->unusable, sizeof(s->unusable),
                 "the position /positions/%s/%s is damaged: put it right, or "
                 "remove it, and what it is of begins anew",
                 s->worker.topology, p->name);
}

/* Answers come in the order of the questions. */
static void position_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;
    struct position *p;

    if (!goes_on(s))
        return;
    p = &s->positions[s->n_positions_read++];
    if (answer->result == ZOOKEEPER_OK)
        take_position(s, p, answer);
    else if (answer->result != ZOOKEEPER_NO_NODE)
        snprintf(s->unusable, sizeof(s->unusable),
                 "positions of its spouts cannot be read: %s",
                 zookeeper_says(answer->result));
    if (s->n_positions_read < s->n_positions)
        return;
    if (s->unusable[0] != '\0')
        fail(s, "%s", s->unusable);
    else
        begin_files(s);
}

static void positions_listed(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;

    if (!goes_on(s))
        return;
    if (answer->result != ZOOKEEPER_OK && answer->result != ZOOKEEPER_NO_NODE) {
        again(s, read_positions, zookeeper_says(answer->result));
        return;
    }
    s->n_positions = answer->result == ZOOKEEPER_OK ? answer->n_children : 0;
    s->positions = xcalloc(s->n_positions, sizeof(*s->positions));
    for (uint32_t i = 0; i < s->n_positions; i++) {
        s->positions[i].name = xstrdup(answer->children[i]);
        get(s, "/positions", answer->children[i], position_read);
    }
    if (s->n_positions == 0)
        begin_files(s);
}

static void read_positions(struct supply *s)
{
    char path[PATH_SIZE];

    snprintf(path, sizeof(path), "/positions/%s", s->worker.topology);
    s->under_way++;
    zookeeper_children(s->from->zookeeper, path, NULL,
                       (struct zookeeper_then){positions_listed, s});
}

/* -- records --------------------------------------------------------------- */

/* Why it does not tell yet what the worker shall do; NULL: it does. One with
 * another birth is another worker, on whatever slot: the record of slots, which
 * was written with it, will say so. */
static const char *unfit(const struct supply *s,
                         const struct assignment_record *a)
{
    if (a->assignment_version < s->version ||
        strcmp(a->topology, s->worker.topology) != 0 ||
        s->worker.worker >= a->n_workers)
        return "its assignment is not written yet";
    if (a->workers[s->worker.worker].birth != s->worker.birth)
        return "its assignment has another worker in its place";
    return NULL;
}

static void read_assignment(struct supply *s);

static void assignment_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;
    struct assignment_record a;
    const char *why;
    gale_err error;

    if (!goes_on(s))
        return;
    if (answer->result != ZOOKEEPER_OK) {
        again(s, read_assignment, "its assignment cannot be read");
        return;
    }
    if (assignment_record_unpack(answer->data, answer->size,
                                 s->from->records_key, &a, &error) != 0) {
        fail(s, "%s", error.text);
        return;
    }
    why = unfit(s, &a);
    if (why != NULL) {
        assignment_record_free(&a);
        again(s, read_assignment, why);
        return;
    }
    assignment_record_free(&s->assignment);
    s->assignment = a;
    s->node_version = answer->stat.version;
    if (s->renews)
        s->done(s->arg, NULL);
    else
        read_positions(s);
}

static void read_assignment(struct supply *s)
{
    get(s, "/assignments", NULL, assignment_read);
}

static void read_topology(struct supply *s);

static void topology_read(void *arg, const struct zookeeper_answer *answer)
{
    struct supply *s = arg;
    gale_err error;

    if (!goes_on(s))
        return;
    if (answer->result != ZOOKEEPER_OK) {
        again(s, read_topology, "its record cannot be read");
        return;
    }
    topology_record_free(&s->topology);
    if (topology_record_unpack(answer->data, answer->size, s->from->records_key,
                               &s->topology, &error) != 0) {
        fail(s, "%s", error.text);
        return;
    }
    if (strcmp(s->topology.id, s->worker.topology) != 0) {
        fail(s, "its record is that of %s", s->topology.id);
        return;
    }
    read_assignment(s);
}

static void read_topology(struct supply *s)
{
    get(s, "/topologies", NULL, topology_read);
}

/* -- the supply ------------------------------------------------------------ */

struct supply *supply_begin(const struct supply_from *from,
                            const struct slot_wanted *worker, bool runs,
                            void (*done)(void *arg, const char *failed),
                            void *arg)
{
    struct supply *s = xcalloc(1, sizeof(*s));

    s->from = from;
    s->worker = *worker;
    s->runs = runs;
    s->version = worker->version;
    s->done = done;
    s->arg = arg;
    s->files = file_source_new(&from->files, fetched, s);
    read_topology(s);
    return s;
}

void supply_renew(struct supply *s, uint64_t version)
{
    s->tries = 0;
    s->version = version;
    if (!s->known)
        return; /* it is being read */
    s->renews = true;
    read_assignment(s);
}

const struct topology_record *supply_topology(const struct supply *s)
{
    return &s->topology;
}

/* Who has it may begin by it, and a spout without its position begins anew. */
const struct assignment_record *supply_assignment(const struct supply *s)
{
    static const struct assignment_record nothing;

    return s->known ? &s->assignment : &nothing;
}

int32_t supply_assignment_node(const struct supply *s)
{
    return s->node_version;
}

uint32_t supply_n_positions(const struct supply *s)
{
    return s->n_positions;
}

const char *supply_position(const struct supply *s, uint32_t i,
                            const void **data, size_t *size)
{
    check(i < s->n_positions);
    *data = s->positions[i].data;
    *size = s->positions[i].size;
    return s->positions[i].name;
}
