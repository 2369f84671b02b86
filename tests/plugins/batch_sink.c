/* batch_sink.c - appends lines to a file; acks a batch when the disk has it. */
#include <gale/bolt.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
struct batch {
    FILE *file, *text; /* the text stays in memory until all of it is there */
    char *data;
    size_t size, n;
    gale_handle inputs[100];
};
struct sink {
    gale_str path;       /* option */
    struct batch *batch; /* being filled */
};
static gale_result write_batch(void *batch)
{
    struct batch *b = batch;
    int fd = fileno(b->file);
    off_t end = flock(fd, LOCK_EX) ? -1 : lseek(fd, 0, SEEK_END);
    if (write(fd, b->data, b->size) == (ssize_t)b->size && !fsync(fd))
        return GALE_OK;
    return ftruncate(fd, end) ? GALE_POISON : GALE_RETRY; /* no half a line */
}

static void settle(gale_task *task, gale_result result, void *batch)
{
    struct batch *b = batch;
    for (size_t i = 0; i < b->n; i++)
        (result == GALE_OK ? gale_ack : gale_fail)(task, b->inputs[i]);
    fclose(b->file); /* and with it the lock */
    free(b->data);
    free(b);
}

static gale_result commit(gale_task *task)
{
    struct sink *s = gale_instance(task);
    struct batch *b = s->batch;
    s->batch = NULL;
    if (b && (fclose(b->text) || gale_async(task, write_batch, settle, b)))
        settle(task, GALE_RETRY, b); /* no memory, or too many are under way */
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct sink *s = gale_instance(task);
    gale_str line = gale_get_str(in, 0);
    if (!s->batch) {
        struct batch *b = s->batch = calloc(1, sizeof(*b));
        if (!b || !(b->text = open_memstream(&b->data, &b->size)) ||
            !(b->file = fopen(s->path.data, "a")))
            return gale_error(task, GALE_FATAL, "cannot open %s", s->path.data);
        gale_tick_every(task, 10); /* commits what does not get full */
    }
    if (line.size > 0)
        fwrite(line.data, 1, line.size, s->batch->text); /* fclose() knows */
    fputc('\n', s->batch->text);
    s->batch->inputs[s->batch->n++] = gale_hold(task, in);
    return s->batch->n == 100 ? commit(task) : GALE_OK;
}

GALE_BOLT(batch_sink, .summary = "appends lines to a file, safely",
          .flags = GALE_BOLT_MANUAL_ACK, .execute = execute, .tick = commit,
          .end_of_input = commit, .instance_size = sizeof(struct sink),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct sink, path, "path",
                                                  NULL, "file to append to")));
