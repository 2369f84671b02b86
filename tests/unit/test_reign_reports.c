/*
 * test_reign_reports.c - what a leader says to workers that report though
 * others have their places.
 */
#include "tests/support/cmocka_all.h"
#include "common/rpc_server.h"
#include "tests/support/reign_world.h"
#include <string.h>

static char said[20]; /* on the connection; "": nothing */

/* In place of the server's: nobody listens here. */
void rpc_link_notify(struct rpc_link *link, const char *method,
                     const struct pack *params)
{
    (void)params;
    if (link == reign_world_link)
        snprintf(said, sizeof(said), "%s", method);
}

static const struct report {
    const char *topology;
    uint32_t number;
    uint64_t birth;
    const char *answer;
} reports[] = {
    {"a-1-9", 0, 1, ""},         /* it is the one */
    {"a-1-9", 0, 0, "replaced"}, /* there is a newer one */
    {"a-1-9", 1, 0, "replaced"}, /* there is no such number any more */
    {"a-1-9", 1, 1, ""},         /* … or not yet, as far as it is known */
    {"a-1-9", 0, 2, ""},         /* another leader knows of it */
    {"b-2-9", 0, 1, "unwanted"}, /* its topology is gone */
};

static void report(const struct report *r)
{
    struct rpc_peer peer = {
        .role = TOKEN_WORKER, .number = r->number, .birth = r->birth};
    struct unpacked u;
    struct pack p;

    snprintf(peer.topology, sizeof(peer.topology), "%s", r->topology);
    said[0] = '\0';
    pack_init(&p);
    pack_map(&p, 3);
    pack_key_text(&p, "topology", r->topology);
    pack_key_uint(&p, "worker", r->number);
    pack_key_uint(&p, "birth", r->birth);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){100, 10}, "it", NULL),
                     0);
    reign_worker_report(reign_world.reign, reign_world_link, &peer, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

#define N_REPORTS (sizeof(reports) / sizeof(reports[0]))

static void who_has_no_place_any_more_is_told_so(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_REPORTS; i++) {
        report(&reports[i]);
        assert_string_equal(said, reports[i].answer);
    }
}

static void nobody_is_told_before_all_was_read(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, false);
    reign_world_begins();
    for (size_t i = 0; i < N_REPORTS; i++) {
        report(&reports[i]);
        assert_string_equal(said, "");
    }
}

static void nobody_is_told_while_a_record_cannot_be_read(void **state)
{
    (void)state;
    reign_world_put_topology("a-1-9", false, true);
    reign_world_leads();
    for (size_t i = 0; i < N_REPORTS; i++) {
        report(&reports[i]);
        assert_string_equal(said, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_has_no_place_any_more_is_told_so,
                                        reign_world_begin_active,
                                        reign_world_end),
        cmocka_unit_test_setup_teardown(nobody_is_told_before_all_was_read,
                                        reign_world_begin, reign_world_end),
        cmocka_unit_test_setup_teardown(
            nobody_is_told_while_a_record_cannot_be_read, reign_world_begin,
            reign_world_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
