/* socket_open.c - sockets that never block: connected, or listening. */
#include "connectors/socket_open.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BACKLOG = 128,
    LOCK_TRIES = 1000, /* a millisecond each */
    /* A peer that is gone without a word is found after about 25 s. */
    KEEP_IDLE_SECS = 10,
    KEEP_INTERVAL_SECS = 5,
    KEEP_PROBES = 3,
};

/* -- addresses ------------------------------------------------------------- */

static void set_path(const struct socket_address *address,
                     struct socket_targets *targets)
{
    struct sockaddr_un *un = &targets->items[0].unix_path;

    memset(un, 0, sizeof(*un));
    un->sun_family = AF_UNIX;
    memcpy(un->sun_path, address->path, strlen(address->path) + 1);
    targets->sizes[0] = sizeof(*un);
    targets->n = 1;
}

static const char *look_up(const struct socket_address *address, int flags,
                           struct socket_targets *targets)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(address->host, address->port, &hints, &found);

    if (rc != 0)
        return rc == EAI_SYSTEM ? strerror(errno) : gai_strerror(rc);
    targets->n = 0;
    for (const struct addrinfo *a = found;
         a != NULL && targets->n < SOCKET_TARGETS_MAX; a = a->ai_next) {
        memcpy(&targets->items[targets->n], a->ai_addr, a->ai_addrlen);
        targets->sizes[targets->n++] = a->ai_addrlen;
    }
    freeaddrinfo(found);
    return NULL;
}

const char *socket_lookup(const struct socket_address *address,
                          struct socket_targets *targets)
{
    if (address->host[0] != '\0')
        return look_up(address, 0, targets);
    set_path(address, targets);
    return NULL;
}

bool socket_peer_name(const struct sockaddr_storage *peer, char *name,
                      size_t size)
{
    const struct sockaddr_in *v4 = (const void *)peer;
    const struct sockaddr_in6 *v6 = (const void *)peer;
    char host[INET6_ADDRSTRLEN] = "";

    if (peer->ss_family == AF_INET)
        snprintf(name, size, "%s:%u",
                 inet_ntop(AF_INET, &v4->sin_addr, host, sizeof(host)),
                 ntohs(v4->sin_port));
    else if (peer->ss_family == AF_INET6)
        snprintf(name, size, "[%s]:%u",
                 inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof(host)),
                 ntohs(v6->sin6_port));
    return peer->ss_family == AF_INET || peer->ss_family == AF_INET6;
}

/* -- connecting ------------------------------------------------------------ */

static int open_socket(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

static int close_with(int fd, int error)
{
    close(fd);
    errno = error;
    return -1;
}

static void keep_alive(int fd, int family)
{
    static const int values[][2] = {{TCP_KEEPIDLE, KEEP_IDLE_SECS},
                                    {TCP_KEEPINTVL, KEEP_INTERVAL_SECS},
                                    {TCP_KEEPCNT, KEEP_PROBES}};
    int on = 1;

    if (family == AF_UNIX)
        return;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        setsockopt(fd, IPPROTO_TCP, values[i][0], &values[i][1],
                   sizeof(values[i][1]));
}

/* A path whose listener has no room says EAGAIN, and is connected by asking
 * again: that counts as a failure, which is tried again after a pause. */
int socket_connect(const struct socket_targets *targets, uint32_t i)
{
    const struct sockaddr *to = &targets->items[i].any;
    int fd = open_socket(to->sa_family);

    if (fd < 0)
        return -1;
    keep_alive(fd, to->sa_family);
    if (connect(fd, to, targets->sizes[i]) && errno != EINPROGRESS)
        return close_with(fd, errno);
    return fd;
}

int socket_connected(int fd)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
        return errno;
    return error;
}

/* -- listening ------------------------------------------------------------- */

/* Whether a path is that of a socket at which nobody listens. */
static bool is_left_over(const struct socket_targets *targets)
{
    struct stat st;
    int fd, error;

    if (stat(targets->items[0].unix_path.sun_path, &st) ||
        !S_ISSOCK(st.st_mode))
        return false;
    fd = open_socket(AF_UNIX);
    if (fd < 0)
        return false;
    error = connect(fd, &targets->items[0].any, targets->sizes[0]) ? errno : 0;
    close(fd);
    return error == ECONNREFUSED;
}

/* Between bind and listen a path looks left over. So whoever judges a path of
 * a directory, or makes one, has its lock, if it can be had: -1, and it goes on
 * without. */
static int lock_directory_of(const char *path)
{
    char directory[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 2];
    const char *slash = strrchr(path, '/');
    int fd, n = slash == NULL ? 0 : (int)(slash - path) + 1;

    snprintf(directory, sizeof(directory), "%.*s.", n, path);
    fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (int i = 0; fd >= 0 && i < LOCK_TRIES && flock(fd, LOCK_EX | LOCK_NB);
         i++)
        poll(NULL, 0, 1);
    return fd;
}

static int bind_path(int fd, const struct socket_targets *targets)
{
    const char *path = targets->items[0].unix_path.sun_path;
    int lock = lock_directory_of(path), result;

    if (is_left_over(targets))
        unlink(path);
    result = bind(fd, &targets->items[0].any, targets->sizes[0]) ||
             listen(fd, BACKLOG);
    if (lock >= 0) {
        int error = errno;

        close(lock); /* and it is unlocked */
        errno = error;
    }
    return result;
}

static int bind_and_listen(const struct socket_targets *targets, bool shared)
{
    const struct sockaddr *at = &targets->items[0].any;
    int fd = open_socket(at->sa_family), on = 1;

    if (fd < 0)
        return -1;
    keep_alive(fd, at->sa_family);
    if (at->sa_family != AF_UNIX) {
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        if (shared)
            setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    if (at->sa_family == AF_UNIX
            ? bind_path(fd, targets)
            : bind(fd, at, targets->sizes[0]) || listen(fd, BACKLOG))
        return close_with(fd, errno);
    return fd;
}

int socket_listen(const struct socket_address *address, bool shared,
                  const char **why)
{
    struct socket_targets targets;
    struct socket_address numbers = *address;
    int fd;

    if (!strcmp(numbers.host, "localhost"))
        snprintf(numbers.host, sizeof(numbers.host), "127.0.0.1");
    if (numbers.host[0] == '\0')
        set_path(&numbers, &targets);
    else if (look_up(&numbers, AI_PASSIVE | AI_NUMERICHOST, &targets)) {
        *why = "expected an address of this machine as numbers, such as "
               "127.0.0.1 or 0.0.0.0 for all of them";
        return -1;
    }
    fd = bind_and_listen(&targets, shared);
    if (fd < 0)
        *why = strerror(errno);
    return fd;
}
