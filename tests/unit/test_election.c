/*
 * test_election.c - one nimbus in the election: that it knows who leads,
 * whatever becomes of its requests. The test answers them itself.
 */
#include "tests/support/cmocka_all.h"
#include "common/pack.h"
#include "nimbus/election.h"
#include <stdlib.h>
#include <string.h>

#define SECOND INT64_C(1000000000)

/* A ZooKeeper whose answers are the test's. */
static struct {
    struct zookeeper base;
    enum zookeeper_state state;
    struct zookeeper_watch *watch; /* of /epoch, since the latest read … */
    struct zookeeper_then epoch; /* … which is not answered; fn NULL: it is */
    uint32_t n_reads;            /* of /epoch, with a watch */
} z;

static struct loop *loop;
static struct log *log_of_it;
static FILE *log_file;
static char *logged; /* all that was, when log_file was flushed */
static size_t n_logged;
static struct election *election;
static const struct nimbus_record me = {.id = "ab12", .address = "127.0.0.1"};

static void request(struct zookeeper *base, const struct zookeeper_request *r)
{
    (void)base;
    if (r->kind != ZOOKEEPER_GET || r->watch == NULL)
        return;
    r->watch->link = &z.watch; /* as a client does, before it is answered */
    z.watch = r->watch;
    z.epoch = r->then;
    z.n_reads++;
}

static enum zookeeper_state state(const struct zookeeper *base)
{
    (void)base;
    return z.state;
}

static int64_t lease_until(const struct zookeeper *base)
{
    (void)base;
    return loop_now(loop) + 10 * SECOND;
}

static const struct zookeeper_ops ops = {
    .request = request, .state = state, .lease_until = lease_until};

static void begins(void *arg, uint64_t number, int32_t version,
                   uint32_t n_lacking)
{
    (void)arg, (void)number, (void)version, (void)n_lacking;
}

static void stops(void *arg, const char *why)
{
    (void)arg, (void)why;
}

static void changed(void *arg)
{
    (void)arg;
}

static int setup(void **unused)
{
    const struct election_options options = {
        .zookeeper = &z.base,
        .me = &me,
        .begins = begins,
        .stops = stops,
        .changed = changed,
    };
    struct election_options with_loop = options;

    (void)unused;
    memset(&z, 0, sizeof(z));
    z.base.ops = &ops;
    z.state = ZOOKEEPER_IS_CONNECTED;
    loop = loop_new(env_posix());
    log_file = open_memstream(&logged, &n_logged);
    log_of_it = log_new(env_posix(), log_file, "nimbus");
    with_loop.loop = loop;
    with_loop.log = log_of_it;
    election = election_new(&with_loop);
    return 0;
}

static int teardown(void **unused)
{
    (void)unused;
    election_end(election);
    election_free(election);
    loop_free(loop);
    log_free(log_of_it);
    fclose(log_file);
    free(logged);
    return 0;
}

static void answer_epoch(enum zookeeper_result result, uint64_t number)
{
    struct epoch_record record = {
        .epoch = number, .nimbus = "cd34", .address = "127.0.0.2", .port = 6};
    struct zookeeper_then then = z.epoch;
    struct pack p;

    pack_init(&p);
    snprintf(record.host, sizeof(record.host), "host");
    snprintf(record.candidate, sizeof(record.candidate), "other-0000000001");
    assert_int_equal(epoch_record_pack(&record, &p, NULL), 0);
    z.epoch.fn = NULL;
    then.fn(then.arg, &(struct zookeeper_answer){.result = result,
                                                 .data = p.buffer.data,
                                                 .size = p.buffer.size});
    pack_free(&p);
}

static void who_leads_is_read_again_when_that_was_lost_with_the_connection(
    void **unused)
{
    (void)unused;
    election_state(election, ZOOKEEPER_IS_CONNECTED);
    assert_int_equal(z.n_reads, 1);
    answer_epoch(ZOOKEEPER_AWAY, 0); /* and no server knows of the watch */
    election_state(election, ZOOKEEPER_IS_AWAY);
    election_state(election, ZOOKEEPER_IS_CONNECTED);
    assert_int_equal(z.n_reads, 2);
    answer_epoch(ZOOKEEPER_OK, 7);
    assert_non_null(election_leader(election));
    assert_int_equal(election_leader(election)->epoch, 7);
}

static void who_leads_is_read_again_when_it_changes(void **unused)
{
    struct zookeeper_watch *watch;

    (void)unused;
    election_state(election, ZOOKEEPER_IS_CONNECTED);
    answer_epoch(ZOOKEEPER_OK, 7);
    election_state(election, ZOOKEEPER_IS_AWAY);
    election_state(election, ZOOKEEPER_IS_CONNECTED);
    assert_int_equal(z.n_reads, 1); /* its watch stands */
    watch = z.watch;
    zookeeper_watch_clear(watch);
    watch->fn(watch->arg);
    assert_int_equal(z.n_reads, 2);
    answer_epoch(ZOOKEEPER_OK, 8);
    assert_int_equal(election_leader(election)->epoch, 8);
}

/* A later gale has written it, or somebody's hand. */
static void a_record_of_who_leads_that_cannot_be_read_is_named(void **unused)
{
    struct zookeeper_then then;

    (void)unused;
    election_state(election, ZOOKEEPER_IS_CONNECTED);
    then = z.epoch;
    then.fn(then.arg, &(struct zookeeper_answer){
                          .result = ZOOKEEPER_OK, .data = "x", .size = 1});
    assert_null(election_leader(election));
    fflush(log_file);
    assert_non_null(strstr(logged, "/epoch cannot be read"));
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(who_leads_is_read_again_when_that_was_lost_with_the_connection),
        test(who_leads_is_read_again_when_it_changes),
        test(a_record_of_who_leads_that_cannot_be_read_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
