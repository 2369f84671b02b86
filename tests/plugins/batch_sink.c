/* batch_sink.c - appends lines to a file; acks a batch when the disk has it. */
#include <gale/bolt.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>
struct batch {             /* and the instance, with the first two */
    gale_str path;         /* option */
    struct batch *filling; /* NULL: none is */
    FILE *text;            /* in memory until all of it is there */
    char *data;
    size_t size, n;
    gale_handle inputs[100];
};
static gale_result write_batch(void *batch)
{
    struct batch *b = batch;
    int fd = open(b->path.data, O_WRONLY | O_APPEND | O_CREAT, 0666);
    off_t end = flock(fd, LOCK_EX) ? -1 : lseek(fd, 0, SEEK_END);
    bool kept = write(fd, b->data, b->size) == (ssize_t)b->size && !fsync(fd);
    if (!kept && ftruncate(fd, end)) /* no half a line */
        perror(b->path.data);
    close(fd);
    return kept ? GALE_OK : GALE_RETRY;
}
static void settle(gale_task *task, gale_result result, void *batch)
{
    struct batch *b = batch;
    for (size_t i = 0; i < b->n; i++)
        (result == GALE_OK ? gale_ack : gale_fail)(task, b->inputs[i]);
    free(b->data);
    free(b);
}
static gale_result commit(gale_task *task)
{
    struct batch *own = gale_instance(task), *b = own->filling;
    own->filling = NULL;
    if (b && (fclose(b->text) || gale_async(task, write_batch, settle, b)))
        settle(task, GALE_RETRY, b); /* no memory, or too many are under way */
    return GALE_OK;
}
static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct batch *own = gale_instance(task), *b = own->filling;
    gale_str line = gale_get_str(in, 0);
    if (!b) {
        b = own->filling = calloc(1, sizeof(*b));
        b->path = own->path;
        b->text = open_memstream(&b->data, &b->size);
        gale_tick_every(task, 10); /* commits what does not get full */
    }
    fwrite(line.data, 1, line.size, b->text); /* fclose() knows, later */
    fputc('\n', b->text);
    b->inputs[b->n++] = gale_hold(task, in);
    return b->n == 100 ? commit(task) : GALE_OK;
}
GALE_BOLT(batch_sink, .summary = "appends lines, safely", .execute = execute,
          .flags = GALE_BOLT_MANUAL_ACK, .tick = commit, .end_of_input = commit,
          .instance_size = sizeof(struct batch),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct batch, path, "path",
                                                  NULL, "file to append to")));
