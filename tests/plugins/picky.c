/*
 * picky.c - bolt and topology: passes lines on, but for those that begin with
 * "poison", which it calls that, and with "bad", which it fails.
 *
 * `picky [FILE…]`, one executor each. With `twice=true` what is bad is failed
 * the first two times only.
 */
#include <gale/bolt.h>
#include <gale/topology.h>

struct picky {
    bool twice; /* option */
    uint32_t n_bad;
};

static bool begins(gale_str line, const char *with)
{
    return line.size >= strlen(with) &&
           memcmp(line.data, with, strlen(with)) == 0;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct picky *p = gale_instance(task);
    gale_str line = gale_get_str(in, 0);

    if (begins(line, "poison"))
        return gale_error(task, GALE_POISON, "\"%.*s\" cannot be eaten",
                          (int)line.size, line.data);
    if (begins(line, "bad") && !(p->twice && p->n_bad++ >= 2))
        return gale_error(task, GALE_RETRY, "\"%.*s\" tastes bad",
                          (int)line.size, line.data);
    return gale_emit(task, gale_s(line));
}

GALE_BOLT(picky, .summary = "fails lines that begin with bad or poison",
          .streams = GALE_OUTPUTS("line"), .execute = execute,
          .instance_size = sizeof(struct picky),
          .options = GALE_OPTIONS(
              GALE_OPTION_BOOL(struct picky, twice, "twice", "false",
                               "fail what is bad the first two times only")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_value files[16];
    gale_declarer *lines;
    int n;

    for (n = 0; n < argc && n < 16; n++)
        files[n] = gale_cstr(argv[n]);
    lines = gale_add_spout(b, "lines", "lines", 1);
    gale_set(lines, "files", gale_list(files, (uint32_t)n));
    gale_shuffle(gale_add_bolt(b, "picky", "picky", 1), "lines");
    gale_set(gale_shuffle(gale_add_bolt(b, "print", "print", 1), "picky"),
             "format", gale_cstr("{line}"));
    return GALE_OK;
}

GALE_TOPOLOGY(picky, .summary = "lines, of which some are refused",
              .usage = "[FILE…]", .build = build);
