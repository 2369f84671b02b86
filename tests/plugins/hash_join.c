/* hash_join.c - pairs (key, left) and (key, right) by their keys. */
#include <gale/bolt.h>
#include <stdlib.h>

struct waiting {
    struct waiting *next;
    const gale_tuple *tuple; /* retained */
    gale_handle handle;
};

struct join {
    struct waiting *lists[512]; /* by side and key, without a partner */
};

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct join *j = gale_instance(task);
    int64_t key = gale_int_of(in, "key");
    bool left = gale_index_of(in, "left") != GALE_NO_FIELD;
    struct waiting **mine = &j->lists[(key & 255) + 256 * left], *w;
    struct waiting **at = &j->lists[(key & 255) + 256 * !left];
    gale_handle me = gale_hold(task, in);

    while (*at && gale_int_of((*at)->tuple, "key") != key)
        at = &(*at)->next;
    if (!(w = *at)) {
        if (!(w = malloc(sizeof(*w))) || !(w->tuple = gale_retain(task, in))) {
            free(w);
            return gale_error(task, GALE_RETRY, "too many lack a partner");
        }
        *w = (struct waiting){*mine, w->tuple, me};
        *mine = w;
        return GALE_OK;
    }
    gale_emit_anchored(task, GALE_HANDLES(me, w->handle), gale_int(key),
                       gale_value_of(left ? in : w->tuple, "left"),
                       gale_value_of(left ? w->tuple : in, "right"));
    gale_ack(task, me);
    gale_ack(task, w->handle);
    gale_release(task, w->tuple);
    *at = w->next;
    free(w);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct join *j = gale_instance(task);

    for (int i = 0; i < 512; i++)
        for (struct waiting *w; (w = j->lists[i]); free(w)) {
            j->lists[i] = w->next;
            gale_release(task, w->tuple);
        }
}

GALE_BOLT(hash_join, .summary = "pairs tuples of two components by key",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = execute, .cleanup = cleanup,
          .instance_size = sizeof(struct join),
          .streams = GALE_OUTPUTS("key", "left", "right"));
