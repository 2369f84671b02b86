/* zookeeper_user.c - clients of tests; see zookeeper_contract.h. */
#include "tests/support/cmocka_all.h"
#include "tests/support/zookeeper_contract.h"
#include "topology-api/memory.h"

const struct zookeeper_world *zookeeper_world;

static void told(void *arg, enum zookeeper_state state)
{
    struct zookeeper_user *user = arg;

    user->connected += state == ZOOKEEPER_IS_CONNECTED;
    user->away += state == ZOOKEEPER_IS_AWAY;
    user->lost += state == ZOOKEEPER_IS_LOST;
    zookeeper_world->came();
}

struct zookeeper_user *zookeeper_user_start(void)
{
    struct zookeeper_user *user = xcalloc(1, sizeof(*user));

    user->z = zookeeper_world->join(told, user);
    return user;
}

struct zookeeper_user *zookeeper_user_new(void)
{
    struct zookeeper_user *user = zookeeper_user_start();

    zookeeper_await(&user->connected, 1);
    return user;
}

void zookeeper_user_free(struct zookeeper_user *user)
{
    zookeeper_free(user->z);
    free(user);
}

void zookeeper_await(const uint32_t *n, uint32_t least)
{
    while (*n < least)
        zookeeper_world->pump();
}

/* -- watches --------------------------------------------------------------- */

static void rang(void *arg)
{
    struct zookeeper_bell *bell = arg;

    bell->n++;
    zookeeper_world->came();
}

void zookeeper_bell_init(struct zookeeper_bell *bell)
{
    *bell = (struct zookeeper_bell){.watch = {.fn = rang, .arg = bell}};
}

/* They outlive a test that fails. */
static struct zookeeper_bell bells[8];
static uint32_t n_bells;

struct zookeeper_bell *zookeeper_bell_new(void)
{
    assert_true(n_bells < sizeof(bells) / sizeof(bells[0]));
    zookeeper_bell_init(&bells[n_bells]);
    return &bells[n_bells++];
}

void zookeeper_bells_forget(void)
{
    n_bells = 0;
}

/* -- requests -------------------------------------------------------------- */

static void note(void *arg, const struct zookeeper_answer *answer)
{
    struct zookeeper_got *got = arg;

    zookeeper_got_free(got);
    got->result = answer->result;
    got->stat = answer->stat;
    got->failed = answer->failed;
    snprintf(got->path, sizeof(got->path), "%s",
             answer->path != NULL ? answer->path : "");
    got->data = xstrndup(answer->data, answer->size);
    got->size = answer->size;
    got->names[0] = '\0';
    for (uint32_t i = 0; i < answer->n_children; i++) {
        size_t n = strlen(got->names);

        snprintf(got->names + n, sizeof(got->names) - n, "%s%s",
                 n > 0 ? " " : "", answer->children[i]);
    }
    got->n++;
    zookeeper_world->came();
}

void zookeeper_got_free(struct zookeeper_got *got)
{
    free(got->data);
    got->data = NULL;
}

void zookeeper_send(struct zookeeper_user *user,
                    const struct zookeeper_request *request,
                    struct zookeeper_got *got)
{
    struct zookeeper_request r = *request;

    r.then = (struct zookeeper_then){note, got};
    user->z->ops->request(user->z, &r);
}

enum zookeeper_result zookeeper_ask(struct zookeeper_user *user,
                                    const struct zookeeper_request *request,
                                    struct zookeeper_got *got)
{
    struct zookeeper_got own = {0};
    uint32_t n;

    got = got != NULL ? got : &own;
    n = got->n;
    zookeeper_send(user, request, got);
    assert_int_equal(got->n, n); /* never inside the call */
    zookeeper_await(&got->n, n + 1);
    zookeeper_got_free(&own);
    return got->result;
}

static enum zookeeper_result ask_write(struct zookeeper_user *user,
                                       const struct zookeeper_write *write,
                                       struct zookeeper_got *got)
{
    return zookeeper_ask(user,
                         &(struct zookeeper_request){
                             .kind = write->kind, .writes = write, .n = 1},
                         got);
}

enum zookeeper_result zookeeper_ask_create(struct zookeeper_user *user,
                                           const char *path, const char *text,
                                           uint32_t flags)
{
    return ask_write(user,
                     &(struct zookeeper_write){.kind = ZOOKEEPER_CREATE,
                                               .path = path,
                                               .data = text,
                                               .size = strlen(text),
                                               .flags = flags},
                     NULL);
}

enum zookeeper_result zookeeper_ask_set(struct zookeeper_user *user,
                                        const char *path, const char *text,
                                        int32_t version)
{
    return ask_write(user,
                     &(struct zookeeper_write){.kind = ZOOKEEPER_SET,
                                               .path = path,
                                               .data = text,
                                               .size = strlen(text),
                                               .version = version},
                     NULL);
}

enum zookeeper_result zookeeper_ask_delete(struct zookeeper_user *user,
                                           const char *path, int32_t version)
{
    return ask_write(user,
                     &(struct zookeeper_write){.kind = ZOOKEEPER_DELETE,
                                               .path = path,
                                               .version = version},
                     NULL);
}

enum zookeeper_result zookeeper_ask_read(struct zookeeper_user *user,
                                         enum zookeeper_kind kind,
                                         const char *path,
                                         struct zookeeper_bell *bell,
                                         struct zookeeper_got *got)
{
    return zookeeper_ask(user,
                         &(struct zookeeper_request){
                             .kind = kind,
                             .path = path,
                             .watch = bell != NULL ? &bell->watch : NULL},
                         got);
}

enum zookeeper_result zookeeper_ask_multi(struct zookeeper_user *user,
                                          const struct zookeeper_write *writes,
                                          uint32_t n, struct zookeeper_got *got)
{
    return zookeeper_ask(user,
                         &(struct zookeeper_request){
                             .kind = ZOOKEEPER_MULTI, .writes = writes, .n = n},
                         got);
}
