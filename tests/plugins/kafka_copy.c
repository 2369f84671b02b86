/*
 * kafka_copy.c - topology: records of Kafka into a file per task, each written
 * before it is acked:
 *
 *     PARTITION OFFSET VALUE
 *
 * fail_one_of N: each N-th execution fails instead; us: how long each takes.
 */
#include "tests/plugins/whole_lines.h"
#include <errno.h>
#include <fcntl.h>
#include <gale/bolt.h>
#include <gale/topology.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

struct sink {
    gale_str dir; /* options */
    int64_t fail_one_of, us;

    int file;
    int64_t n;
};

static gale_result prepare(gale_task *task)
{
    struct sink *s = gale_instance(task);
    char path[512];

    snprintf(path, sizeof(path), "%s/sink-%d", s->dir.data,
             (int)gale_task_id(task));
    s->file = whole_lines_open(path);
    if (s->file < 0)
        return gale_error(task, GALE_FATAL, "cannot write %s", path);
    return GALE_OK;
}

static void take_time(int64_t us)
{
    struct timespec ts = {us / 1000000, us % 1000000 * 1000};

    if (us > 0)
        nanosleep(&ts, NULL);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct sink *s = gale_instance(task);
    gale_str value = gale_str_of(in, "value");
    char line[600];
    int n;

    take_time(s->us);
    if (value.size >= 3 && !memcmp(value.data, "bad", 3))
        return gale_error(task, GALE_RETRY, "it is bad");
    if (s->fail_one_of > 0 && ++s->n % s->fail_one_of == 0)
        return gale_error(task, GALE_RETRY, "its turn to fail");
    n = snprintf(line, sizeof(line), "%lld %lld %.*s\n",
                 (long long)gale_int_of(in, "partition"),
                 (long long)gale_int_of(in, "offset"),
                 (int)(value.size < 500 ? value.size : 500), value.data);
    if (write(s->file, line, (size_t)n) != n)
        return gale_error(task, GALE_FATAL, "cannot write: %s",
                          strerror(errno));
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct sink *s = gale_instance(task);

    close(s->file);
}

GALE_BOLT(kafka_copy, .summary = "records into a file", .prepare = prepare,
          .execute = execute, .cleanup = cleanup, .flags = GALE_BOLT_BLOCKING,
          .instance_size = sizeof(struct sink),
          .options = GALE_OPTIONS(
              GALE_OPTION_STR(struct sink, dir, "dir", NULL, "for the files"),
              GALE_OPTION_INT(struct sink, fail_one_of, "fail_one_of", "0", 0,
                              INT64_MAX, "each such execution fails; 0: none"),
              GALE_OPTION_INT(struct sink, us, "us", "0", 0, 60000000,
                              "microseconds that each takes")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *source, *sink;
    uint32_t tasks;

    if (argc != 3 && argc != 4)
        return gale_usage(b, "kafka_copy DIR BROKERS TOPICS [TASKS]");
    tasks = argc == 4 ? (uint32_t)strtoul(argv[3], NULL, 10) : 1;
    source = gale_add_spout(b, "source", "kafka_spout", tasks);
    gale_set(source, "brokers", gale_cstr(argv[1]));
    gale_set(source, "topics", gale_cstr(argv[2]));
    gale_set(source, "start", gale_cstr("earliest"));
    sink = gale_shuffle(gale_add_bolt(b, "sink", "kafka_copy", 1), "source");
    gale_set(sink, "dir", gale_cstr(argv[0]));
    return GALE_OK;
}

GALE_TOPOLOGY(kafka_copy, .summary = "records of Kafka into files",
              .usage = "DIR BROKERS TOPICS [TASKS]", .build = build);
