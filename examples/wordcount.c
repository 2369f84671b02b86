/*
 * wordcount.c - topology: how often each word occurs in texts.
 *
 *     lines --shuffle--> split --fields(word)--> count --global--> print
 *
 * Words are what stands between ASCII white space. At the end of the input it
 * prints one line for each word, in no special order:
 *
 *     COUNT WORD
 *
 * Without a FILE, or where FILE is - or /dev/stdin, it reads standard input.
 */
#include <gale/topology.h>
#include <stdlib.h>

#define USAGE                                                                  \
    "[-p N] [--] [FILE…]  (N: executors of lines, split and count each)"

#define N_MAX 10000

/* A number from 1 to N_MAX; 0 for anything else. */
static int parallelism(const char *text)
{
    char *end;
    long n = strtol(text, &end, 10);

    return *text && !*end && n > 0 && n <= N_MAX ? (int)n : 0;
}

static gale_result wrong_parallelism(gale_builder *b, const char *found)
{
    char text[512];

    snprintf(text, sizeof(text),
             "wordcount " USAGE "; found \"-p %.100s\", expected a number from "
             "1 to %d",
             found, N_MAX);
    return gale_usage(b, text);
}

/* A file of such a name can be given, too: behind --, or as ./NAME. */
static gale_result wrong_option(gale_builder *b, const char *found)
{
    char text[512];

    snprintf(text, sizeof(text),
             "wordcount " USAGE "; found \"%.100s\", expected -p N alone, and "
             "before files",
             found);
    return gale_usage(b, text);
}

static bool is_option(const char *argument)
{
    return argument[0] == '-' && argument[1];
}

static void set_files(gale_declarer *lines, int n, char **paths)
{
    gale_value *list = (gale_value *)calloc((size_t)n + 1, sizeof(*list));

    if (!list)
        abort();
    for (int i = 0; i < n; i++)
        list[i] = gale_cstr(paths[i]);
    gale_set(lines, "files", gale_list(list, (uint32_t)n));
    free(list);
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    int n = 1, used = 0;

    if (argc > 0 && !strcmp(argv[0], "-p")) {
        n = argc > 1 ? parallelism(argv[1]) : 0;
        used = 2;
        if (argc > 1 && n == 0)
            return wrong_parallelism(b, argv[1]);
    }
    if (used < argc && !strcmp(argv[used], "--"))
        used++;
    else
        for (int i = used; i < argc; i++)
            if (is_option(argv[i]))
                return wrong_option(b, argv[i]);
    if (n == 0)
        return gale_usage(b, "wordcount " USAGE);
    set_files(gale_add_spout(b, "lines", "lines", n), argc - used, argv + used);
    gale_shuffle(gale_add_bolt(b, "split", "split", n), "lines");
    gale_by_fields(gale_add_bolt(b, "count", "count", n), "split", "word");
    gale_global(gale_set(gale_add_bolt(b, "print", "print", 1), "format",
                         gale_cstr("{count} {word}")),
                "count");
    return GALE_OK;
}

GALE_TOPOLOGY(wordcount, .summary = "how often each word occurs in texts",
              .usage = USAGE, .build = build);
