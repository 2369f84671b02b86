/* kafka_print.c - topology: prints all that a record of Kafka has. */
#include <gale/topology.h>

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *source;

    if (argc != 2)
        return gale_usage(b, "kafka_print BROKERS TOPICS");
    source = gale_add_spout(b, "source", "kafka_spout", 1);
    gale_set(source, "brokers", gale_cstr(argv[0]));
    gale_set(source, "topics", gale_cstr(argv[1]));
    gale_shuffle(gale_add_bolt(b, "print", "print", 1), "source");
    return GALE_OK;
}

GALE_TOPOLOGY(kafka_print, .summary = "prints records of Kafka",
              .usage = "BROKERS TOPICS", .build = build);
