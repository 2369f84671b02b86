/*
 * flaky.c - bolt and topology: a word count whose split fails one word in a
 * hundred on purpose.
 *
 * A line that fails is emitted again as a whole, so the words that went out
 * before the failing one are counted once too often. The bolt says which those
 * were on its stream `excess`: counts minus excess is the truth, exactly.
 *
 * `flaky EXECUTORS FILE…` prints lines `words COUNT WORD` and `excess COUNT
 * WORD`.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>

enum { STREAM_WORDS, STREAM_EXCESS };

/* The next word of rest, which is cut off; empty at the end. */
static gale_str next_word(gale_str *rest)
{
    static const char blanks[] = " \t\n\v\f\r";
    size_t begin = 0, end;
    gale_str word;

    while (begin < rest->size &&
           memchr(blanks, rest->data[begin], sizeof(blanks) - 1))
        begin++;
    end = begin;
    while (end < rest->size &&
           !memchr(blanks, rest->data[end], sizeof(blanks) - 1))
        end++;
    word = gale_str_make(rest->data + begin, end - begin);
    *rest = gale_str_make(rest->data + end, rest->size - end);
    return word;
}

/* Emit the first n words of a line. */
static gale_result emit_words(gale_task *task, uint32_t stream, gale_str line,
                              uint64_t n)
{
    gale_result result = GALE_OK;

    for (; n > 0 && result == GALE_OK; n--)
        result = gale_emit_to(task, stream, gale_s(next_word(&line)));
    return result;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    gale_str line = gale_get_str(in, 0), rest = line;
    uint64_t n = 0;
    gale_result result;

    while (next_word(&rest).size > 0) {
        if (gale_random(task) % 100 == 0) {
            result = emit_words(task, STREAM_WORDS, line, n);
            if (result == GALE_OK)
                result = emit_words(task, STREAM_EXCESS, line, n);
            return result == GALE_OK ? GALE_RETRY : result;
        }
        n++;
    }
    return emit_words(task, STREAM_WORDS, line, n);
}

GALE_BOLT(flaky, .summary = "words, of which one in a hundred fails",
          .streams = GALE_STREAMS(GALE_STREAM("words", "word"),
                                  GALE_STREAM("excess", "word")),
          .execute = execute);

/* Count a stream of the bolt and print it with its name. */
static void add_count(gale_builder *b, const char *stream, const char *format,
                      int executors)
{
    char count[32], print[32];
    gale_declarer *d;

    snprintf(count, sizeof(count), "count-%s", stream);
    snprintf(print, sizeof(print), "print-%s", stream);
    d = gale_add_bolt(b, count, "count", executors);
    gale_by_fields_stream(d, "flaky", stream, "word");
    d = gale_add_bolt(b, print, "print", 1);
    gale_set(gale_global(d, count), "format", gale_cstr(format));
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_value files[16];
    int executors, n = argc - 1;

    if (n < 1 || n > 16)
        return gale_usage(b, "flaky EXECUTORS FILE…");
    executors = (int)strtol(argv[0], NULL, 10);
    for (int i = 0; i < n; i++)
        files[i] = gale_cstr(argv[i + 1]);
    gale_set(gale_add_spout(b, "lines", "lines", executors), "files",
             gale_list(files, (uint32_t)n));
    gale_shuffle(gale_add_bolt(b, "flaky", "flaky", executors), "lines");
    add_count(b, "words", "words {count} {word}", executors);
    add_count(b, "excess", "excess {count} {word}", executors);
    return GALE_OK;
}

GALE_TOPOLOGY(flaky, .summary = "a word count that fails on purpose",
              .usage = "EXECUTORS FILE…", .build = build);
