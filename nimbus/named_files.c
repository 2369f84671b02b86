/* named_files.c - files of the topologies in ZooKeeper; see named_files.h. */
#include "nimbus/named_files.h"
#include "common/topology_record.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define FOLDER "/topologies"
#define LOOK_NS (10 * INT64_C(1000000000))

/* What is known of one topology. */
struct naming {
    struct named_files *owner;
    char *id;
    bool known;   /* its record was read; otherwise it is tried at each look */
    bool damaged; /* … in vain, and that was said */
    uint32_t n;
    char (*hashes)[RECORD_HASH_SIZE];
};

struct named_files {
    struct named_files_options options;
    struct naming **list; /* by id */
    uint32_t n;
    struct zookeeper_watch watch;
    struct loop_timer timer;
    uint64_t look;      /* the number of the one that was begun last */
    uint32_t under_way; /* requests */
    bool looking, look_again, failed;
    bool over; /* answers only end what they were asked for */
};

/* -- one topology ---------------------------------------------------------- */

static void naming_free(struct naming *t)
{
    free(t->id);
    free(t->hashes);
    free(t);
}

static void take_record(struct naming *t, const struct topology_record *record)
{
    t->known = true;
    t->n = record->n_files + 1;
    t->hashes = xcalloc(t->n, sizeof(*t->hashes));
    for (uint32_t i = 0; i < record->n_files; i++)
        memcpy(t->hashes[i], record->files[i].hash, RECORD_HASH_SIZE);
    memcpy(t->hashes[t->n - 1], record->description_hash, RECORD_HASH_SIZE);
}

static void read_record(struct naming *t, const struct zookeeper_answer *answer)
{
    const struct named_files_options *o = &t->owner->options;
    struct topology_record record;
    gale_err error;

    if (topology_record_unpack(answer->data, answer->size, o->records_key,
                               &record, &error) == 0) {
        take_record(t, &record);
        topology_record_free(&record);
        return;
    }
    if (!t->damaged)
        log_error(o->log, "files",
                  "the record of %s cannot be read (%s): no file is removed "
                  "until it can",
                  t->id, error.text);
    t->damaged = true;
}

/* -- the look -------------------------------------------------------------- */

static void tell(struct named_files *f)
{
    const char **hashes;
    uint32_t n = 0, i = 0;
    bool all = true;

    for (uint32_t k = 0; k < f->n; k++)
        n += f->list[k]->n;
    hashes = xcalloc(n, sizeof(*hashes));
    for (uint32_t k = 0; k < f->n; k++) {
        all &= f->list[k]->known;
        for (uint32_t j = 0; j < f->list[k]->n; j++)
            hashes[i++] = f->list[k]->hashes[j];
    }
    f->options.read(f->options.arg, hashes, n, all, f->look);
    free(hashes);
}

/* The last answer of the look has come. */
static void finish(struct named_files *f)
{
    bool again = f->look_again && !f->over;

    f->looking = f->look_again = false;
    if (!f->failed && !f->over)
        tell(f);
    if (again)
        named_files_look(f);
}

static void record_read(void *arg, const struct zookeeper_answer *answer)
{
    struct naming *t = arg;
    struct named_files *f = t->owner;

    f->under_way--;
    if (answer->result == ZOOKEEPER_OK)
        read_record(t, answer);
    else if (answer->result == ZOOKEEPER_NO_NODE)
        t->known = true; /* and names nothing; the next list is without it */
    else
        f->failed = true;
    if (f->under_way == 0)
        finish(f);
}

static void ask_record(struct named_files *f, struct naming *t)
{
    char path[ZOOKEEPER_PATH_MAX];

    snprintf(path, sizeof(path), FOLDER "/%s", t->id);
    f->under_way++;
    zookeeper_get(f->options.zookeeper, path, NULL,
                  (struct zookeeper_then){record_read, t});
}

/* Both lists are sorted: what is in both is kept. */
static void take_list(struct named_files *f,
                      const struct zookeeper_answer *answer)
{
    struct naming **list = xcalloc(answer->n_children, sizeof(*list));
    uint32_t old = 0;

    for (uint32_t i = 0; i < answer->n_children; i++) {
        const char *id = answer->children[i];

        while (old < f->n && strcmp(f->list[old]->id, id) < 0)
            naming_free(f->list[old++]);
        if (old < f->n && strcmp(f->list[old]->id, id) == 0) {
            list[i] = f->list[old++];
            continue;
        }
        list[i] = xcalloc(1, sizeof(**list));
        list[i]->owner = f;
        list[i]->id = xstrdup(id);
    }
    while (old < f->n)
        naming_free(f->list[old++]);
    free(f->list);
    f->list = list;
    f->n = answer->n_children;
}

static void listed(void *arg, const struct zookeeper_answer *answer)
{
    struct named_files *f = arg;

    f->under_way--;
    if (answer->result == ZOOKEEPER_OK || answer->result == ZOOKEEPER_NO_NODE)
        take_list(f, answer);
    else
        f->failed = true;
    for (uint32_t i = 0; i < f->n && !f->failed; i++)
        if (!f->list[i]->known)
            ask_record(f, f->list[i]);
    if (f->under_way == 0)
        finish(f);
}

static void look(void *arg)
{
    named_files_look(arg);
}

uint64_t named_files_look(struct named_files *f)
{
    struct loop *loop = f->options.loop;

    loop_timer_set(loop, &f->timer, loop_now(loop) + LOOK_NS, look, f);
    f->look_again = f->looking;
    if (f->looking)
        return f->look + 1;
    f->looking = true;
    f->failed = false;
    f->look++;
    f->under_way++;
    zookeeper_watch_clear(&f->watch);
    zookeeper_children(f->options.zookeeper, FOLDER, &f->watch,
                       (struct zookeeper_then){listed, f});
    return f->look;
}

/* -- all of it ------------------------------------------------------------- */

struct named_files *named_files_new(const struct named_files_options *options)
{
    struct named_files *f = xcalloc(1, sizeof(*f));

    f->options = *options;
    f->watch = (struct zookeeper_watch){.fn = look, .arg = f};
    return f;
}

void named_files_end(struct named_files *f)
{
    if (f == NULL)
        return;
    f->over = true;
    loop_timer_clear(&f->timer);
    zookeeper_watch_clear(&f->watch);
}

void named_files_free(struct named_files *f)
{
    if (f == NULL)
        return;
    for (uint32_t i = 0; i < f->n; i++)
        naming_free(f->list[i]);
    free(f->list);
    free(f);
}
