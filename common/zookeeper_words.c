/* zookeeper_words.c - four-letter words; see zookeeper_words.h. */
#include "common/zookeeper_words.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MS INT64_C(1000000)

static struct addrinfo *look_up(const char *server)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    const char *colon = strrchr(server, ':');
    struct addrinfo *found = NULL;
    char host[256];

    snprintf(host, sizeof(host), "%.*s", (int)(colon - server), server);
    return getaddrinfo(host, colon + 1, &hints, &found) == 0 ? found : NULL;
}

/* Until the socket is ready; false: the time is over. */
static bool await(struct env *env, int fd, short events, int64_t until)
{
    struct pollfd p = {.fd = fd, .events = events};
    int64_t left = until - env->ops->now(env);
    int n;

    while ((n = poll(&p, 1, left > 0 ? (int)(left / MS) + 1 : 0)) < 0 &&
           errno == EINTR)
        left = until - env->ops->now(env);
    return n > 0;
}

/* 0, or -1 and errno. */
static int connect_to(struct env *env, int fd, const struct addrinfo *to,
                      int64_t until)
{
    int error = 0;
    socklen_t size = sizeof(error);

    if (connect(fd, to->ai_addr, to->ai_addrlen) == 0)
        return 0;
    if (errno != EINPROGRESS)
        return -1;
    if (!await(env, fd, POLLOUT, until))
        error = ETIMEDOUT;
    else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -1;
    if (error == EPIPE || error == ECONNRESET)
        return 0; /* it was there, and was closed at once */
    errno = error;
    return error == 0 ? 0 : -1;
}

/* Who asks whom, and where the answer goes. */
struct talk {
    struct env *env;
    const char *word;
    int64_t until;
    char *reply;
    size_t size;
};

/* The answer ends with the connection, however that ends. */
static enum zookeeper_word converse(const struct talk *t, int fd)
{
    size_t n = 0;
    ssize_t got = 1;

    if (send(fd, t->word, strlen(t->word), MSG_NOSIGNAL) < 0)
        return ZOOKEEPER_ANSWERED;
    while (got > 0 && n + 1 < t->size) {
        if (!await(t->env, fd, POLLIN, t->until))
            return ZOOKEEPER_SILENT;
        got = recv(fd, t->reply + n, t->size - 1 - n, 0);
        n += got > 0 ? (size_t)got : 0;
        t->reply[n] = '\0';
    }
    return ZOOKEEPER_ANSWERED;
}

static enum zookeeper_word ask(const struct talk *t, const struct addrinfo *to)
{
    enum zookeeper_word word = ZOOKEEPER_UNREACHABLE;
    int error, fd = socket(to->ai_family,
                           SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return word;
    if (connect_to(t->env, fd, to, t->until) == 0)
        word = converse(t, fd);
    error = errno;
    close(fd);
    errno = error;
    return word;
}

enum zookeeper_word zookeeper_words_ask(struct env *env,
                                        struct zookeeper_question question,
                                        int64_t until, char *reply, size_t size)
{
    const struct talk talk = {.env = env,
                              .word = question.word,
                              .until = until,
                              .reply = reply,
                              .size = size};
    struct addrinfo *found = look_up(question.server);
    enum zookeeper_word word = ZOOKEEPER_NO_HOST;
    int error = 0;

    reply[0] = '\0';
    for (const struct addrinfo *a = found; a != NULL; a = a->ai_next) {
        word = ask(&talk, a);
        error = errno;
        if (word != ZOOKEEPER_UNREACHABLE)
            break;
    }
    if (found != NULL)
        freeaddrinfo(found);
    errno = error;
    return word;
}
