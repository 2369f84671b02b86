/* zookeeper_handle.c - a handle of the library; see zookeeper_handle.h. */
#include "common/zookeeper_handle.h"
#include "common/zookeeper_log.h"
#include <errno.h>
#include <string.h>

#define MS INT64_C(1000000)
#define RESOLVE_AGAIN_MS 60000

static void put(struct zookeeper_handle *h, enum zookeeper_mail_kind kind,
                int error)
{
    struct zookeeper_mail *mail = zookeeper_mail_new(kind);

    mail->rc = error;
    zookeeper_box_put(h->box, mail);
}

/* Addresses are looked up here, which may take as long as a name server. The
 * secret is sent before anything else on each connection. */
static void open_it(void *arg)
{
    struct zookeeper_handle *h = arg;
    const struct zookeeper_options *o = h->options;
    zhandle_t *zh = zookeeper_init2(o->hosts, zookeeper_mail_session,
                                    (int)(o->session_ns / MS), NULL, h->box,
                                    ZOO_NO_LOG_CLIENTENV, zookeeper_log_line);
    int error = errno != 0 ? errno : EINVAL;

    if (zh != NULL) /* else the library asks for each name all the time */
        zoo_set_servers_resolution_delay(zh, RESOLVE_AGAIN_MS);
    if (zh != NULL && o->secret != NULL)
        zoo_add_auth(zh, "digest", o->secret, (int)strlen(o->secret), NULL,
                     NULL);
    h->fresh = zh;
    put(h, ZOOKEEPER_MAIL_OPENED, zh != NULL ? 0 : error);
}

static void close_it(void *arg)
{
    struct zookeeper_handle *h = arg;

    zookeeper_close(h->closing);
    put(h, ZOOKEEPER_MAIL_CLOSED, 0);
}

static void join(struct zookeeper_handle *h)
{
    struct env *env = loop_env(h->box->loop);

    if (h->thread != NULL)
        env->ops->thread_join(env, h->thread);
    h->thread = NULL;
}

static void run(struct zookeeper_handle *h, void (*fn)(void *arg))
{
    struct env *env = loop_env(h->box->loop);

    h->thread = env->ops->thread_start(env, "zookeeper", -1, fn, h);
    if (h->thread == NULL) /* there is none to be had: it takes as long */
        fn(h);
}

void zookeeper_handle_open(struct zookeeper_handle *h)
{
    h->number++;
    run(h, open_it);
}

void zookeeper_handle_opened(struct zookeeper_handle *h)
{
    join(h);
    h->zh = h->fresh;
    h->fresh = NULL;
}

void zookeeper_handle_close(struct zookeeper_handle *h)
{
    h->closing = h->zh;
    h->zh = NULL;
    run(h, close_it);
}

void zookeeper_handle_closed(struct zookeeper_handle *h)
{
    join(h);
    h->closing = NULL;
}

void zookeeper_handle_finish(struct zookeeper_handle *h)
{
    join(h);
    if (h->fresh != NULL)
        zookeeper_close(h->fresh);
    if (h->zh != NULL)
        zookeeper_close(h->zh);
    h->zh = h->fresh = h->closing = NULL;
}
