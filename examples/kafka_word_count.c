/*
 * kafka_word_count.c - topology: how often each word occurs in the records of a
 * topic, as records of another one.
 *
 *     lines --shuffle--> words --fields(word)--> totals --shuffle--> out
 *
 * Each word becomes a record: its key is the word, its value how often the word
 * has come so far, its header `from` says which word of which record it was:
 *
 *     the    4711    from=0:12345:3        (partition, offset, place in it)
 *
 * A line is acked, and then committed, when the records of all its words are
 * written. So none is lost, whatever is killed; a line whose ack was lost comes
 * again, and so do its words, which `from` shows. The value is only as old as
 * its task: it begins at 1 again in a worker that has come anew. How often a
 * word has occurred is how many different `from` it has.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <inttypes.h>
#include <search.h>
#include <stdlib.h>

/* -- words ----------------------------------------------------------------- */

enum { VALUE, PARTITION, OFFSET }; /* fields of `lines` */

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static gale_result emit_word(gale_task *task, const gale_tuple *in,
                             const char *word, size_t size, int64_t place)
{
    char from[64];
    int n =
        snprintf(from, sizeof(from), "%" PRId64 ":%" PRId64 ":%" PRId64,
                 gale_get_int(in, PARTITION), gale_get_int(in, OFFSET), place);

    return gale_emit(task, gale_string(word, size),
                     gale_string(from, (size_t)n));
}

static gale_result find_words(gale_task *task, const gale_tuple *in)
{
    gale_str line = gale_get_str(in, VALUE);
    gale_result result = GALE_OK;
    int64_t place = 0;

    for (size_t at = 0; at < line.size && result == GALE_OK; at++) {
        size_t begin = at;

        while (at < line.size && !is_blank(line.data[at]))
            at++;
        if (at > begin)
            result =
                emit_word(task, in, line.data + begin, at - begin, place++);
    }
    return result;
}

GALE_BOLT(from_words, .summary = "the words of a record, and where each stands",
          .execute = find_words, .streams = GALE_OUTPUTS("word", "from"));

/* -- totals ---------------------------------------------------------------- */

struct total {
    gale_str word; /* stands behind */
    int64_t n;
};

static int by_word(const void *a, const void *b)
{
    const gale_str x = ((const struct total *)a)->word;
    const gale_str y = ((const struct total *)b)->word;

    if (x.size != y.size)
        return x.size < y.size ? -1 : 1;
    return memcmp(x.data, y.data, x.size);
}

static struct total *add_total(void **totals, gale_str word)
{
    struct total *t = malloc(sizeof(*t) + word.size);

    if (t == NULL)
        return NULL;
    memcpy(t + 1, word.data, word.size);
    t->word = gale_str_make((const char *)(t + 1), word.size);
    t->n = 0;
    if (tsearch(t, totals, by_word) == NULL) {
        free(t);
        return NULL;
    }
    return t;
}

static gale_result count_word(gale_task *task, const gale_tuple *in)
{
    void **totals = gale_instance(task); /* the root of a tree */
    struct total key = {gale_get_str(in, 0), 0};
    struct total **found = tfind(&key, totals, by_word), *t;
    gale_value from[] = {gale_cstr("from"), gale_get(in, 1)};

    t = found != NULL ? *found : add_total(totals, key.word);
    if (t == NULL)
        return gale_error(task, GALE_FATAL, "no memory for another word");
    return gale_emit(task, gale_s(key.word), gale_int(++t->n),
                     gale_map(from, 1));
}

static void forget_words(gale_task *task)
{
    void **totals = gale_instance(task);

    tdestroy(*totals, free);
}

GALE_BOLT(word_totals, .summary = "how often each word has come so far",
          .execute = count_word, .cleanup = forget_words,
          .instance_size = sizeof(void *),
          .streams = GALE_OUTPUTS("word", "total", "headers"));

/* -- the topology ---------------------------------------------------------- */

static void read_lines(gale_builder *b, const char *brokers, const char *topic)
{
    gale_declarer *lines = gale_add_spout(b, "lines", "kafka_spout", 2);

    gale_set(lines, "brokers", gale_cstr(brokers));
    gale_set(lines, "topics", gale_cstr(topic));
    gale_set(lines, "start", gale_cstr("committed"));
    gale_set(lines, "fallback", gale_cstr("earliest"));
    gale_set(lines, "fields", gale_cstr("value partition offset"));
    gale_set(lines, "topology.max.spout.pending", gale_int(1000));
}

static void write_totals(gale_builder *b, const char *brokers,
                         const char *topic)
{
    gale_declarer *out = gale_add_bolt(b, "out", "kafka_bolt", 2);

    gale_shuffle(out, "totals");
    gale_set(out, "brokers", gale_cstr(brokers));
    gale_set(out, "topic", gale_cstr(topic));
    gale_set(out, "key.field", gale_cstr("word"));
    gale_set(out, "value.field", gale_cstr("total"));
    gale_set(out, "headers.field", gale_cstr("headers"));
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    if (argc != 3)
        return gale_usage(b, "kafka_word_count BROKERS FROM TO");
    read_lines(b, argv[0], argv[1]);
    gale_shuffle(gale_add_bolt(b, "words", "from_words", 2), "lines");
    gale_by_fields(gale_add_bolt(b, "totals", "word_totals", 2), "words",
                   "word");
    write_totals(b, argv[0], argv[2]);
    return GALE_OK;
}

GALE_TOPOLOGY(kafka_word_count,
              .summary = "counts words of a topic into another one",
              .usage = "BROKERS FROM TO", .build = build);
