/* test_socket_spout.c - spouts/socket.c in a running topology: who connects, or
 * is connected to, is this test. */
#include "tests/support/cmocka_all.h"
#include "tests/support/topology_run.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { PATIENCE_MS = TOPOLOGY_RUN_PATIENCE * 1000 };

/* What has come, in its order, a line each; and which line fails at first. */
struct sink {
    pthread_mutex_t lock;
    char text[4096];
    const char *refused; /* fails once */
};

struct setting {
    struct topology_run r;
    struct sink sink;
    struct probe bolt;
    gale_declarer *spout;
    char path[64];
};

static gale_result take(gale_task *task, const gale_tuple *in)
{
    struct sink *s = probe_arg(task);
    gale_str line = gale_get_str(in, 0);
    gale_result result = GALE_OK;

    pthread_mutex_lock(&s->lock);
    if (s->refused != NULL && !strcmp(s->refused, line.data)) {
        s->refused = NULL;
        result = GALE_RETRY;
    } else {
        snprintf(s->text + strlen(s->text), sizeof(s->text) - strlen(s->text),
                 "%s\n", line.data);
    }
    pthread_mutex_unlock(&s->lock);
    return result;
}

static int setup(void **state)
{
    struct setting *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return -1;
    pthread_mutex_init(&s->sink.lock, NULL);
    s->bolt.arg = &s->sink;
    s->bolt.execute = take;
    snprintf(s->path, sizeof(s->path), "/tmp/gale-socket-%d", (int)getpid());
    topology_run_begin(&s->r, "sockets");
    s->spout = gale_add_spout(s->r.builder, "socket", "socket", 1);
    gale_shuffle(topology_run_bolt(&s->r, "sink", &s->bolt, 1), "socket");
    *state = s;
    return 0;
}

static int teardown(void **state)
{
    struct setting *s = *state;

    topology_run_end(&s->r);
    unlink(s->path);
    free(s);
    return 0;
}

static void set(struct setting *s, const char *key, const char *value)
{
    gale_set(s->spout, key, gale_cstr(value));
}

static void set_path(struct setting *s)
{
    char address[80];

    snprintf(address, sizeof(address), "unix:%s", s->path);
    set(s, "address", address);
}

/* -- what has come --------------------------------------------------------- */

struct wish {
    struct setting *s;
    const char *text;
    bool prefix;
};

static bool has_come(void *arg)
{
    const struct wish *w = arg;
    bool is;

    pthread_mutex_lock(&w->s->sink.lock);
    is = w->prefix ? strstr(w->s->sink.text, w->text) == w->s->sink.text
                   : !strcmp(w->s->sink.text, w->text);
    pthread_mutex_unlock(&w->s->sink.lock);
    return is;
}

static void await(struct setting *s, const char *text)
{
    struct wish w = {s, text, false};

    topology_run_until(has_come, &w, text);
}

static bool is_logged(void *arg)
{
    const struct wish *w = arg;

    return strstr(topology_run_log(&w->s->r), w->text) != NULL;
}

static void await_log(struct setting *s, const char *part)
{
    struct wish w = {s, part, false};

    topology_run_until(is_logged, &w, part);
}

/* -- the other side -------------------------------------------------------- */

static struct sockaddr_un at_path(const struct setting *s)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};

    memcpy(un.sun_path, s->path, strlen(s->path) + 1);
    return un;
}

static int connected(struct setting *s)
{
    struct sockaddr_un un = at_path(s);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (void *)&un, sizeof(un)), 0);
    return fd;
}

static void say(int fd, const char *text)
{
    size_t size = strlen(text);

    assert_int_equal(send(fd, text, size, MSG_NOSIGNAL), size);
}

/* A server on a port of its own, whose address it gives the spout. */
static int tcp_server(struct setting *s, struct sockaddr_in *at)
{
    socklen_t size = sizeof(*at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char address[40];

    *at = (struct sockaddr_in){.sin_family = AF_INET,
                               .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (void *)at, size), 0);
    assert_int_equal(getsockname(fd, (void *)at, &size), 0);
    snprintf(address, sizeof(address), "localhost:%u", ntohs(at->sin_port));
    set(s, "address", address);
    return fd;
}

static int accepted(int server)
{
    struct pollfd ready = {.fd = server, .events = POLLIN};

    assert_int_equal(poll(&ready, 1, PATIENCE_MS), 1);
    return accept(server, NULL, NULL);
}

static void break_off(int fd)
{
    struct linger at_once = {1, 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close(fd);
}

/* As a machine that loses its power: no word to the other side. false: this
 * user may not. */
static bool vanish(int fd)
{
    int on = 1;
    bool done = !setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof(on));

    close(fd);
    return done;
}

/* -- it listens ------------------------------------------------------------ */

static void lines_come_once_wherever_they_are_cut(void **state)
{
    struct setting *s = *state;
    int fd;

    set_path(s);
    set(s, "mode", "listen");
    topology_run_start(&s->r);
    fd = connected(s);
    say(fd, "the c");
    say(fd, "ow\n\njumped\r\nov");
    await(s, "the cow\n\njumped\r\n");
    say(fd, "er");
    close(fd); /* what has no newline is the last line */
    await(s, "the cow\n\njumped\r\nover\n");
}

static void several_peers_come_and_go(void **state)
{
    struct setting *s = *state;
    int first, second;

    set_path(s);
    set(s, "mode", "listen");
    topology_run_start(&s->r);
    first = connected(s);
    second = connected(s);
    say(first, "half of ");
    say(second, "other\n");
    await(s, "other\n");
    close(second);
    say(first, "one\n");
    await(s, "other\nhalf of one\n");
    second = connected(s);
    say(second, "new\n");
    await(s, "other\nhalf of one\nnew\n");
    close(first);
    close(second);
}

static void who_finds_no_room_waits(void **state)
{
    struct setting *s = *state;
    int first, second;

    set_path(s);
    set(s, "mode", "listen");
    gale_set(s->spout, "max.peers", gale_int(1));
    topology_run_start(&s->r);
    first = connected(s);
    say(first, "a\n");
    await(s, "a\n");
    second = connected(s);
    say(second, "c\n");
    say(first, "b\n");
    await(s, "a\nb\n");
    close(first);
    await(s, "a\nb\nc\n");
    close(second);
}

static void a_path_that_a_dead_process_left_is_taken_over(void **state)
{
    struct setting *s = *state;
    struct sockaddr_un un = at_path(s);
    int left = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;

    assert_int_equal(bind(left, (void *)&un, sizeof(un)), 0);
    close(left);
    set_path(s);
    set(s, "mode", "listen");
    topology_run_start(&s->r);
    fd = connected(s);
    say(fd, "a\n");
    await(s, "a\n");
    close(fd);
    topology_run_stop(&s->r, GALE_STOP_DRAIN);
    assert_int_equal(access(s->path, F_OK), -1); /* and it leaves none */
}

static void one_where_somebody_listens_is_refused(void **state)
{
    struct setting *s = *state;
    struct sockaddr_un un = at_path(s);
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(other, (void *)&un, sizeof(un)), 0);
    assert_int_equal(listen(other, 1), 0);
    set_path(s);
    set(s, "mode", "listen");
    assert_says(topology_run_fails(&s->r), "cannot listen at unix:");
    assert_says(topology_run_fails(&s->r), "Address already in use");
    close(other);
}

static void a_name_cannot_be_listened_at(void **state)
{
    struct setting *s = *state;

    set(s, "address", "example.invalid:9999");
    set(s, "mode", "listen");
    assert_says(topology_run_fails(&s->r),
                "cannot listen at example.invalid:9999: expected an address of "
                "this machine as numbers");
}

/* -- it connects ----------------------------------------------------------- */

static void it_connects_again_when_the_server_has_closed(void **state)
{
    struct setting *s = *state;
    struct sockaddr_in at;
    int server = tcp_server(s, &at), fd;

    assert_int_equal(listen(server, 4), 0);
    topology_run_start(&s->r);
    fd = accepted(server);
    say(fd, "a\nb");
    close(fd);
    fd = accepted(server);
    say(fd, "c\n");
    await(s, "a\nb\nc\n");
    close(fd);
    close(server);
}

static void it_begins_before_its_server(void **state)
{
    struct setting *s = *state;
    struct sockaddr_in at;
    int server = tcp_server(s, &at), fd; /* does not listen yet */

    topology_run_start(&s->r);
    await_log(s, "Connection refused; it is tried again");
    assert_int_equal(listen(server, 4), 0);
    fd = accepted(server);
    say(fd, "a\n");
    await(s, "a\n");
    close(fd);
    close(server);
}

static void what_breaks_off_leaves_out_half_a_line_and_says_so(void **state)
{
    struct setting *s = *state;
    struct sockaddr_in at;
    int server = tcp_server(s, &at), fd;

    assert_int_equal(listen(server, 4), 0);
    topology_run_start(&s->r);
    fd = accepted(server);
    say(fd, "a\nhalf");
    await(s, "a\n");
    break_off(fd);
    await_log(s, "is broken: Connection reset by peer; 4 bytes behind its last "
                 "whole line are left out");
    fd = accepted(server);
    say(fd, "b\n");
    await(s, "a\nb\n");
    close(fd);
    close(server);
}

static void a_server_that_vanishes_without_a_word_is_missed(void **state)
{
    struct setting *s = *state;
    struct sockaddr_in at;
    int server = tcp_server(s, &at), fd;

    assert_int_equal(listen(server, 4), 0);
    topology_run_start(&s->r);
    fd = accepted(server);
    say(fd, "a\nhalf");
    await(s, "a\n");
    if (!vanish(fd)) {
        print_message("skip: only root can make a socket vanish\n");
        skip();
    }
    fd = accepted(server); /* 10 s later: the other side has asked */
    say(fd, "b\n");
    await(s, "a\nb\n");
    await_log(s, "is broken: Connection reset by peer; 4 bytes behind its last "
                 "whole line are left out");
    close(fd);
    close(server);
}

static void it_may_end_with_its_peer(void **state)
{
    struct setting *s = *state;
    struct sockaddr_in at;
    int server = tcp_server(s, &at), fd;

    assert_int_equal(listen(server, 4), 0);
    set(s, "at.end", "end");
    topology_run_start(&s->r);
    fd = accepted(server);
    say(fd, "a\nb\n");
    close(fd);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    await(s, "a\nb\n");
    close(server);
}

/* As a health check does, or another process that wants the path. */
static void a_peer_that_sends_nothing_is_no_end_of_a_listener(void **state)
{
    struct setting *s = *state;
    int fd;

    set_path(s);
    set(s, "mode", "listen");
    set(s, "at.end", "end");
    topology_run_start(&s->r);
    close(connected(s));
    close(connected(s));
    fd = connected(s);
    say(fd, "a\n");
    close(fd);
    topology_run_complete(&s->r);
    assert_balanced(&s->r);
    await(s, "a\n");
}

/* -- lines ----------------------------------------------------------------- */

static void a_carriage_return_before_the_newline_is_cut_off_if_that_is_said(
    void **state)
{
    struct setting *s = *state;
    int fd;

    set_path(s);
    set(s, "mode", "listen");
    set(s, "line.end", "crlf");
    s->sink.refused = "b";
    topology_run_start(&s->r);
    fd = connected(s);
    say(fd, "a\rc\r\n\r\nd\nb\r\n");
    await(s, "a\rc\n\nd\nb\n");
    close(fd);
}

static void a_line_that_fails_is_emitted_again(void **state)
{
    struct setting *s = *state;
    int fd;

    set_path(s);
    set(s, "mode", "listen");
    s->sink.refused = "b";
    topology_run_start(&s->r);
    fd = connected(s);
    say(fd, "a\nb\n");
    await(s, "a\nb\n");
    assert_int_equal(topology_run_stats(&s->r, "socket").failed, 1);
    close(fd);
}

static void a_line_that_is_too_long_is_left_out(void **state)
{
    struct setting *s = *state;
    int fd;

    set_path(s);
    set(s, "mode", "listen");
    gale_set(s->spout, "max.line.bytes", gale_int(4));
    topology_run_start(&s->r);
    fd = connected(s);
    say(fd, "1234\n12345\nab\n123");
    await(s, "1234\nab\n");
    say(fd, "456789");
    await_log(s, "longer than max.line.bytes (4)");
    say(fd, "0\ncd\n");
    await(s, "1234\nab\ncd\n");
    assert_int_equal(
        (int)topology_run_metric(&s->r, "socket", "lines-too-long").value, 2);
    close(fd);
}

static void an_address_that_is_none_is_refused(void **state)
{
    struct setting *s = *state;

    set(s, "address", "localhost");
    assert_says(topology_run_fails(&s->r),
                "option address: \"localhost\" has no port, expected "
                "HOST:PORT, [HOST]:PORT or unix:PATH");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lines_come_once_wherever_they_are_cut),
        TEST(several_peers_come_and_go),
        TEST(who_finds_no_room_waits),
        TEST(a_path_that_a_dead_process_left_is_taken_over),
        TEST(one_where_somebody_listens_is_refused),
        TEST(a_name_cannot_be_listened_at),
        TEST(it_connects_again_when_the_server_has_closed),
        TEST(it_begins_before_its_server),
        TEST(what_breaks_off_leaves_out_half_a_line_and_says_so),
        TEST(a_server_that_vanishes_without_a_word_is_missed),
        TEST(it_may_end_with_its_peer),
        TEST(a_peer_that_sends_nothing_is_no_end_of_a_listener),
        TEST(a_carriage_return_before_the_newline_is_cut_off_if_that_is_said),
        TEST(a_line_that_fails_is_emitted_again),
        TEST(a_line_that_is_too_long_is_left_out),
        TEST(an_address_that_is_none_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
