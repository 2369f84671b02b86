/* rpc_socket.c - sockets of the real world; see rpc_socket.h. */
#include "common/rpc_socket.h"
#include "topology-api/model.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static const struct sockaddr *at(const struct rpc_address *address)
{
    return (const struct sockaddr *)&address->at;
}

static const char *path_of(const struct rpc_address *address)
{
    return ((const struct sockaddr_un *)&address->at)->sun_path;
}

static bool is_unix(const struct rpc_address *address)
{
    return address->at.ss_family == AF_UNIX;
}

static int socket_for(const struct rpc_address *address)
{
    return socket(address->at.ss_family,
                  SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void rpc_socket_close(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
}

/* As much as a queue holds; who sends for ever has no claim to an answer. */
void rpc_socket_close_heard(int fd)
{
    enum { PART = 16384, PARTS_MAX = 512 };
    char part[PART];

    shutdown(fd, SHUT_WR);
    for (int i = 0; i < PARTS_MAX && rpc_socket_receive(fd, part, PART) > 0;)
        i++;
    rpc_socket_close(fd);
}

/* What is small goes at once. */
static void send_at_once(int fd, const struct rpc_address *address)
{
    int yes = 1;

    if (!is_unix(address))
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
}

/* -- listening ------------------------------------------------------------- */

/* A port that a daemon of before had is free at once; one of IPv6 is not one of
 * IPv4. The name of a Unix socket is its owner's. */
static void prepare(int fd, const struct rpc_address *address)
{
    int yes = 1;

    if (is_unix(address)) {
        fchmod(fd, 0600);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (address->at.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof(yes));
}

/* Left by a daemon that died: a socket at which nobody listens. */
static bool is_left_over(const struct rpc_address *address)
{
    struct stat status;
    int fd;
    bool left;

    if (!is_unix(address) || lstat(path_of(address), &status) != 0 ||
        !S_ISSOCK(status.st_mode))
        return false;
    fd = socket_for(address);
    if (fd < 0)
        return false;
    left =
        connect(fd, at(address), address->size) != 0 && errno == ECONNREFUSED;
    rpc_socket_close(fd);
    return left;
}

static int bind_to(int fd, const struct rpc_address *address)
{
    if (bind(fd, at(address), address->size) == 0)
        return 0;
    if (errno != EADDRINUSE)
        return -1;
    if (is_left_over(address) && unlink(path_of(address)) == 0)
        return bind(fd, at(address), address->size);
    errno = EADDRINUSE;
    return -1;
}

static int cannot_listen(const struct rpc_address *address, gale_err *error)
{
    char text[RPC_ADDRESS_TEXT];
    int saved = errno;

    rpc_address_text(address, text);
    if (saved == EADDRINUSE)
        return error_set(error,
                         "cannot listen at %s: another process does; stop it "
                         "or choose another address",
                         text);
    return error_set(error, "cannot listen at %s: %s", text, strerror(saved));
}

int rpc_socket_listen(struct rpc_address *address, gale_err *error)
{
    struct rpc_address got = {.size = sizeof(got.at)};
    int fd = socket_for(address);

    if (fd < 0)
        return cannot_listen(address, error);
    prepare(fd, address);
    if (bind_to(fd, address) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&got.at, &got.size) != 0) {
        cannot_listen(address, error);
        rpc_socket_close(fd);
        return -1;
    }
    *address = got;
    return fd;
}

void rpc_socket_unlisten(int fd, const struct rpc_address *address)
{
    if (is_unix(address))
        unlink(path_of(address));
    rpc_socket_close(fd);
}

int rpc_socket_accept(int fd, struct rpc_address *from)
{
    int one;

    *from = (struct rpc_address){.size = sizeof(from->at)};
    one = accept4(fd, (struct sockaddr *)&from->at, &from->size,
                  SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (one >= 0)
        send_at_once(one, from);
    return one;
}

bool rpc_socket_is_short(int error)
{
    return error == EMFILE || error == ENFILE || error == ENOBUFS ||
           error == ENOMEM;
}

/* -- connecting, sending, receiving ---------------------------------------- */

int rpc_socket_connect(const struct rpc_address *address)
{
    int fd = socket_for(address);

    if (fd < 0)
        return -1;
    send_at_once(fd, address);
    if (connect(fd, at(address), address->size) == 0 || errno == EINPROGRESS)
        return fd;
    rpc_socket_close(fd);
    return -1;
}

ssize_t rpc_socket_receive(int fd, void *data, size_t size)
{
    ssize_t n;

    do
        n = recv(fd, data, size, 0);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t rpc_socket_send(int fd, const void *data, size_t size)
{
    ssize_t n;

    do
        n = send(fd, data, size, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n;
}
