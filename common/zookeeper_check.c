/* zookeeper_check.c - a look at ZooKeeper before anything starts; see
 * zookeeper_check.h. */
#include "common/zookeeper_check.h"
#include "common/loop.h"
#include "common/zookeeper_client.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

struct findings {
    struct env *env;
    const struct zookeeper_options *options;
    zookeeper_finding_fn *fn;
    void *arg;
    int64_t until;
};

/* -- servers --------------------------------------------------------------- */

static enum zookeeper_gravity judge_reply(const char *server, const char *reply,
                                          char *text, size_t size)
{
    if (strstr(reply, "Mode:") != NULL)
        return ZOOKEEPER_GOOD;
    if (strstr(reply, "not currently serving") != NULL)
        snprintf(text, size,
                 "ZooKeeper at %s serves nobody: it has just started, or most "
                 "of its ensemble is away; start the others",
                 server);
    else if (*reply == '\0')
        snprintf(text, size,
                 "what listens at %s closes new connections at once: if it is "
                 "a ZooKeeper, this machine has as many as it allows (raise "
                 "maxClientCnxns in its zoo.cfg, 60 unless it is set); if not, "
                 "see storm.zookeeper.servers and storm.zookeeper.port",
                 server);
    else
        snprintf(text, size,
                 "what answers at %s is no ZooKeeper: expected one there, see "
                 "storm.zookeeper.servers and storm.zookeeper.port",
                 server);
    return ZOOKEEPER_BAD;
}

enum zookeeper_gravity zookeeper_check_judge(
    const char *server, const struct zookeeper_heard *heard, char *text,
    size_t size)
{
    switch (heard->word) {
    case ZOOKEEPER_ANSWERED:
        return judge_reply(server, heard->reply, text, size);
    case ZOOKEEPER_UNREACHABLE:
        snprintf(text, size,
                 "ZooKeeper at %s cannot be reached (%s): is it running, and "
                 "is that its address? See storm.zookeeper.servers and "
                 "storm.zookeeper.port",
                 server, strerror(heard->error));
        break;
    case ZOOKEEPER_SILENT:
        snprintf(text, size,
                 "what listens at %s says nothing: expected a ZooKeeper; if it "
                 "is one, it is just starting or stands still",
                 server);
        break;
    case ZOOKEEPER_NO_HOST:
        snprintf(text, size,
                 "the ZooKeeper server %s is not found: expected a name or an "
                 "address in storm.zookeeper.servers",
                 server);
        break;
    }
    return ZOOKEEPER_BAD;
}

struct judged {
    enum zookeeper_gravity gravity;
    char text[600];
};

/* Every server answers "srvr"; other words must be allowed. */
static void look_at_words(const struct findings *f, const char *server,
                          int64_t until, struct judged *judged)
{
    struct zookeeper_question conf = {server, "conf"};
    char reply[4096];

    if (zookeeper_words_ask(f->env, conf, until, reply, sizeof(reply)) ==
            ZOOKEEPER_ANSWERED &&
        strstr(reply, "not in the whitelist") == NULL)
        return;
    judged->gravity = ZOOKEEPER_NOTE;
    snprintf(judged->text, sizeof(judged->text),
             "ZooKeeper at %s does not say how it is set up: gale works "
             "without that; four-letter words such as conf are allowed by "
             "4lw.commands.whitelist in its zoo.cfg",
             server);
}

/* A silent one leaves time for those that come after it: `left` of them, and
 * the root. */
static struct judged look_at_server(const struct findings *f,
                                    const char *server, uint32_t left)
{
    struct zookeeper_question srvr = {server, "srvr"};
    struct judged judged = {.gravity = ZOOKEEPER_GOOD};
    int64_t now = f->env->ops->now(f->env);
    int64_t until = now + (f->until - now) / (left + 2);
    char reply[1024];
    struct zookeeper_heard heard = {.reply = reply};

    heard.word = zookeeper_words_ask(f->env, srvr, until, reply, sizeof(reply));
    heard.error = errno;
    judged.gravity =
        zookeeper_check_judge(server, &heard, judged.text, sizeof(judged.text));
    if (judged.gravity == ZOOKEEPER_GOOD)
        look_at_words(f, server, until, &judged);
    return judged;
}

static uint32_t count_of(const char *hosts)
{
    uint32_t n = 1;

    for (; *hosts != '\0'; hosts++)
        n += *hosts == ',';
    return n;
}

/* Whether one will do. */
static bool look_at_servers(const struct findings *f)
{
    char *hosts = xstrdup(f->options->hosts), *rest = hosts, *server;
    uint32_t n = 0, n_all = count_of(hosts);
    struct judged *all = xcalloc(n_all, sizeof(*all));
    bool good = false;

    while ((server = strsep(&rest, ",")) != NULL) {
        all[n] = look_at_server(f, server, n_all - n - 1);
        good = good || all[n].gravity != ZOOKEEPER_BAD;
        n++;
    }
    for (uint32_t i = 0; i < n; i++)
        if (all[i].gravity != ZOOKEEPER_GOOD)
            f->fn(f->arg, good ? ZOOKEEPER_NOTE : ZOOKEEPER_BAD, all[i].text);
    free(all);
    free(hosts);
    return good;
}

/* -- the root -------------------------------------------------------------- */

struct visit {
    struct loop *loop;
    struct zookeeper *z;
    const char *root;
    bool answered;
    enum zookeeper_result result;
};

static void root_read(void *arg, const struct zookeeper_answer *answer)
{
    struct visit *v = arg;

    v->answered = true;
    v->result = answer->result;
    loop_end(v->loop);
}

static void connected(void *arg, enum zookeeper_state state)
{
    struct visit *v = arg;

    if (state == ZOOKEEPER_IS_CONNECTED)
        zookeeper_get(v->z, v->root, NULL,
                      (struct zookeeper_then){root_read, v});
}

/* What was found there. */
static enum zookeeper_gravity judge_root(const struct findings *f,
                                         const struct visit *v, char *text,
                                         size_t size)
{
    if (!v->answered)
        snprintf(text, size, "%s", zookeeper_trouble(v->z));
    else if (v->result == ZOOKEEPER_OK)
        return ZOOKEEPER_GOOD;
    else if (v->result != ZOOKEEPER_NO_NODE)
        snprintf(text, size, "the node %s cannot be used: %s", f->options->root,
                 zookeeper_says(v->result));
    else {
        snprintf(text, size,
                 "the node %s is not there yet (storm.zookeeper.root): it will "
                 "be made",
                 f->options->root);
        return ZOOKEEPER_NOTE;
    }
    return ZOOKEEPER_BAD;
}

/* By a client that makes nothing: its root is ZooKeeper's own. */
static enum zookeeper_gravity look_at_root(const struct findings *f)
{
    struct zookeeper_options options = *f->options;
    struct visit v = {.loop = loop_new(f->env),
                      .root = *options.root != '\0' ? options.root : "/"};
    enum zookeeper_gravity gravity;
    char text[1000], top[] = "";

    if (v.loop == NULL) {
        f->fn(f->arg, ZOOKEEPER_BAD, strerror(errno));
        return ZOOKEEPER_BAD;
    }
    options.root = top;
    v.z = zookeeper_client_new(v.loop, &options, NULL, connected, &v);
    while (!v.answered && loop_now(v.loop) < f->until)
        loop_run_for(v.loop, f->until - loop_now(v.loop));
    gravity = judge_root(f, &v, text, sizeof(text));
    if (gravity != ZOOKEEPER_GOOD)
        f->fn(f->arg, gravity, text);
    zookeeper_free(v.z);
    loop_free(v.loop);
    return gravity;
}

int zookeeper_check(struct env *env, const struct zookeeper_options *options,
                    zookeeper_finding_fn *fn, void *arg)
{
    struct findings f = {.env = env,
                         .options = options,
                         .fn = fn,
                         .arg = arg,
                         .until = env->ops->now(env) + options->connection_ns};

    return look_at_servers(&f) && look_at_root(&f) != ZOOKEEPER_BAD ? 0 : -1;
}
