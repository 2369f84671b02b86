/* test_zookeeper_check.c - what servers answer, as sentences. */
#include "common/zookeeper_check.h"
#include "tests/support/cmocka_all.h"
#include <errno.h>
#include <string.h>

static void answers_of_servers_are_judged(void **state)
{
    static const struct {
        struct zookeeper_heard heard;
        enum zookeeper_gravity gravity;
        const char *part;
    } cases[] = {
        {{ZOOKEEPER_ANSWERED, "Zookeeper version: 3\nMode: standalone\n", 0},
         ZOOKEEPER_GOOD,
         ""},
        {{ZOOKEEPER_ANSWERED,
          "This ZooKeeper instance is not currently serving requests\n", 0},
         ZOOKEEPER_BAD,
         "ZooKeeper at zk1:2181 serves nobody"},
        {{ZOOKEEPER_ANSWERED, "", 0},
         ZOOKEEPER_BAD,
         "what listens at zk1:2181 closes new connections at once: if it is a "
         "ZooKeeper, this machine has as many as it allows (raise "
         "maxClientCnxns in its zoo.cfg, 60 unless it is set); if not, see "
         "storm.zookeeper.servers and storm.zookeeper.port"},
        {{ZOOKEEPER_ANSWERED, "HTTP/1.1 400 Bad Request\r\n", 0},
         ZOOKEEPER_BAD,
         "what answers at zk1:2181 is no ZooKeeper"},
        {{ZOOKEEPER_UNREACHABLE, "", ECONNREFUSED},
         ZOOKEEPER_BAD,
         "ZooKeeper at zk1:2181 cannot be reached (Connection refused)"},
        {{ZOOKEEPER_SILENT, "", 0},
         ZOOKEEPER_BAD,
         "what listens at zk1:2181 says nothing"},
        {{ZOOKEEPER_NO_HOST, "", 0},
         ZOOKEEPER_BAD,
         "the ZooKeeper server zk1:2181 is not found"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[600] = "";

        assert_int_equal(zookeeper_check_judge("zk1:2181", &cases[i].heard,
                                               text, sizeof(text)),
                         cases[i].gravity);
        if (strstr(text, cases[i].part) == NULL)
            fail_msg("\"%s\" is not in: %s", cases[i].part, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_of_servers_are_judged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
