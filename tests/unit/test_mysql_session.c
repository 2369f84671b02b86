/*
 * test_mysql_session.c - a server of MySQL that is none: it answers each
 * statement by asking for a file of the client's (LOAD DATA LOCAL), as whoever
 * has got hold of the server's address may do. What sessions do with a real one
 * is in scenarios.
 */
#include "connectors/mysql_session.h"
#include "tests/support/cmocka_all.h"
#include <arpa/inet.h>
#include <mysql/mysql.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define SECRET "nobody's business"

struct fixture {
    char path[32]; /* of the file with the secret */
    int listener;
    uint16_t port;
    pthread_t server;
    char heard[4096]; /* what the server was told once it had asked */
    size_t n_heard;
};

/* -- the server ------------------------------------------------------------ */

static void say(int fd, uint8_t serial, const void *data, size_t size)
{
    uint8_t packet[512] = {(uint8_t)size, (uint8_t)(size >> 8), 0, serial};

    memcpy(packet + 4, data, size);
    (void)!write(fd, packet, 4 + size);
}

static bool read_all(int fd, void *into, size_t size)
{
    ssize_t n = 1;

    for (size_t done = 0; done < size && n > 0; done += (size_t)n)
        n = read(fd, (char *)into + done, size - done);
    return n > 0;
}

/* The serial number of the packet; -1 at the end. */
static int hear(int fd, char *text, size_t capacity, size_t *size)
{
    uint8_t head[4];

    *size = 0;
    if (!read_all(fd, head, sizeof(head)))
        return -1;
    *size = head[0] | (size_t)head[1] << 8;
    if (*size > capacity || (*size > 0 && !read_all(fd, text, *size)))
        return -1;
    return head[3];
}

/* Protocol 4.1, its password plugin; it can LOAD DATA LOCAL. */
static void greet(int fd)
{
    static const char greeting[] = "\x0a"
                                   "5.5.5-10.11.6\0"
                                   "\1\0\0\0"
                                   "saltsalt\0"
                                   "\x89\xa2"
                                   "\x2d\2\0"
                                   "\x08\0"
                                   "\x15"
                                   "\0\0\0\0\0\0\0\0\0\0"
                                   "saltsaltsalt\0"
                                   "mysql_native_password";

    say(fd, 0, greeting, sizeof(greeting));
}

static const char ok[] = "\0\0\0\2\0\0\0";

static void ask_for_file(struct fixture *f, int fd)
{
    char question[64] = "\xfb", text[2048];
    size_t size;
    int serial;

    memcpy(question + 1, f->path, strlen(f->path));
    say(fd, 1, question, 1 + strlen(f->path));
    do {
        serial = hear(fd, text, sizeof(text), &size);
        if (f->n_heard + size <= sizeof(f->heard)) {
            memcpy(f->heard + f->n_heard, text, size);
            f->n_heard += size;
        }
    } while (serial >= 0 && size > 0); /* an empty packet is the end */
    say(fd, (uint8_t)(serial + 1), ok, sizeof(ok) - 1);
}

static void *serve(void *arg)
{
    struct fixture *f = arg;
    int fd = accept(f->listener, NULL, NULL);
    char text[2048];
    size_t size;

    greet(fd);
    if (hear(fd, text, sizeof(text), &size) >= 0)
        say(fd, 2, ok, sizeof(ok) - 1);
    while (hear(fd, text, sizeof(text), &size) >= 0 && size > 0 &&
           text[0] == 3) /* a statement */
        ask_for_file(f, fd);
    close(fd);
    return NULL;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(at);
    int fd;

    if (f == NULL)
        return -1;
    snprintf(f->path, sizeof(f->path), "/tmp/gale-secret-XXXXXX");
    fd = mkstemp(f->path);
    if (fd < 0 || write(fd, SECRET, strlen(SECRET)) < 0)
        return -1;
    close(fd);
    f->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(f->listener, (struct sockaddr *)&at, sizeof(at)) ||
        listen(f->listener, 1) ||
        getsockname(f->listener, (struct sockaddr *)&at, &size))
        return -1;
    f->port = ntohs(at.sin_port);
    *state = f;
    return pthread_create(&f->server, NULL, serve, f);
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    unlink(f->path);
    close(f->listener);
    free(f);
    return 0;
}

/* -- clients --------------------------------------------------------------- */

static bool has_secret(struct fixture *f)
{
    pthread_join(f->server, NULL);
    return memmem(f->heard, f->n_heard, SECRET, strlen(SECRET)) != NULL;
}

/* Else the next test would show nothing. */
static void whoever_allows_it_gives_away_the_file(void **state)
{
    struct fixture *f = *state;
    MYSQL *my = mysql_init(NULL);
    unsigned int on = 1;

    mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &on);
    assert_non_null(
        mysql_real_connect(my, "127.0.0.1", "u", "p", NULL, f->port, NULL, 0));
    mysql_query(my, "SELECT 1");
    mysql_close(my);
    assert_true(has_secret(f));
}

static void a_session_gives_no_file_to_a_server_that_asks_for_one(void **state)
{
    struct fixture *f = *state;
    struct mysql_login login = {.host = gale_str_make("127.0.0.1", 9),
                                .user = gale_str_make("u", 1),
                                .password = gale_str_make("p", 1),
                                .database = gale_str_make("d", 1),
                                .port = f->port,
                                .timeout_secs = 10};
    struct mysql_session session;

    mysql_session_init(&session, &login);
    assert_false(mysql_session_connect(&session));
    mysql_session_close(&session);
    assert_false(has_secret(f));
    assert_non_null(strstr(session.problem.text, "cannot set up the session: "
                                                 "Load data local infile"));
}

#define WITH_SERVER(test_)                                                     \
    cmocka_unit_test_setup_teardown(test_, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_SERVER(whoever_allows_it_gives_away_the_file),
        WITH_SERVER(a_session_gives_no_file_to_a_server_that_asks_for_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
