/*
 * relay.c - topology: the lines of files, or of standard input, to standard
 * output. With one executor of each, in their order.
 */
#include <gale/topology.h>
#include <stdlib.h>

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_value *files = calloc((size_t)argc + 1, sizeof(*files));
    gale_declarer *print;

    if (files == NULL)
        return gale_build_error(b, "no memory for %d files", argc);
    for (int i = 0; i < argc; i++)
        files[i] = gale_cstr(argv[i]);
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_list(files, (uint32_t)argc));
    free(files);
    print = gale_global(gale_add_bolt(b, "print", "print", 1), "lines");
    gale_set(print, "fields", gale_cstr("line"));
    return GALE_OK;
}

GALE_TOPOLOGY(relay, .summary = "lines to standard output", .usage = "[FILE…]",
              .build = build);
