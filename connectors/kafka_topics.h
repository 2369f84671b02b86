/*
 * kafka_topics.h - which topics are meant: names, and patterns that begin with
 * ^ (POSIX extended regular expressions, as in a subscription).
 *
 * Pure. Not for several threads while it is made; afterwards it is only read.
 */
#ifndef CONNECTORS_KAFKA_TOPICS_H
#define CONNECTORS_KAFKA_TOPICS_H

#include <gale/value.h>
#include <regex.h>

struct kafka_topic_rule {
    char *text;
    bool is_pattern;
    regex_t pattern;
};

struct kafka_topics {
    struct kafka_topic_rule *rules;
    size_t n;
};

/* One a line; commas and blanks part them, too. false with the sentence in
 * text[size]; either way kafka_topics_fini(). */
bool kafka_topics_init(struct kafka_topics *t, gale_str list, char *text,
                       size_t size);
void kafka_topics_fini(struct kafka_topics *t);

/* Whether Kafka would take it as the name of a topic. */
bool kafka_topics_is_name(gale_str text);

bool kafka_topics_match(const struct kafka_topics *t, const char *topic);
bool kafka_topics_have_pattern(const struct kafka_topics *t);

#endif
