/* lookup_cache.c - answers to questions, for a while; see lookup_cache.h. */
#include "connectors/lookup_cache.h"
#include "connectors/must.h"

void lookup_cache_fini(struct lookup_cache *c)
{
    struct lookup_entry *next;

    for (struct lookup_entry *e = c->oldest; e != NULL; e = next) {
        next = e->newer;
        free(e);
    }
    free(c->buckets);
}

/* FNV-1a: who asks for our own table may slow down nobody but himself. */
static uint64_t hash_of(gale_str s)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);

    for (size_t i = 0; i < s.size; i++)
        hash = (hash ^ (unsigned char)s.data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

/* -- the order of use ------------------------------------------------------ */

static void unlink_entry(struct lookup_cache *c, struct lookup_entry *e)
{
    *(e->older != NULL ? &e->older->newer : &c->oldest) = e->newer;
    *(e->newer != NULL ? &e->newer->older : &c->newest) = e->older;
}

static void link_newest(struct lookup_cache *c, struct lookup_entry *e)
{
    e->older = c->newest;
    e->newer = NULL;
    *(c->newest != NULL ? &c->newest->newer : &c->oldest) = e;
    c->newest = e;
}

/* -- buckets --------------------------------------------------------------- */

/* Where the entry hangs, or would. */
static struct lookup_entry **place_of(struct lookup_cache *c, gale_str question,
                                      uint64_t hash)
{
    struct lookup_entry **at = &c->buckets[hash & (c->n_buckets - 1)];

    while (*at != NULL &&
           ((*at)->hash != hash || !gale_str_eq((*at)->question, question)))
        at = &(*at)->chain;
    return at;
}

static void drop(struct lookup_cache *c, struct lookup_entry *e)
{
    struct lookup_entry **at = place_of(c, e->question, e->hash);

    must(*at == e);
    *at = e->chain;
    unlink_entry(c, e);
    free(e);
    c->n--;
}

static void grow(struct lookup_cache *c)
{
    size_t n = c->n_buckets > 0 ? 2 * c->n_buckets : 64;

    if (c->n < c->n_buckets)
        return;
    free(c->buckets);
    c->buckets = must_alloc(NULL, n * sizeof(*c->buckets));
    memset(c->buckets, 0, n * sizeof(*c->buckets));
    c->n_buckets = n;
    for (struct lookup_entry *e = c->oldest; e != NULL; e = e->newer) {
        struct lookup_entry **bucket = &c->buckets[e->hash & (n - 1)];

        e->chain = *bucket;
        *bucket = e;
    }
}

/* -- asking ---------------------------------------------------------------- */

bool lookup_cache_find(struct lookup_cache *c, gale_str question, int64_t now,
                       gale_str *answer)
{
    struct lookup_entry *e;

    if (c->n == 0)
        return false;
    e = *place_of(c, question, hash_of(question));
    if (e == NULL)
        return false;
    if (now - e->since >= c->max_age) {
        drop(c, e);
        return false;
    }
    unlink_entry(c, e);
    link_newest(c, e);
    *answer = e->answer;
    return true;
}

void lookup_cache_add(struct lookup_cache *c, gale_str question,
                      gale_str answer, int64_t now)
{
    struct lookup_entry *e, **at;
    char *memory;

    if (c->most == 0)
        return;
    if (c->n == c->most)
        drop(c, c->oldest);
    grow(c);
    e = must_alloc(NULL, sizeof(*e) + question.size + answer.size);
    memory = (char *)(e + 1);
    *e = (struct lookup_entry){
        .since = now,
        .hash = hash_of(question),
        .question = gale_str_make(memory, question.size),
        .answer = gale_str_make(memory + question.size, answer.size)};
    if (question.size > 0)
        memcpy(memory, question.data, question.size);
    if (answer.size > 0)
        memcpy(memory + question.size, answer.data, answer.size);
    at = place_of(c, e->question, e->hash);
    must(*at == NULL);
    *at = e;
    link_newest(c, e);
    c->n++;
}
