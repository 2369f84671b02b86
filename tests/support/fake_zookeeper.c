/* fake_zookeeper.c - a server with manners of its own; see
 * fake_zookeeper.h. */
#include "tests/support/fake_zookeeper.h"
#include "tests/support/cmocka_all.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    REQUEST_MAX = 1 << 20,
    TIMEOUT_MS = 3000, /* of sessions, whatever is asked for */
    STAT_BYTES = 68,
    PASSWORD_BYTES = 16,
};

/* Requests, as the protocol numbers them. */
enum {
    CREATE = 1,
    EXISTS = 3,
    GET = 4,
    SET = 5,
    SYNC = 9,
    PING = 11,
    CHILDREN = 12,
    CLOSE = -11,
};

/* -- bytes ----------------------------------------------------------------- */

struct frame {
    uint8_t bytes[256];
    uint32_t size; /* with the length in front */
};

static void put(struct frame *f, uint64_t value, uint32_t bytes)
{
    while (bytes-- > 0)
        f->bytes[f->size++] = (uint8_t)(value >> (8 * bytes));
}

static void put_text(struct frame *f, const char *text)
{
    size_t size = strlen(text);

    put(f, size, 4);
    memcpy(f->bytes + f->size, text, size);
    f->size += (uint32_t)size;
}

static int send_frame(int fd, struct frame *f)
{
    uint32_t length = htonl(f->size - 4);

    memcpy(f->bytes, &length, 4);
    return write(fd, f->bytes, f->size) == (ssize_t)f->size;
}

static int read_all(int fd, void *to, size_t size)
{
    for (size_t n = 0; n < size;) {
        ssize_t more = read(fd, (char *)to + n, size - n);

        if (more <= 0)
            return 0;
        n += (size_t)more;
    }
    return 1;
}

/* Its size; 0: the other side has hung up. */
static uint32_t read_frame(int fd, uint8_t *to)
{
    uint32_t size;

    if (!read_all(fd, &size, 4))
        return 0;
    size = ntohl(size);
    return size <= REQUEST_MAX && read_all(fd, to, size) ? size : 0;
}

static int32_t number_at(const uint8_t *bytes)
{
    uint32_t n;

    memcpy(&n, bytes, 4);
    return (int32_t)ntohl(n);
}

/* -- answers --------------------------------------------------------------- */

static void put_stat(struct frame *f)
{
    memset(f->bytes + f->size, 0, STAT_BYTES);
    f->size += STAT_BYTES;
}

static void put_body(const struct fake_zookeeper *z, struct frame *f, int kind)
{
    if (kind == CREATE)
        put_text(f, z->create_path);
    if (kind == SYNC)
        put_text(f, "/");
    if (kind == GET || kind == CHILDREN) /* nothing, no names */
        put(f, 0, 4);
    if (kind == EXISTS || kind == GET || kind == SET || kind == CHILDREN)
        put_stat(f);
}

struct request {
    int32_t number, kind;
};

static int answer(const struct fake_zookeeper *z, int fd, struct request r)
{
    struct frame f = {.size = 4};
    int error = r.kind == CREATE ? z->create_error : 0;

    put(&f, (uint32_t)r.number, 4);
    put(&f, 1, 8); /* of all writes, the last */
    put(&f, (uint32_t)error, 4);
    if (error == 0)
        put_body(z, &f, r.kind);
    return send_frame(fd, &f);
}

/* -- a connection ---------------------------------------------------------- */

static int welcome(int fd, uint8_t *request)
{
    struct frame f = {.size = 4};

    if (read_frame(fd, request) == 0)
        return 0;
    put(&f, 0, 4); /* the protocol */
    put(&f, TIMEOUT_MS, 4);
    put(&f, 7, 8); /* the session */
    put(&f, PASSWORD_BYTES, 4);
    put(&f, 0, 8);
    put(&f, 0, 8);
    put(&f, 0, 1); /* not for reading only */
    return send_frame(fd, &f);
}

static void serve(const struct fake_zookeeper *z, int fd)
{
    static uint8_t request[REQUEST_MAX];
    static int syncs;
    int goes_on = welcome(fd, request), waits = 0;

    while (goes_on && read_frame(fd, request) >= 8) {
        struct request r = {number_at(request), number_at(request + 4)};

        if (r.kind == SYNC)
            waits = z->syncs > 0 && ++syncs > z->syncs;
        if (!waits || r.kind == PING)
            goes_on = answer(z, fd, r) && r.kind != CLOSE;
    }
    close(fd);
}

/* -- its life -------------------------------------------------------------- */

static int listen_somewhere(int *port)
{
    struct sockaddr_in at = {.sin_family = AF_INET,
                             .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, size), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &size), 0);
    *port = ntohs(at.sin_port);
    return fd;
}

void fake_zookeeper_start(struct fake_zookeeper *z)
{
    int fd = listen_somewhere(&z->port), caller;

    z->pid = fork();
    assert_true(z->pid >= 0);
    if (z->pid > 0) {
        close(fd);
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGPIPE, SIG_IGN);
    while ((caller = accept(fd, NULL, NULL)) >= 0)
        serve(z, caller);
    _exit(0);
}

void fake_zookeeper_stop(const struct fake_zookeeper *z)
{
    kill(z->pid, SIGKILL);
    assert_int_equal(waitpid(z->pid, NULL, 0), z->pid);
}
