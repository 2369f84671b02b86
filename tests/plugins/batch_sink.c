/* batch_sink.c - appends lines to a file; acks a batch when the disk has it. */
#include <gale/bolt.h>
#include <stdlib.h>
#include <unistd.h>
struct batch {
    FILE *file;
    int n;
    gale_handle inputs[100];
};
struct sink {
    gale_str path;       /* option */
    struct batch *batch; /* being filled */
};
static gale_result write_batch(void *batch)
{
    struct batch *b = batch;
    bool lost = ferror(b->file) || fflush(b->file) || fsync(fileno(b->file));
    return lost ? GALE_RETRY : GALE_OK;
}

static void settle(gale_task *task, gale_result result, void *batch)
{
    struct batch *b = batch;
    for (int i = 0; i < b->n; i++)
        (result == GALE_OK ? gale_ack : gale_fail)(task, b->inputs[i]);
    fclose(b->file);
    free(b);
}

static gale_result commit(gale_task *task)
{
    struct sink *s = gale_instance(task);
    struct batch *b = s->batch;
    s->batch = NULL;
    if (b && gale_async(task, write_batch, settle, b) != GALE_OK)
        settle(task, GALE_RETRY, b); /* too many are under way */
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct sink *s = gale_instance(task);
    gale_str line = gale_get_str(in, 0);
    if (!s->batch) {
        if (!(s->batch = calloc(1, sizeof(*s->batch))) ||
            !(s->batch->file = fopen(s->path.data, "a")))
            return gale_error(task, GALE_FATAL, "cannot open %s", s->path.data);
        gale_tick_every(task, 10); /* commits what does not get full */
    }
    fwrite(line.data, 1, line.size, s->batch->file); /* ferror() knows, later */
    fputc('\n', s->batch->file);
    s->batch->inputs[s->batch->n++] = gale_hold(task, in);
    return s->batch->n == 100 ? commit(task) : GALE_OK;
}

GALE_BOLT(batch_sink, .summary = "appends lines to a file, safely",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = execute, .tick = commit,
          .end_of_input = commit, .instance_size = sizeof(struct sink),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct sink, path, "path",
                                                  NULL, "file to append to")));
