/* env_net.c - TCP between workers; see env_net.h. */
#include "common/env_net.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define KIND (SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC)

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* The address's size; 0 and EINVAL: it is none in numbers. */
static socklen_t address_of(const char *host, uint16_t port, union address *a)
{
    memset(a, 0, sizeof(*a));
    if (inet_pton(AF_INET, host, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(port);
        return sizeof(a->v4);
    }
    if (inet_pton(AF_INET6, host, &a->v6.sin6_addr) == 1) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(port);
        return sizeof(a->v6);
    }
    errno = EINVAL;
    return 0;
}

static int close_and_fail(int fd)
{
    int saved = errno;

    close(fd);
    errno = saved;
    return -1;
}

static int begin_listening(int fd, union address *a, socklen_t size,
                           uint16_t *bound)
{
    int on = 1;

    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
        bind(fd, &a->any, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, &a->any, &size) != 0)
        return -1;
    *bound =
        ntohs(a->any.sa_family == AF_INET ? a->v4.sin_port : a->v6.sin6_port);
    return 0;
}

int env_net_listen(struct env *env, const char *host, uint16_t port,
                   uint16_t *bound)
{
    union address a;
    socklen_t size = address_of(host, port, &a);
    int fd;

    (void)env;
    if (size == 0)
        return -1;
    fd = socket(a.any.sa_family, KIND, 0);
    if (fd >= 0 && begin_listening(fd, &a, size, bound) != 0)
        return close_and_fail(fd);
    return fd;
}

/* What is sent is a batch already: it waits for nothing. */
static int without_delay(int fd)
{
    int on = 1;

    if (fd >= 0)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return fd;
}

int env_net_accept(struct env *env, int listener)
{
    (void)env;
    return without_delay(
        accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

int env_net_connect(struct env *env, const char *host, uint16_t port)
{
    union address a;
    socklen_t size = address_of(host, port, &a);
    int fd;

    (void)env;
    if (size == 0)
        return -1;
    fd = without_delay(socket(a.any.sa_family, KIND, 0));
    if (fd >= 0 && connect(fd, &a.any, size) != 0 && errno != EINPROGRESS)
        return close_and_fail(fd);
    return fd;
}

int env_net_connected(struct env *env, int fd)
{
    int error = 0;
    socklen_t size = sizeof(error);

    (void)env;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -1;
    errno = error;
    return error == 0 ? 0 : -1;
}

int64_t env_net_send(struct env *env, int fd, const void *data, size_t size)
{
    int64_t n;

    (void)env;
    do {
        n = send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

int64_t env_net_receive(struct env *env, int fd, void *data, size_t size)
{
    int64_t n;

    (void)env;
    do {
        n = recv(fd, data, size, MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n;
}

void env_net_close(struct env *env, int fd)
{
    (void)env;
    close(fd);
}
