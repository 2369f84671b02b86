/*
 * cmd_try.c - `gale try`: what a bolt makes of tuples that are typed in.
 *
 * Each line of standard input is worked off before the next one is read: what
 * the bolt emits comes first, then what became of the tuple.
 */
#include "cli/command.h"
#include "cli/try_input.h"
#include "cli/try_output.h"
#include "topology-api/memory.h"
#include <gale/testing.h>
#include <getopt.h>

const char cmd_try_details[] =
    "\n"
    "Reads tuples from standard input, one a line, as JSON; writes what the"
    " bolt emits,\nand which lines it acked and failed, as lines of JSON. It"
    " runs in a simulated world:\ntime passes when a line says so. At the end"
    " the bolt gets its end_of_input.\n"
    "\n"
    "  [\"a\", 1]                             a tuple\n"
    "  {\"values\": [\"a\", 1], \"stream\": \"s\"}  of another stream than"
    " \"default\"\n"
    "  {\"values\": {\"word\": \"a\", \"n\": 1}}    by the names of its "
    "fields\n"
    "  {\"advance\": 1000}                    let 1000 ms pass\n"
    "\n"
    "What it writes can be read, too: `gale try split | gale try count`.\n"
    "\n"
    "  -c KEY=VALUE           set an option of the bolt, or a configuration"
    " key\n"
    "  --stream NAME=FIELD,…  a stream of the input, and its fields; without"
    " it there\n                         is one, as the first tuple has it\n"
    "\n"
    "Exit status: 0 done, 1 a line that is no tuple or a bolt that stops the"
    " topology,\n2 wrong arguments.\n";

struct trying {
    gale_test *test;
    struct try_input input;
    struct try_output output;
    char **overrides;
    size_t n_overrides;
    int status;
};

/* -- arguments ------------------------------------------------------------- */

static int take_option(struct trying *t, int option, char **argv)
{
    gale_err error;

    switch (option) {
    case 'c':
        if (strchr(optarg, '=') == NULL || *optarg == '=')
            return command_usage("try", "-c: found \"%s\", expected key=value",
                                 optarg);
        t->overrides[t->n_overrides++] = optarg;
        return EXIT_OK;
    case 's':
        if (try_input_declare(&t->input, optarg, &error))
            return command_usage("try", "--stream: %s", error.text);
        return EXIT_OK;
    case ':':
        return command_usage("try", "%s needs a value", argv[optind - 1]);
    default:
        return command_usage("try", "unknown option %s", argv[optind - 1]);
    }
}

static int parse(struct trying *t, int argc, char **argv)
{
    static const struct option long_options[] = {
        {"stream", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
    int option, status = EXIT_OK;

    opterr = 0;
    optind = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:", long_options, NULL)) >= 0)
        status = take_option(t, option, argv);
    if (status == EXIT_OK && optind != argc - 1)
        return command_usage("try", optind < argc ? "one bolt at a time"
                                                  : "expected a bolt");
    return status;
}

/* -- lines ----------------------------------------------------------------- */

/* The streams of the input are known when there is the first tuple. */
static void begin(struct trying *t)
{
    for (size_t i = 0; i < t->input.n_streams; i++) {
        const struct try_stream *s = &t->input.streams[i];

        gale_test_field_names(t->test, "input", s->name,
                              (const char *const *)s->fields, s->n_fields);
    }
    gale_test_start(t->test);
}

static void feed(struct trying *t, const struct try_item *item)
{
    uint64_t number =
        gale_test_feed_values_to(t->test, "input", item->stream,
                                 item->values.as.items, item->values.size);

    try_output_expect(&t->output, t->input.line, number);
}

static bool handle(struct trying *t, const struct try_item *item, bool *begun)
{
    if (item->kind == TRY_WRONG)
        t->status =
            command_error("try", "line %llu, %s",
                          (unsigned long long)t->input.line, item->error.text);
    if (item->kind != TRY_TUPLE && item->kind != TRY_ADVANCE)
        return item->kind != TRY_END;
    if (!*begun)
        begin(t);
    *begun = true;
    if (item->kind == TRY_TUPLE)
        feed(t, item);
    else
        gale_test_advance(t->test, item->ms);
    if (*gale_test_error(t->test) == '\0')
        try_output_all(&t->output);
    return *gale_test_error(t->test) == '\0';
}

static void run(struct trying *t)
{
    struct try_item item;
    bool begun = false, more = true;

    while (more) {
        try_input_next(&t->input, &item);
        more = handle(t, &item, &begun);
        try_item_free(&item);
    }
    if (!begun)
        begin(t);
    gale_test_end(t->test);
    try_output_log(&t->output);
    if (*gale_test_error(t->test) != '\0')
        t->status = command_error("try", "%s", gale_test_error(t->test));
    else
        try_output_all(&t->output);
}

int cmd_try(int argc, char **argv)
{
    struct trying t = {.input.in = stdin};
    int status;

    t.overrides = xcalloc((size_t)argc, sizeof(*t.overrides));
    status = parse(&t, argc, argv);
    if (status == EXIT_OK) {
        gale_local_name_crashes();
        t.test = t.output.test = gale_test_bolt(argv[optind]);
        for (size_t i = 0; i < t.n_overrides; i++)
            gale_test_override(t.test, t.overrides[i]);
        run(&t);
        status = command_finish("try", t.status);
        gale_test_free(t.test);
    }
    try_input_free(&t.input);
    free(t.output.open);
    free(t.overrides);
    return status;
}
