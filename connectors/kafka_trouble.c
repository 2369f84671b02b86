/* kafka_trouble.c - see kafka_trouble.h. */
#include "connectors/kafka_trouble.h"
#include <stdio.h>
#include <string.h>

/* What librdkafka says, the first that fits; it has no code for most of it. */
static const struct {
    const char *phrase, *what, *look;
} known[] = {
    {"credentials with SASL mechanism SCRAM",
     "refuses the user or the password",
     "see kafka.sasl.username and kafka.sasl.password; brokers of Kafka 4 "
     "refuse the SCRAM of librdkafka before 2.6.1 like that, too"},
    {"SASL authentication error", "refuses the user or the password",
     "see kafka.sasl.username and kafka.sasl.password"},
    {"mechanism handshake failed", "does not take the SASL mechanism",
     "see kafka.sasl.mechanism"},
    {"certificate verify failed", "has a certificate that is not trusted",
     "see kafka.ssl.ca.location"},
    {"SSL handshake failed", "does not talk TLS with this client",
     "see brokers, kafka.security.protocol and kafka.ssl.*"},
    {"ApiVersionRequest failed", "does not answer as Kafka does",
     "see brokers (is the port Kafka's?) and kafka.security.protocol"},
    {"Disconnected while requesting ApiVersion",
     "does not answer as Kafka does",
     "see brokers (is the port Kafka's?) and kafka.security.protocol"},
    {"broker might require SASL", "closes the connection before a login",
     "see kafka.security.protocol and kafka.sasl.*"},
    {"Invalid frame size", "does not answer as Kafka does",
     "see brokers (is the port Kafka's?) and kafka.security.protocol"},
    {"Receive failed: Invalid response size", "does not answer as Kafka does",
     "see brokers (is the port Kafka's?) and kafka.security.protocol"},
};

/* Without librdkafka's note of how long it took, and in which state. */
static int length_of(const char *line)
{
    const char *tail = strstr(line, " (after ");

    return tail != NULL ? (int)(tail - line) : (int)strlen(line);
}

/* Behind "HOST:PORT/ID: " and "sasl_ssl://": what happened. */
static const char *behind_broker(const char *line)
{
    const char *end = strstr(line, ": ");
    const char *slash = strchr(line, '/');

    return end != NULL && slash != NULL && slash < end ? end + 2 : line;
}

/* A sentence that does not fit ends behind a word. */
static void end_at_word(char *text, size_t size, int wanted)
{
    char *blank;

    if (wanted < 0 || (size_t)wanted < size)
        return;
    blank = strrchr(text, ' ');
    if (blank != NULL)
        *blank = '\0';
}

void kafka_trouble_explain(const char *brokers, long long seconds,
                           const char *error, const char *trouble, char *text,
                           size_t size)
{
    const char *why = behind_broker(trouble[0] != '\0' ? trouble : error);
    int length = length_of(why), n;

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strstr(trouble, known[i].phrase) != NULL) {
            n = snprintf(text, size, "broker %.200s %s: %s; librdkafka: %.*s",
                         brokers, known[i].what, known[i].look, length, why);
            end_at_word(text, size, n);
            return;
        }
    n = snprintf(text, size,
                 "no broker of %.200s has answered within %lld s: %.*s; see "
                 "brokers and kafka.security.protocol",
                 brokers, seconds, length, why);
    end_at_word(text, size, n);
}
