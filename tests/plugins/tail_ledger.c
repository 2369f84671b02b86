/* tail_ledger.c - topology: the lines of a file that grows, each written to
 * another file and on the disk before it is acked. */
#include <gale/topology.h>

static gale_result build(gale_builder *b, int argc, char **argv)
{
    if (argc != 2)
        return gale_usage(b, "tail_ledger FILE LEDGER");
    gale_set(gale_add_spout(b, "tail", "tail", 1), "file", gale_cstr(argv[0]));
    gale_shuffle(gale_set(gale_add_bolt(b, "ledger", "batch_sink", 1), "path",
                          gale_cstr(argv[1])),
                 "tail");
    return GALE_OK;
}

GALE_TOPOLOGY(tail_ledger, .summary = "lines of a file that grows, kept",
              .usage = "FILE LEDGER", .build = build);
