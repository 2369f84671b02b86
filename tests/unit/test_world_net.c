/* test_world_net.c - a simulated network: what goes wrong with it, and what
 * ends of processes and machines mean for connections. */
#include "simulator/world_net.h"
#include "common/rpc_address.h"
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
#include "tests/support/cmocka_all.h"
#include <errno.h>
#include <poll.h>
#include <string.h>

enum { SEEDS = 30, PORT = 6700 };

static const int64_t ms = 1000000, second = 1000000000;

/* Two machines with a process each, and a connection between them. */
static struct world *world;
static struct world_machine *machines[2];
static struct world_process *processes[2];
static struct env *near, *far; /* of the processes */
static struct rpc_address at;  /* where the far one listens … */
static int listener, here, there;

static void sleep_for(int64_t ns)
{
    struct env *env = world_env(world);
    struct env_waiter *waiter = env->ops->waiter_new(env);
    struct env_ready ready[1];

    env->ops->waiter_wait(env, waiter, world_now(world) + ns, ready, 1);
    env->ops->waiter_free(env, waiter);
}

/* What a process sleeps on; it is there longer than its sleepers. */
static struct env_waiter *bed;

static int sleeps(struct env *env, void *arg)
{
    struct env_ready ready[1];

    (void)arg;
    while (bed != NULL)
        env->ops->waiter_wait(env, bed, world_now(world) + 3600 * second, ready,
                              1);
    return 0;
}

/* False: it did not come to that within so long. */
static bool await(struct env *env, int fd, uint32_t events, int64_t ns)
{
    struct env_waiter *waiter = env->ops->waiter_new(env);
    struct env_ready ready[1];
    int64_t until = world_now(world) + ns;
    int n;

    assert_int_equal(env->ops->waiter_watch(env, waiter, fd, events, ready), 0);
    while ((n = env->ops->waiter_wait(env, waiter, until, ready, 1)) == 0 &&
           world_now(world) < until)
        continue;
    env->ops->waiter_free(env, waiter);
    return n == 1;
}

static void start(int i)
{
    processes[i] = world_process_start(
        machines[i],
        &(struct world_process_in){.name = "sleeper", .main = sleeps});
}

static void listen_there(void)
{
    gale_err error;

    far = world_process_env(processes[1]);
    rpc_address_of(world_machine_address(machines[1]), PORT, &at, &error);
    listener = far->ops->net_listen(far, &at);
    assert_true(listener >= 1 << 30);
}

static void connect_both(void)
{
    here = near->ops->net_connect(near, &at);
    assert_true(here >= 1 << 30);
    assert_true(await(far, listener, POLLIN, 10 * second));
    there = far->ops->net_accept(far, listener, NULL);
    assert_true(there >= 1 << 30);
    assert_true(await(near, here, POLLOUT, 10 * second));
    assert_int_equal(near->ops->net_connected(near, here), 0);
}

static void begin(uint64_t seed)
{
    struct world_options options = {.seed = seed, .n_cpus = 2};

    world = world_new(&options);
    bed = world_env(world)->ops->waiter_new(world_env(world));
    for (int i = 0; i < 2; i++) {
        machines[i] = world_machine_new(world);
        start(i);
    }
    near = world_process_env(processes[0]);
    listen_there();
    connect_both();
}

static void end(void)
{
    for (int i = 0; i < 2; i++)
        world_process_crash(processes[i]);
    world_env(world)->ops->waiter_free(world_env(world), bed);
    world_free(world);
}

static uint32_t number(int i)
{
    return world_machine_number(machines[i]);
}

/* -- bytes ----------------------------------------------------------------- */

static void send_all(struct env *env, int fd, const char *text)
{
    while (*text != '\0') {
        int64_t n = env->ops->net_send(env, fd, text, strlen(text));

        assert_true(n > 0);
        text += n;
    }
}

static int64_t receive(struct env *env, int fd)
{
    char bytes[10];

    return env->ops->net_receive(env, fd, bytes, sizeof(bytes));
}

static void expect_all(struct env *env, int fd, const char *text)
{
    char bytes[100];

    while (*text != '\0') {
        int64_t n;

        assert_true(await(env, fd, POLLIN, 10 * second));
        n = env->ops->net_receive(env, fd, bytes, sizeof(bytes));
        assert_true(n > 0 && (size_t)n <= strlen(text));
        assert_memory_equal(bytes, text, n);
        text += n;
    }
}

static void expect_error(struct env *env, int fd, int error)
{
    assert_true(await(env, fd, POLLIN, 10 * second));
    assert_int_equal(receive(env, fd), -1);
    assert_int_equal(errno, error);
}

static void expect_nothing(struct env *env, int fd, int64_t ns)
{
    assert_false(await(env, fd, POLLIN, ns));
    assert_int_equal(receive(env, fd), -1);
    assert_int_equal(errno, EAGAIN);
}

/* -- faults ---------------------------------------------------------------- */

static void what_is_sent_into_silence_arrives_when_it_is_healed(void)
{
    world_net_silence(world, number(0), number(1));
    send_all(near, here, "lost at first");
    expect_nothing(far, there, 60 * second);
    send_all(far, there, "the other way goes on");
    expect_all(near, here, "the other way goes on");
    world_net_heal(world);
    expect_all(far, there, "lost at first");
}

static void what_is_under_way_is_held_up_by_silence_too(void)
{
    send_all(near, here, "under way");
    world_net_silence(world, WORLD_ANY_MACHINE, WORLD_ANY_MACHINE);
    if (await(far, there, POLLIN, 60 * second)) /* it was there before */
        return;
    world_net_heal(world);
    expect_all(far, there, "under way");
}

static void who_sends_into_silence_gives_up_in_the_end(void)
{
    world_net_silence(world, number(0), number(1));
    send_all(near, here, "x");
    sleep_for(890 * second);
    expect_nothing(near, here, ms);
    sleep_for(20 * second);
    expect_error(near, here, ETIMEDOUT);
    world_net_heal(world);
    expect_nothing(far, there, second); /* nor does it arrive any more */
    send_all(far, there, "who are you");
    expect_error(far, there, ECONNRESET);
}

static void who_connects_into_silence_gives_up_or_comes_in_later(void)
{
    int in_vain, later;

    world_net_silence(world, number(1), number(0));
    in_vain = near->ops->net_connect(near, &at);
    assert_false(await(near, in_vain, POLLOUT, 120 * second));
    assert_true(await(near, in_vain, POLLOUT, 10 * second));
    assert_int_equal(near->ops->net_connected(near, in_vain), -1);
    assert_int_equal(errno, ETIMEDOUT);
    later = near->ops->net_connect(near, &at);
    sleep_for(60 * second);
    world_net_heal(world);
    assert_true(await(near, later, POLLOUT, 10 * second));
    assert_int_equal(near->ops->net_connected(near, later), 0);
}

/* What is read is not known to have been. */
static void a_sender_has_no_room_while_the_way_back_is_silent(void)
{
    static char much[4096];
    int64_t n = 0;

    world_net_silence(world, number(1), number(0));
    while (near->ops->net_send(near, here, much, sizeof(much)) > 0)
        continue;
    assert_int_equal(errno, EAGAIN);
    for (; n >= 0; n = far->ops->net_receive(far, there, much, sizeof(much)))
        await(far, there, POLLIN, second);
    assert_false(await(near, here, POLLOUT, second));
    world_net_heal(world);
    assert_true(await(near, here, POLLOUT, second));
}

static void what_is_clogged_arrives_not_before_its_time(void)
{
    int64_t until;

    send_all(near, here, "first");
    until = world_now(world) + 60 * second;
    world_net_clog(world, number(0), number(1), until);
    send_all(near, here, " second");
    sleep_for(50 * second);
    send_all(near, here, " third");
    assert_true(await(far, there, POLLIN, 30 * second));
    if (world_now(world) < until) /* it was there before */
        expect_all(far, there, "first");
    else
        expect_all(far, there, "first second third");
}

static void both_ends_hear_of_a_cut_and_can_connect_again(void)
{
    assert_int_equal(world_net_cut(world, number(1), WORLD_ANY_MACHINE), 1);
    expect_error(near, here, ECONNRESET);
    expect_error(far, there, ECONNRESET);
    assert_int_equal(near->ops->net_send(near, here, "x", 1), -1);
    assert_int_equal(errno, EPIPE);
    assert_int_equal(receive(near, here), 0);
    connect_both();
}

#define LETTERS "abcdefghijklmnopqrstuvwxyz"

static size_t receive_what_comes(char *to, size_t size)
{
    size_t n = 0;

    while (n < size && await(far, there, POLLIN, 10 * second))
        n += (size_t)far->ops->net_receive(far, there, to + n, size - n);
    return n;
}

/* How many letters come where another one came before. */
static uint32_t count_steps_back(const char *text, size_t n)
{
    uint32_t back = 0;

    for (size_t i = 1; i < n; i++)
        back += text[i] <= text[i - 1];
    return back;
}

static uint32_t count_other_bits(const char *text, size_t n)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < n; i++)
        bits += (uint32_t)__builtin_popcount((uint8_t)(text[i] ^ LETTERS[i]));
    return bits;
}

static void what_is_mangled_is_so_once(void)
{
    const size_t whole = strlen(LETTERS);

    for (int how = 0; how < WORLD_NET_MANGLINGS; how++) {
        char got[64];
        size_t n;

        world_net_mangle(world, number(0), number(1), PORT, PORT,
                         (enum world_mangling)how);
        send_all(near, here, LETTERS);
        n = receive_what_comes(got, sizeof(got));
        assert_int_equal(world_net_counts(world).mangled[how], 1);
        assert_int_equal(n < whole, how == WORLD_NET_LOSES);
        assert_int_equal(n > whole, how == WORLD_NET_DOUBLES);
        if (how == WORLD_NET_FLIPS)
            assert_int_equal(count_other_bits(got, n), 1);
        else
            assert_int_equal(count_steps_back(got, n), how != WORLD_NET_LOSES);
        send_all(near, here, LETTERS);
        expect_all(far, there, LETTERS);
    }
    world_net_mangle(world, number(0), number(1), PORT + 1, PORT + 1,
                     WORLD_NET_FLIPS); /* another port's */
    send_all(near, here, LETTERS);
    expect_all(far, there, LETTERS);
}

/* -- ends ------------------------------------------------------------------ */

static void a_crash_is_an_end_of_the_stream(void)
{
    world_process_crash(processes[1]);
    assert_true(await(near, here, POLLIN, 10 * second));
    assert_int_equal(receive(near, here), 0);
    while (near->ops->net_send(near, here, "x", 1) == 1)
        sleep_for(ms);
    assert_true(errno == ECONNRESET || errno == EPIPE);
    start(1);
    listen_there(); /* the port is free again */
    assert_int_equal(world_net_open(far), 1);
    connect_both();
}

static void a_crash_with_something_unread_is_a_reset(void)
{
    send_all(near, here, "unread");
    assert_true(await(far, there, POLLIN, 10 * second));
    world_process_crash(processes[1]);
    expect_error(near, here, ECONNRESET);
}

static void a_crash_in_silence_is_heard_when_it_is_healed(void)
{
    world_net_silence(world, number(1), number(0));
    world_process_crash(processes[1]);
    expect_nothing(near, here, 60 * second);
    world_net_heal(world);
    assert_true(await(near, here, POLLIN, 10 * second));
    assert_int_equal(receive(near, here), 0);
}

static void a_machine_without_power_tells_nobody(void)
{
    world_machine_lose_power(machines[1]);
    expect_nothing(near, here, 600 * second);
    send_all(near, here, "x");
    expect_error(near, here, ECONNRESET);
}

static void nobody_listens_is_a_refusal(void)
{
    int fd;

    far->ops->net_unlisten(far, listener, &at);
    fd = near->ops->net_connect(near, &at);
    assert_true(await(near, fd, POLLOUT, 10 * second));
    assert_int_equal(near->ops->net_connected(near, fd), -1);
    assert_int_equal(errno, ECONNREFUSED);
}

static void a_machine_listens_at_its_own_addresses_alone(void)
{
    struct rpc_address own, any, its = at;
    gale_err error;

    assert_int_equal(near->ops->net_listen(near, &its), -1);
    assert_int_equal(errno, EADDRNOTAVAIL);
    assert_int_equal(far->ops->net_listen(far, &its), -1);
    assert_int_equal(errno, EADDRINUSE);
    rpc_address_of("0.0.0.0", PORT, &any, &error);
    assert_int_equal(far->ops->net_listen(far, &any), -1);
    assert_int_equal(errno, EADDRINUSE);
    rpc_address_of("127.0.0.1", PORT, &own, &error);
    assert_true(far->ops->net_listen(far, &own) >= 0);
    assert_true(near->ops->net_listen(near, &any) >= 0);
}

/* Some are accepted when others have been. */
static void who_finds_no_place_in_the_queue_comes_in_later(void)
{
    enum { MANY = 600 };
    int fds[MANY], n = 0;

    for (int i = 0; i < MANY; i++)
        fds[i] = near->ops->net_connect(near, &at);
    sleep_for(10 * second);
    for (int i = 0; i < MANY; i++)
        n += await(near, fds[i], POLLOUT, 1);
    assert_true(n < MANY);
    for (n = 0; n < MANY; n++) {
        assert_true(await(far, listener, POLLIN, 10 * second));
        assert_true(far->ops->net_accept(far, listener, NULL) >= 0);
    }
}

/* -- over many worlds ------------------------------------------------------ */

static void in_worlds(void **state)
{
    void (*const *test)(void) = *state;

    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        begin(seed);
        (*test)();
        end();
    }
}

#define TEST(name_)                                                            \
    {                                                                          \
        .name = #name_, .test_func = in_worlds,                                \
        .initial_state = &(void (*)(void))                                     \
        {                                                                      \
            name_                                                              \
        }                                                                      \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_sent_into_silence_arrives_when_it_is_healed),
        TEST(what_is_under_way_is_held_up_by_silence_too),
        TEST(who_sends_into_silence_gives_up_in_the_end),
        TEST(who_connects_into_silence_gives_up_or_comes_in_later),
        TEST(a_sender_has_no_room_while_the_way_back_is_silent),
        TEST(what_is_clogged_arrives_not_before_its_time),
        TEST(both_ends_hear_of_a_cut_and_can_connect_again),
        TEST(what_is_mangled_is_so_once),
        TEST(a_crash_is_an_end_of_the_stream),
        TEST(a_crash_with_something_unread_is_a_reset),
        TEST(a_crash_in_silence_is_heard_when_it_is_healed),
        TEST(a_machine_without_power_tells_nobody),
        TEST(nobody_listens_is_a_refusal),
        TEST(a_machine_listens_at_its_own_addresses_alone),
        TEST(who_finds_no_place_in_the_queue_comes_in_later),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
