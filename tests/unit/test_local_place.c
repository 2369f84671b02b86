/*
 * test_local_place.c - where the cluster of `gale local --cluster` is, and what
 * its daemons are told.
 */
#include "tests/support/cmocka_all.h"
#include "cli/local_place.h"
#include "tests/support/remove_tree.h"
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { SUPERVISORS = 2, SLOTS = 3 };

static const char *const overrides[] = {"gale.bind=0.0.0.0",
                                        "gale.insecure=true",
                                        "nimbus.thrift.port=1",
                                        "supervisor.slots.ports=[1,2]",
                                        "supervisor.worker.timeout.secs=77",
                                        "storm.zookeeper.session.timeout=3000"};

static const struct local_cluster_options options = {.n_supervisors =
                                                         SUPERVISORS,
                                                     .n_slots = SLOTS},
                                          wishes = {.n_supervisors =
                                                        SUPERVISORS,
                                                    .n_slots = SLOTS,
                                                    .overrides = overrides,
                                                    .n_overrides = 6};

static struct local_place *new_place(void)
{
    gale_err error;
    struct local_place *p = local_place_new(&options, &error);

    if (p == NULL)
        fail_msg("%s", error.text);
    return p;
}

static struct daemon_config *told(const struct local_place *p,
                                  const struct local_cluster_options *o,
                                  uint32_t i)
{
    gale_err error;
    struct daemon_config *c = local_place_daemon(p, o, i, &error);

    if (c == NULL)
        fail_msg("%s", error.text);
    return c;
}

static void every_port_is_anothers(void **state)
{
    struct local_place *p = new_place();
    int64_t ports[1 + SUPERVISORS * (1 + SLOTS)];
    uint32_t n = 0;

    (void)state;
    for (uint32_t i = 0; i <= SUPERVISORS; i++) {
        struct daemon_config *c = told(p, &options, i);

        ports[n++] = daemon_config_int(c, i == 0 ? "nimbus.thrift.port"
                                                 : "supervisor.thrift.port");
        if (i > 0)
            assert_int_equal(daemon_config_n(c, "supervisor.slots.ports"),
                             SLOTS);
        for (uint32_t k = 0; i > 0 && k < SLOTS; k++)
            ports[n++] = daemon_config_int_at(c, "supervisor.slots.ports", k);
        daemon_config_free(c);
    }
    assert_int_equal(n, 1 + SUPERVISORS * (1 + SLOTS));
    for (uint32_t i = 0; i < n; i++)
        for (uint32_t k = 0; k < i; k++)
            assert_int_not_equal(ports[i], ports[k]);
    local_place_free(p);
}

/* Its own place is nobody's to choose. */
static void wishes_are_kept_but_where_it_is(void **state)
{
    struct local_place *p = new_place();
    struct daemon_config *c = told(p, &wishes, 1);

    (void)state;
    assert_string_equal(daemon_config_text(c, "gale.bind"), "127.0.0.1");
    assert_false(daemon_config_bool(c, "gale.insecure"));
    assert_int_not_equal(daemon_config_int(c, "nimbus.thrift.port"), 1);
    assert_int_equal(daemon_config_n(c, "supervisor.slots.ports"), SLOTS);
    assert_int_equal(daemon_config_int(c, "supervisor.worker.timeout.secs"),
                     77);
    assert_int_equal(daemon_config_int(c, "storm.zookeeper.session.timeout"),
                     3000);
    daemon_config_free(c);
    c = told(p, &options, 1);
    assert_int_equal(daemon_config_int(c, "storm.zookeeper.session.timeout"),
                     6000);
    daemon_config_free(c);
    local_place_free(p);
}

static void a_wish_that_is_none_is_named(void **state)
{
    static const char *const wrong[] = {"supervisor.worker.timeout.secs=soon"};
    struct local_cluster_options o = options;
    struct local_place *p = new_place();
    gale_err error;

    (void)state;
    o.overrides = wrong;
    o.n_overrides = 1;
    assert_null(local_place_daemon(p, &o, 0, &error));
    assert_non_null(strstr(error.text, "supervisor.worker.timeout.secs"));
    local_place_free(p);
}

/* As it was before; takes the text. */
static void restore_directory(char *before)
{
    if (before != NULL)
        setenv("TMPDIR", before, 1);
    else
        unsetenv("TMPDIR");
    free(before);
}

/* A command with that file asks this nimbus. */
static void others_find_it_by_its_file_until_it_goes(void **state)
{
    struct local_place *p = new_place();
    struct daemon_config *c = daemon_config_new(NULL, NULL),
                         *nimbus = told(p, &options, 0);
    char file[4200];
    struct stat is;
    gale_err error;

    (void)state;
    snprintf(file, sizeof(file), "%s", local_place_file(p));
    assert_int_equal(daemon_config_file(c, file, &error), 0);
    assert_string_equal(daemon_config_text_at(c, "nimbus.seeds", 0),
                        local_place_nimbus(p));
    assert_string_equal(daemon_config_text(c, "gale.token.file"),
                        daemon_config_text(nimbus, "gale.token.file"));
    daemon_config_free(nimbus);
    daemon_config_free(c);
    local_place_free(p);
    assert_int_equal(stat(file, &is), -1);
    *strrchr(file, '/') = '\0';
    assert_int_equal(stat(file, &is), -1);
}

static bool is_there(const char *directory, const char *name)
{
    char path[8300];
    struct stat is;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return lstat(path, &is) == 0;
}

static void put_file(const char *directory, const char *name)
{
    char path[8300];
    FILE *to;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    to = fopen(path, "w");
    assert_non_null(to);
    fclose(to);
}

/* Its lock is nobody's any more; the directory of one that runs is locked, and
 * others may be of anybody. */
static void what_a_crash_has_left_goes_with_the_next_start(void **state)
{
    static const struct {
        const char *name, *files[2];
        bool stays;
    } cases[] = {
        {"gale-aB3456", {"lock", "gale.yaml"}, false},
        {"gale-begins", {"lock"}, true},
        {"gale-others", {"gale.yaml"}, true},
        {"gale-longer1", {"lock", "gale.yaml"}, true},
        {"mine-aB3456", {"lock", "gale.yaml"}, true},
    };
    char top[] = "/tmp/test_local_place.XXXXXX", path[4096], runs[4200];
    char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    struct local_place *p, *q;

    (void)state;
    assert_non_null(mkdtemp(top));
    setenv("TMPDIR", top, 1);
    p = new_place();
    snprintf(runs, sizeof(runs), "%s", local_place_file(p));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", top, cases[i].name);
        assert_int_equal(mkdir(path, 0700), 0);
        for (int k = 0; k < 2 && cases[i].files[k] != NULL; k++)
            put_file(path, cases[i].files[k]);
    }
    q = new_place();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (is_there(top, cases[i].name) != cases[i].stays)
            fail_msg("%s: expected %s", cases[i].name,
                     cases[i].stays ? "to stay" : "to go");
    assert_true(is_there("", runs));
    local_place_free(q);
    assert_true(is_there("", runs));
    local_place_free(p);
    remove_tree(top);
    restore_directory(before);
}

static void a_directory_that_does_not_suit_is_refused(void **state)
{
    static const struct {
        const char *directory, *says;
    } cases[] = {
        {"/nowhere/at/all", "cannot make a directory in /nowhere/at/all"},
        {"/tmp/a\"b", "expected a path of at most 60 bytes without quotes"},
        {"/tmp/0123456789012345678901234567890123456789012345678901234567890",
         "expected a path of at most 60 bytes"},
    };
    char *before = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gale_err error;

        setenv("TMPDIR", cases[i].directory, 1);
        assert_null(local_place_new(&options, &error));
        assert_non_null(strstr(error.text, cases[i].says));
    }
    restore_directory(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_port_is_anothers),
        cmocka_unit_test(wishes_are_kept_but_where_it_is),
        cmocka_unit_test(a_wish_that_is_none_is_named),
        cmocka_unit_test(others_find_it_by_its_file_until_it_goes),
        cmocka_unit_test(what_a_crash_has_left_goes_with_the_next_start),
        cmocka_unit_test(a_directory_that_does_not_suit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
