/* test_record.c - what is kept in ZooKeeper, written and read again. */
#include "tests/support/cmocka_all.h"
#include "common/epoch_record.h"
#include "common/nimbus_record.h"
#include "common/record_fields.h"
#include "common/supervisor_record.h"
#include "common/slots_record.h"
#include "tests/support/sample_topology.h"
#include "topology-api/memory.h"

static const struct digest key = {{1, 2, 3}}, other_key = {{1, 2, 4}};

static struct pack packed(const struct topology_record *t)
{
    struct pack p;
    gale_err error;

    pack_init(&p);
    if (topology_record_pack(t, &key, &p, &error) != 0)
        fail_msg("%s", error.text);
    return p;
}

static struct topology_record full_topology(void)
{
    struct topology_record t;

    sample_topology(&t, "words", 5, 3, 2, (const uint32_t[]){2, 7});
    t.status = TOPOLOGY_REBALANCING;
    t.status_back = TOPOLOGY_INACTIVE;
    t.action = TOPOLOGY_REBALANCE;
    t.action_wait_secs = 30;
    t.action_asked_us = INT64_MAX;
    t.wish_workers = 4;
    t.n_wish_executors = 2;
    t.wish_executors = xcalloc(2, sizeof(*t.wish_executors));
    t.wish_executors[1].executors = 5;
    t.wish_conf = xstrdup("{}");
    t.owner = xstrdup("admin");
    t.assignment_version = 9;
    return t;
}

/* -- all of it comes back -------------------------------------------------- */

static void assert_same_topology(const struct topology_record *a,
                                 const struct topology_record *b)
{
    struct pack p = packed(a), q = packed(b);

    assert_int_equal(p.buffer.size, q.buffer.size);
    assert_memory_equal(p.buffer.data, q.buffer.data, p.buffer.size);
    pack_free(&p);
    pack_free(&q);
}

static void what_was_written_is_read(void **state)
{
    struct topology_record t = full_topology(), u;
    struct pack p = packed(&t);
    gale_err error;

    (void)state;
    assert_int_equal(
        topology_record_unpack(p.buffer.data, p.buffer.size, &key, &u, &error),
        0);
    assert_int_equal(u.status, TOPOLOGY_REBALANCING);
    assert_int_equal(u.status_back, TOPOLOGY_INACTIVE);
    assert_int_equal(u.action, TOPOLOGY_REBALANCE);
    assert_int_equal(u.action_asked_us, INT64_MAX);
    assert_int_equal(u.wish_executors[1].executors, 5);
    assert_string_equal(u.wish_conf, "{}");
    assert_null(u.conf);
    assert_string_equal(u.components[1].id, "c1");
    assert_int_equal(u.components[1].executors, 7);
    assert_true(u.components[0].is_spout);
    assert_string_equal(u.files[0].name, "t.so");
    assert_same_topology(&t, &u);
    topology_record_free(&u);
    topology_record_free(&t);
    pack_free(&p);
}

static void a_copy_is_the_same_and_shares_nothing(void **state)
{
    struct topology_record t = full_topology(), copy, again = full_topology();

    (void)state;
    topology_record_copy(&t, &copy);
    topology_record_free(&t);
    assert_same_topology(&copy, &again);
    topology_record_free(&copy);
    topology_record_free(&again);
}

/* -- what is not known ----------------------------------------------------- */

/* The map in p, with one more pair, and signed again. */
static struct pack with_more(struct pack *p)
{
    const struct pack_limits limits = {RECORD_BYTES_MAX, 1000};
    struct unpacked u;
    struct pack q;
    gale_err error;
    struct digest mac;

    assert_int_equal(
        unpack(&u, p->buffer.data, p->buffer.size, limits, "it", &error), 0);
    pack_init(&q);
    pack_map(&q, unpack_n_pairs(u.root) + 1);
    pack_text(&q, "colour");
    pack_array(&q, 2);
    pack_text(&q, "blue");
    pack_int(&q, -7);
    for (uint32_t i = 0; i < unpack_n_pairs(u.root); i++) {
        pack_object(&q, &unpack_pair(u.root, i)->key);
        pack_object(&q, &unpack_pair(u.root, i)->val);
    }
    mac = digest_mac(key.bytes, DIGEST_BYTES, q.buffer.data,
                     q.buffer.size - DIGEST_BYTES);
    memcpy(q.buffer.data + q.buffer.size - DIGEST_BYTES, mac.bytes,
           DIGEST_BYTES);
    unpacked_free(&u);
    pack_free(p);
    return q;
}

static void keys_that_are_not_known_are_written_back(void **state)
{
    const struct pack_limits limits = {RECORD_BYTES_MAX, 1000};
    struct topology_record t = full_topology(), u, copy;
    struct pack p = packed(&t), q, again;
    struct unpacked read;
    const msgpack_object *colour;
    gale_err error;

    (void)state;
    q = with_more(&p);
    assert_int_equal(
        topology_record_unpack(q.buffer.data, q.buffer.size, &key, &u, &error),
        0);
    topology_record_copy(&u, &copy);
    again = packed(&copy);
    assert_int_equal(unpack(&read, again.buffer.data, again.buffer.size, limits,
                            "it", &error),
                     0);
    colour = unpack_key(read.root, "colour");
    assert_int_equal(unpack_n(colour), 2);
    assert_int_equal(unpack_int(unpack_at(colour, 1), 0), -7);
    unpacked_free(&read);
    pack_free(&again);
    pack_free(&q);
    topology_record_free(&t);
    topology_record_free(&u);
    topology_record_free(&copy);
}

/* -- what is refused ------------------------------------------------------- */

static void expect_refusal(const struct pack *p, const char *sentence)
{
    struct epoch_record e;
    gale_err error = {""};

    assert_int_equal(
        epoch_record_unpack(p->buffer.data, p->buffer.size, &e, &error), -1);
    assert_string_equal(error.text, sentence);
}

static void another_kind_or_version_is_refused(void **state)
{
    static const struct {
        const char *kind;
        uint64_t version;
        const char *sentence;
    } cases[] = {
        {"epoch", 2,
         "the epoch record is of version 2, written by a newer gale; this one "
         "reads up to version 1: install the newer one here, too"},
        {"epoch", 0,
         "the epoch record has no right \"version\", expected a number from 1 "
         "on"},
        {"nimbus", 1,
         "the record is none of kind \"epoch\", which is expected here"},
        {NULL, 1,
         "the record is none of kind \"epoch\", which is expected "
         "here"},
        {"epoch", 1,
         "the epoch record has no right \"epoch\", expected a number from 0 to "
         "2147483647"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pack p;

        pack_init(&p);
        pack_map(&p, 2);
        pack_key_text(&p, RECORD_KIND_KEY, cases[i].kind);
        pack_key_uint(&p, RECORD_VERSION_KEY, cases[i].version);
        expect_refusal(&p, cases[i].sentence);
        pack_free(&p);
    }
}

static void what_is_no_map_is_refused(void **state)
{
    struct pack p;

    (void)state;
    pack_init(&p);
    pack_array(&p, 0);
    expect_refusal(
        &p, "the record is none of kind \"epoch\", which is expected here");
    pack_free(&p);
}

static void not_signed(const struct pack *p, const struct digest *by)
{
    struct topology_record t;
    gale_err error;

    assert_int_equal(
        topology_record_unpack(p->buffer.data, p->buffer.size, by, &t, &error),
        -1);
    assert_string_equal(error.text,
                        "the topology record is not signed with this cluster's "
                        "key: it is damaged, or written by who does not belong "
                        "to it");
    assert_null(t.components);
}

static void a_signed_record_is_refused_if_a_bit_of_it_differs(void **state)
{
    struct topology_record t = full_topology();
    struct pack p = packed(&t);

    (void)state;
    not_signed(&p, &other_key);
    for (size_t i = 0; i < p.buffer.size; i++) {
        p.buffer.data[i] ^= (char)(1 << i % 8);
        not_signed(&p, &key);
        p.buffer.data[i] ^= (char)(1 << i % 8);
    }
    topology_record_free(&t);
    pack_free(&p);
}

static void a_record_that_ends_early_is_refused(void **state)
{
    struct epoch_record e = {.epoch = 5, .nimbus = "n1", .port = 6627}, read;
    struct pack p;
    gale_err error;

    (void)state;
    pack_init(&p);
    assert_int_equal(epoch_record_pack(&e, &p, &error), 0);
    for (size_t size = 0; size < p.buffer.size; size++) {
        char *cut = xstrndup(p.buffer.data, size);

        assert_int_equal(epoch_record_unpack(cut, size, &read, &error), -1);
        free(cut);
    }
    pack_free(&p);
}

static void a_record_that_would_be_too_long_is_not_written(void **state)
{
    struct topology_record t;
    uint32_t executors[4096];
    struct pack p;
    gale_err error;

    (void)state;
    for (uint32_t i = 0; i < 4096; i++)
        executors[i] = 1;
    sample_topology(&t, "words", 5, 3, 4096, executors);
    for (uint32_t i = 0; i < 4096; i++) {
        char id[256];

        snprintf(id, sizeof(id), "%0255u", (unsigned)i);
        free(t.components[i].id);
        t.components[i].id = xstrdup(id);
    }
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &key, &p, &error), -1);
    assert_string_equal(error.text,
                        "the topology record is longer than allowed");
    topology_record_free(&t);
    pack_free(&p);
}

/* -- the small ones -------------------------------------------------------- */

static void a_nimbus_is_written_and_read(void **state)
{
    struct nimbus_record n = {.id = "n-1",
                              .host = "host-a",
                              .address = "fe80::1%eth0",
                              .port = 6627,
                              .started_us = 17,
                              .gale = "0.1.0"},
                         m;
    struct pack p;
    gale_err error;

    (void)state;
    pack_init(&p);
    assert_int_equal(nimbus_record_pack(&n, &p, &error), 0);
    assert_int_equal(
        nimbus_record_unpack(p.buffer.data, p.buffer.size, &m, &error), 0);
    assert_memory_equal(&m, &n, sizeof(n));
    pack_free(&p);
}

static void an_epoch_may_be_nobodys_yet(void **state)
{
    struct epoch_record e = {.epoch = 0}, f;
    struct pack p;
    gale_err error;

    (void)state;
    pack_init(&p);
    assert_int_equal(epoch_record_pack(&e, &p, &error), 0);
    assert_int_equal(
        epoch_record_unpack(p.buffer.data, p.buffer.size, &f, &error), 0);
    assert_memory_equal(&e, &f, sizeof(e));
    pack_free(&p);
}

static void a_supervisors_ports_ascend(void **state)
{
    static const struct {
        uint32_t ports[3];
        uint32_t n;
        bool right;
    } cases[] = {
        {{6700, 6701, 6702}, 3, true},
        {{0}, 0, true},
        {{6701, 6700}, 2, false},
        {{6700, 6700}, 2, false},
        {{0, 1}, 2, false},
        {{6700, 65535}, 2, true},
        {{6700, 65536}, 2, false},
    };
    struct supervisor_record s = {.id = "s-1",
                                  .host = "host-a",
                                  .address = "10.0.0.1"},
                             read;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct supervisor_port ports[3] = {
            {cases[i].ports[0]}, {cases[i].ports[1]}, {cases[i].ports[2]}};
        struct pack p;
        gale_err error;

        s.ports = ports;
        s.n_ports = cases[i].n;
        pack_init(&p);
        assert_int_equal(supervisor_record_pack(&s, &p, &error),
                         cases[i].right ? 0 : -1);
        if (cases[i].right) {
            assert_int_equal(supervisor_record_unpack(
                                 p.buffer.data, p.buffer.size, &read, &error),
                             0);
            assert_int_equal(read.n_ports, s.n_ports);
            supervisor_record_free(&read);
        }
        pack_free(&p);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_is_read),
        cmocka_unit_test(a_copy_is_the_same_and_shares_nothing),
        cmocka_unit_test(keys_that_are_not_known_are_written_back),
        cmocka_unit_test(another_kind_or_version_is_refused),
        cmocka_unit_test(what_is_no_map_is_refused),
        cmocka_unit_test(a_signed_record_is_refused_if_a_bit_of_it_differs),
        cmocka_unit_test(a_record_that_ends_early_is_refused),
        cmocka_unit_test(a_record_that_would_be_too_long_is_not_written),
        cmocka_unit_test(a_nimbus_is_written_and_read),
        cmocka_unit_test(an_epoch_may_be_nobodys_yet),
        cmocka_unit_test(a_supervisors_ports_ascend),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
