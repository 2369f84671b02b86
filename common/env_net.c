/* env_net.c - sockets that never block, are not inherited, and raise no signal;
 * see env_net.h. */
#include "common/env_net.h"
#include "common/rpc_address.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* What is sent is a batch already, or small: it waits for nothing. */
static void send_at_once(int fd, const struct rpc_address *address)
{
    int on = 1;

    if (!is_unix(address))
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

/* -- listening ------------------------------------------------------------- */

/* A port that a daemon of before had is free at once; one of IPv6 is not one of
 * IPv4. The name of a Unix socket is its owner's. */
static void prepare(int fd, const struct rpc_address *address)
{
    int on = 1;

    if (is_unix(address)) {
        fchmod(fd, 0600);
        return;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (address->at.ss_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
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
    close(fd);
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

int env_net_listen(struct env *env, struct rpc_address *address)
{
    struct rpc_address got = {.size = sizeof(got.at)};
    int fd = socket_for(address);

    if (fd < 0)
        return -1;
    prepare(fd, address);
    if (bind_to(fd, address) != 0 || listen(fd, SOMAXCONN) != 0 ||
        getsockname(fd, (struct sockaddr *)&got.at, &got.size) != 0) {
        env_net_close(env, fd);
        return -1;
    }
    *address = got;
    return fd;
}

void env_net_unlisten(struct env *env, int listener,
                      const struct rpc_address *address)
{
    if (is_unix(address))
        unlink(path_of(address));
    env_net_close(env, listener);
}

int env_net_accept(struct env *env, int listener, struct rpc_address *from)
{
    struct rpc_address a = {.size = sizeof(a.at)};
    int fd = accept4(listener, (struct sockaddr *)&a.at, &a.size,
                     SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)env;
    if (fd < 0)
        return -1;
    send_at_once(fd, &a);
    if (from != NULL)
        *from = a;
    return fd;
}

bool env_net_is_own(struct env *env, int fd)
{
    struct ucred peer;
    socklen_t size = sizeof(peer);

    (void)env;
    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == geteuid();
}

/* -- connecting, sending, receiving ---------------------------------------- */

int env_net_connect(struct env *env, const struct rpc_address *address)
{
    int fd = socket_for(address);

    if (fd < 0)
        return -1;
    send_at_once(fd, address);
    if (connect(fd, at(address), address->size) == 0 || errno == EINPROGRESS)
        return fd;
    env_net_close(env, fd);
    return -1;
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
    int saved = errno;

    (void)env;
    close(fd);
    errno = saved;
}

/* As much as a queue holds; who sends for ever has no claim to an answer. */
void env_net_close_heard(struct env *env, int fd)
{
    enum { PART = 16384, PARTS_MAX = 512 };
    char part[PART];

    shutdown(fd, SHUT_WR);
    for (int i = 0; i < PARTS_MAX && env_net_receive(env, fd, part, PART) > 0;)
        i++;
    env_net_close(env, fd);
}
