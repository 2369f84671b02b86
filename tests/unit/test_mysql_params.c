/* test_mysql_params.c - how many ? a statement has. */
#include "connectors/mysql_params.h"
#include "tests/support/cmocka_all.h"

enum { UNSAID = -1 };

static void what_is_no_parameter_is_not_counted(void **state)
{
    static const struct {
        const char *sql;
        int n;
    } cases[] = {
        {"", 0},
        {"SELECT a FROM t", 0},
        {"SELECT a FROM t WHERE b = ? AND c IN (?,?)", 3},
        {"SELECT '?', \"?\", `?` FROM t WHERE b = ?", 1},
        {"SELECT 'it''s ?' FROM t WHERE b = ?", 1},
        {"SELECT a -- why?\n FROM t WHERE b = ?", 1},
        {"SELECT a # why?\n FROM t WHERE b = ?", 1},
        {"SELECT 1--?", 1},
        {"SELECT a /* why? */ FROM t WHERE b = ?", 1},
        {"SELECT '/* ', ? , ' */'", 1},
        {"SELECT /* ' */ ? /* ' */", 1},
        {"SELECT 'never ends ?", 0},
        {"SELECT 1 --", 0},
        {"SELECT /* ?", 0},
        {"SELECT '\\'?' WHERE b = ?", UNSAID},
        {"SELECT /*!80000 ? */ 1", UNSAID},
        {"SELECT /*M!100000 ? */ 1", UNSAID},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint32_t n;
        int found = mysql_params_count(cases[i].sql, &n) ? (int)n : UNSAID;

        if (found != cases[i].n)
            fail_msg("%s: found %d", cases[i].sql, found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_parameter_is_not_counted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
