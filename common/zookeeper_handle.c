/* zookeeper_handle.c - a handle of the library; see zookeeper_handle.h. */
#include "common/zookeeper_handle.h"
#include "common/zookeeper_hosts.h"
#include "common/zookeeper_log.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <string.h>

#define MS INT64_C(1000000)
#define NO_NAMES (-1) /* the library has none to look up */

static void put(struct zookeeper_handle *h, enum zookeeper_mail_kind kind,
                int error)
{
    struct zookeeper_mail *mail = zookeeper_mail_new(kind);

    mail->rc = error;
    zookeeper_box_put(h->box, mail);
}

static void do_nothing(void *arg)
{
    (void)arg;
}

struct trial {
    struct env *env;
    bool succeeded;
};

/* A thread beside this one. */
static void start_another(void *arg)
{
    struct trial *t = arg;
    struct env_thread *thread =
        t->env->ops->thread_start(t->env, "trial", -1, do_nothing, NULL);

    t->succeeded = thread != NULL;
    if (t->succeeded)
        t->env->ops->thread_join(t->env, thread);
}

/* The library starts two, and aborts the process if it cannot. */
static bool two_threads_can_be_had(struct env *env)
{
    struct trial trial = {env, false};
    struct env_thread *thread =
        env->ops->thread_start(env, "trial", -1, start_another, &trial);

    if (thread != NULL)
        env->ops->thread_join(env, thread);
    return trial.succeeded;
}

/* 0, or errno. The secret is sent before anything else on each connection. */
static int open_at(struct zookeeper_handle *h, const char *addresses)
{
    const struct zookeeper_options *o = h->options;
    zhandle_t *zh;

    if (!two_threads_can_be_had(loop_env(h->box->loop)))
        return EAGAIN;
    zh = zookeeper_init2(addresses, zookeeper_mail_session,
                         (int)(o->session_ns / MS), NULL, h->box,
                         ZOO_NO_LOG_CLIENTENV, zookeeper_log_line);
    if (zh == NULL)
        return errno != 0 ? errno : EINVAL;
    zoo_set_servers_resolution_delay(zh, NO_NAMES);
    if (o->secret != NULL)
        zoo_add_auth(zh, "digest", o->secret, (int)strlen(o->secret), NULL,
                     NULL);
    h->fresh = zh;
    return 0;
}

/* Names are looked up here, which may take as long as a name server. */
static void open_it(void *arg)
{
    struct zookeeper_handle *h = arg;
    int why;
    char *addresses = zookeeper_hosts_find(h->options->hosts, &why);

    if (addresses != NULL)
        why = open_at(h, addresses);
    h->fresh_addresses = addresses;
    put(h, ZOOKEEPER_MAIL_OPENED, why);
}

static void close_it(void *arg)
{
    struct zookeeper_handle *h = arg;

    zookeeper_close(h->closing);
    put(h, ZOOKEEPER_MAIL_CLOSED, 0);
}

static void join(struct zookeeper_handle *h, struct env_thread **thread)
{
    struct env *env = loop_env(h->box->loop);

    if (*thread != NULL)
        env->ops->thread_join(env, *thread);
    *thread = NULL;
}

/* What is there becomes the other, which is moved. */
static void move(char **to, char **from)
{
    free(*to);
    *to = *from;
    *from = NULL;
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
    join(h, &h->thread);
    h->zh = h->fresh;
    h->fresh = NULL;
    move(&h->addresses, &h->fresh_addresses);
}

/* -- servers that have moved ----------------------------------------------- */

static void look_up(void *arg)
{
    struct zookeeper_handle *h = arg;
    int why;

    h->seen_addresses = zookeeper_hosts_find(h->options->hosts, &why);
    put(h, ZOOKEEPER_MAIL_LOOKED_UP, 0);
}

void zookeeper_handle_look_up(struct zookeeper_handle *h)
{
    struct env *env = loop_env(h->box->loop);

    if (h->looks != NULL) /* name servers take their time */
        return;
    free(h->seen_addresses);
    h->seen_addresses = NULL;
    h->looks = env->ops->thread_start(env, "zookeeper-names", -1, look_up, h);
}

void zookeeper_handle_looked_up(struct zookeeper_handle *h)
{
    join(h, &h->looks);
    if (h->zh == NULL || h->seen_addresses == NULL ||
        strcmp(h->seen_addresses, h->addresses) == 0)
        return;
    zoo_set_servers(h->zh, h->seen_addresses);
    move(&h->addresses, &h->seen_addresses);
}

/* -- its end --------------------------------------------------------------- */

void zookeeper_handle_close(struct zookeeper_handle *h)
{
    h->closing = h->zh;
    h->zh = NULL;
    run(h, close_it);
}

void zookeeper_handle_closed(struct zookeeper_handle *h)
{
    join(h, &h->thread);
    h->closing = NULL;
}

void zookeeper_handle_finish(struct zookeeper_handle *h)
{
    join(h, &h->thread);
    join(h, &h->looks);
    if (h->fresh != NULL)
        zookeeper_close(h->fresh);
    if (h->zh != NULL)
        zookeeper_close(h->zh);
    h->zh = h->fresh = h->closing = NULL;
    free(h->addresses);
    free(h->fresh_addresses);
    free(h->seen_addresses);
    h->addresses = h->fresh_addresses = h->seen_addresses = NULL;
}
