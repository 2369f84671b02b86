/* zookeeper_mail.c - from the library's threads to the loop's; see
 * zookeeper_mail.h. */
#include "common/zookeeper_mail.h"
#include "common/zookeeper_call.h"
#include "topology-api/memory.h"

/* -- the box --------------------------------------------------------------- */

void zookeeper_box_init(struct zookeeper_box *box, struct loop *loop,
                        void (*take)(void *arg, struct zookeeper_mail *mail),
                        void *arg)
{
    struct env *env = loop_env(loop);

    *box = (struct zookeeper_box){.loop = loop,
                                  .take = take,
                                  .arg = arg,
                                  .monitor = env->ops->monitor_new(env)};
    box->last = &box->first;
}

static struct zookeeper_mail *take_first(struct zookeeper_box *box)
{
    struct env *env = loop_env(box->loop);
    struct zookeeper_mail *mail;

    env_enter(env, box->monitor);
    mail = box->first;
    if (mail != NULL)
        box->first = mail->next;
    if (box->first == NULL)
        box->last = &box->first;
    env_leave(env, box->monitor);
    return mail;
}

/* One for each post, so that the loop can end behind any of them. */
static void take_one(void *arg)
{
    struct zookeeper_box *box = arg;

    box->take(box->arg, take_first(box));
}

void zookeeper_box_put(struct zookeeper_box *box, struct zookeeper_mail *mail)
{
    struct env *env = loop_env(box->loop);

    env_enter(env, box->monitor);
    *box->last = mail;
    box->last = &mail->next;
    env_leave(env, box->monitor);
    loop_post(box->loop, take_one, box);
}

void zookeeper_box_fini(struct zookeeper_box *box)
{
    struct env *env = loop_env(box->loop);
    struct zookeeper_mail *mail;

    loop_unpost(box->loop, box);
    while ((mail = take_first(box)) != NULL)
        zookeeper_mail_free(mail);
    env->ops->monitor_free(env, box->monitor);
}

/* -- mails ----------------------------------------------------------------- */

struct zookeeper_mail *zookeeper_mail_new(enum zookeeper_mail_kind kind)
{
    struct zookeeper_mail *mail = xcalloc(1, sizeof(*mail));

    mail->kind = kind;
    return mail;
}

void zookeeper_mail_free(struct zookeeper_mail *mail)
{
    for (uint32_t i = 0; i < mail->n_children; i++)
        free(mail->children[i]);
    free(mail->children);
    free(mail->path);
    free(mail->data);
    free(mail);
}

/* Numbers above 0 are the client's own: no server says them. */
static struct zookeeper_mail *reply(int rc, const struct Stat *stat)
{
    struct zookeeper_mail *mail = zookeeper_mail_new(ZOOKEEPER_MAIL_REPLY);

    mail->rc = rc > 0 ? ZDATAINCONSISTENCY : rc;
    if (rc == ZOK && stat != NULL)
        mail->stat = (struct zookeeper_stat){.version = stat->version,
                                             .n_children = stat->numChildren,
                                             .owner = stat->ephemeralOwner,
                                             .created = stat->czxid,
                                             .modified = stat->mzxid};
    return mail;
}

static void put(const void *data, struct zookeeper_mail *mail)
{
    /* The library hands back what it was given. */
    mail->call = (struct zookeeper_call *)data;
    zookeeper_box_put(mail->call->box, mail);
}

void zookeeper_mail_void(int rc, const void *data)
{
    put(data, reply(rc, NULL));
}

void zookeeper_mail_stat(int rc, const struct Stat *stat, const void *data)
{
    put(data, reply(rc, stat));
}

/* A node without a value has size -1. What is shorter than the node says is
 * not what is there. */
void zookeeper_mail_data(int rc, const char *value, int size,
                         const struct Stat *stat, const void *data)
{
    struct zookeeper_mail *mail;

    if (value == NULL || size < 0)
        size = 0;
    if (rc == ZOK && stat != NULL && stat->dataLength != size)
        rc = ZDATAINCONSISTENCY;
    mail = reply(rc, stat);
    if (rc == ZOK) {
        mail->data = xstrndup(value, (size_t)size);
        mail->size = (size_t)size;
    }
    put(data, mail);
}

void zookeeper_mail_children(int rc, const struct String_vector *names,
                             const struct Stat *stat, const void *data)
{
    struct zookeeper_mail *mail = reply(rc, stat);

    if (rc == ZOK && names != NULL && names->count > 0) {
        mail->n_children = (uint32_t)names->count;
        mail->children = xcalloc(mail->n_children, sizeof(char *));
        for (uint32_t i = 0; i < mail->n_children; i++)
            mail->children[i] = xstrdup(names->data[i]);
    }
    put(data, mail);
}

void zookeeper_mail_synced(int rc, const char *path, const void *data)
{
    (void)path; /* which was given */
    put(data, reply(rc, NULL));
}

void zookeeper_mail_path(int rc, const char *path, const void *data)
{
    struct zookeeper_mail *mail = reply(rc, NULL);

    if (rc == ZOK && path != NULL)
        mail->path = xstrdup(path);
    put(data, mail);
}

void zookeeper_mail_session(zhandle_t *zh, int type, int state,
                            const char *path, void *context)
{
    struct zookeeper_mail *mail = zookeeper_mail_new(ZOOKEEPER_MAIL_SESSION);

    (void)zh, (void)type, (void)path;
    mail->state = state;
    zookeeper_box_put(context, mail);
}

/* All watches hear of the session, too: that has its own. */
void zookeeper_mail_watch(zhandle_t *zh, int type, int state, const char *path,
                          void *context)
{
    struct zookeeper_mail *mail;

    (void)state, (void)path;
    if (type == ZOO_SESSION_EVENT)
        return;
    mail = zookeeper_mail_new(ZOOKEEPER_MAIL_WATCH);
    mail->spot = (uint64_t)(uintptr_t)context;
    /* That of the handle is the box. */
    zookeeper_box_put((struct zookeeper_box *)zoo_get_context(zh), mail);
}
