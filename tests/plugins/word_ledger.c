/*
 * word_ledger.c - the word count with one more sink: each word is written down,
 * with where it stands, before it is acked.
 *
 *     lines --shuffle--> cut --fields(word)--> count --global--> print
 *                         └──local or shuffle--> scribe
 *
 * `cut` makes words as the bolt `split` does of texts without \r, \v and \f.
 * Task N of `scribe` appends to DIR/words-N a line for each:
 *
 *     FILE OFFSET INDEX WORD
 *
 * the byte at which the word's line starts, and how many words stand before it
 * there.
 */
#include "tests/plugins/ledger_file.h"
#include <gale/topology.h>
#include <stdlib.h>
#include <string.h>

/* -- words ----------------------------------------------------------------- */

enum { LINE, FILE_NAME, OFFSET };

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static gale_result cut(gale_task *task, const gale_tuple *in)
{
    gale_str text = gale_get_str(in, LINE), file = gale_get_str(in, FILE_NAME);
    gale_result result = GALE_OK;
    int64_t index = 0;

    for (size_t at = 0; at < text.size && result == GALE_OK;) {
        size_t begin = at;

        while (at < text.size && !is_blank(text.data[at]))
            at++;
        if (at > begin)
            result = gale_emit(task, gale_string(text.data + begin, at - begin),
                               gale_string(file.data, file.size),
                               gale_int(gale_get_int(in, OFFSET)),
                               gale_int(index++));
        at += at == begin;
    }
    return result;
}

GALE_BOLT(word_cut, .summary = "the words of a line, and where they stand",
          .execute = cut,
          .streams = GALE_OUTPUTS("word", "file", "offset", "index"));

/* -- the sink -------------------------------------------------------------- */

enum { WORD, OF_FILE, AT_OFFSET, INDEX };

static gale_result prepare(gale_task *task)
{
    return ledger_file_open(task, "words");
}

static gale_result write_down(gale_task *task, const gale_tuple *in)
{
    gale_str word = gale_get_str(in, WORD), file = gale_get_str(in, OF_FILE);
    char line[8192];
    int n =
        snprintf(line, sizeof(line), "%.*s %lld %lld %.*s\n", (int)file.size,
                 file.data, (long long)gale_get_int(in, AT_OFFSET),
                 (long long)gale_get_int(in, INDEX), (int)word.size, word.data);

    if (n >= (int)sizeof(line))
        return gale_error(task, GALE_FATAL, "a word of %zu bytes", word.size);
    return ledger_file_write(task, line, n);
}

GALE_BOLT(scribe, .summary = "writes words down, and acks them then",
          .prepare = prepare, .cleanup = ledger_file_close,
          .execute = write_down, LEDGER_FILE_OPTIONS);

/* -- the topology ---------------------------------------------------------- */

static gale_result build(gale_builder *b, int argc, char **argv)
{
    int n = argc > 2 ? (int)strtol(argv[1], NULL, 10) : 0;
    gale_value files[16];

    if (n < 1 || argc - 2 > 16)
        return gale_usage(b, "word_ledger DIR N FILE…");
    for (int i = 2; i < argc; i++)
        files[i - 2] = gale_cstr(argv[i]);
    gale_set(gale_add_spout(b, "lines", "lines", n), "files",
             gale_list(files, (uint32_t)(argc - 2)));
    gale_shuffle(gale_add_bolt(b, "cut", "word_cut", n), "lines");
    gale_by_fields(gale_add_bolt(b, "count", "count", n), "cut", "word");
    gale_global(gale_add_bolt(b, "print", "print", 1), "count");
    gale_local_or_shuffle(gale_set(gale_add_bolt(b, "scribe", "scribe", n),
                                   "dir", gale_cstr(argv[0])),
                          "cut");
    return GALE_OK;
}

GALE_TOPOLOGY(word_ledger, .summary = "a word count that writes each word down",
              .usage = "DIR N FILE…  (N: executors of lines, cut, count and "
                       "scribe each)",
              .build = build);
