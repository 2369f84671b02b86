/* file_checks.c - whether files are what they are called; see file_checks.h. */
#include "nimbus/file_checks.h"
#include "common/sorted.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

#define MS INT64_C(1000000)
/* A file is not looked at again before that, nor for as many times as long as
 * the look has taken: it may be large, and be fetched all the time. */
#define AGAIN_NS (1000 * MS)
#define AGAIN_TIMES 10
/* Between two parts, for others that want the processor and the disk. */
#define PAUSE_NS (1 * MS)

struct seen {
    struct digest hash;
    bool waits;
    int64_t again; /* not before */
};

struct file_checks {
    struct file_checks_options options;
    uint32_t n, room;
    struct seen *seen;         /* by hash */
    uint32_t next;             /* where to look for one that waits */
    struct store_check *check; /* under way, of … */
    struct digest hash;
    int64_t began;
    struct loop_timer timer;
};

/* -- the table ------------------------------------------------------------- */

static int compare(const struct digest *a, const struct digest *b)
{
    return memcmp(a->bytes, b->bytes, DIGEST_BYTES);
}

static int by_hash(const void *item, const void *hash)
{
    return compare(&((const struct seen *)item)->hash, hash);
}

/* Where it is, or where it would be. */
static uint32_t place_of(const struct file_checks *f, const struct digest *hash)
{
    return sorted_place(f->seen, f->n, sizeof(*f->seen), by_hash, hash);
}

static bool is_at(const struct file_checks *f, uint32_t i,
                  const struct digest *hash)
{
    return i < f->n && compare(&f->seen[i].hash, hash) == 0;
}

static struct seen *find_or_add(struct file_checks *f,
                                const struct digest *hash)
{
    uint32_t i = place_of(f, hash);

    if (is_at(f, i, hash))
        return &f->seen[i];
    if (f->n == f->room) {
        f->room = f->room > 0 ? 2 * f->room : 16;
        f->seen = xreallocarray(f->seen, f->room, sizeof(*f->seen));
    }
    memmove(&f->seen[i + 1], &f->seen[i], (f->n++ - i) * sizeof(*f->seen));
    f->seen[i] = (struct seen){.hash = *hash};
    return &f->seen[i];
}

/* The next that waits and may be looked at, in turn; NULL: there is none, and
 * *at is when there will be. */
static struct seen *take_next(struct file_checks *f, int64_t now, int64_t *at)
{
    *at = INT64_MAX;
    for (uint32_t i = 0; i < f->n; i++) {
        struct seen *s = &f->seen[(f->next + i) % f->n];

        if (!s->waits)
            continue;
        if (s->again <= now) {
            s->waits = false;
            f->next = (f->next + i + 1) % f->n;
            return s;
        }
        if (s->again < *at)
            *at = s->again;
    }
    return NULL;
}

/* -- one look -------------------------------------------------------------- */

static void look(void *arg);

static void look_at(struct file_checks *f, int64_t at)
{
    loop_timer_set(f->options.loop, &f->timer, at, look, f);
}

static void end_look(struct file_checks *f, enum store_check_result result,
                     const gale_err *error)
{
    struct digest hash = f->hash;
    struct seen *s = find_or_add(f, &hash);
    int64_t now = loop_now(f->options.loop);
    int64_t took = AGAIN_TIMES * (now - f->began);

    s->again = now + (took > AGAIN_NS ? took : AGAIN_NS);
    if (result == STORE_CHECK_DAMAGED)
        log_error(f->options.log, "files", "%s", error->text);
    if (result != STORE_CHECK_DAMAGED && result != STORE_CHECK_NOT_THERE)
        return;
    file_checks_forget(f, &hash);
    f->options.lost(f->options.arg, &hash);
}

/* False: no file is to be looked at now. */
static bool begin_look(struct file_checks *f)
{
    int64_t now = loop_now(f->options.loop), at;
    const struct seen *s = take_next(f, now, &at);

    if (s == NULL) {
        look_at(f, at);
        return false;
    }
    f->hash = s->hash;
    f->check = store_check_begin(f->options.store, &f->hash);
    f->began = now;
    return true;
}

static void look(void *arg)
{
    struct file_checks *f = arg;
    enum store_check_result result;
    gale_err error = {""};

    if (f->check == NULL && !begin_look(f))
        return;
    result = store_check_step(f->check, &error);
    if (result != STORE_CHECK_GOES_ON) {
        f->check = NULL;
        end_look(f, result, &error);
    }
    look_at(f, loop_now(f->options.loop) + PAUSE_NS);
}

/* -- the whole ------------------------------------------------------------- */

void file_checks_add(struct file_checks *f, const struct digest *hash)
{
    struct seen *s = find_or_add(f, hash);

    s->waits = true;
    if (f->check == NULL)
        look_at(f, loop_now(f->options.loop));
}

void file_checks_forget(struct file_checks *f, const struct digest *hash)
{
    uint32_t i = place_of(f, hash);

    if (f->check != NULL && compare(&f->hash, hash) == 0) {
        store_check_free(f->check);
        f->check = NULL;
    }
    if (!is_at(f, i, hash))
        return;
    memmove(&f->seen[i], &f->seen[i + 1], (--f->n - i) * sizeof(*f->seen));
}

struct file_checks *file_checks_new(const struct file_checks_options *options)
{
    struct file_checks *f = xcalloc(1, sizeof(*f));

    f->options = *options;
    return f;
}

void file_checks_free(struct file_checks *f)
{
    if (f == NULL)
        return;
    loop_timer_clear(&f->timer);
    store_check_free(f->check);
    free(f->seen);
    free(f);
}
