/*
 * into.c - topology: the lines of files, into a bolt that is named.
 *
 * `into BOLT TASKS FILE…`: the spout is `lines`, the bolt `sink`; options come
 * by -c sink.KEY=VALUE.
 */
#include <gale/topology.h>
#include <stdlib.h>

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_value *files = calloc((size_t)argc + 1, sizeof(*files));

    if (files == NULL || argc < 3) {
        free(files);
        return gale_usage(b, "into BOLT TASKS FILE…");
    }
    for (int i = 2; i < argc; i++)
        files[i - 2] = gale_cstr(argv[i]);
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_list(files, (uint32_t)argc - 2));
    free(files);
    gale_shuffle(
        gale_add_bolt(b, "sink", argv[0], (int)strtol(argv[1], NULL, 10)),
        "lines");
    return GALE_OK;
}

GALE_TOPOLOGY(into, .summary = "lines into a bolt", .usage = "BOLT TASKS FILE…",
              .build = build);
