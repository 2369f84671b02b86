/* test_kafka_handles.c - topics by name: each is looked up once, and there are
 * only so many. */
#include "tests/support/cmocka_all.h"
#include "connectors/kafka_handles.h"

enum { MAX = 9 };

static const char *const names[MAX] = {"m", "b",   "z",   "ab",         "a",
                                       "_", "a.b", "abc", "longer-name"};

static rd_kafka_topic_t *find(struct kafka_handles *h, rd_kafka_t *producer,
                              const char *name, char *text)
{
    text[0] = '\0';
    return kafka_handles_find(h, producer, gale_str_make(name, strlen(name)),
                              text, 300);
}

static void a_name_has_one_handle_and_there_are_no_more_than_max(void **state)
{
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, NULL, 0);
    struct kafka_handles h = {.max = MAX};
    rd_kafka_topic_t *first[MAX];
    char text[300];

    (void)state;
    for (size_t i = 0; i < MAX; i++) {
        first[i] = find(&h, producer, names[i], text);
        assert_string_equal(rd_kafka_topic_name(first[i]), names[i]);
    }
    for (size_t i = 0; i < MAX; i++)
        assert_ptr_equal(find(&h, producer, names[i], text), first[i]);
    for (size_t i = 1; i < h.n; i++)
        assert_true(strcmp(rd_kafka_topic_name(h.items[i - 1]),
                           rd_kafka_topic_name(h.items[i])) < 0);
    assert_null(find(&h, producer, "another", text));
    assert_string_equal(
        text, "topic another would be one more than max.topics, which is 9");
    assert_ptr_equal(find(&h, producer, "ab", text), first[3]);
    kafka_handles_drop(&h);
    assert_int_equal(h.n, 0);
    assert_non_null(find(&h, producer, "another", text));
    kafka_handles_drop(&h);
    rd_kafka_destroy(producer);
}

/* The text behind a name is not a part of it. */
static void a_name_ends_where_its_size_says(void **state)
{
    rd_kafka_t *producer = rd_kafka_new(RD_KAFKA_PRODUCER, NULL, NULL, 0);
    struct kafka_handles h = {.max = 2};
    char text[300];
    rd_kafka_topic_t *whole = find(&h, producer, "words", text);
    rd_kafka_topic_t *part =
        kafka_handles_find(&h, producer, gale_str_make("words", 4), text, 300);

    (void)state;
    assert_string_equal(rd_kafka_topic_name(whole), "words");
    assert_string_equal(rd_kafka_topic_name(part), "word");
    kafka_handles_drop(&h);
    rd_kafka_destroy(producer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_has_one_handle_and_there_are_no_more_than_max),
        cmocka_unit_test(a_name_ends_where_its_size_says),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
