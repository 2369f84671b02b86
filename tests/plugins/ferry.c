/*
 * ferry.c - topology: the lines of files into one file, by other threads:
 * two tasks read, two write, on the thread pool.
 */
#include <gale/topology.h>
#include <stdlib.h>

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *sink;
    gale_value *files;

    if (argc < 2)
        return gale_usage(b, "ferry TO FROM…");
    files = calloc((size_t)argc, sizeof(*files));
    if (files == NULL)
        return gale_build_error(b, "no memory for %d files", argc);
    for (int i = 1; i < argc; i++)
        files[i - 1] = gale_cstr(argv[i]);
    gale_set(gale_add_spout(b, "lines", "lines", 2), "files",
             gale_list(files, (uint32_t)argc - 1));
    free(files);
    sink = gale_shuffle(gale_add_bolt(b, "sink", "batch_sink", 2), "lines");
    gale_set(sink, "path", gale_cstr(argv[0]));
    return GALE_OK;
}

GALE_TOPOLOGY(ferry, .summary = "lines into a file", .usage = "TO FROM…",
              .build = build);
