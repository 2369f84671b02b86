/* dev_zookeeper.c - the server of `gale dev-zookeeper`; see dev_zookeeper.h. */
#include "cli/dev_zookeeper.h"
#include "cli/zookeeper_process.h"
#include "common/env_process.h"
#include "common/loop.h"
#include "common/zookeeper_words.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include "topology-api/text_buffer.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define MS INT64_C(1000000)
#define LOOK_AGAIN (100 * MS) /* whether it answers */
#define PATIENCE (10000 * MS) /* until SIGTERM becomes SIGKILL */

struct server {
    const struct dev_zookeeper *what;
    struct env *env;
    struct loop *loop;
    char *data; /* absolute */
    int lock;   /* of the directory; -1: none */
    int log;
    struct env_process *process;
    struct loop_watch ended;
    struct loop_timer timer;
    bool told; /* it is to end */
};

/* -- before it starts ------------------------------------------------------ */

/* Somebody who listens there would pass for ours. */
static int look_at_port(const struct server *s, gale_err *error)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(s->what->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int one = 1, result = 0;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return error_set(error, "socket: %s", strerror(errno));
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        result = error_set(error,
                           "port %u of 127.0.0.1 cannot be had: %s; is a "
                           "ZooKeeper running already? --port takes another",
                           s->what->port, strerror(errno));
    close(fd);
    return result;
}

static char *path_in(const struct server *s, const char *name)
{
    char *path;

    if (asprintf(&path, "%s/%s", s->data, name) < 0)
        memory_none_left();
    return path;
}

/* In /tmp anybody may have made it before. */
static int look_at_owner(const struct server *s, gale_err *error)
{
    struct stat st;

    if (stat(s->data, &st) != 0)
        return error_set(error, "%s: %s", s->data, strerror(errno));
    if (st.st_uid != geteuid())
        return error_set(error,
                         "%s belongs to another user: give a directory of your "
                         "own with --data",
                         s->data);
    return 0;
}

static int lock_directory(struct server *s, gale_err *error)
{
    char *path = path_in(s, "dev-zookeeper.lock");
    int result = 0;

    s->lock = s->env->ops->file_lock(s->env, path);
    if (s->lock < 0 && errno == EWOULDBLOCK)
        result = error_set(error,
                           "another gale dev-zookeeper uses %s: end it, or "
                           "give another directory with --data",
                           s->data);
    else if (s->lock < 0)
        result = error_set(error, "%s: %s", path, strerror(errno));
    free(path);
    return result;
}

static int take_directory(struct server *s, gale_err *error)
{
    if (s->env->ops->directory_make(s->env, s->what->data) != 0)
        return error_set(error, "%s cannot be made: %s", s->what->data,
                         strerror(errno));
    s->data = realpath(s->what->data, NULL);
    if (s->data == NULL)
        return error_set(error, "%s: %s", s->what->data, strerror(errno));
    if (look_at_owner(s, error) != 0)
        return -1;
    return lock_directory(s, error);
}

static int open_log(struct server *s, gale_err *error)
{
    char *path = path_in(s, "zookeeper.log");
    int result = 0;

    s->log =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (s->log < 0)
        result = error_set(error, "%s: %s", path, strerror(errno));
    free(path);
    return result;
}

/* -- its process ----------------------------------------------------------- */

static void has_ended(void *arg)
{
    struct server *s = arg;

    loop_watch_clear(&s->ended);
    loop_end(s->loop);
}

static void end_by_force(void *arg)
{
    struct server *s = arg;

    s->env->ops->processes->kill(s->env, s->process);
}

/* The second time at once. */
static void signalled(void *arg, int signal)
{
    struct server *s = arg;

    (void)signal;
    if (s->told) {
        end_by_force(s);
        return;
    }
    s->told = true;
    s->env->ops->processes->signal(s->env, s->process, SIGTERM);
    loop_timer_set(s->loop, &s->timer, loop_now(s->loop) + PATIENCE,
                   end_by_force, s);
}

/* There is no event of that. */
static void look_whether_it_answers(void *arg)
{
    struct server *s = arg;
    int64_t now = loop_now(s->loop);
    char address[32], reply[512];

    if (s->told)
        return;
    snprintf(address, sizeof(address), "127.0.0.1:%u", s->what->port);
    if (zookeeper_words_ask(
            s->env, (struct zookeeper_question){address, "srvr"},
            now + LOOK_AGAIN, reply, sizeof(reply)) == ZOOKEEPER_ANSWERED &&
        strstr(reply, "Mode:") != NULL) {
        printf("ZooKeeper listens at %s; Ctrl-C ends it\n", address);
        fflush(stdout);
        return;
    }
    loop_timer_set(s->loop, &s->timer, now + LOOK_AGAIN,
                   look_whether_it_answers, s);
}

static int how_it_ended(struct server *s, gale_err *error)
{
    struct env_process_end end;

    if (!s->env->ops->processes->ended(s->env, s->process, &end))
        return error_set(error, "the server does not end");
    if (s->told)
        return 0;
    return error_set(error,
                     "the server has ended by itself (%s %d): "
                     "%s/zookeeper.log says why",
                     end.signal != 0 ? "signal" : "exit status",
                     end.signal != 0 ? end.signal : end.status, s->data);
}

static int attend(struct server *s, gale_err *error)
{
    static const int signals[] = {SIGINT, SIGTERM};

    s->loop = loop_new(s->env);
    if (s->loop == NULL || loop_signals(s->loop, signals, 2, signalled, s) != 0)
        return error_set(error, "no descriptors are left");
    s->process = zookeeper_process_start(
        s->env,
        &(struct zookeeper_process){.java = s->what->java,
                                    .class_path = s->what->class_path,
                                    .data = s->data,
                                    .port = s->what->port},
        s->log, NULL, error);
    if (s->process == NULL)
        return -1;
    if (loop_watch_set(s->loop, &s->ended, s->process->watch, has_ended, s) !=
        0) {
        end_by_force(s);
        return error_set(error, "no descriptors are left");
    }
    look_whether_it_answers(s);
    loop_run(s->loop);
    return how_it_ended(s, error);
}

static void let_go(struct server *s)
{
    loop_timer_clear(&s->timer);
    loop_watch_clear(&s->ended);
    s->env->ops->processes->free(s->env, s->process);
    loop_free(s->loop);
    if (s->log >= 0)
        close(s->log);
    if (s->lock >= 0)
        s->env->ops->file_unlock(s->env, s->lock);
    free(s->data);
}

int dev_zookeeper_run(const struct dev_zookeeper *what, gale_err *error)
{
    struct server s = {.what = what, .env = env_posix(), .lock = -1, .log = -1};
    int result = -1;

    if (look_at_port(&s, error) == 0 && take_directory(&s, error) == 0 &&
        open_log(&s, error) == 0)
        result = attend(&s, error);
    let_go(&s);
    return result;
}
