/*
 * word_ledger.c - topology: every word of texts is written down before its line
 * is acked, so that one can see that none is lost, whatever is killed.
 *
 *     lines --shuffle--> places --fields(word)----> count --global--> print
 *                               └──local or shuffle--> ledger
 *
 * `places` emits the words of a line, which stand between blanks and tabs. Task
 * N of `ledger` appends to DIR/words-N a line for each:
 *
 *     FILE OFFSET INDEX WORD
 *
 * OFFSET is the byte at which the word's line starts, INDEX how many words
 * stand before it there. A line whose ack was lost comes again, and so do its
 * words. At the end it prints what `wordcount` does, of what came since the
 * last start of `count`.
 */
#include <errno.h>
#include <fcntl.h>
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdint.h>
#include <sys/file.h>
#include <sys/uio.h>
#include <unistd.h>

/* -- the words, and where they stand --------------------------------------- */

enum { LINE, FILE_NAME, OFFSET }; /* fields of `lines` */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static gale_result find_words(gale_task *task, const gale_tuple *in)
{
    gale_str line = gale_get_str(in, LINE), file = gale_get_str(in, FILE_NAME);
    gale_result result = GALE_OK;
    int64_t index = 0;

    for (size_t at = 0; at < line.size && result == GALE_OK;) {
        size_t begin = at;

        while (at < line.size && !is_blank(line.data[at]))
            at++;
        if (at > begin)
            result = gale_emit(task, gale_string(line.data + begin, at - begin),
                               gale_string(file.data, file.size),
                               gale_int(gale_get_int(in, OFFSET)),
                               gale_int(index++));
        else
            at++;
    }
    return result;
}

GALE_BOLT(places, .summary = "the words of a line, and where each stands",
          .execute = find_words,
          .streams = GALE_OUTPUTS("word", "file", "offset", "index"));

/* -- the ledger ------------------------------------------------------------ */

enum { WORD, OF_FILE, AT_OFFSET, INDEX }; /* fields of `places` */

struct ledger {
    gale_str dir; /* option */
    int fd;       /* plus 1; 0: none */
};

/* What stands behind the last newline. */
static int cut_half_an_entry(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last;

    while (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n')
        size--;
    return size < 0 ? -1 : ftruncate(fd, size);
}

/* A process that is killed while it writes may leave half an entry: the kernel
 * cuts it between two pages. That was never acked, and goes; unless somebody
 * still writes here, who has the file's lock until his end. */
static gale_result open_ledger(gale_task *task)
{
    struct ledger *l = gale_instance(task);
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/words-%u", l->dir.data,
             gale_task_index(task));
    fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    l->fd = 1 + fd;
    if (fd < 0 || (flock(fd, LOCK_EX | LOCK_NB) == 0 && cut_half_an_entry(fd)))
        return gale_error(task, GALE_FATAL, "%s: %s", path, strerror(errno));
    return GALE_OK;
}

static void close_ledger(gale_task *task)
{
    struct ledger *l = gale_instance(task);

    if (l->fd)
        close(l->fd - 1);
}

/* One write for each, so that entries of several processes do not mix. What it
 * returns acks the word. */
static gale_result write_down(gale_task *task, const gale_tuple *in)
{
    struct ledger *l = gale_instance(task);
    gale_str word = gale_get_str(in, WORD), file = gale_get_str(in, OF_FILE);
    char place[64];
    int n = snprintf(place, sizeof(place), " %lld %lld ",
                     (long long)gale_get_int(in, AT_OFFSET),
                     (long long)gale_get_int(in, INDEX));
    struct iovec parts[] = {{(void *)(uintptr_t)file.data, file.size},
                            {place, (size_t)n},
                            {(void *)(uintptr_t)word.data, word.size},
                            {(void *)(uintptr_t) "\n", 1}};
    ssize_t size = (ssize_t)(file.size + (size_t)n + word.size + 1);

    if (writev(l->fd - 1, parts, 4) == size)
        return GALE_OK;
    return gale_error(task, GALE_FATAL, "an entry cannot be written: %s",
                      strerror(errno));
}

GALE_BOLT(ledger, .summary = "writes words down, and acks them then",
          .prepare = open_ledger, .cleanup = close_ledger,
          .execute = write_down, .instance_size = sizeof(struct ledger),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct ledger, dir, "dir",
                                                  NULL,
                                                  "where its files are")));

/* -- the topology ---------------------------------------------------------- */

enum { EXECUTORS = 2, FILES_MAX = 16 };

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_value files[FILES_MAX];
    int n = argc - 1;

    if (n < 1 || n > FILES_MAX)
        return gale_usage(b, "word_ledger DIR FILE…  (up to 16 files)");
    for (int i = 0; i < n; i++)
        files[i] = gale_cstr(argv[1 + i]);
    gale_set(gale_add_spout(b, "lines", "lines", EXECUTORS), "files",
             gale_list(files, (uint32_t)n));
    gale_shuffle(gale_add_bolt(b, "places", "places", EXECUTORS), "lines");
    gale_by_fields(gale_add_bolt(b, "count", "count", EXECUTORS), "places",
                   "word");
    gale_global(gale_set(gale_add_bolt(b, "print", "print", 1), "format",
                         gale_cstr("{count} {word}")),
                "count");
    gale_local_or_shuffle(
        gale_set(gale_add_bolt(b, "ledger", "ledger", EXECUTORS), "dir",
                 gale_cstr(argv[0])),
        "places");
    return GALE_OK;
}

GALE_TOPOLOGY(word_ledger, .summary = "a word count that writes each word down",
              .usage = "DIR FILE…  (DIR: where the words are written)",
              .build = build);
