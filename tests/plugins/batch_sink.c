/* batch_sink.c - appends lines to a file; acks a batch when the disk has it. */
#include <errno.h>
#include <gale/bolt.h>
#include <sys/file.h>
#include <unistd.h>
struct batch {             /* and the instance, with the first two */
    gale_str path;         /* option */
    struct batch *filling; /* NULL: none is */
    FILE *text;            /* in memory until all of it is there */
    char *data;
    size_t size, n, why; /* why: errno, 0 if it is written */
    gale_handle inputs[100];
};
static gale_result write_batch(void *batch)
{
    struct batch *b = batch;
    int fd = open(b->path.data, O_WRONLY | O_APPEND | O_CREAT | O_SYNC, 0666);
    off_t end = fd < 0 || flock(fd, LOCK_EX) ? -1 : lseek(fd, 0, SEEK_END);
    ssize_t n = end < 0 ? -1 : write(fd, b->data, b->size);
    b->why = n < 0 ? errno : b->size - n ? ENOSPC : 0;
    (void)!(b->why && end >= 0 && ftruncate(fd, end)); /* no half a line */
    return close(fd) || b->why ? GALE_RETRY : GALE_OK;
}
static void settle(gale_task *task, gale_result result, void *batch)
{
    struct batch *b = batch;
    for (size_t i = 0; i < b->n; i++)
        (result == GALE_OK ? gale_ack : gale_fail)(task, b->inputs[i]);
    if (b->why)
        gale_report_error(task, "%s: %s", b->path.data, strerror(b->why));
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
        b = own->filling = memcpy(malloc(sizeof(*b)), own, sizeof(*b));
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
