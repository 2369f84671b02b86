/*
 * store_webhdfs.c - a directory of HDFS, by WebHDFS; see file_store.h.
 *
 * WebHDFS has no flush: what is written is safe when the request that appends
 * it has been closed and answered. A writer that has died holds a lease, for up
 * to a minute; who appends after that makes the NameNode recover the file, so
 * `recover` appends nothing, until that works.
 */
#include "connectors/must.h"
#include "connectors/file_store.h"
#include "connectors/webhdfs_call.h"
#include <inttypes.h>
#include <string.h>

enum { QUERY_SIZE = 128, TARGET_SIZE = 4096 };

struct store_webhdfs {
    struct store store;
    struct webhdfs_url url;
    struct webhdfs_call call;
};

static struct store_webhdfs *webhdfs(struct store *s)
{
    return (struct store_webhdfs *)s;
}

/* -- parts of calls -------------------------------------------------------- */

static bool ask(struct store *s, const char *method, const char *query,
                const char *name, enum webhdfs_verdict *verdict)
{
    return webhdfs_call_ask(&webhdfs(s)->call, s, method, query, name, verdict);
}

static bool strange(struct store *s, const char *query)
{
    const struct webhdfs_call *c = &webhdfs(s)->call;

    return store_refuse(s, STORE_TRANSIENT,
                        "HDFS answers %s with something else than WebHDFS: "
                        "\"%.*s\"",
                        query, c->size < 60 ? (int)c->size : 60,
                        c->size > 0 ? c->body : "");
}

static bool ask_boolean(struct store *s, const char *method, const char *query,
                        const char *name, bool *value,
                        enum webhdfs_verdict *verdict)
{
    const struct webhdfs_call *c = &webhdfs(s)->call;

    if (!ask(s, method, query, name, verdict))
        return false;
    *verdict = WEBHDFS_FAILED;
    return webhdfs_reply_boolean(c->body, c->size, value) || strange(s, query);
}

static bool ask_status(struct store *s, const char *name, bool *directory,
                       int64_t *length, enum webhdfs_verdict *verdict)
{
    const struct webhdfs_call *c = &webhdfs(s)->call;

    if (!ask(s, "GET", "op=GETFILESTATUS", name, verdict))
        return false;
    *verdict = WEBHDFS_FAILED;
    return webhdfs_reply_status(c->body, c->size, directory, length) ||
           strange(s, "op=GETFILESTATUS");
}

/* -- calls ----------------------------------------------------------------- */

/* In safe mode nothing is made, so it is asked for first. */
static bool begin(struct store *s)
{
    const struct webhdfs_url *url = &webhdfs(s)->url;
    enum webhdfs_verdict verdict;
    bool directory, made = true;
    int64_t length;

    if (ask_status(s, NULL, &directory, &length, &verdict))
        return directory || store_refuse(s, STORE_NEVER,
                                         "HDFS: %s is a file, expected a "
                                         "directory",
                                         url->path);
    if (verdict != WEBHDFS_ABSENT ||
        !ask_boolean(s, "PUT", "op=MKDIRS", NULL, &made, &verdict))
        return false;
    return made ||
           store_refuse(s, STORE_NEVER, "HDFS: the directory %s cannot be made",
                        url->path);
}

static bool transfer(struct store *s, const char *method, const char *query,
                     const char *name, const char *data, size_t size)
{
    enum webhdfs_verdict verdict;

    return webhdfs_call_transfer(&webhdfs(s)->call, s, method, query, name,
                                 data, size, &verdict);
}

static bool create(struct store *s, const char *name, const char *data,
                   size_t size)
{
    return transfer(s, "PUT", "op=CREATE&overwrite=true", name, data, size);
}

/* The length is not asked for: that takes a request, and a file to which a
 * write has failed is not written any more. */
static bool append(struct store *s, const char *name, int64_t at,
                   const char *data, size_t size)
{
    (void)at;
    return transfer(s, "POST", "op=APPEND", name, data, size);
}

static bool recover(struct store *s, const char *name)
{
    return append(s, name, 0, "", 0);
}

static bool length(struct store *s, const char *name, int64_t *found)
{
    enum webhdfs_verdict verdict;
    bool directory;

    return ask_status(s, name, &directory, found, &verdict);
}

static bool read_file(struct store *s, const char *name, int64_t at, char *data,
                      size_t size)
{
    const struct webhdfs_call *c = &webhdfs(s)->call;
    char query[QUERY_SIZE];

    snprintf(query, sizeof(query), "op=OPEN&offset=%" PRId64 "&length=%zu", at,
             size);
    if (!transfer(s, "GET", query, name, NULL, 0))
        return false;
    if (c->size != size)
        return store_refuse(s, STORE_TRANSIENT,
                            "HDFS gives %zu bytes of %.100s, expected %zu",
                            c->size, name, size);
    memcpy(data, c->body, size);
    return true;
}

/* "false" is: soon. Until then nobody can append to it, and `recover` waits. */
static bool truncate_file(struct store *s, const char *name, int64_t at)
{
    enum webhdfs_verdict verdict;
    char query[QUERY_SIZE];
    bool done;

    snprintf(query, sizeof(query), "op=TRUNCATE&newlength=%" PRId64, at);
    if (!ask_boolean(s, "POST", query, name, &done, &verdict))
        return false;
    return done ||
           store_refuse(s, STORE_TRANSIENT,
                        "HDFS is still cutting %.100s to %" PRId64 " bytes",
                        name, at);
}

/* "false": there is no `from`, or there is a `to`. */
static bool rename_file(struct store *s, const char *from, const char *to)
{
    struct store_webhdfs *w = webhdfs(s);
    char query[TARGET_SIZE];
    enum webhdfs_verdict verdict;
    bool done, directory;
    int64_t size;

    if (!webhdfs_call_target(&w->call, query, sizeof(query), to))
        return store_refuse(s, STORE_NEVER, "HDFS: the name %s is too long",
                            to);
    if (!ask_boolean(s, "PUT", query, from, &done, &verdict))
        return false;
    if (done)
        return true;
    if (ask_status(s, from, &directory, &size, &verdict))
        return store_refuse(s, STORE_NEVER,
                            "HDFS: cannot rename %.100s to %.100s: there is a "
                            "file of that name",
                            from, to);
    return verdict == WEBHDFS_ABSENT &&
           ask_status(s, to, &directory, &size, &verdict);
}

static bool remove_file(struct store *s, const char *name)
{
    enum webhdfs_verdict verdict;
    bool was_there;

    return ask_boolean(s, "DELETE", "op=DELETE", name, &was_there, &verdict);
}

static bool list(struct store *s, store_name_fn *each, void *arg)
{
    const struct webhdfs_call *c = &webhdfs(s)->call;
    enum webhdfs_verdict verdict;

    if (!ask(s, "GET", "op=LISTSTATUS", NULL, &verdict))
        return false;
    return webhdfs_reply_list(c->body, c->size, each, arg) ||
           strange(s, "op=LISTSTATUS");
}

static void close_store(struct store *s)
{
    webhdfs_call_fini(&webhdfs(s)->call);
    free(s);
}

struct store *store_webhdfs_make(const char *url,
                                 const struct store_webhdfs_login *login,
                                 const char **why)
{
    static const struct store_ops ops = {
        begin,         create,      append,      recover, length,     read_file,
        truncate_file, rename_file, remove_file, list,    close_store};
    struct store_webhdfs *w = must_alloc(NULL, sizeof(*w));

    w->store = (struct store){.ops = &ops};
    *why = webhdfs_url_read(url, &w->url);
    if (*why == NULL && !webhdfs_call_init(&w->call, &w->url, login))
        *why = "libcurl does not start";
    if (*why == NULL)
        return &w->store;
    free(w);
    return NULL;
}
