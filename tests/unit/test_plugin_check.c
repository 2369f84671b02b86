/*
 * test_plugin_check.c - descriptors that this gale can run, and those of
 * tests/plugins/bad/descriptors.c, which it refuses.
 */
#include "tests/support/cmocka_all.h"
#include "tests/unit/plugin_files.h"
#include "topology-api/plugin_check.h"

static int check_one(struct plugin *plugin, enum manifest_kind kind,
                     const char *id, gale_err *error)
{
    gale_spout spout;
    gale_bolt bolt;
    gale_grouping grouping;
    gale_hook hook;
    gale_invariant invariant;
    gale_topology topology;

    switch (kind) {
    case MANIFEST_SPOUT:
        return plugin_check_spout(plugin, id, &spout, error);
    case MANIFEST_BOLT:
        return plugin_check_bolt(plugin, id, &bolt, error);
    case MANIFEST_GROUPING:
        return plugin_check_grouping(plugin, id, &grouping, error);
    case MANIFEST_HOOK:
        return plugin_check_hook(plugin, id, &hook, error);
    case MANIFEST_INVARIANT:
        return plugin_check_invariant(plugin, id, &invariant, error);
    default:
        return plugin_check_topology(plugin, id, &topology, error);
    }
}

static void expect_refused(enum manifest_kind kind, const char *id,
                           const char *expected)
{
    const char *path = plugin_files_path("descriptors.so");
    gale_err error = {""};
    char owner[4400];

    snprintf(owner, sizeof(owner), "%s \"%s\" of %s ", manifest_kind_name(kind),
             id, path);
    assert_int_equal(check_one(plugin_load(path, NULL), kind, id, &error), -1);
    if (strncmp(error.text, owner, strlen(owner)) ||
        strstr(error.text, expected) == NULL)
        fail_msg("found \"%s\", expected %s… \"%s\"", error.text, owner,
                 expected);
}

static void expect_member(enum manifest_kind kind, const char *id,
                          const char *member, const char *defect)
{
    const char *path = plugin_files_path("descriptors.so");
    gale_err error = {""};
    char expected[4600];

    snprintf(expected, sizeof(expected), "%s \"%s\" of %s: %s %s",
             manifest_kind_name(kind), id, path, member, defect);
    assert_int_equal(check_one(plugin_load(path, NULL), kind, id, &error), -1);
    if (strncmp(error.text, expected, strlen(expected)))
        fail_msg("found \"%s\", expected \"%s\"", error.text, expected);
}

static void a_good_descriptor_is_copied_whole(void **state)
{
    struct plugin *plugin = plugin_load(plugin_files_path("parts.so"), NULL);
    gale_spout spout;
    gale_bolt bolt;
    gale_grouping grouping;
    gale_topology topology;

    (void)state;
    assert_int_equal(plugin_check_spout(plugin, "numbers", &spout, NULL), 0);
    assert_string_equal(spout.name, "numbers");
    assert_int_equal(spout.flags, GALE_SPOUT_BLOCKING);
    assert_int_equal(spout.needs, GALE_NEEDS_NETWORK);
    assert_int_equal(spout.streams.n, 3);
    assert_non_null(spout.next);
    assert_int_equal(plugin_check_bolt(plugin, "pass", &bolt, NULL), 0);
    assert_int_equal(bolt.options.n, 5);
    assert_int_equal(plugin_check_grouping(plugin, "odd_even", &grouping, NULL),
                     0);
    assert_non_null(grouping.choose);
    assert_int_equal(plugin_check_topology(plugin, "good", &topology, NULL), 0);
    assert_string_equal(topology.usage, "[NAME]");
}

static void members_that_an_older_descriptor_lacks_are_absent(void **state)
{
    struct plugin *plugin =
        plugin_load(plugin_files_path("descriptors.so"), NULL);
    gale_bolt bolt;

    (void)state;
    memset(&bolt, 0xff, sizeof(bolt));
    assert_int_equal(plugin_check_bolt(plugin, "older", &bolt, NULL), 0);
    assert_non_null(bolt.execute);
    assert_null(bolt.tick);
    assert_null(bolt.end_of_input);
    assert_null(bolt.abort);
    assert_int_equal(bolt.needs, 0);
}

static void of_a_newer_descriptor_the_known_part_is_taken(void **state)
{
    struct plugin *plugin =
        plugin_load(plugin_files_path("descriptors.so"), NULL);
    struct {
        gale_bolt bolt;
        uint64_t behind;
    } copy;

    (void)state;
    copy.behind = 42;
    assert_int_equal(plugin_check_bolt(plugin, "newer", &copy.bolt, NULL), 0);
    assert_string_equal(copy.bolt.name, "newer");
    assert_int_equal(copy.behind, 42);
}

static void a_descriptor_that_cannot_be_run_is_refused(void **state)
{
    static const struct {
        enum manifest_kind kind;
        const char *id;
        const char *error;
    } cases[] = {
        {MANIFEST_SPOUT, "other_abi",
         "is built for ABI 9 of gale, expected ABI 0"},
        {MANIFEST_SPOUT, "too_short", "bytes, expected at least "},
        {MANIFEST_SPOUT, "too_short", "as far as its \"next\""},
        {MANIFEST_HOOK, "short_hook",
         "has a descriptor of 12 bytes, expected at least 16, as far as its "
         "\"name\""},
        {MANIFEST_SPOUT, "too_long",
         "says that its descriptor has 4096 bytes, but its symbol has "},
        {MANIFEST_SPOUT, "tiny", "is no descriptor: its symbol has 4 bytes"},
        {MANIFEST_SPOUT, "misnamed",
         "has a descriptor whose name is \"renamed\", expected \"misnamed\""},
        {MANIFEST_SPOUT, "nameless", "whose name is \"\""},
        {MANIFEST_SPOUT, "needs_more", "needs a newer gale: it calls into"},
        {MANIFEST_SPOUT, "odd_flags",
         "has the flags 0x10, of which this gale does not know 0x10"},
        {MANIFEST_BOLT, "odd_bolt_flags", "does not know 0x84"},
        {MANIFEST_SPOUT, "odd_needs",
         "has the needs 0x11, of which this gale does not know 0x10"},
        {MANIFEST_BOLT, "odd_bolt_needs", "does not know 0x80000000"},
        {MANIFEST_SPOUT, "no_next", "has no callback \"next\", which is"},
        {MANIFEST_BOLT, "no_execute", "has no callback \"execute\""},
        {MANIFEST_GROUPING, "no_choose", "has no callback \"choose\""},
        {MANIFEST_INVARIANT, "no_look", "has no callback \"look\""},
        {MANIFEST_TOPOLOGY, "no_build", "has no callback \"build\""},
        {MANIFEST_BOLT, "small_streams", "has a damaged table of streams"},
        {MANIFEST_BOLT, "null_streams", "has a damaged table of streams"},
        {MANIFEST_BOLT, "small_options", "has a damaged table of options"},
        {MANIFEST_BOLT, "twice", "declares the stream \"a\" twice"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_refused(cases[i].kind, cases[i].id, cases[i].error);
}

/* As a binding for another language has them before it is right. */
static void a_pointer_that_leads_nowhere_is_named_before_it_is_followed(
    void **state)
{
    static const struct {
        enum manifest_kind kind;
        const char *id;
        const char *member;
    } cases[] = {
        {MANIFEST_SPOUT, "lost_name", "its \"name\""},
        {MANIFEST_BOLT, "lost_summary", "its \"summary\""},
        {MANIFEST_TOPOLOGY, "lost_usage", "its \"usage\""},
        {MANIFEST_HOOK, "lost_hook", "its \"summary\""},
        {MANIFEST_GROUPING, "lost_grouping", "its \"summary\""},
        {MANIFEST_INVARIANT, "lost_invariant", "its \"summary\""},
        {MANIFEST_BOLT, "lost_stream_name", "the name of stream 0"},
        {MANIFEST_BOLT, "lost_field", "the name of field 1 of stream \"a\""},
        {MANIFEST_BOLT, "lost_option_name", "the \"name\" of option 1"},
        {MANIFEST_BOLT, "lost_option_fallback", "the \"fallback\" of option 1"},
        {MANIFEST_BOLT, "lost_option_help", "the \"help\" of option 1"},
        {MANIFEST_BOLT, "lost_option_choices", "the \"choices\" of option 1"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        expect_member(cases[i].kind, cases[i].id, cases[i].member,
                      "has the address 0x40; expected one of a text that can "
                      "be read and ends within 65536 bytes");
}

static void instance_memory_has_a_limit(void **state)
{
    (void)state;
    expect_member(MANIFEST_BOLT, "large_bolt", "instance_size",
                  "is 1073741825, expected at most 1073741824: keep what is "
                  "larger in memory of its own");
    expect_member(MANIFEST_GROUPING, "large_grouping", "instance_size",
                  "is 4294967295, expected at most 1073741824");
}

static void a_table_that_lies_nowhere_is_named_before_it_is_read(void **state)
{
    (void)state;
    expect_member(MANIFEST_BOLT, "lost_streams", "stream 0",
                  "lies outside of the memory that can be read, at the address "
                  "0x40");
    expect_member(MANIFEST_BOLT, "lost_fields",
                  "the table of fields of stream \"a\"",
                  "lies outside of the memory");
    expect_member(MANIFEST_BOLT, "lost_options", "option 0",
                  "lies outside of the memory");
}

/* Each of these descriptors is named after the slot that it fills. */
static void a_reserved_slot_that_is_filled_is_refused_by_name(void **state)
{
    static const struct {
        enum manifest_kind kind;
        const char *slots[20];
    } kinds[] = {
        {MANIFEST_SPOUT,
         {"features", "state_version", "states", "n_states", "state_size",
          "snapshot", "restore", "rewind", "checkpoint_done", "owner", "pause",
          "resume"}},
        {MANIFEST_BOLT,
         {"features", "state_version", "states", "n_states", "state_size",
          "on_timer", "on_watermark", "drain", "snapshot", "restore", "upgrade",
          "checkpoint_done", "fence", "delivered", "deliver", "commit_prepare",
          "commit", "abort"}},
        {MANIFEST_GROUPING, {"features", "reserved"}},
        {MANIFEST_INVARIANT, {"features", "reserved"}},
        {MANIFEST_TOPOLOGY, {"features", "reserved"}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        for (uint32_t j = 0; kinds[i].slots[j] != NULL; j++) {
            char expected[128];

            snprintf(expected, sizeof(expected),
                     "fills the reserved slot \"%s\", which this gale does not "
                     "run yet",
                     kinds[i].slots[j]);
            expect_refused(kinds[i].kind, kinds[i].slots[j], expected);
        }
    }
}

static void what_the_file_does_not_hold_is_refused(void **state)
{
    gale_err error;
    gale_bolt bolt;

    (void)state;
    assert_int_equal(
        plugin_check_bolt(plugin_load(plugin_files_path("lone.so"), NULL),
                          "nobody", &bolt, &error),
        -1);
    assert_non_null(strstr(error.text, "gale_bolt_nobody"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_descriptor_is_copied_whole),
        cmocka_unit_test(members_that_an_older_descriptor_lacks_are_absent),
        cmocka_unit_test(of_a_newer_descriptor_the_known_part_is_taken),
        cmocka_unit_test(a_descriptor_that_cannot_be_run_is_refused),
        cmocka_unit_test(
            a_pointer_that_leads_nowhere_is_named_before_it_is_followed),
        cmocka_unit_test(instance_memory_has_a_limit),
        cmocka_unit_test(a_table_that_lies_nowhere_is_named_before_it_is_read),
        cmocka_unit_test(a_reserved_slot_that_is_filled_is_refused_by_name),
        cmocka_unit_test(what_the_file_does_not_hold_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
