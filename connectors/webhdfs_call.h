/*
 * webhdfs_call.h - requests to NameNodes and DataNodes, by libcurl.
 *
 * A NameNode that does not answer, or stands by, is passed over: each is asked
 * once, the one that answered last before the others. With `noredirect` it says
 * where the data goes instead of sending the request there, so no body goes
 * twice. Proxies that the environment names are not used.
 */
#ifndef CONNECTORS_WEBHDFS_CALL_H
#define CONNECTORS_WEBHDFS_CALL_H

#include "connectors/file_store.h"
#include "connectors/webhdfs_reply.h"
#include "connectors/webhdfs_url.h"
#include <curl/curl.h>

enum {
    WEBHDFS_LOCATION_SIZE = 8192,
    WEBHDFS_BODY_MAX = 64 << 20, /* of an answer: a list of many files */
};

struct webhdfs_call {
    CURL *curl;
    struct curl_slist *headers;
    const struct webhdfs_url *url;
    char user[256];       /* encoded; "": none is named */
    int64_t timeout_secs; /* of one request */
    uint32_t node;        /* that answered last */

    char *body; /* of the last answer */
    size_t size, capacity;
    bool too_long;
    char location[WEBHDFS_LOCATION_SIZE];
    char error[CURL_ERROR_SIZE];
};

/* False: libcurl does not start. */
bool webhdfs_call_init(struct webhdfs_call *c, const struct webhdfs_url *url,
                       const struct store_webhdfs_login *login);
void webhdfs_call_fini(struct webhdfs_call *c);

/* To a NameNode: "GET", "op=LISTSTATUS&…", of a file of the directory or, with
 * NULL, the directory itself. The answer is in `body`; if there is none, the
 * store has the problem. *verdict is set if the result is false. */
bool webhdfs_call_ask(struct webhdfs_call *c, struct store *s,
                      const char *method, const char *query, const char *name,
                      enum webhdfs_verdict *verdict);

/* The same, then to the DataNode that it names, with data, NULL: none. */
bool webhdfs_call_transfer(struct webhdfs_call *c, struct store *s,
                           const char *method, const char *query,
                           const char *name, const char *data, size_t size,
                           enum webhdfs_verdict *verdict);

/* The query of a RENAME to this name. False: it does not fit. */
bool webhdfs_call_target(const struct webhdfs_call *c, char *query, size_t size,
                         const char *name);

#endif
