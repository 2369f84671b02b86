/* test_partition_share.c - which task reads which partition. */
#include "connectors/partition_share.h"
#include "tests/support/cmocka_all.h"
#include <stdlib.h>
#include <string.h>

enum { MOST = 40 };

/* As brokers name them: in no order. */
static size_t some(struct partition_name *all, int topics, int partitions)
{
    static const char *const names[] = {"b", "a", "b.c", "B"};
    size_t n = 0;

    for (int p = partitions; p-- > 0;)
        for (int t = 0; t < topics; t++)
            all[n++] = (struct partition_name){names[t], p};
    return n;
}

static void the_share_is_sorted_by_topic_and_number(void **state)
{
    static const struct partition_name wanted[] = {
        {"B", 1}, {"a", 1}, {"b", 1}, {"b.c", 1}};
    struct partition_name all[MOST];
    size_t n = some(all, 4, 2);

    (void)state;
    assert_int_equal(partition_share(all, n, 1, 2), 4);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(all[i].topic, wanted[i].topic);
        assert_int_equal(all[i].number, wanted[i].number);
    }
}

static void every_partition_has_one_task_and_shares_differ_by_one(void **state)
{
    (void)state;
    for (int topics = 0; topics <= 4; topics++)
        for (uint32_t tasks = 1; tasks <= 12; tasks++) {
            int seen[4][10] = {{0}};
            size_t n = 0, sum = 0;

            for (uint32_t index = 0; index < tasks; index++) {
                struct partition_name all[MOST];
                size_t share;

                n = some(all, topics, 10);
                share = partition_share(all, n, index, tasks);
                assert_in_range(share, n / tasks, n / tasks + 1);
                sum += share;
                for (size_t i = 0; i < share; i++)
                    seen[strlen(all[i].topic) - 1 + (all[i].topic[0] == 'a') +
                         2 * (all[i].topic[0] == 'B')][all[i].number]++;
            }
            assert_int_equal(sum, n);
            for (int i = 0; i < 10 && topics > 0; i++)
                assert_int_equal(seen[0][i], 1);
        }
}

/* Names that somebody owns are all there afterwards. */
static void nothing_is_lost_of_what_is_not_in_the_share(void **state)
{
    struct partition_name all[MOST];
    size_t n = some(all, 1, 9);
    int sum = 0;

    (void)state;
    partition_share(all, n, 2, 4);
    for (size_t i = 0; i < n; i++)
        sum += 1 << all[i].number;
    assert_int_equal(sum, (1 << 9) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_share_is_sorted_by_topic_and_number),
        cmocka_unit_test(every_partition_has_one_task_and_shares_differ_by_one),
        cmocka_unit_test(nothing_is_lost_of_what_is_not_in_the_share),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
