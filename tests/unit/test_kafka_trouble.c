/* test_kafka_trouble.c - what is said when no broker can be talked to. */
#include "tests/support/cmocka_all.h"
#include "connectors/kafka_trouble.h"
#include <string.h>

static void what_librdkafka_logs_is_one_sentence(void **state)
{
    static const struct {
        const char *trouble, *text;
    } rows[] = {
        {"", "no broker of b:1 has answered within 3 s: timed out; see brokers "
             "and kafka.security.protocol"},
        {"b:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection "
         "refused (after 0ms in state CONNECT, 1 identical error(s) "
         "suppressed)",
         "no broker of b:1 has answered within 3 s: Connect to "
         "ipv4#127.0.0.1:1 failed: Connection refused; see brokers and "
         "kafka.security.protocol"},
        {"sasl_plaintext://b:1/bootstrap: SASL authentication error: "
         "Authentication failed: Invalid username or password (after 301ms in "
         "state AUTH_REQ)",
         "broker b:1 refuses the user or the password: see "
         "kafka.sasl.username and kafka.sasl.password; librdkafka: SASL "
         "authentication error: Authentication failed: Invalid username or "
         "password"},
        {"sasl_plaintext://b:1/bootstrap: SASL authentication error: "
         "Authentication failed during authentication due to invalid "
         "credentials with SASL mechanism SCRAM-SHA-512 (after 5ms in state "
         "AUTH_REQ)",
         "broker b:1 refuses the user or the password: see "
         "kafka.sasl.username and kafka.sasl.password; brokers of Kafka 4 "
         "refuse the SCRAM of librdkafka before 2.6.1 like that, too; "
         "librdkafka: SASL authentication error: Authentication failed during "
         "authentication due to invalid credentials with SASL mechanism "
         "SCRAM-SHA-512"},
        {"ssl://b:1/bootstrap: SSL handshake failed: wrong version number "
         "(after 5ms in state SSL_HANDSHAKE)",
         "broker b:1 does not talk TLS with this client: see brokers, "
         "kafka.security.protocol and kafka.ssl.*; librdkafka: SSL handshake "
         "failed: wrong version number"},
        {"b:1/bootstrap: Disconnected while requesting ApiVersion: might be "
         "caused by something (after 5ms in state APIVERSION_QUERY)",
         "broker b:1 does not answer as Kafka does: see brokers (is the port "
         "Kafka's?) and kafka.security.protocol; librdkafka: Disconnected "
         "while requesting ApiVersion: might be caused by something"},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        kafka_trouble_explain("b:1", 3, "timed out", rows[i].trouble, text,
                              sizeof(text));
        assert_string_equal(text, rows[i].text);
    }
}

static void a_sentence_that_is_too_long_ends_behind_a_word(void **state)
{
    char text[60];

    (void)state;
    kafka_trouble_explain("b:1", 3, "one two three four five six seven", "",
                          text, sizeof(text));
    assert_string_equal(
        text, "no broker of b:1 has answered within 3 s: one two three");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_librdkafka_logs_is_one_sentence),
        cmocka_unit_test(a_sentence_that_is_too_long_ends_behind_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
