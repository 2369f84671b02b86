/*
 * test_copies.c - two nimbuses with a store each, over ZooKeeper in memory and
 * real connections: who lacks a file gets it.
 */
#include "tests/support/cmocka_all.h"
#include "common/pack.h"
#include "common/rpc_server.h"
#include "common/topology_record.h"
#include "nimbus/copies.h"
#include "nimbus/copies_in.h"
#include "nimbus/file_methods.h"
#include "tests/support/listed_nimbuses.h"
#include "tests/support/memory_world.h"
#include "tests/support/remove_tree.h"
#include "tests/support/sample_topology.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_BYTES (STORE_CHUNK_MAX + 5u) /* in two chunks */
#define DELAY_MS 300

struct nimbus {
    struct nimbus_record record;
    char path[64]; /* of its node */
    struct store *store;
    struct rpc_server *server;
    struct copies *copies;
    uint32_t n_lacking;
    uint32_t n_stored, stored_copies;
    bool stored_enough;
};

static struct memory_world world;
static struct nimbus first, second;
static char top[] = "/tmp/gale-copies-XXXXXX";
static const struct digest key = {{7}};
static struct log *quiet;
static FILE *devnull;

/* -- a nimbus -------------------------------------------------------------- */

static void lacks(void *arg, uint32_t n)
{
    ((struct nimbus *)arg)->n_lacking = n;
}

static void stored(void *arg, uint64_t submission, uint32_t n, bool enough)
{
    struct nimbus *nimbus = arg;

    assert_int_equal(submission, 42);
    nimbus->n_stored++;
    nimbus->stored_copies = n;
    nimbus->stored_enough = enough;
}

static void holds(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    copies_method_holds(((struct nimbus *)arg)->copies, call, params);
}

static void copy(void *arg, struct rpc_call *call, const msgpack_object *params)
{
    copies_method_copy(((struct nimbus *)arg)->copies, call, params);
}

static void fetch(void *arg, struct rpc_call *call,
                  const msgpack_object *params)
{
    file_method_fetch(((struct nimbus *)arg)->store, call, params);
    copies_fetched_from(((struct nimbus *)arg)->copies, params);
}

static const struct rpc_method methods[] = {
    {"holds", RPC_ANYBODY, holds},
    {"copy", RPC_ANYBODY, copy},
    {"fetch", RPC_ANYBODY, fetch},
};

/* 0: some port. */
static void listen_at(struct nimbus *n, uint32_t port)
{
    const struct rpc_server_options options = {
        .who = "nimbus", .methods = methods, .n_methods = 3, .arg = n};
    struct rpc_address any;
    char text[RPC_ADDRESS_TEXT];

    snprintf(text, sizeof(text), "127.0.0.1:%u", (unsigned)port);
    assert_int_equal(rpc_address_parse(text, &any, NULL), 0);
    n->server = rpc_server_new(world.loop, &any, &options, NULL);
    assert_non_null(n->server);
    rpc_address_text(rpc_server_address(n->server), text);
    n->record.port = (uint32_t)strtoul(strrchr(text, ':') + 1, NULL, 10);
}

static void register_it(struct nimbus *n)
{
    struct pack p;

    pack_init(&p);
    assert_int_equal(nimbus_record_pack(&n->record, &p, NULL), 0);
    memory_world_create(&world, n->path, p.buffer.data, p.buffer.size);
    pack_free(&p);
}

static void begin(struct nimbus *n, const char *id, struct zookeeper *z)
{
    struct copies_options o = {
        .loop = world.loop,
        .zookeeper = z,
        .log = quiet,
        .records_key = &key,
        .me = &n->record,
        .identity = {.role = TOKEN_ADMIN, .name = "nimbus", .insecure = true},
        .delay_ns = DELAY_MS * MS,
        .arg = n,
        .lacks = lacks,
        .stored = stored,
    };
    char directory[80];

    *n = (struct nimbus){.n_lacking = 99};
    snprintf(n->record.id, sizeof(n->record.id), "%s", id);
    snprintf(n->record.host, sizeof(n->record.host), "host-%s", id);
    snprintf(n->record.address, sizeof(n->record.address), "127.0.0.1");
    snprintf(n->record.gale, sizeof(n->record.gale), "0.1.0");
    n->record.started_us = 1000;
    snprintf(n->path, sizeof(n->path), "/nimbuses/%s-0000000001", id);
    snprintf(directory, sizeof(directory), "%s/%s", top, id);
    n->store = store_open(env_posix(), directory, NULL);
    assert_non_null(n->store);
    o.store = n->store;
    listen_at(n, 0);
    n->copies = copies_new(&o);
    register_it(n);
}

static void end(struct nimbus *n)
{
    rpc_server_free(n->server);
    copies_free(n->copies);
    store_close(n->store);
}

static void both(void (*fn)(struct copies *c))
{
    fn(first.copies);
    fn(second.copies);
}

static void look(struct copies *c)
{
    copies_zookeeper(c, false);
}

static int setup(void **state)
{
    (void)state;
    memcpy(strrchr(top, '-') + 1, "XXXXXX", 6);
    if (mkdtemp(top) == NULL)
        return -1;
    memory_world_begin(&world);
    memory_world_create(&world, "/nimbuses", "", 0);
    memory_world_create(&world, "/topologies", "", 0);
    devnull = fopen("/dev/null", "w");
    quiet = log_new(env_posix(), devnull, "nimbus");
    begin(&first, "a1", world.mine);
    begin(&second, "b2", world.other);
    both(look);
    copies_leader(first.copies, "a1");
    copies_leader(second.copies, "a1");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    both(copies_end);
    memory_world_end_zookeeper(&world);
    end(&first);
    end(&second);
    memory_world_end(&world);
    log_free(quiet);
    fclose(devnull);
    return remove_tree(top);
}

/* -- what is there --------------------------------------------------------- */

static struct digest put_file(struct nimbus *n)
{
    char *data = malloc(FILE_BYTES);
    struct digest hash;

    memset(data, 'x', FILE_BYTES);
    assert_int_equal(store_put(n->store, data, FILE_BYTES, &hash, NULL), 0);
    free(data);
    copies_touch(n->copies, &hash);
    return hash;
}

/* A topology whose only file, also its description, is that one. */
static void put_topology(const struct digest *hash, bool damaged)
{
    struct topology_record t;
    struct pack p;

    sample_topology(&t, "a", 9, 1, 1, (uint32_t[]){1});
    digest_hex(hash, t.description_hash);
    digest_hex(hash, t.files[0].hash);
    pack_init(&p);
    assert_int_equal(topology_record_pack(&t, &key, &p, NULL), 0);
    if (damaged)
        p.buffer.data[p.buffer.size - 3] ^= 1;
    memory_world_create(&world, "/topologies/a-1-9", p.buffer.data,
                        p.buffer.size);
    pack_free(&p);
    topology_record_free(&t);
}

static void remove_node(const char *path)
{
    zookeeper_delete(world.other, path, ZOOKEEPER_ANY,
                     (struct zookeeper_then){NULL, NULL});
}

static bool comes(const struct nimbus *n, const struct digest *hash, bool there)
{
    int64_t until = loop_now(world.loop) + 20000 * MS;

    while (store_has(n->store, hash, NULL) != there &&
           loop_now(world.loop) < until)
        memory_world_go_on(&world);
    return store_has(n->store, hash, NULL) == there;
}

static void submit(const struct digest *hash, uint32_t copies, int64_t wait)
{
    char text[DIGEST_HEX];

    digest_hex(hash, text);
    copies_submit(first.copies, 42, (const char *[]){text}, 1, copies, wait);
}

static bool is_stored(void)
{
    int64_t until = loop_now(world.loop) + 20000 * MS;

    while (first.n_stored == 0 && loop_now(world.loop) < until)
        memory_world_go_on(&world);
    return first.n_stored == 1;
}

/* -- tests ----------------------------------------------------------------- */

static void what_a_topology_names_is_fetched_by_who_lacks_it(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    put_topology(&hash, false);
    assert_true(comes(&second, &hash, true));
    memory_world_settle(&world, 20);
    assert_int_equal(first.n_lacking, 0);
    assert_int_equal(second.n_lacking, 0);
}

static void what_nobody_has_is_said_to_be_lacking(void **state)
{
    const struct digest hash = {{1, 2, 3}};

    (void)state;
    put_topology(&hash, false);
    memory_world_settle(&world, 100);
    assert_int_equal(first.n_lacking, 1);
    assert_int_equal(second.n_lacking, 1);
}

static void a_nimbus_that_comes_brings_what_was_lacking(void **state)
{
    struct digest hash;

    (void)state;
    remove_node(first.path);
    memory_world_settle(&world, 50);
    hash = put_file(&first);
    put_topology(&hash, false);
    memory_world_settle(&world, 100);
    assert_int_equal(second.n_lacking, 1);
    register_it(&first);
    assert_true(comes(&second, &hash, true));
}

/* The first byte of it, on the disk. */
static void damage(const struct nimbus *n, const struct digest *hash)
{
    char *path = store_path(n->store, hash);
    int fd;

    assert_int_equal(chmod(path, 0600), 0);
    fd = open(path, O_WRONLY);
    assert_int_equal(write(fd, "y", 1), 1);
    close(fd);
    free(path);
}

/* As if a supervisor had fetched it from there. */
static void fetch_from(struct nimbus *n, const struct digest *hash)
{
    char text[DIGEST_HEX];
    struct unpacked u;
    struct pack p;

    digest_hex(hash, text);
    pack_init(&p);
    pack_map(&p, 1);
    pack_key_text(&p, "hash", text);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    copies_fetched_from(n->copies, u.root);
    unpacked_free(&u);
    pack_free(&p);
}

/* Until it was looked at: whoever got what is damaged asks again. */
static bool goes_when_it_is_fetched(struct nimbus *n, const struct digest *hash)
{
    int64_t until = loop_now(world.loop) + 20000 * MS;

    while (store_has(n->store, hash, NULL) && loop_now(world.loop) < until) {
        fetch_from(n, hash);
        memory_world_go_on(&world);
    }
    return !store_has(n->store, hash, NULL);
}

static bool is_sound(const struct nimbus *n, const struct digest *hash)
{
    size_t size;
    char *data;

    if (store_get(n->store, hash, FILE_BYTES, &data, &size, NULL) != 0)
        return false;
    free(data);
    return true;
}

static void a_damaged_file_is_fetched_anew_when_it_was_served(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    put_topology(&hash, false);
    assert_true(comes(&second, &hash, true));
    memory_world_settle(&world, 50);
    damage(&first, &hash);
    assert_true(goes_when_it_is_fetched(&first, &hash));
    assert_true(comes(&first, &hash, true));
    assert_true(is_sound(&first, &hash));
    memory_world_settle(&world, 20);
    assert_int_equal(first.n_lacking, 0);
}

static void a_damaged_file_that_nobody_else_has_is_lacking(void **state)
{
    struct digest hash;
    char text[DIGEST_HEX];

    (void)state;
    remove_node(second.path);
    memory_world_settle(&world, 50);
    hash = put_file(&first);
    digest_hex(&hash, text);
    put_topology(&hash, false);
    memory_world_settle(&world, 50);
    assert_int_equal(copies_count(first.copies, text), 1);
    damage(&first, &hash);
    assert_true(goes_when_it_is_fetched(&first, &hash));
    memory_world_settle(&world, 50);
    assert_int_equal(first.n_lacking, 1);
    assert_int_equal(copies_count(first.copies, text), 0);
    assert_false(store_has(first.store, &hash, NULL));
    put_file(&first); /* somebody submits it again */
    assert_int_equal(copies_count(first.copies, text), 1);
    assert_int_equal(copies_lacking(first.copies), 0);
}

static void a_sound_file_that_is_served_stays_as_it_is(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    put_topology(&hash, false);
    assert_true(comes(&second, &hash, true));
    memory_world_settle(&world, 100);
    assert_true(is_sound(&first, &hash));
    assert_int_equal(first.n_lacking, 0);
}

static void a_file_that_no_topology_names_goes_everywhere(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    put_topology(&hash, false);
    assert_true(comes(&second, &hash, true));
    memory_world_settle(&world, 2 * DELAY_MS);
    assert_true(store_has(first.store, &hash, NULL));
    remove_node("/topologies/a-1-9");
    assert_true(comes(&first, &hash, false));
    assert_true(comes(&second, &hash, false));
}

static void nothing_goes_while_a_record_cannot_be_read(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    put_topology(&hash, true);
    memory_world_settle(&world, 3 * DELAY_MS);
    assert_true(store_has(first.store, &hash, NULL));
}

static void nothing_goes_while_zookeeper_is_away(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    zookeeper_memory_cut(world.mine, ZOOKEEPER_CUT_NOTICED);
    copies_zookeeper(first.copies, true);
    memory_world_settle(&world, 3 * DELAY_MS);
    assert_true(store_has(first.store, &hash, NULL));
}

static void one_copy_is_enough_at_once(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    submit(&hash, 1, 60);
    assert_int_equal(first.n_stored, 1);
    assert_true(first.stored_enough);
    assert_false(store_has(second.store, &hash, NULL));
}

static void a_submission_waits_for_its_copies(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    memory_world_settle(&world, 50);
    submit(&hash, 2, 60);
    assert_int_equal(first.n_stored, 0);
    assert_true(is_stored());
    assert_true(first.stored_enough);
    assert_true(store_has(second.store, &hash, NULL));
}

static void when_the_wait_is_over_it_goes_on_with_fewer(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    memory_world_settle(&world, 50);
    submit(&hash, 3, 1);
    assert_true(is_stored());
    assert_false(first.stored_enough);
    assert_int_equal(first.stored_copies, 2);
}

static void files_of_a_submission_stay_until_zookeeper_shows_its_topology(
    void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    submit(&hash, 1, 60);
    memory_world_settle(&world, 2 * DELAY_MS);
    assert_true(store_has(first.store, &hash, NULL));
    put_topology(&hash, false);
    copies_submitted(first.copies, 42);
    memory_world_settle(&world, 2 * DELAY_MS);
    assert_true(store_has(first.store, &hash, NULL));
}

static void a_submission_that_is_given_up_leaves_nothing(void **state)
{
    struct digest hash = put_file(&first);

    (void)state;
    submit(&hash, 1, 60);
    copies_submitted(first.copies, 42);
    assert_true(comes(&first, &hash, false));
}

static void assert_listed(const char *leader, const char *all)
{
    char text[200];

    listed_nimbuses(first.copies, leader, text, sizeof(text));
    assert_string_equal(text, all);
}

static void all_that_take_part_are_listed(void **state)
{
    (void)state;
    memory_world_settle(&world, 50);
    assert_listed("b2", "host-a1 host-b2! ");
}

/* It was killed and started again: its earlier session is not over yet. */
static void one_that_was_started_again_is_listed_once(void **state)
{
    struct nimbus old = second;

    (void)state;
    old.record.started_us--;
    snprintf(old.record.id, sizeof(old.record.id), "b1");
    snprintf(old.record.host, sizeof(old.record.host), "old");
    snprintf(old.path, sizeof(old.path), "/nimbuses/b1-0000000000");
    register_it(&old);
    memory_world_settle(&world, 50);
    assert_int_equal(__builtin_popcountll(peers_alive(first.copies->peers)), 3);
    assert_listed("a1", "host-a1! host-b2 ");
}

/* -- the leader ------------------------------------------------------------ */

/* Until it is, or is no longer. */
static int64_t since_when(bool silent)
{
    while ((copies_leader_silent(second.copies) != INT64_MAX) != silent)
        memory_world_go_on(&world);
    return copies_leader_silent(second.copies);
}

static void silence(struct nimbus *n)
{
    rpc_server_free(n->server);
    n->server = NULL;
}

static void it_is_known_since_when_the_leader_is_silent(void **state)
{
    int64_t before, since;

    (void)state;
    memory_world_settle(&world, 50);
    before = loop_now(world.loop);
    silence(&first);
    since = since_when(true);
    assert_true(since >= before && since <= loop_now(world.loop));
    memory_world_settle(&world, 500); /* for attempts that fail */
    assert_int_equal(copies_leader_silent(second.copies), since);
    listen_at(&first, first.record.port);
    since_when(false);
}

/* It may be so from here alone. */
static void a_leader_that_was_never_heard_is_not_silent(void **state)
{
    (void)state;
    silence(&first);
    memory_world_settle(&world, 500);
    assert_true(copies_leader_silent(second.copies) == INT64_MAX);
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_a_topology_names_is_fetched_by_who_lacks_it),
        test(what_nobody_has_is_said_to_be_lacking),
        test(a_nimbus_that_comes_brings_what_was_lacking),
        test(a_damaged_file_is_fetched_anew_when_it_was_served),
        test(a_damaged_file_that_nobody_else_has_is_lacking),
        test(a_sound_file_that_is_served_stays_as_it_is),
        test(a_file_that_no_topology_names_goes_everywhere),
        test(nothing_goes_while_a_record_cannot_be_read),
        test(nothing_goes_while_zookeeper_is_away),
        test(one_copy_is_enough_at_once),
        test(a_submission_waits_for_its_copies),
        test(when_the_wait_is_over_it_goes_on_with_fewer),
        test(files_of_a_submission_stay_until_zookeeper_shows_its_topology),
        test(a_submission_that_is_given_up_leaves_nothing),
        test(all_that_take_part_are_listed),
        test(one_that_was_started_again_is_listed_once),
        test(it_is_known_since_when_the_leader_is_silent),
        test(a_leader_that_was_never_heard_is_not_silent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
