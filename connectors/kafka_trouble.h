/*
 * kafka_trouble.h - what librdkafka logs about a connection, for people: who is
 * to blame, and which option to look at. Pure.
 */
#ifndef CONNECTORS_KAFKA_TROUBLE_H
#define CONNECTORS_KAFKA_TROUBLE_H

#include <stddef.h>

/*
 * No broker of `brokers` has answered within `seconds`: one sentence in
 * text[size]. trouble: the last line that was logged as an error, "" if none;
 * error: what the question came back with. What is too long for the text is cut
 * between two words.
 */
void kafka_trouble_explain(const char *brokers, long long seconds,
                           const char *error, const char *trouble, char *text,
                           size_t size);

#endif
