/* zookeeper_options.c - the keys storm.zookeeper.…; see zookeeper_options.h. */
#include "common/zookeeper_options.h"
#include "common/zookeeper.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include "topology-api/text_buffer.h"
#include <string.h>

#define MS INT64_C(1000000)
#define SERVERS "storm.zookeeper.servers"

/* -- servers --------------------------------------------------------------- */

/* As the library wants it: no brackets, and a port behind the last colon. */
struct server {
    const char *host, *port;
    size_t host_size;
};

static bool take_apart(const char *text, struct server *server)
{
    const char *colon = strrchr(text, ':'), *bracket = strrchr(text, ']');

    *server = (struct server){.host = text, .host_size = strlen(text)};
    if (*text == '[') {
        if (bracket == NULL || (bracket[1] != '\0' && bracket[1] != ':'))
            return false;
        server->host = text + 1;
        server->host_size = (size_t)(bracket - text - 1);
        server->port = bracket[1] == ':' ? bracket + 2 : NULL;
    } else if (colon != NULL && strchr(text, ':') == colon) {
        server->host_size = (size_t)(colon - text);
        server->port = colon + 1;
    }
    return server->host_size > 0;
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");
    long port = strtol(text, NULL, 10);

    return n > 0 && text[n] == '\0' && port > 0 && port <= 65535;
}

static int add_server(char **hosts, const char *text, int64_t port,
                      gale_err *error)
{
    struct server server;
    char *longer = NULL;

    if (!take_apart(text, &server) || text[strcspn(text, ",/ \t\n")] != '\0' ||
        (server.port != NULL && !is_port(server.port)))
        return error_set(error,
                         SERVERS ": found \"%s\", expected a host such as "
                                 "zk1, zk1:2181 or [::1]:2181",
                         text);
    if (asprintf(&longer, "%s%s%.*s:", *hosts != NULL ? *hosts : "",
                 *hosts != NULL ? "," : "", (int)server.host_size,
                 server.host) < 0)
        memory_none_left();
    free(*hosts);
    *hosts = longer;
    if (server.port != NULL) {
        if (asprintf(&longer, "%s%s", *hosts, server.port) < 0)
            memory_none_left();
    } else if (asprintf(&longer, "%s%lld", *hosts, (long long)port) < 0) {
        memory_none_left();
    }
    free(*hosts);
    *hosts = longer;
    return 0;
}

static int read_servers(struct zookeeper_options *o,
                        const struct daemon_config *config, gale_err *error)
{
    int64_t port = daemon_config_int(config, "storm.zookeeper.port");
    uint32_t n = daemon_config_n(config, SERVERS);

    if (n == 0)
        return error_set(error, SERVERS ": found [], expected one at least");
    for (uint32_t i = 0; i < n; i++)
        if (add_server(&o->hosts, daemon_config_text_at(config, SERVERS, i),
                       port, error))
            return -1;
    return 0;
}

/* -- the others ------------------------------------------------------------ */

static int read_root(struct zookeeper_options *o,
                     const struct daemon_config *config, gale_err *error)
{
    const char *root = daemon_config_text(config, "storm.zookeeper.root");

    /* Room for what gale makes below. */
    if (!zookeeper_path_valid(root, ZOOKEEPER_PATH_MAX / 2))
        return error_set(error,
                         "storm.zookeeper.root: found \"%s\", expected a path "
                         "such as /gale: a slash before each name, none at the "
                         "end, at most %u bytes",
                         root, ZOOKEEPER_PATH_MAX / 2);
    o->root = xstrdup(root[1] == '\0' ? "" : root);
    return 0;
}

static int read_secret(struct zookeeper_options *o,
                       const struct daemon_config *config, gale_err *error)
{
    const char *scheme =
        daemon_config_text(config, "storm.zookeeper.auth.scheme");
    const char *payload =
        daemon_config_text(config, "storm.zookeeper.auth.payload");
    const char *colon = payload != NULL ? strchr(payload, ':') : NULL;

    if (scheme != NULL && strcmp(scheme, "digest") != 0)
        return error_set(error,
                         "storm.zookeeper.auth.scheme: found \"%s\", expected "
                         "\"digest\", the one that there is",
                         scheme);
    if (payload == NULL && scheme != NULL)
        return error_set(error, "storm.zookeeper.auth.scheme is set, expected "
                                "storm.zookeeper.auth.payload, too");
    if (payload != NULL &&
        (colon == NULL || colon == payload || colon[1] == '\0'))
        return error_set(error, "storm.zookeeper.auth.payload: found something "
                                "else, expected USER:PASSWORD");
    o->secret = payload != NULL ? xstrdup(payload) : NULL;
    return 0;
}

int zookeeper_options_read(struct zookeeper_options *o,
                           const struct daemon_config *config, gale_err *error)
{
    *o = (struct zookeeper_options){
        .session_ns =
            daemon_config_int(config, "storm.zookeeper.session.timeout") * MS,
        .connection_ns =
            daemon_config_int(config, "storm.zookeeper.connection.timeout") *
            MS};
    if (read_servers(o, config, error) || read_root(o, config, error))
        return -1;
    return read_secret(o, config, error);
}

void zookeeper_options_copy(struct zookeeper_options *to,
                            const struct zookeeper_options *from)
{
    *to = *from;
    to->hosts = xstrdup(from->hosts);
    to->root = xstrdup(from->root);
    to->secret = from->secret != NULL ? xstrdup(from->secret) : NULL;
}

void zookeeper_options_free(struct zookeeper_options *o)
{
    free(o->hosts);
    free(o->root);
    if (o->secret != NULL)
        explicit_bzero(o->secret, strlen(o->secret));
    free(o->secret);
}
