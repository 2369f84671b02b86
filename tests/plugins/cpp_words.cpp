/*
 * cpp_words.cpp - a topology and a grouping in C++: how often each word of
 * standard input occurs, the long words counted apart from the short ones.
 */
#include <gale/gale.hpp>
#include <stdexcept>
#include <string>
#include <vector>

static uint32_t choose(gale_router *r, const gale_value *values, uint32_t,
                       uint32_t *targets)
{
    targets[0] = values[0].size > 4 ? r->n_targets - 1 : 0;
    return 1;
}

GALE_GROUPING(by_length, .summary = "long words to the last task",
              .choose = choose);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    const std::vector<std::string> arguments(argv, argv + argc);

    for (const std::string &each : arguments)
        throw std::invalid_argument("no use for \"" + each + "\"");
    gale_add_spout(b, "lines", "lines", 1);
    gale_shuffle(gale_add_bolt(b, "split", "split", 2), "lines");
    gale_custom(gale_add_bolt(b, "count", "count", 2), "split", "by_length");
    gale_declarer *again = gale_add_bolt(b, "again", "identity", 2);
    gale_set(again, "fields", gale_cstr("word\ncount"));
    gale_by_fields(again, "count", "word", "count");
    gale_declarer *print = gale_add_bolt(b, "print", "print", 1);
    gale_set(print, "format", gale_cstr("{count} {word}"));
    gale_partial_key_stream(print, "again", "default", "word");
    return GALE_OK;
}

GALE_TOPOLOGY(cpp_words, .summary = "how often each word occurs",
              .build = build);
