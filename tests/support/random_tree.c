/* random_tree.c - trees decided by salt; see random_tree.h. */
#include "tests/support/random_tree.h"

enum { HOPS = 6 };

static uint64_t decide(const struct random_part *p,
                       const struct random_content *c, uint64_t what)
{
    return mix64(c->salt + mix64(p->topology->seed + p->number * 977 + what));
}

bool random_tree_fails(const struct random_part *p,
                       const struct random_content *c)
{
    return !c->joined && c->attempt + 1 < p->topology->attempts &&
           (decide(p, c, 1) + c->attempt * 77) % 256 == 0;
}

uint32_t random_tree_n_children(const struct random_part *p,
                                const struct random_content *c)
{
    return c->joined || c->hop == 0
               ? 0
               : (uint32_t)(decide(p, c, 2) % (RANDOM_TREE_CHILDREN + 1));
}

bool random_tree_makes(const struct random_part *p,
                       const struct random_content *c, uint32_t i,
                       struct random_content *child, uint32_t *stream)
{
    uint64_t bits = decide(p, c, 3 + i);
    uint32_t fan;

    *stream = bits >> 32 & 1;
    fan = p->fan[*stream];
    *child = (struct random_content){.salt = mix64(bits) & RANDOM_TREE_SALT,
                                     .hop = c->hop - 1,
                                     .attempt = c->attempt};
    return bits % (fan > 0 ? fan : 1) == 0;
}

struct random_content random_tree_first(const struct random_part *spout,
                                        uint32_t message, uint32_t attempt)
{
    struct random_topology *t = spout->topology;

    uint64_t salt = mix64(t->seed + spout->number * 100000000 + message);

    return (struct random_content){
        .salt = salt & RANDOM_TREE_SALT, .hop = HOPS, .attempt = attempt};
}

/* -- the model ------------------------------------------------------------- */

/* The tree below one tuple at one bolt; true if something in it fails. */
static bool follow_execute(struct random_topology *t, struct random_part *p,
                           const struct random_content *c)
{
    bool failed = random_tree_fails(p, c);
    struct random_content child;
    uint32_t stream;

    p->expected++;
    for (uint32_t i = 0; i < random_tree_n_children(p, c); i++)
        if (random_tree_makes(p, c, i, &child, &stream))
            failed |= random_tree_follow(t, p->number, stream, &child);
    if (p->style == STYLE_JOIN && !c->joined) {
        child = (struct random_content){.salt = c->salt, .joined = true};
        failed |= random_tree_follow(t, p->number, 0, &child);
    }
    return failed;
}

bool random_tree_follow(struct random_topology *t, uint32_t from,
                        uint32_t stream, const struct random_content *c)
{
    bool failed = false;

    for (uint32_t b = t->n_spouts; b < t->n_spouts + t->n_bolts; b++) {
        struct random_part *p = &t->parts[b];

        for (uint32_t i = 0; i < p->n_inputs; i++) {
            int copies = p->inputs[i].kind == GALE_ALL ? p->tasks : 1;

            if (p->inputs[i].from != from || p->inputs[i].stream != stream)
                continue;
            while (copies-- > 0)
                failed |= follow_execute(t, p, c);
        }
    }
    return failed;
}
