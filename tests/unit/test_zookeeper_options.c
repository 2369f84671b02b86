/* test_zookeeper_options.c - where ZooKeeper is, from the configuration. */
#include "common/zookeeper_options.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

/* What the options are after these settings; NULL ends them. */
static int read_options(struct zookeeper_options *o, const char *const *texts,
                        gale_err *error)
{
    struct daemon_config *config = daemon_config_new(NULL, NULL);
    int result;

    for (; *texts != NULL; texts++)
        if (daemon_config_override(config, *texts, error) != 0)
            fail_msg("%s", error->text);
    result = zookeeper_options_read(o, config, error);
    daemon_config_free(config);
    return result;
}

static void without_settings_it_is_this_machine(void **state)
{
    static const char *const none[] = {NULL};
    struct zookeeper_options o, copy;
    gale_err error;

    (void)state;
    assert_int_equal(read_options(&o, none, &error), 0);
    zookeeper_options_copy(&copy, &o);
    zookeeper_options_free(&o);
    assert_string_equal(copy.hosts, "localhost:2181");
    assert_string_equal(copy.root, "/gale");
    assert_null(copy.secret);
    assert_true(copy.session_ns == INT64_C(20000000000));
    assert_true(copy.connection_ns == INT64_C(15000000000));
    zookeeper_options_free(&copy);
}

static void servers_may_have_ports_of_their_own(void **state)
{
    static const struct {
        const char *servers, *hosts;
    } cases[] = {
        {"[\"a\"]", "a:7"},
        {"[\"a\",\"b:2182\",\"10.0.0.1\"]", "a:7,b:2182,10.0.0.1:7"},
        {"[\"[::1]\",\"[::1]:2182\"]", "::1:7,::1:2182"},
        {"[\"fd00::2\"]", "fd00::2:7"},
        {"[\"a:65535\"]", "a:65535"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[200];
        const char *const texts[] = {"storm.zookeeper.port=7", text, NULL};
        struct zookeeper_options o;
        gale_err error;

        snprintf(text, sizeof(text), "storm.zookeeper.servers=%s",
                 cases[i].servers);
        if (read_options(&o, texts, &error) != 0)
            fail_msg("%s: %s", text, error.text);
        assert_string_equal(o.hosts, cases[i].hosts);
        zookeeper_options_free(&o);
    }
}

static void what_is_wrong_is_named(void **state)
{
    static const struct {
        const char *settings[3], *part;
    } cases[] = {
        {{"storm.zookeeper.servers=[]"}, "found [], expected one at least"},
        {{"storm.zookeeper.servers=[\"\"]"}, "expected a host such as"},
        {{"storm.zookeeper.servers=[\"a,b\"]"}, "found \"a,b\""},
        {{"storm.zookeeper.servers=[\"a/chroot\"]"}, "found \"a/chroot\""},
        {{"storm.zookeeper.servers=[\"a:0\"]"}, "found \"a:0\""},
        {{"storm.zookeeper.servers=[\"a:65536\"]"}, "found \"a:65536\""},
        {{"storm.zookeeper.servers=[\"a:x\"]"}, "found \"a:x\""},
        {{"storm.zookeeper.servers=[\":1\"]"}, "found \":1\""},
        {{"storm.zookeeper.servers=[\"[::1\"]"}, "found \"[::1\""},
        {{"storm.zookeeper.servers=[\"[::1]x\"]"}, "found \"[::1]x\""},
        {{"storm.zookeeper.root=gale"}, "storm.zookeeper.root: found \"gale\""},
        {{"storm.zookeeper.root=/gale/"}, "a slash before each name"},
        {{"storm.zookeeper.root="}, "found \"\""},
        {{"storm.zookeeper.auth.scheme=sasl"},
         "found \"sasl\", expected \"digest\""},
        {{"storm.zookeeper.auth.scheme=digest"},
         "expected storm.zookeeper.auth.payload, too"},
        {{"storm.zookeeper.auth.payload=secret"},
         "found something else, expected USER:PASSWORD"},
        {{"storm.zookeeper.auth.payload=:x"}, "expected USER:PASSWORD"},
        {{"storm.zookeeper.auth.payload=x:"}, "expected USER:PASSWORD"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct zookeeper_options o;
        gale_err error;

        if (read_options(&o, cases[i].settings, &error) != -1)
            fail_msg("%s is taken", cases[i].settings[0]);
        if (strstr(error.text, cases[i].part) == NULL)
            fail_msg("\"%s\" is not in: %s", cases[i].part, error.text);
        assert_null(strstr(error.text, "secret"));
        zookeeper_options_free(&o);
    }
}

static void a_root_may_be_zookeepers_own(void **state)
{
    static const char *const texts[] = {
        "storm.zookeeper.root=/", "storm.zookeeper.auth.payload=u:p:q", NULL};
    struct zookeeper_options o;
    gale_err error;

    (void)state;
    assert_int_equal(read_options(&o, texts, &error), 0);
    assert_string_equal(o.root, "");
    assert_string_equal(o.secret, "u:p:q");
    zookeeper_options_free(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_settings_it_is_this_machine),
        cmocka_unit_test(servers_may_have_ports_of_their_own),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(a_root_may_be_zookeepers_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
