/* webhdfs_call.c - requests to NameNodes and DataNodes; see webhdfs_call.h. */
#include "connectors/webhdfs_call.h"
#include "connectors/must.h"
#include <string.h>

enum {
    CONNECT_SECS = 5,
    URL_SIZE = 8192,
    EXCEPTION_SIZE = 64,
    TEXT_SIZE = 400,
};

/* -- the handle ------------------------------------------------------------ */

static size_t take_body(char *data, size_t one, size_t n, void *arg)
{
    struct webhdfs_call *c = arg;

    n *= one;
    if (n > WEBHDFS_BODY_MAX - c->size) {
        c->too_long = true;
        return 0;
    }
    if (c->capacity - c->size < n) {
        c->capacity = 2 * c->capacity + n;
        c->body = must_alloc(c->body, c->capacity);
    }
    memcpy(c->body + c->size, data, n);
    c->size += n;
    return n;
}

static void encode_user(struct webhdfs_call *c, gale_str user)
{
    char *encoded = user.size > 0 && user.size < INT32_MAX
                        ? curl_easy_escape(c->curl, user.data, (int)user.size)
                        : NULL;

    if (encoded != NULL && strlen(encoded) < sizeof(c->user))
        memcpy(c->user, encoded, strlen(encoded) + 1);
    curl_free(encoded);
}

bool webhdfs_call_init(struct webhdfs_call *c, const struct webhdfs_url *url,
                       const struct store_webhdfs_login *login)
{
    memset(c, 0, sizeof(*c));
    c->url = url;
    c->timeout_secs = login->timeout_secs;
    c->curl = curl_easy_init();
    if (c->curl == NULL)
        return false;
    encode_user(c, login->user);
    c->headers = curl_slist_append(
        curl_slist_append(NULL, "Content-Type: application/octet-stream"),
        "Expect:");
    must(c->headers != NULL);
    return true;
}

void webhdfs_call_fini(struct webhdfs_call *c)
{
    curl_slist_free_all(c->headers);
    curl_easy_cleanup(c->curl);
    free(c->body);
}

/* -- one request ----------------------------------------------------------- */

static void set_up(struct webhdfs_call *c, const char *method, const char *url,
                   const char *data, size_t size)
{
    CURL *curl = c->curl;

    curl_easy_reset(curl); /* connections stay */
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECS);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)c->timeout_secs);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, c);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->error);
    if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0) {
        curl_easy_setopt(curl, CURLOPT_HTTPHEADER, c->headers);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, data);
    }
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
}

/* The status of the answer; 0: there is none, and `error` says why. */
static long request(struct webhdfs_call *c, const char *method, const char *url,
                    const char *data, size_t size)
{
    long status = 0;
    CURLcode code;

    c->size = 0;
    c->too_long = false;
    set_up(c, method, url, data, size);
    c->error[0] = '\0';
    code = curl_easy_perform(c->curl);
    if (c->too_long)
        snprintf(c->error, sizeof(c->error), "its answer is too long");
    else if (code != CURLE_OK && c->error[0] == '\0')
        snprintf(c->error, sizeof(c->error), "%s", curl_easy_strerror(code));
    if (code == CURLE_OK)
        curl_easy_getinfo(c->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* -- problems -------------------------------------------------------------- */

/* "http://HOST:PORT" of an URL. */
static int authority_size(const char *url)
{
    const char *host = strstr(url, "://");

    return (int)(host == NULL
                     ? strcspn(url, "?")
                     : (size_t)(host - url) + 3 + strcspn(host + 3, "/?"));
}

static bool no_answer(const struct webhdfs_call *c, struct store *s,
                      const char *query, const char *url)
{
    return store_refuse(
        s, STORE_TRANSIENT, "HDFS: %.*s does not answer %.*s: %s",
        authority_size(url), url, (int)strcspn(query, "&"), query, c->error);
}

static enum webhdfs_verdict refused(const struct webhdfs_call *c,
                                    struct store *s, long status,
                                    const char *query, const char *name)
{
    char exception[EXCEPTION_SIZE], text[TEXT_SIZE];
    enum store_class class;
    enum webhdfs_verdict verdict = webhdfs_reply_error(
        status, c->body, c->size, exception, text, sizeof(text), &class);

    store_refuse(
        s, class, "HDFS refuses %.*s of %.150s/%.100s: %s%s%s (status %ld)",
        (int)strcspn(query, "&"), query, c->url->path, name == NULL ? "" : name,
        exception, exception[0] != '\0' && text[0] != '\0' ? ": " : "", text,
        status);
    return verdict;
}

/* -- NameNodes ------------------------------------------------------------- */

/* What is no plain letter of a path, but slashes. */
static size_t add_path(char *to, size_t size, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t n = 0;

    for (; *path != '\0' && n + 4 < size; path++) {
        unsigned char byte = (unsigned char)*path;

        if ((byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
            (byte >= '0' && byte <= '9') || strchr("/-_.~", byte) != NULL) {
            to[n++] = *path;
            continue;
        }
        to[n++] = '%';
        to[n++] = digits[byte >> 4];
        to[n++] = digits[byte & 15];
    }
    to[n] = '\0';
    return n;
}

static void make_url(const struct webhdfs_call *c, char *url, const char *query,
                     const char *name)
{
    size_t n = (size_t)snprintf(url, URL_SIZE, "http%s://%s/webhdfs/v1",
                                c->url->tls ? "s" : "", c->url->nodes[c->node]);

    n += add_path(url + n, URL_SIZE - n, c->url->path);
    n += add_path(url + n, URL_SIZE - n, "/");
    if (name != NULL)
        n += add_path(url + n, URL_SIZE - n, name);
    snprintf(url + n, URL_SIZE - n, "?%s%s%s", query,
             c->user[0] == '\0' ? "" : "&user.name=", c->user);
}

bool webhdfs_call_target(const struct webhdfs_call *c, char *query, size_t size,
                         const char *name)
{
    size_t n = (size_t)snprintf(query, size, "op=RENAME&destination=");

    n += add_path(query + n, size - n, c->url->path);
    n += add_path(query + n, size - n, "/");
    n += add_path(query + n, size - n, name);
    return n + 5 < size;
}

bool webhdfs_call_ask(struct webhdfs_call *c, struct store *s,
                      const char *method, const char *query, const char *name,
                      enum webhdfs_verdict *verdict)
{
    char url[URL_SIZE];

    for (uint32_t i = 0; i < c->url->n_nodes; i++) {
        long status;

        make_url(c, url, query, name);
        status = request(c, method, url, "", 0);
        *verdict = WEBHDFS_ASIDE;
        if (status == 0)
            no_answer(c, s, query, url);
        else if (status < 400)
            return true;
        else
            *verdict = refused(c, s, status, query, name);
        if (*verdict != WEBHDFS_ASIDE)
            return false;
        c->node = (c->node + 1) % c->url->n_nodes;
    }
    return false;
}

/* -- DataNodes ------------------------------------------------------------- */

/* Old ones do not know `noredirect`. */
static bool find_location(struct webhdfs_call *c)
{
    const char *redirect = NULL;

    curl_easy_getinfo(c->curl, CURLINFO_REDIRECT_URL, &redirect);
    if (redirect == NULL)
        return webhdfs_reply_location(c->body, c->size, c->location,
                                      sizeof(c->location));
    if (strlen(redirect) >= sizeof(c->location))
        return false;
    memcpy(c->location, redirect, strlen(redirect) + 1);
    return true;
}

bool webhdfs_call_transfer(struct webhdfs_call *c, struct store *s,
                           const char *method, const char *query,
                           const char *name, const char *data, size_t size,
                           enum webhdfs_verdict *verdict)
{
    char asked[256];
    long status;

    snprintf(asked, sizeof(asked), "%s&noredirect=true", query);
    if (!webhdfs_call_ask(c, s, method, asked, name, verdict))
        return false;
    *verdict = WEBHDFS_FAILED;
    if (!find_location(c))
        return store_refuse(s, STORE_TRANSIENT,
                            "HDFS: the NameNode %s does not say where the data "
                            "of %.*s goes; expected WebHDFS",
                            c->url->nodes[c->node], (int)strcspn(query, "&"),
                            query);
    status = request(c, method, c->location, data, size);
    if (status == 0)
        return no_answer(c, s, query, c->location);
    if (status < 300)
        return true;
    *verdict = refused(c, s, status, query, name);
    return false;
}
