/*
 * metered.c - bolt and topology: measures lines with a metric of each kind.
 *
 * `metered N FILE…`: one task reads, N of the bolt measure: counter "lines",
 * gauge "index" (the task's own), histogram "sizes" (of lines), and as many
 * counters more as the option `more` says.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdio.h>
#include <stdlib.h>

struct metered {
    int64_t more; /* option */
    gale_metric *lines, *sizes;
};

static gale_result prepare(gale_task *task)
{
    struct metered *m = gale_instance(task);
    char name[32];

    m->lines = gale_counter(task, "lines");
    m->sizes = gale_histogram(task, "sizes");
    gale_gauge_set(task, gale_gauge(task, "index"), gale_task_index(task));
    for (int64_t i = 0; i < m->more; i++) {
        snprintf(name, sizeof(name), "more-%d", (int)i);
        gale_counter_add(task, gale_counter(task, name), i);
    }
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct metered *m = gale_instance(task);

    gale_counter_add(task, m->lines, 1);
    gale_histogram_record(task, m->sizes, (int64_t)gale_get_str(in, 0).size);
    return GALE_OK;
}

GALE_BOLT(metered, .summary = "counts lines, and how long they are",
          .prepare = prepare, .execute = execute,
          .instance_size = sizeof(struct metered),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct metered, more, "more",
                                                  "0", 0, 100000,
                                                  "so many counters more")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_value files[16];
    gale_declarer *lines;
    int n = 0;

    if (argc < 2)
        return gale_usage(b, "metered N FILE…");
    for (int i = 1; i < argc && n < 16; i++)
        files[n++] = gale_cstr(argv[i]);
    lines = gale_add_spout(b, "lines", "lines", 1);
    gale_set(lines, "files", gale_list(files, (uint32_t)n));
    gale_shuffle(
        gale_add_bolt(b, "metered", "metered", (int)strtol(argv[0], NULL, 10)),
        "lines");
    return GALE_OK;
}

GALE_TOPOLOGY(metered, .summary = "lines that are measured", .usage = "N FILE…",
              .build = build);
