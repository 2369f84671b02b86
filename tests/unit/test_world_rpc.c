/*
 * test_world_rpc.c - client and server of RPC, as they are, on two machines of
 * simulated worlds whose network fails: each question has one end, and what it
 * says is true.
 */
#include "common/rpc_client.h"
#include "common/rpc_server.h"
#include "simulator/world_machine.h"
#include "simulator/world_net.h"
#include "simulator/world_process.h"
#include "tests/support/cmocka_all.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { SEEDS = 300, QUESTIONS = 60, FAULTS = 12, PORT = 6627 };

static const int64_t ms = 1000000, second = 1000000000;

struct question {
    uint32_t done;  /* by the server, so often */
    uint32_t ended; /* so often */
    enum rpc_outcome outcome;
};

static struct talk {
    struct world *world;
    struct world_machine *here, *there;
    struct token token;
    struct question questions[QUESTIONS + 1]; /* the last when all is healed */
    uint32_t n_asked, n_ended;
    bool healed;
    const char *wrong;
} talk;

/* What came of all questions. */
static uint32_t outcomes[RPC_UNKNOWN + 1];

static void check_that(bool is, const char *what)
{
    if (!is && talk.wrong == NULL)
        talk.wrong = what;
}

/* -- the server ------------------------------------------------------------ */

static void answer(void *arg, struct rpc_call *call,
                   const msgpack_object *params)
{
    int64_t number = unpack_int(params, -1);
    struct pack result;

    (void)arg;
    check_that(number >= 0 && number <= QUESTIONS, "no question was so");
    talk.questions[number].done++;
    pack_init(&result);
    pack_int(&result, 2 * number);
    rpc_reply(call, &result);
    pack_free(&result);
}

static void told_to_end(void *arg, int signal)
{
    check_that(signal == SIGTERM, "it was another signal");
    loop_end(arg);
}

static int serve(struct env *env, void *arg)
{
    static const struct rpc_method methods[] = {
        {"double", RPC_ANYBODY, answer}};
    static const int signals[] = {SIGTERM};
    const struct rpc_server_options options = {.who = "nimbus",
                                               .token = &talk.token,
                                               .methods = methods,
                                               .n_methods = 1};
    struct loop *loop = loop_new(env);
    struct rpc_address at;
    struct rpc_server *server;
    gale_err error;

    (void)arg;
    check_that(loop_signals(loop, signals, 1, told_to_end, loop) == 0,
               "signals");
    rpc_address_of("0.0.0.0", PORT, &at, &error);
    server = rpc_server_new(loop, &at, &options, &error);
    check_that(server != NULL, "the server does not listen");
    loop_run(loop);
    rpc_server_free(server);
    loop_free(loop);
    return world_net_open(env) == 0 ? 0 : 1;
}

/* -- the client ------------------------------------------------------------ */

struct asker {
    struct loop *loop;
    struct rpc_client *client;
    struct loop_timer next;
};

static void ended(void *arg, const struct rpc_result *result)
{
    struct question *q = arg;

    q->ended++;
    q->outcome = result->outcome;
    talk.n_ended++;
    if (result->outcome == RPC_OK)
        check_that(unpack_int(result->value, -1) == 2 * (q - talk.questions),
                   "the answer is another question's");
}

static void ask(struct asker *a, uint32_t number, int64_t timeout)
{
    struct pack params;

    pack_init(&params);
    pack_int(&params, number);
    talk.n_asked++;
    rpc_client_call(a->client, "double", &params, timeout, ended,
                    &talk.questions[number]);
    pack_free(&params);
}

/* All of them, and the last one when nothing goes wrong any more. */
static void ask_next(void *arg)
{
    struct asker *a = arg;
    int64_t pause = 300 * ms;

    if (talk.n_asked < QUESTIONS)
        ask(a, talk.n_asked, (1 + talk.n_asked % 5) * second);
    else if (talk.n_asked == QUESTIONS && talk.healed)
        ask(a, QUESTIONS, 60 * second);
    if (talk.n_ended == QUESTIONS + 1)
        loop_end(a->loop);
    else
        loop_timer_set(a->loop, &a->next, loop_now(a->loop) + pause, ask_next,
                       a);
}

static int ask_all(struct env *env, void *arg)
{
    struct asker a = {.loop = loop_new(env)};
    struct rpc_client_options options = {
        .me = {.role = TOKEN_ADMIN,
               .name = "asker",
               .key = token_role_key(&talk.token, TOKEN_ADMIN)}};
    gale_err error;

    (void)arg;
    rpc_address_of(world_machine_address(talk.there), PORT, &options.address,
                   &error);
    a.client = rpc_client_new(a.loop, &options);
    ask_next(&a);
    loop_run(a.loop);
    loop_timer_clear(&a.next);
    rpc_client_free(a.client);
    loop_free(a.loop);
    return world_net_open(env) == 0 ? 0 : 1;
}

/* -- what goes wrong ------------------------------------------------------- */

static void go_wrong(void)
{
    struct world *w = talk.world;
    uint32_t here = world_machine_number(talk.here);
    uint32_t there = world_machine_number(talk.there);
    bool to = world_below(w, 2) == 0;

    switch (world_below(w, 4)) {
    case 0:
        world_net_cut(w, here, there);
        break;
    case 1:
        world_net_silence(w, to ? here : there, to ? there : here);
        break;
    case 2:
        world_net_clog(w, to ? here : there, to ? there : here,
                       world_now(w) +
                           (int64_t)world_below(w, (uint64_t)(4 * second)));
        break;
    case 3:
        world_net_heal(w);
        break;
    }
}

static void sleep_for(int64_t ns)
{
    struct env *env = world_env(talk.world);
    struct env_waiter *waiter = env->ops->waiter_new(env);
    struct env_ready ready[1];

    env->ops->waiter_wait(env, waiter, world_now(talk.world) + ns, ready, 1);
    env->ops->waiter_free(env, waiter);
}

static void await_end(const struct world_process *p)
{
    while (world_process_runs(p))
        sleep_for(100 * ms);
    check_that(world_process_end(p).status == 0 &&
                   world_process_end(p).signal == 0,
               "a socket is left open");
}

static void begin(uint64_t seed)
{
    struct world_options options = {.seed = seed, .n_cpus = 2};

    memset(&talk, 0, sizeof(talk));
    talk.world = world_new(&options);
    talk.token = token_make(world_env(talk.world));
    talk.here = world_machine_new(talk.world);
    talk.there = world_machine_new(talk.world);
}

static struct world_process *start(struct world_machine *m, const char *name,
                                   int (*its_main)(struct env *env, void *arg))
{
    return world_process_start(
        m, &(struct world_process_in){.name = name, .main = its_main});
}

/* Returns the hash of all that happened. */
static uint64_t run(uint64_t seed)
{
    struct world_process *server, *client;
    uint64_t hash;

    begin(seed);
    server = start(talk.there, "server", serve);
    client = start(talk.here, "client", ask_all);
    for (int i = 0; i < FAULTS; i++) {
        sleep_for((int64_t)world_below(talk.world, (uint64_t)(3 * second)));
        go_wrong();
    }
    world_net_heal(talk.world);
    talk.healed = true;
    await_end(client);
    world_process_signal(server, SIGTERM);
    await_end(server);
    hash = world_hash(talk.world);
    world_free(talk.world);
    return hash;
}

/* -- the tests ------------------------------------------------------------- */

static void look_at(const struct question *q)
{
    check_that(q->ended == 1, "a question has not one end");
    check_that(q->done <= 1, "a question was done twice");
    if (q->outcome == RPC_OK)
        check_that(q->done == 1, "one that is answered was not done");
    if (q->outcome == RPC_AWAY)
        check_that(q->done == 0, "one that was not sent was done");
    check_that(q->outcome != RPC_REFUSED, "one was refused");
    outcomes[q->outcome]++;
}

static void each_question_has_one_end_and_it_is_true(void **state)
{
    (void)state;
    memset(outcomes, 0, sizeof(outcomes));
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        run(seed);
        for (uint32_t i = 0; i <= QUESTIONS; i++)
            look_at(&talk.questions[i]);
        check_that(talk.questions[QUESTIONS].outcome == RPC_OK,
                   "it is healed, and there is no answer");
        if (talk.wrong != NULL)
            fail_msg("seed %llu: %s", (unsigned long long)seed, talk.wrong);
    }
    print_message("ok %u, away %u, timed out %u, unknown %u\n",
                  outcomes[RPC_OK], outcomes[RPC_AWAY], outcomes[RPC_TIMED_OUT],
                  outcomes[RPC_UNKNOWN]);
    /* Else the worlds were too kind. */
    assert_true(outcomes[RPC_OK] > 0 && outcomes[RPC_AWAY] > 0 &&
                outcomes[RPC_TIMED_OUT] > 0 && outcomes[RPC_UNKNOWN] > 0);
}

static void a_seed_makes_the_same_talk_again(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++)
        assert_true(run(seed) == run(seed));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_question_has_one_end_and_it_is_true),
        cmocka_unit_test(a_seed_makes_the_same_talk_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
