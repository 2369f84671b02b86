/* file_source.c - files from whichever nimbus has them; see file_source.h. */
#include "supervisor/file_source.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SECOND_NS INT64_C(1000000000)
#define PATIENCE_NS (60 * SECOND_NS) /* a leader may be away, and files come */

struct file_source {
    const struct file_source_from *from;
    void (*done)(void *arg, const char *failed);
    void *arg;
    struct rpc_client *client; /* the connection is kept for the next file */
    bool kept_tried;           /* for this file, that connection … */
    uint32_t tried;            /* … and so many nimbuses */
    struct file_fetch *fetch;
    struct digest hash;
    bool not_kept; /* there is one, and it is no good, or the disk is full */
    char why[400]; /* the leader's reason, or whoever's was asked first */
    int64_t give_up_at;
    struct loop_timer next;
};

static void fetched(void *arg, const char *failed, enum file_fetch_end end);

static void connect_to(struct file_source *s, uint32_t nimbus)
{
    const struct rpc_client_options options = {
        .address = s->from->nimbuses[nimbus],
        .me = s->from->me,
        .impatient = true,
    };

    rpc_client_free(s->client);
    s->client = rpc_client_new(s->from->loop, &options);
}

static void tell(void *arg)
{
    struct file_source *s = arg;

    s->done(s->arg, NULL);
}

/* Never in a callback of the client, which may be freed then. */
static void in(struct file_source *s, int64_t ns, void (*fn)(void *arg))
{
    struct loop *loop = s->from->loop;

    loop_timer_set(loop, &s->next, loop_now(loop) + ns, fn, s);
}

/* Nobody has it: once more, for a while. What is no good is said at once. */
static void ask_again(struct file_source *s, void (*ask)(void *arg))
{
    if (s->why[0] == '\0')
        snprintf(s->why, sizeof(s->why), "no address of a nimbus is known");
    if (s->not_kept || loop_now(s->from->loop) >= s->give_up_at) {
        s->done(s->arg, s->why);
        return;
    }
    s->tried = 0;
    in(s, SECOND_NS, ask);
}

static void ask(void *arg)
{
    struct file_source *s = arg;
    bool keeps =
        !s->kept_tried && s->client != NULL && rpc_client_is_up(s->client);

    s->kept_tried = true;
    if (!keeps && s->tried >= *s->from->n_nimbuses) {
        ask_again(s, ask);
        return;
    }
    if (!keeps)
        connect_to(s, s->tried++);
    s->fetch =
        file_fetch_begin(s->client, s->from->store, &s->hash, fetched, s);
}

static void fetched(void *arg, const char *failed, enum file_fetch_end end)
{
    struct file_source *s = arg;

    s->not_kept |= end == FILE_NOT_KEPT;
    if (failed != NULL && s->why[0] == '\0')
        snprintf(s->why, sizeof(s->why), "%s", failed);
    file_fetch_free(s->fetch);
    s->fetch = NULL;
    in(s, 0, failed == NULL ? tell : ask);
}

void file_source_fetch(struct file_source *s, const struct digest *hash)
{
    s->hash = *hash;
    s->kept_tried = s->not_kept = false;
    s->tried = 0;
    s->why[0] = '\0';
    s->give_up_at = loop_now(s->from->loop) + PATIENCE_NS;
    in(s, 0, ask);
}

struct file_source *file_source_new(const struct file_source_from *from,
                                    void (*done)(void *arg, const char *failed),
                                    void *arg)
{
    struct file_source *s = xcalloc(1, sizeof(*s));

    s->from = from;
    s->done = done;
    s->arg = arg;
    return s;
}

void file_source_free(struct file_source *s)
{
    if (s == NULL)
        return;
    loop_timer_clear(&s->next);
    file_fetch_free(s->fetch);
    rpc_client_free(s->client);
    free(s);
}
