/*
 * kafka_to_mysql.c - topology: customers of a topic of Kafka become rows of a
 * table of MySQL, each once.
 *
 *     records --shuffle--> names --shuffle--> rows
 *
 * A record is `first,last`; `names`, a bolt of its own, makes two names of it.
 * What is no customer is poison: give the topology a place for dead letters.
 * The table, in the database `shop`, also keeps which message a row comes from,
 * so one that comes again, after a crash or a lost answer, has no effect:
 *
 *     CREATE TABLE customer (
 *         customer_firstname VARCHAR(40), customer_lastname VARCHAR(40),
 *         topic VARCHAR(190) COLLATE utf8mb4_bin NOT NULL,
 *         `partition` INT NOT NULL, `offset` BIGINT NOT NULL,
 *         UNIQUE KEY message (topic, `partition`, `offset`));
 *
 * Where the server is says the command line: -c rows.host=… -c rows.user=…
 * (`gale inspect mysql_insert` has all options). `make demo-mysql` shows it.
 */
#include <gale/bolt.h>
#include <gale/topology.h>

/* -- names: `first,last` --------------------------------------------------- */

enum { TOPIC, PARTITION, OFFSET, VALUE }; /* fields of a record */

static gale_result split_name(gale_task *task, const gale_tuple *in)
{
    gale_str line = gale_value_str(gale_get(in, VALUE)); /* null: empty */
    const char *end = line.data + line.size;
    const char *comma =
        line.size > 0 ? (const char *)memchr(line.data, ',', line.size) : NULL;

    if (comma == NULL || memchr(comma + 1, ',', (size_t)(end - comma - 1)))
        return gale_error(task, GALE_POISON,
                          "expected \"first,last\", found \"%.*s\"",
                          line.size < 80 ? (int)line.size : 80,
                          line.size > 0 ? line.data : "");
    return gale_emit(task, gale_string(line.data, (size_t)(comma - line.data)),
                     gale_string(comma + 1, (size_t)(end - comma - 1)),
                     gale_get(in, TOPIC), gale_get(in, PARTITION),
                     gale_get(in, OFFSET));
}

GALE_BOLT(split_name, .summary = "first and last name of a customer",
          .execute = split_name,
          .streams = GALE_OUTPUTS("first", "last", "topic", "partition",
                                  "offset"));

/* -- the topology ---------------------------------------------------------- */

#define USAGE "BROKERS TOPIC"

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *d;

    if (argc != 2)
        return gale_usage(b, "kafka_to_mysql " USAGE);
    d = gale_add_spout(b, "records", "kafka_spout", 1);
    gale_set(d, "brokers", gale_cstr(argv[0]));
    gale_set(d, "topics", gale_cstr(argv[1]));
    gale_set(d, "start", gale_cstr("committed"));
    gale_set(d, "fallback", gale_cstr("earliest"));
    gale_set(d, "fields", gale_cstr("topic\npartition\noffset\nvalue"));
    gale_shuffle(gale_add_bolt(b, "names", "split_name", 1), "records");
    d = gale_shuffle(gale_add_bolt(b, "rows", "mysql_insert", 1), "names");
    gale_set(d, "database", gale_cstr("shop"));
    gale_set(d, "table", gale_cstr("customer"));
    gale_set(d, "columns",
             gale_cstr("customer_firstname=first\ncustomer_lastname=last\n"
                       "topic\npartition\noffset"));
    gale_set(d, "dedup.key", gale_cstr("topic\npartition\noffset"));
    return GALE_OK;
}

GALE_TOPOLOGY(kafka_to_mysql,
              .summary = "customers of a topic become rows, each once",
              .usage = USAGE, .build = build);
