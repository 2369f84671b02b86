/* test_mysql_error.c - what errors of MySQL mean for the rows at hand. */
#include "tests/support/cmocka_all.h"
#include "connectors/mysql_error.h"

static const struct {
    uint32_t code;
    const char *state;
    enum mysql_error_class class;
    bool keeps;
} rows[] = {
    /* away, or about to go */
    {2002, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {2003, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {2006, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {2013, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {1053, "08S01", MYSQL_ERROR_TRANSIENT, false},
    {1927, "70100", MYSQL_ERROR_TRANSIENT, false},
    {4031, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {1040, "08004", MYSQL_ERROR_TRANSIENT, false},
    {1203, "42000", MYSQL_ERROR_TRANSIENT, false},
    {1226, "42000", MYSQL_ERROR_TRANSIENT, false},
    /* not now */
    {1205, "HY000", MYSQL_ERROR_TRANSIENT, true},
    {1213, "40001", MYSQL_ERROR_TRANSIENT, true},
    {1290, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {1836, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {1021, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {1114, "HY000", MYSQL_ERROR_TRANSIENT, false},
    /* this row */
    {1048, "23000", MYSQL_ERROR_ROW, true},
    {1062, "23000", MYSQL_ERROR_ROW, true},
    {1406, "22001", MYSQL_ERROR_ROW, true},
    {1264, "22003", MYSQL_ERROR_ROW, true},
    {1292, "22007", MYSQL_ERROR_ROW, true},
    {1265, "01000", MYSQL_ERROR_ROW, true},
    {1366, "HY000", MYSQL_ERROR_ROW, true},
    {1452, "23000", MYSQL_ERROR_ROW, true},
    {4025, "23000", MYSQL_ERROR_ROW, true},
    {1644, "45000", MYSQL_ERROR_ROW, true},
    {1369, "44000", MYSQL_ERROR_ROW, true},
    {4999, "44000", MYSQL_ERROR_ROW, true},
    /* … whatever the state says */
    {1369, "HY000", MYSQL_ERROR_ROW, true},
    {1300, "HY000", MYSQL_ERROR_ROW, true},
    {1364, "HY000", MYSQL_ERROR_ROW, true},
    {1411, "HY000", MYSQL_ERROR_ROW, true},
    {1525, "HY000", MYSQL_ERROR_ROW, true},
    {1643, "02000", MYSQL_ERROR_ROW, true},
    {1644, "HY000", MYSQL_ERROR_ROW, true},
    {1644, "42000", MYSQL_ERROR_ROW, true},
    {1713, "HY000", MYSQL_ERROR_ROW, true},
    {1977, "HY000", MYSQL_ERROR_ROW, true},
    {3643, "HY000", MYSQL_ERROR_ROW, true},
    {3819, "HY000", MYSQL_ERROR_ROW, true},
    {3988, "HY000", MYSQL_ERROR_ROW, true},
    {1153, "08S01", MYSQL_ERROR_ROW, false},
    {2020, "HY000", MYSQL_ERROR_ROW, false},
    /* somebody has to do something */
    {1044, "42000", MYSQL_ERROR_NEVER, false},
    {1045, "28000", MYSQL_ERROR_NEVER, false},
    {1049, "42000", MYSQL_ERROR_NEVER, false},
    {1054, "42S22", MYSQL_ERROR_NEVER, false},
    {1064, "42000", MYSQL_ERROR_NEVER, false},
    {1142, "42000", MYSQL_ERROR_NEVER, false},
    {1146, "42S02", MYSQL_ERROR_NEVER, false},
    {2026, "HY000", MYSQL_ERROR_NEVER, false},
    {1906, "HY000", MYSQL_ERROR_NEVER, false},
    {3105, "HY000", MYSQL_ERROR_NEVER, false},
    /* nobody knows: it loses no row */
    {9999, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {2999, "HY000", MYSQL_ERROR_TRANSIENT, false},
    {0, "", MYSQL_ERROR_TRANSIENT, false},
};

static void each_error_means_what_it_means(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        enum mysql_error_class found =
            mysql_error_class(rows[i].code, rows[i].state);

        if (found != rows[i].class ||
            mysql_error_keeps_connection(rows[i].code, rows[i].state) !=
                rows[i].keeps)
            fail_msg("error %u: found class %d", rows[i].code, (int)found);
    }
}

static void advice_says_what_to_do(void **state)
{
    (void)state;
    assert_string_equal(mysql_error_advice(1045),
                        "see the options user, password, password.file");
    assert_string_equal(mysql_error_advice(1062), "");
    assert_string_equal(mysql_error_advice(77777), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_error_means_what_it_means),
        cmocka_unit_test(advice_says_what_to_do),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
