/*
 * mistakes.c - topology: wrong on purpose, in the way that its argument names.
 *
 * `gale local mistakes.so NAME`; tests/scenario/b_topologies.sh says what gale
 * must answer.
 */
#include <gale/topology.h>
#include <stdlib.h>
#include <string.h>

/* A bolt that passes numbers on. */
static gale_declarer *add_same(gale_builder *b, const char *id)
{
    return gale_set(gale_add_bolt(b, id, "identity", 1), "fields",
                    gale_cstr("n"));
}

/* numbers → same, a pair without a mistake in it. */
static gale_declarer *add_pair(gale_builder *b)
{
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to", gale_int(10));
    return gale_shuffle(add_same(b, "same"), "numbers");
}

static void no_spout(gale_builder *b)
{
    gale_shuffle(add_same(b, "loop"), "loop");
}

static void no_input(gale_builder *b)
{
    add_pair(b);
    gale_add_bolt(b, "alone", "null", 1);
}

static void duplicate_id(gale_builder *b)
{
    add_pair(b);
    gale_shuffle(gale_add_bolt(b, "same", "null", 1), "numbers");
}

static void bad_id(gale_builder *b)
{
    add_pair(b);
    gale_shuffle(gale_add_bolt(b, "__ours", "null", 1), "numbers");
}

static void unknown_component(gale_builder *b)
{
    gale_shuffle(add_pair(b), "number");
}

static void unknown_stream(gale_builder *b)
{
    gale_shuffle_stream(add_pair(b), "numbers", "odd");
}

static void undeclared_field(gale_builder *b)
{
    gale_by_fields(add_pair(b), "numbers", "nn");
}

static void not_direct(gale_builder *b)
{
    gale_direct(add_pair(b), "numbers");
}

static void no_executor(gale_builder *b)
{
    add_pair(b);
    gale_shuffle(gale_add_bolt(b, "none", "null", 0), "numbers");
}

static void negative_executors(gale_builder *b)
{
    add_pair(b);
    gale_shuffle(gale_add_bolt(b, "less", "null", -3), "numbers");
}

static void fewer_tasks(gale_builder *b)
{
    add_pair(b);
    gale_shuffle(gale_set_tasks(gale_add_bolt(b, "few", "null", 4), 2),
                 "numbers");
}

/* a and b feed each other, and nothing feeds them. */
static void closed_cycle(gale_builder *b)
{
    add_pair(b);
    gale_shuffle(add_same(b, "a"), "b");
    gale_shuffle(add_same(b, "b"), "a");
}

static void wrong_option_type(gale_builder *b)
{
    add_pair(b);
    gale_set(gale_add_spout(b, "more", "sequence", 1), "to", gale_cstr("ten"));
}

static void option_out_of_range(gale_builder *b)
{
    gale_declarer *count = gale_add_bolt(b, "count", "count", 1);

    add_pair(b);
    gale_shuffle(count, "numbers");
    gale_set(count, "emit.ms", gale_int(0));
}

static void missing_option(gale_builder *b)
{
    gale_add_spout(b, "endless", "sequence", 1);
}

static void unknown_option(gale_builder *b)
{
    gale_declarer *same = add_pair(b);

    gale_set(same, "feilds", gale_cstr("n"));
}

static void unknown_plugin(gale_builder *b)
{
    gale_shuffle(gale_add_bolt(b, "splitter", "splitt", 1), "numbers");
    add_pair(b);
}

static void a_spout_as_a_bolt(gale_builder *b)
{
    gale_shuffle(gale_add_bolt(b, "odd", "sequence", 1), "numbers");
    add_pair(b);
}

static void own_words(gale_builder *b)
{
    (void)gale_build_error(b, "the moon is %s", "full");
}

/* The first mistake is what is reported. */
static void two_mistakes(gale_builder *b)
{
    no_executor(b);
    duplicate_id(b);
}

/* Not a mistake of the topology: its spout finds no file. */
static void open_fails(gale_builder *b)
{
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_cstr("no-such-file.txt"));
    gale_shuffle(gale_add_bolt(b, "drop", "null", 1), "lines");
}

static const struct {
    const char *name;
    void (*make)(gale_builder *b);
} mistakes[] = {
    {"no_spout", no_spout},
    {"no_input", no_input},
    {"duplicate_id", duplicate_id},
    {"bad_id", bad_id},
    {"unknown_component", unknown_component},
    {"unknown_stream", unknown_stream},
    {"undeclared_field", undeclared_field},
    {"not_direct", not_direct},
    {"no_executor", no_executor},
    {"negative_executors", negative_executors},
    {"fewer_tasks", fewer_tasks},
    {"closed_cycle", closed_cycle},
    {"wrong_option_type", wrong_option_type},
    {"option_out_of_range", option_out_of_range},
    {"missing_option", missing_option},
    {"unknown_option", unknown_option},
    {"unknown_plugin", unknown_plugin},
    {"a_spout_as_a_bolt", a_spout_as_a_bolt},
    {"own_words", own_words},
    {"two_mistakes", two_mistakes},
    {"open_fails", open_fails},
};

static gale_result build(gale_builder *b, int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (argc == 1 && !strcmp(mistakes[i].name, argv[0])) {
            mistakes[i].make(b);
            return GALE_OK;
        }
    }
    return gale_usage(b, "mistakes NAME");
}

GALE_TOPOLOGY(mistakes, .summary = "wrong on purpose", .usage = "NAME",
              .build = build);
