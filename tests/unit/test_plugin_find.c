/*
 * test_plugin_find.c - which descriptor of which file a name means:
 * plugin_find.c and plugin_places.c.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/plugin_find.h"

/* A directory with an empty directory `a` and links to test plugins in `b`. */
static char root[] = "/tmp/gale-test-find-XXXXXX";

static const char *const links[][2] = {
    {"b/lone.so", "lone.so"},
    {"b/parts.so", "parts.so"},
    {"b/pass.so", "parts.so"}, /* as its bolt */
    {"b/broken.so", "no_manifest.so"},
};

static void in_root(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", root, name);
}

static int set_up(void **state)
{
    char path[256], *target;

    (void)state;
    if (mkdtemp(root) == NULL)
        return -1;
    in_root(path, sizeof(path), "a");
    if (mkdir(path, 0700) != 0)
        return -1;
    in_root(path, sizeof(path), "b");
    if (mkdir(path, 0700) != 0)
        return -1;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        target = realpath(plugin_files_path(links[i][1]), NULL);
        in_root(path, sizeof(path), links[i][0]);
        if (target == NULL || symlink(target, path) != 0)
            return -1;
        free(target);
    }
    snprintf(path, sizeof(path), ":%s/a::%s/b:", root, root);
    return setenv("GALE_PLUGIN_PATH", path, 1);
}

static int tear_down(void **state)
{
    char path[256];

    (void)state;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        in_root(path, sizeof(path), links[i][0]);
        unlink(path);
    }
    in_root(path, sizeof(path), "a");
    rmdir(path);
    in_root(path, sizeof(path), "b");
    rmdir(path);
    return rmdir(root);
}

static struct plugin *load(const char *name)
{
    return plugin_load(plugin_files_path(name), NULL);
}

static void a_name_means_what_the_rule_says(void **state)
{
    struct plugin *lone = load("lone.so"), *parts = load("parts.so");
    const char *lone_path = plugin_files_path("lone.so");
    char with_id[4300];
    const struct {
        struct plugin *own;
        enum manifest_kind kind;
        const char *name;
        struct plugin *plugin;
        const char *id;
    } cases[] = {
        /* an id of the own file */
        {lone, MANIFEST_BOLT, "hermit", lone, "hermit"},
        {parts, MANIFEST_BOLT, "pass", parts, "pass"},
        /* a file on the path: its namesake, else the only one of the kind */
        {lone, MANIFEST_BOLT, "pass", parts, "pass"},
        {NULL, MANIFEST_BOLT, "pass", parts, "pass"},
        {parts, MANIFEST_BOLT, "lone", lone, "hermit"},
        {NULL, MANIFEST_SPOUT, "parts", parts, "numbers"},
        {NULL, MANIFEST_GROUPING, "parts", parts, "odd_even"},
        {NULL, MANIFEST_TOPOLOGY, "lone", lone, "crossed"},
        /* an id of a file on the path */
        {lone, MANIFEST_BOLT, "parts:sink", parts, "sink"},
        {NULL, MANIFEST_TOPOLOGY, "parts:good", parts, "good"},
        /* a file */
        {parts, MANIFEST_BOLT, "lone.so", lone, "hermit"},
        {NULL, MANIFEST_BOLT, "pass.so", parts, "pass"},
        {NULL, MANIFEST_BOLT, "parts.so:fork", parts, "fork"},
        {NULL, MANIFEST_BOLT, lone_path, lone, "hermit"},
        {NULL, MANIFEST_TOPOLOGY, with_id, lone, "crossed"},
    };

    (void)state;
    snprintf(with_id, sizeof(with_id), "%s:crossed", lone_path);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plugin_found found;
        gale_err error;

        if (plugin_find(cases[i].own, cases[i].kind, cases[i].name, &found,
                        &error))
            fail_msg("%s: %s", cases[i].name, error.text);
        assert_ptr_equal(found.plugin, cases[i].plugin);
        assert_string_equal(found.id, cases[i].id);
    }
}

static void a_file_in_this_directory_comes_before_the_path(void **state)
{
    struct plugin_found found;
    char here[4096];

    (void)state;
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(chdir(plugin_files_directory()), 0);
    assert_int_equal(
        plugin_find(NULL, MANIFEST_BOLT, "descriptors.so:older", &found, NULL),
        0);
    assert_int_equal(chdir(here), 0);
    assert_string_equal(found.id, "older");
    assert_int_equal(
        plugin_find(NULL, MANIFEST_BOLT, "descriptors.so:older", &found, NULL),
        -1);
}

static void the_directory_of_the_file_that_names_a_plugin_is_searched(
    void **state)
{
    struct plugin_found found;
    gale_err error = {""};
    char file[4200];

    (void)state;
    snprintf(file, sizeof(file), "%s/some.yaml", plugin_files_directory());
    assert_int_equal(
        plugin_find_beside(file, MANIFEST_BOLT, "plain_split", &found, &error),
        0);
    assert_string_equal(found.id, "plain_split");
    assert_int_equal(
        plugin_find_beside(NULL, MANIFEST_BOLT, "plain_split", &found, &error),
        -1);
}

static void expect_error(struct plugin *own, enum manifest_kind kind,
                         const char *name, const char *expected)
{
    struct plugin_found found;
    gale_err error = {""};

    assert_int_equal(plugin_find(own, kind, name, &found, &error), -1);
    if (strstr(error.text, expected) == NULL)
        fail_msg("%s: found \"%s\", expected \"%s\"", name, error.text,
                 expected);
}

static void what_is_not_found_names_the_places_and_the_nearest_name(
    void **state)
{
    char expected[3 * 8192], program[4096];
    ssize_t n = readlink("/proc/self/exe", program, sizeof(program) - 1);

    (void)state;
    assert_true(n > 0);
    program[n] = '\0';
    for (int up = 0; up < 2; up++)
        *strrchr(program, '/') = '\0';
    snprintf(
        expected, sizeof(expected),
        "bolt \"hermti\" is not found; searched %s, %s/a "
        "(GALE_PLUGIN_PATH), %s/b (GALE_PLUGIN_PATH), %s, %s/lib/gale; did "
        "you mean \"hermit\"?",
        plugin_files_path("lone.so"), root, root, plugin_files_directory(),
        program);
    expect_error(load("lone.so"), MANIFEST_BOLT, "hermti", expected);
    snprintf(expected, sizeof(expected),
             "spout \"nothing_like_it\" is not found; searched %s/a "
             "(GALE_PLUGIN_PATH), %s/b (GALE_PLUGIN_PATH), %s/lib/gale; name "
             "its directory in GALE_PLUGIN_PATH",
             root, root, program);
    expect_error(NULL, MANIFEST_SPOUT, "nothing_like_it", expected);
}

static void a_wrong_name_gets_one_sentence(void **state)
{
    struct plugin *lone = load("lone.so");

    (void)state;
    /* the nearest file of the path */
    expect_error(NULL, MANIFEST_BOLT, "prats", "; did you mean \"parts\"?");
    expect_error(NULL, MANIFEST_BOLT, "prats.so",
                 "bolt \"prats.so\" is not found; searched this directory, ");
    /* another kind */
    expect_error(lone, MANIFEST_SPOUT, "hermit",
                 "lone.so has a bolt \"hermit\", expected a spout");
    expect_error(NULL, MANIFEST_SPOUT, "lone",
                 "lone.so has no spout, but bolt \"hermit\", topology "
                 "\"crossed\"");
    /* none, or several */
    expect_error(NULL, MANIFEST_BOLT, "parts:snik",
                 "has no bolt \"snik\", but spout \"numbers\"");
    expect_error(NULL, MANIFEST_BOLT, "parts:snik", "; did you mean \"sink\"?");
    expect_error(NULL, MANIFEST_BOLT, "parts",
                 "parts.so has more than one bolt: bolt \"fork\", bolt ");
    expect_error(NULL, MANIFEST_TOPOLOGY, "parts", "; pick one as ");
    /* a file that is found is not searched for any further */
    expect_error(NULL, MANIFEST_BOLT, "broken", "b/broken.so has no gale man");
    expect_error(NULL, MANIFEST_BOLT, "./lone.so", "No such file or directory");
}

static void what_is_no_name_is_refused(void **state)
{
    static const char *const names[] = {"",   ":",     ":a",
                                        "a:", "a.so:", "a.so:b c"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        expect_error(NULL, MANIFEST_BOLT, names[i],
                     " names no plugin; expected NAME, FILE.so or FILE.so:ID");
    /* a colon in a directory's name is not before an id */
    expect_error(NULL, MANIFEST_BOLT, "/a:b/c.so", "cannot open /a:b/c.so: ");
}

static void a_file_can_be_found_whatever_it_holds(void **state)
{
    const char *id = "";
    gale_err error;

    (void)state;
    assert_ptr_equal(plugin_find_file("lone", &id, NULL), load("lone.so"));
    assert_null(id);
    assert_ptr_equal(plugin_find_file("parts.so:sink", &id, NULL),
                     load("parts.so"));
    assert_string_equal(id, "sink");
    assert_null(plugin_find_file("nothing", &id, &error));
    assert_non_null(strstr(error.text, "plugin \"nothing\" is not found"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_what_the_rule_says),
        cmocka_unit_test(a_file_in_this_directory_comes_before_the_path),
        cmocka_unit_test(
            the_directory_of_the_file_that_names_a_plugin_is_searched),
        cmocka_unit_test(
            what_is_not_found_names_the_places_and_the_nearest_name),
        cmocka_unit_test(a_wrong_name_gets_one_sentence),
        cmocka_unit_test(what_is_no_name_is_refused),
        cmocka_unit_test(a_file_can_be_found_whatever_it_holds),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
