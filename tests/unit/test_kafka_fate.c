/* test_kafka_fate.c - what the report about a record means for its input. */
#include "tests/support/cmocka_all.h"
#include "connectors/kafka_fate.h"

#define ERR(name_) RD_KAFKA_RESP_ERR_##name_

static const char *const words[] = {"written", "alone", "bad", "failed"};

static void each_report_means_what_it_means(void **state)
{
    static const struct {
        rd_kafka_resp_err_t error;
        const char *in_batch, *alone, *named;
    } rows[] = {
        {ERR(NO_ERROR), "written", "written", "written"},
        /* of the batch: it may be another record's fault */
        {ERR(MSG_SIZE_TOO_LARGE), "alone", "bad", "alone"},
        {ERR(RECORD_LIST_TOO_LARGE), "alone", "bad", "alone"},
        {ERR(INVALID_RECORD), "alone", "bad", "alone"},
        {ERR(INVALID_TIMESTAMP), "alone", "bad", "alone"},
        /* of the place, which is an option's or the input's */
        {ERR(UNKNOWN_TOPIC_OR_PART), "failed", "failed", "bad"},
        {ERR(_UNKNOWN_TOPIC), "failed", "failed", "bad"},
        {ERR(_UNKNOWN_PARTITION), "failed", "failed", "bad"},
        {ERR(TOPIC_AUTHORIZATION_FAILED), "failed", "failed", "bad"},
        {ERR(TOPIC_EXCEPTION), "bad", "bad", "bad"},
        /* of nobody here */
        {ERR(_MSG_TIMED_OUT), "failed", "failed", "failed"},
        {ERR(_PURGE_QUEUE), "failed", "failed", "failed"},
        {ERR(_PURGE_INFLIGHT), "failed", "failed", "failed"},
        {ERR(_FATAL), "failed", "failed", "failed"},
        {ERR(NOT_ENOUGH_REPLICAS), "failed", "failed", "failed"},
        {ERR(CLUSTER_AUTHORIZATION_FAILED), "failed", "failed", "failed"},
        {ERR(OUT_OF_ORDER_SEQUENCE_NUMBER), "failed", "failed", "failed"},
        /* nobody knows it: it loses no record */
        {(rd_kafka_resp_err_t)9999, "failed", "failed", "failed"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rd_kafka_resp_err_t error = rows[i].error;

        assert_string_equal(words[kafka_fate(error, false, false)],
                            rows[i].in_batch);
        assert_string_equal(words[kafka_fate(error, true, false)],
                            rows[i].alone);
        assert_string_equal(words[kafka_fate(error, false, true)],
                            rows[i].named);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_report_means_what_it_means),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
