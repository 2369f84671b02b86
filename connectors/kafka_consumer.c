/* kafka_consumer.c - see kafka_consumer.h. */
#include "connectors/kafka_consumer.h"

static const struct kafka_setting own[] = {
    {"enable.auto.commit", "false"},
    {"enable.auto.offset.store", "false"},
    {"enable.partition.eof", "true"},
    {"partition.assignment.strategy", "range,roundrobin"},
    {"queued.min.messages", "100000"},
    {"queued.max.messages.kbytes", "16384"},
    {"fetch.error.backoff.ms", "200"},
    /* Behind a fetch that waits, questions wait, too, and the end for them. */
    {"fetch.wait.max.ms", "100"},
    {NULL, NULL},
};

static const struct kafka_setting refused[] = {
    {"enable.auto.commit", "only what is acked is committed"},
    {"auto.commit.interval.ms", "say it by the option commit.ms"},
    {"auto.commit.enable", "only what is acked is committed"},
    {"enable.auto.offset.store", "only what is acked is committed"},
    {"enable.partition.eof", "the spout needs it"},
    {"group.id", "say it by the option group"},
    {"auto.offset.reset", "say it by the options start, fallback and "
                          "out.of.range"},
    {"isolation.level", "say it by the option isolation"},
    {"partition.assignment.strategy",
     "a rebalance is eager (range, roundrobin)"},
    {NULL, NULL},
};

static const char *const isolations[] = {"read_committed", "read_uncommitted"};
static const char *const resets[] = {"earliest", "latest", "error"};

gale_result kafka_consumer_declare(gale_outputs *out, gale_str brokers,
                                   gale_str properties)
{
    return kafka_client_declare(out, refused, brokers, properties);
}

rd_kafka_conf_t *kafka_consumer_conf(gale_task *task,
                                     const struct kafka_consumer_options *o,
                                     char *text)
{
    rd_kafka_conf_t *conf =
        kafka_client_conf(own, refused, o->brokers, o->properties, text);
    char group[512], refresh[24];

    if (conf == NULL)
        return NULL;
    snprintf(group, sizeof(group), "gale-%s-%s", gale_topology_name(task),
             gale_component_id(task));
    snprintf(refresh, sizeof(refresh), "%lld",
             (long long)o->refresh_secs * 1000);
    if (kafka_client_set(conf, "group.id",
                         o->group.size > 0 ? o->group.data : group, text) &&
        kafka_client_set(conf, "isolation.level", isolations[o->isolation],
                         text) &&
        kafka_client_set(conf, "auto.offset.reset", resets[o->out_of_range],
                         text) &&
        kafka_client_set(conf, "topic.metadata.refresh.interval.ms", refresh,
                         text))
        return conf;
    rd_kafka_conf_destroy(conf);
    return NULL;
}
