/*
 * test_wire_engine.c - topologies in which every slice becomes the bytes that
 * another worker would get, and what executors run is read from these, in
 * blocks of their own; acks for other carriers, too. They must do exactly what
 * they do without.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/random_topology.h"
#include "tests/support/sound_slice.h"
#include "topology-api/memory.h"
#include "worker/carrier.h"
#include "worker/outlet.h"
#include "worker/wire_acks.h"
#include "worker/worker.h"
#include <inttypes.h>
#include <stdatomic.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
enum { ROUNDS = 25 };
#else
enum { ROUNDS = 100 };
#endif

#define PROGRAM "build/release/tests/unit/test_wire_engine"

static _Atomic(uint64_t) slices, shared, strides, records;

/* -- the way over the wire ------------------------------------------------- */

static struct wire_slice slice_of(const struct envelope *env)
{
    return (struct wire_slice){
        .executor = env->outlet->to->index,
        .task = env->route->source_task,
        .input = (uint16_t)env->route->input,
        .n_fields = env->route->stream->n_fields,
        .n = env->n,
        .tuples = env->block->data + env->offset,
        .shared = env->block->data + env->shared,
    };
}

/* A block for the tuples of an opened slice, with nothing to spare. */
static struct block *block_for(struct carrier *c, struct wire_slice *s)
{
    struct block *b =
        block_new(&c->pool, block_class(s->bytes + BLOCK_HEADER), s->bytes);
    size_t room = b->size - BLOCK_HEADER;

    check(s->bytes <= room);
    memset(b->data, 0xa5, room);
    s->tuples = b->data + ((room - s->bytes) & ~(size_t)7);
    return b;
}

static struct block *read_block(const struct envelope *env, const void *data,
                                size_t size, struct wire_slice *s)
{
    struct wire_limits limits = {env->route->stream->n_fields,
                                 env->outlet->to->n_tasks, UINT32_MAX};
    const char *defect = wire_slice_open(s, data, size, env->bytes);
    struct block *b;

    check_msg(defect == NULL, "a slice %s", defect);
    b = block_for(carrier_here, s);
    defect = wire_slice_decode(s, data, size, &limits);
    if (defect == NULL)
        defect = sound_slice(s, limits.n_tasks);
    check_msg(defect == NULL, "a slice %s", defect);
    return b;
}

static void count(const struct envelope *env, const struct wire_slice *back)
{
    check(env->stride == back->stride);
    slices++;
    strides += back->stride > 0;
    shared +=
        ((const struct tuple *)(void *)back->tuples)->flags == TUPLE_SHARES;
}

/* The envelope gets a block that was made of bytes. */
static bool far_away(struct watcher *w, struct envelope *env)
{
    char *bytes = xmalloc(wire_slice_room(env->bytes));
    struct wire_slice s = slice_of(env), back;
    struct block *b;

    (void)w;
    b = read_block(env, bytes, wire_slice_encode(&s, bytes), &back);
    check(back.n == env->n && back.bytes <= env->bytes);
    count(env, &back);
    block_unref(&carrier_here->pool, env->block);
    env->block = b;
    env->offset = (uint32_t)(back.tuples - b->data);
    env->shared = (uint32_t)(back.shared - b->data);
    env->stride = back.stride;
    free(bytes);
    return false;
}

static bool acks_far_away(struct watcher *w, struct carrier *from,
                          struct ack_batch *acks)
{
    char *bytes = xmalloc(wire_acks_room(acks->n));
    size_t size;

    (void)w, (void)from;
    if (!acks->failed) {
        size = wire_acks_encode(acks->records, acks->n, bytes);
        check(wire_acks_n(bytes, size) == acks->n);
        memset(acks->records, 0xa5, acks->n * sizeof(acks->records[0]));
        check(wire_acks_decode(bytes, size, acks->records) == NULL);
        records += acks->n;
    }
    free(bytes);
    return false;
}

static void nothing(struct watcher *w, const struct envelope *env)
{
    (void)w, (void)env;
}

static void wired(void *arg, struct worker *w)
{
    static struct watcher over_the_wire = {
        .sent = nothing, .takes = far_away, .takes_acks = acks_far_away};

    (void)arg;
    w->watcher = &over_the_wire;
}

/* -- tests ----------------------------------------------------------------- */

static uint64_t base_seed;

static int choose_seed(void **state)
{
    (void)state;
    base_seed = topology_run_seed(PROGRAM);
    return 0;
}

static void live(struct random_topology *t)
{
    struct topology_run r;
    const char *wrong;

    topology_run_begin(&r, "wire");
    r.wired = wired;
    random_topology_build(t, &r);
    topology_run_complete(&r);
    wrong = random_topology_wrong(t, &r, true);
    if (wrong == NULL)
        wrong = topology_run_unbalanced(&r);
    if (wrong != NULL)
        fail_msg("%s; GALE_TEST_SEED=%" PRIu64 " %s", wrong, t->seed, PROGRAM);
    assert_true(random_topology_all_acked(t));
    topology_run_end(&r);
}

static void topologies_do_over_the_wire_what_their_seed_says(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < ROUNDS; i++) {
        struct random_topology *t = xmalloc(sizeof(*t));

        random_topology_init(t, base_seed + i);
        /* Said beforehand, for one that crashes or hangs. */
        fprintf(stderr, "# GALE_TEST_SEED=%" PRIu64 "\n", t->seed);
        live(t);
        random_topology_fini(t);
        free(t);
    }
    assert_true(slices > 1000 && shared > 0 && strides > 0 && records > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(topologies_do_over_the_wire_what_their_seed_says),
    };

    return cmocka_run_group_tests(tests, choose_seed, NULL);
}
