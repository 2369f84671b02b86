/*
 * cmd_try.c - `gale try`: what a bolt makes of tuples that are typed in.
 *
 * Each line of standard input is worked off before the next one is read: what
 * the bolt emits comes first, then what became of the tuple.
 */
#include "cli/command.h"
#include "cli/try_input.h"
#include "common/json.h"
#include "topology-api/memory.h"
#include <errno.h>
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

/* A tuple that is neither acked nor failed. */
struct open_tuple {
    uint64_t line, number;
};

struct
try {
    gale_test *test;
    struct try_input input;
    char **overrides;
    size_t n_overrides;
    struct open_tuple *open;
    size_t n_open;
    uint64_t dropped, poisoned, errors; /* what is known of them */
    size_t logged;
    int status;
};

/* -- arguments ------------------------------------------------------------- */

static int take_option(struct try *t, int option, char **argv)
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

static int parse(struct try *t, int argc, char **argv)
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

/* -- saying ---------------------------------------------------------------- */

static void end_line(struct json *j)
{
    json_end(j);
    json_finish(j);
    putchar('\n');
}

static void say_emits(struct try *t)
{
    uint64_t n = gale_test_n_rows(t->test, NULL, NULL);

    for (uint64_t i = 0; i < n; i++) {
        gale_row row = gale_test_row(t->test, NULL, NULL, i);
        const char *stream = gale_test_row_stream(t->test, NULL, i);
        struct json j;

        json_to_file(&j, stdout);
        json_object(&j);
        json_key(&j, "emit");
        json_value(&j, gale_list(row.values, row.n));
        if (strcmp(stream, "default") != 0) {
            json_key(&j, "stream");
            json_string(&j, stream);
        }
        end_line(&j);
    }
    gale_test_forget(t->test);
}

static bool has_grown(struct try *t, uint64_t *known, gale_test_counter counter)
{
    uint64_t now = gale_test_count(t->test, NULL, counter);
    bool grown = now > *known;

    *known = now;
    return grown;
}

static void say_fate(struct try *t, uint64_t line, bool acked)
{
    bool dropped = has_grown(t, &t->dropped, GALE_TEST_DROPPED);
    bool poisoned = has_grown(t, &t->poisoned, GALE_TEST_POISONED);
    bool error = has_grown(t, &t->errors, GALE_TEST_ERRORS);
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, acked ? "ack" : "fail");
    json_uint(&j, line);
    if (dropped || poisoned) {
        json_key(&j, dropped ? "dropped" : "poison");
        json_bool(&j, true);
    }
    if (error) {
        json_key(&j, "error");
        json_string(&j, gale_test_last_error(t->test, NULL));
    }
    end_line(&j);
}

static void say_fates(struct try *t)
{
    size_t left = 0;

    for (size_t i = 0; i < t->n_open; i++) {
        gale_test_fate fate = gale_test_fate_of(t->test, t->open[i].number);

        if (fate == GALE_TEST_IS_PENDING)
            t->open[left++] = t->open[i];
        else
            say_fate(t, t->open[i].line, fate == GALE_TEST_IS_ACKED);
    }
    t->n_open = left;
}

/* What the bolt has logged since. */
static void say_log(struct try *t)
{
    const char *log = gale_test_log(t->test);

    if (log == NULL)
        return;
    fputs(log + t->logged, stderr);
    t->logged += strlen(log + t->logged);
}

static void say_all(struct try *t)
{
    say_log(t);
    say_emits(t);
    say_fates(t);
    fflush(stdout);
}

/* -- lines ----------------------------------------------------------------- */

/* The streams of the input are known when there is the first tuple. */
static void begin(struct try *t)
{
    for (size_t i = 0; i < t->input.n_streams; i++) {
        const struct try_stream *s = &t->input.streams[i];

        gale_test_field_names(t->test, "input", s->name,
                              (const char *const *)s->fields, s->n_fields);
    }
    gale_test_start(t->test);
}

static void feed(struct try *t, const struct try_item *item)
{
    uint64_t number =
        gale_test_feed_values_to(t->test, "input", item->stream,
                                 item->values.as.items, item->values.size);

    t->open = xreallocarray(t->open, t->n_open + 1, sizeof(*t->open));
    t->open[t->n_open++] = (struct open_tuple){t->input.line, number};
}

static bool handle(struct try *t, const struct try_item *item, bool *begun)
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
        say_all(t);
    return *gale_test_error(t->test) == '\0';
}

static void run(struct try *t)
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
    say_log(t);
    if (*gale_test_error(t->test) != '\0')
        t->status = command_error("try", "%s", gale_test_error(t->test));
    else
        say_all(t);
}

int cmd_try(int argc, char **argv)
{
    struct try t = {.input.in = stdin};
    int status;

    t.overrides = xcalloc((size_t)argc, sizeof(*t.overrides));
    status = parse(&t, argc, argv);
    if (status == EXIT_OK) {
        gale_local_name_crashes();
        t.test = gale_test_bolt(argv[optind]);
        for (size_t i = 0; i < t.n_overrides; i++)
            gale_test_override(t.test, t.overrides[i]);
        run(&t);
        status = command_finish("try", t.status);
        gale_test_free(t.test);
    }
    try_input_free(&t.input);
    free(t.open);
    free(t.overrides);
    return status;
}
