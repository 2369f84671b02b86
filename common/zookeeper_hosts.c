/* zookeeper_hosts.c - servers by name; see zookeeper_hosts.h. */
#include "common/zookeeper_hosts.h"
#include "topology-api/memory.h"
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

struct found {
    char **addresses;
    size_t n;
};

/* As the library takes it: no brackets, the port behind the last colon. */
static void add(struct found *f, const struct addrinfo *a, const char *port)
{
    char host[NI_MAXHOST], *address;

    if (getnameinfo(a->ai_addr, a->ai_addrlen, host, sizeof(host), NULL, 0,
                    NI_NUMERICHOST) != 0)
        return;
    if (asprintf(&address, "%s:%s", host, port) < 0)
        memory_none_left();
    f->addresses = xreallocarray(f->addresses, f->n + 1, sizeof(char *));
    f->addresses[f->n++] = address;
}

/* 0, or why it is not found. */
static int find_one(struct found *f, char *server)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_ADDRCONFIG};
    char *colon = strrchr(server, ':');
    struct addrinfo *list;
    int why;

    if (colon == NULL)
        return EAI_SERVICE;
    *colon = '\0';
    why = getaddrinfo(server, colon + 1, &hints, &list);
    if (why != 0)
        return why;
    for (const struct addrinfo *a = list; a != NULL; a = a->ai_next)
        add(f, a, colon + 1);
    freeaddrinfo(list);
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* "a,b"; what is in f is freed. NULL: nothing. */
static char *join(struct found *f)
{
    char *text = NULL, *longer;

    if (f->n > 0)
        qsort(f->addresses, f->n, sizeof(char *), compare);
    for (size_t i = 0; i < f->n; i++) {
        if (asprintf(&longer, "%s%s%s", i > 0 ? text : "", i > 0 ? "," : "",
                     f->addresses[i]) < 0)
            memory_none_left();
        free(text);
        free(f->addresses[i]);
        text = longer;
    }
    free(f->addresses);
    return text;
}

char *zookeeper_hosts_find(const char *hosts, int *why)
{
    char *copy = xstrdup(hosts), *rest = copy, *server;
    struct found found = {.n = 0};

    *why = 0;
    while ((server = strsep(&rest, ",")) != NULL) {
        int reason = find_one(&found, server);

        *why = reason != 0 ? reason : *why;
    }
    free(copy);
    return join(&found);
}
