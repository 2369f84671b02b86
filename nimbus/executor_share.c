/*
 * executor_share.c - which executors each worker has; see executor_share.h.
 *
 * Of a component with 7 executors on 3 workers each worker has 2, and one an
 * extra one. So the question is who has the extra ones. First those who have
 * one of the component already keep it, and the others go round; then extra
 * ones are passed on from who has the most to who has the fewest.
 */
#include "nimbus/executor_share.h"
#include "common/check.h"
#include "topology-api/memory.h"

#define NOBODY UINT32_MAX

struct share {
    const struct topology_record *t;
    uint32_t n_workers;
    uint32_t *first;   /* of each component's executors among all of them */
    uint32_t *owner;   /* of each executor */
    uint32_t words;    /* of 64 components */
    uint64_t *extra;   /* by worker and component: has one more than others */
    uint64_t *kept;    /* … and had it before */
    uint32_t *n_extra; /* of each worker */
    uint32_t *count;   /* by worker, of the component in hand */
    uint32_t turn;     /* whose it is to get an extra one */
};

uint32_t executor_share_workers(const struct topology_record *t)
{
    uint32_t executors = 0;

    for (uint32_t i = 0; i < t->n_components; i++)
        executors += t->components[i].executors;
    return executors < t->workers ? executors : t->workers;
}

/* -- what there is --------------------------------------------------------- */

static uint32_t *owners_of(struct share *s, uint32_t component)
{
    return &s->owner[s->first[component]];
}

static void own(struct share *s, uint32_t worker,
                const struct executor_range *range)
{
    for (uint32_t i = 0; i < range->n; i++)
        if (range->component < s->t->n_components &&
            range->first + i < s->t->components[range->component].executors)
            owners_of(s, range->component)[range->first + i] = worker;
}

static void own_all(struct share *s, const struct assignment_record *a)
{
    for (uint32_t w = 0; w < a->n_workers && w < s->n_workers; w++)
        for (uint32_t i = 0; i < a->workers[w].n_executors; i++)
            own(s, w, &a->workers[w].executors[i]);
}

static void init(struct share *s, const struct topology_record *t,
                 uint32_t n_workers)
{
    uint32_t n = 0;

    *s = (struct share){.t = t, .n_workers = n_workers};
    s->words = (t->n_components + 63) / 64;
    s->first = xcalloc(t->n_components, sizeof(*s->first));
    for (uint32_t i = 0; i < t->n_components; i++) {
        s->first[i] = n;
        n += t->components[i].executors;
    }
    s->owner = xcalloc(n, sizeof(*s->owner));
    memset(s->owner, 0xff, n * sizeof(*s->owner)); /* NOBODY */
    s->extra = xcalloc((size_t)n_workers * s->words, sizeof(*s->extra));
    s->kept = xcalloc((size_t)n_workers * s->words, sizeof(*s->kept));
    s->n_extra = xcalloc(n_workers, sizeof(*s->n_extra));
    s->count = xcalloc(n_workers, sizeof(*s->count));
}

static void fini(struct share *s)
{
    free(s->first);
    free(s->owner);
    free(s->extra);
    free(s->kept);
    free(s->n_extra);
    free(s->count);
}

/* -- who has the extra ones ------------------------------------------------ */

static bool has_extra(const struct share *s, uint32_t w, uint32_t c)
{
    return s->extra[(size_t)w * s->words + c / 64] >> c % 64 & 1;
}

static void give_extra(struct share *s, uint32_t w, uint32_t c, bool kept)
{
    size_t at = (size_t)w * s->words + c / 64;

    s->extra[at] |= UINT64_C(1) << c % 64;
    s->kept[at] |= (uint64_t)kept << c % 64;
    s->n_extra[w]++;
}

static void take_extra(struct share *s, uint32_t w, uint32_t c)
{
    size_t at = (size_t)w * s->words + c / 64;

    s->extra[at] &= ~(UINT64_C(1) << c % 64);
    s->kept[at] &= ~(UINT64_C(1) << c % 64);
    s->n_extra[w]--;
}

/* Those who have one may keep it; how many then remain to be given. */
static uint32_t keep_extra(struct share *s, uint32_t c, uint32_t n)
{
    uint32_t each = s->t->components[c].executors / s->n_workers;

    memset(s->count, 0, s->n_workers * sizeof(*s->count));
    for (uint32_t e = 0; e < s->t->components[c].executors && n > 0; e++) {
        uint32_t w = owners_of(s, c)[e];

        if (w == NOBODY || ++s->count[w] != each + 1)
            continue;
        give_extra(s, w, c, true);
        n--;
    }
    return n;
}

static void give_extras(struct share *s, uint32_t c)
{
    uint32_t n = keep_extra(s, c, s->t->components[c].executors % s->n_workers);

    for (; n > 0; s->turn = (s->turn + 1) % s->n_workers)
        if (!has_extra(s, s->turn, c)) {
            give_extra(s, s->turn, c, false);
            n--;
        }
}

/* A component of which `from` has an extra one and `to` has none; one that
 * moves nothing if there is such. */
static uint32_t component_to_pass(const struct share *s, uint32_t from,
                                  uint32_t to)
{
    const uint64_t *a = &s->extra[(size_t)from * s->words];
    const uint64_t *kept = &s->kept[(size_t)from * s->words];
    const uint64_t *b = &s->extra[(size_t)to * s->words];
    uint32_t found = NOBODY;

    for (uint32_t i = 0; i < s->words; i++) {
        uint64_t may = a[i] & ~b[i], light = may & ~kept[i];

        if (light != 0)
            return i * 64 + (uint32_t)__builtin_ctzll(light);
        if (may != 0 && found == NOBODY)
            found = i * 64 + (uint32_t)__builtin_ctzll(may);
    }
    return found;
}

/* True: it was passed on; false: they are even. */
static bool pass_one(struct share *s)
{
    uint32_t most = 0, least = 0, c;

    for (uint32_t w = 1; w < s->n_workers; w++) {
        if (s->n_extra[w] > s->n_extra[most])
            most = w;
        if (s->n_extra[w] < s->n_extra[least])
            least = w;
    }
    if (s->n_extra[most] - s->n_extra[least] <= 1)
        return false;
    c = component_to_pass(s, most, least);
    check(c != NOBODY);
    take_extra(s, most, c);
    give_extra(s, least, c, false);
    return true;
}

/* -- who has which --------------------------------------------------------- */

static bool has_room(const struct share *s, uint32_t w, uint32_t c)
{
    return s->count[w] <
           s->t->components[c].executors / s->n_workers + has_extra(s, w, c);
}

/* Owners keep what they may have, and what remains goes to who has room. */
static void settle(struct share *s, uint32_t c)
{
    uint32_t n = s->t->components[c].executors, w = 0;
    uint32_t *owner = owners_of(s, c);

    memset(s->count, 0, s->n_workers * sizeof(*s->count));
    for (uint32_t e = 0; e < n; e++) {
        if (owner[e] != NOBODY && has_room(s, owner[e], c))
            s->count[owner[e]]++;
        else
            owner[e] = NOBODY;
    }
    for (uint32_t e = 0; e < n; e++) {
        if (owner[e] != NOBODY)
            continue;
        while (!has_room(s, w, c))
            w++;
        owner[e] = w;
        s->count[w]++;
    }
}

static void add(struct assigned_worker *w, uint32_t component, uint32_t e)
{
    struct executor_range *last =
        w->n_executors > 0 ? &w->executors[w->n_executors - 1] : NULL;

    if (last != NULL && last->component == component &&
        last->first + last->n == e) {
        last->n++;
        return;
    }
    if ((w->n_executors & (w->n_executors - 1)) == 0) /* 0 or a power of two */
        w->executors = xreallocarray(w->executors, 2 * w->n_executors + 1,
                                     sizeof(*w->executors));
    w->executors[w->n_executors++] = (struct executor_range){component, e, 1};
}

void executor_share(const struct topology_record *t,
                    const struct assignment_record *present, uint32_t n_workers,
                    struct assigned_worker *workers)
{
    struct share s;

    init(&s, t, n_workers);
    if (present != NULL)
        own_all(&s, present);
    for (uint32_t c = 0; c < t->n_components; c++)
        give_extras(&s, c);
    while (pass_one(&s))
        continue;
    for (uint32_t c = 0; c < t->n_components; c++) {
        settle(&s, c);
        for (uint32_t e = 0; e < t->components[c].executors; e++)
            add(&workers[owners_of(&s, c)[e]], c, e);
    }
    fini(&s);
}
