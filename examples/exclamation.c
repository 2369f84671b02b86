/*
 * exclamation.c - topology: words get louder on their way.
 *
 *     words --shuffle--> exclaim1 --shuffle--> exclaim2 --global--> print
 *
 * Storm's first example. Its own spout and bolt are in this file. It prints
 * COUNT lines, each a word with six exclamation marks:
 *
 *     moon!!!!!!
 */
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdlib.h>

/* -- the spout: random words ----------------------------------------------- */

struct words {
    int64_t count;    /* option */
    uint64_t n, end;  /* words emitted, and how many there are to be */
    uint64_t *failed; /* numbers of words, to be emitted again */
    size_t n_failed, room;
};

static const char *const words[] = {"cow", "moon", "apple", "dwarf"};

static gale_result open_words(gale_task *task)
{
    struct words *w = gale_instance(task);
    uint64_t n_tasks = gale_n_tasks(task), index = gale_task_index(task);

    w->end =
        (uint64_t)w->count / n_tasks + (index < (uint64_t)w->count % n_tasks);
    return GALE_OK;
}

static gale_result next_word(gale_task *task)
{
    struct words *w = gale_instance(task);
    const char *word = words[gale_random(task) % 4];
    gale_msgid id = {0, 0};

    if (w->n_failed > 0) {
        id.lo = w->failed[--w->n_failed];
    } else if (w->n < w->end) {
        id.lo = w->n++;
    } else {
        gale_exhausted(task);
        return GALE_OK;
    }
    return gale_emit_msg(task, id, gale_cstr(word));
}

/* It comes again, with any word: each is as good as the one that failed. */
static void fail_word(gale_task *task, gale_msgid id)
{
    struct words *w = gale_instance(task);

    if (w->n_failed == w->room) {
        w->room = w->room * 2 + 16;
        w->failed = realloc(w->failed, w->room * sizeof(*w->failed));
    }
    if (!w->failed) {
        fprintf(stderr, "gale: exclamation: out of memory\n");
        abort();
    }
    w->failed[w->n_failed++] = id.lo;
}

static void close_words(gale_task *task, gale_close_reason reason)
{
    const struct words *w = gale_instance(task);

    (void)reason;
    free(w->failed);
}

GALE_SPOUT(words, .summary = "random words", .open = open_words,
           .next = next_word, .fail = fail_word, .close = close_words,
           .instance_size = sizeof(struct words),
           .streams = GALE_OUTPUTS("word"),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct words, count, "count", "1000", 0,
                               INT64_MAX, "how many, by all tasks together")));

/* -- the bolt -------------------------------------------------------------- */

static gale_result exclaim(gale_task *task, const gale_tuple *in)
{
    gale_str word = gale_get_str(in, 0);
    char louder[64];
    int n = snprintf(louder, sizeof(louder), "%.*s!!!",
                     (int)(word.size < 60 ? word.size : 60), word.data);

    return gale_emit(task, gale_string(louder, (size_t)n));
}

GALE_BOLT(exclaim, .summary = "puts three exclamation marks behind a word",
          .execute = exclaim, .streams = GALE_OUTPUTS("word"));

/* -- the topology ---------------------------------------------------------- */

static gale_result build(gale_builder *b, int argc, char **argv)
{
    char *end = NULL;
    long long count = argc > 0 ? strtoll(argv[0], &end, 10) : 1000;

    if (argc > 1 || count < 0 || (end && (*end || end == argv[0])))
        return gale_usage(b, "exclamation [COUNT]");
    gale_set(gale_add_spout(b, "words", "words", 2), "count", gale_int(count));
    gale_shuffle(gale_add_bolt(b, "exclaim1", "exclaim", 3), "words");
    gale_shuffle(gale_add_bolt(b, "exclaim2", "exclaim", 2), "exclaim1");
    gale_global(gale_add_bolt(b, "print", "print", 1), "exclaim2");
    return GALE_OK;
}

GALE_TOPOLOGY(exclamation, .summary = "words get louder on their way",
              .usage = "[COUNT]  (words; 1000)", .build = build);
