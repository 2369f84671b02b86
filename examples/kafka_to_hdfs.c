/*
 * kafka_to_hdfs.c - topology: customers of a topic of Kafka become files that
 * Hive reads as a table.
 *
 *     records --shuffle--> names --shuffle--> files
 *
 * A record is `first,last`, a line of a file `first|last`. Names are written by
 * 1000, and acked then; a file of 1 MB is finished, and a new one begins. A |
 * in a name has a backslash before it, which Hive takes away again:
 *
 *     CREATE EXTERNAL TABLE customer (firstname STRING, lastname STRING)
 *     ROW FORMAT DELIMITED FIELDS TERMINATED BY '|' ESCAPED BY '\\'
 *     LOCATION 'hdfs://namenode:8020/customers';
 *
 * URL is where it goes: webhdfs://namenode:9870/customers. `make demo-hdfs`
 * shows it, together with Hive.
 */
#include <gale/topology.h>

#define USAGE "BROKERS TOPIC URL"

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *d;

    if (argc != 3)
        return gale_usage(b, "kafka_to_hdfs " USAGE);
    d = gale_add_spout(b, "records", "kafka_spout", 1);
    gale_set(d, "brokers", gale_cstr(argv[0]));
    gale_set(d, "topics", gale_cstr(argv[1]));
    gale_set(d, "start", gale_cstr("committed"));
    gale_set(d, "fallback", gale_cstr("earliest"));
    gale_set(d, "fields", gale_cstr("value"));
    d = gale_shuffle(gale_add_bolt(b, "names", "fields_split", 1), "records");
    gale_set(d, "fields", gale_cstr("first\nlast"));
    d = gale_shuffle(gale_add_bolt(b, "files", "hdfs_bolt", 1), "names");
    gale_set(d, "url", gale_cstr(argv[2]));
    gale_set(d, "delimiter", gale_cstr("|"));
    gale_set(d, "escape", gale_cstr("backslash"));
    gale_set(d, "prefix", gale_cstr("records-"));
    gale_set(d, "extension", gale_cstr(".txt"));
    gale_set(d, "sync.records", gale_int(1000));
    gale_set(d, "rotate.bytes", gale_int(1 << 20));
    return GALE_OK;
}

GALE_TOPOLOGY(kafka_to_hdfs,
              .summary = "customers of a topic become files for Hive",
              .usage = USAGE, .build = build);
