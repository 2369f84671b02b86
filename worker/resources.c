/* resources.c - shared by name, counted by users; see resources.h. */
#include "worker/resources.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"
#include <stdlib.h>

struct resource {
    struct resource *next;
    char *name;
    void *thing;
    gale_destroy_fn *destroy;
    struct task **users;
    uint32_t n_users;
    struct resource **parts; /* what its create asked for */
    uint32_t n_parts;
};

/* Resources that are being made, one within the other; on the stack. */
struct making {
    struct resource *res;
    struct making *outer;
};

struct resources {
    struct env *env;
    struct env_monitor
        *monitor; /* entered again: `create` may ask for others */
    struct resource *first;
    struct making *making; /* the innermost */
};

struct resources *resources_new(struct env *env)
{
    struct resources *r = xcalloc(1, sizeof(*r));

    r->env = env;
    r->monitor = env->ops->monitor_new(env);
    return r;
}

static void resource_free(struct resource *res)
{
    free(res->users);
    free(res->parts);
    free(res->name);
    free(res);
}

static void end(struct resource *res)
{
    if (res->destroy != NULL)
        res->destroy(res->thing);
    resource_free(res);
}

/* Who uses it uses its parts: they stay as long as it does. */
static void add_user(struct resource *res, struct task *t)
{
    for (uint32_t i = 0; i < res->n_parts; i++)
        add_user(res->parts[i], t);
    for (uint32_t i = 0; i < res->n_users; i++)
        if (res->users[i] == t)
            return;
    res->users =
        xrealloc(res->users, (res->n_users + 1) * sizeof(struct task *));
    res->users[res->n_users++] = t;
}

static struct resource *find(struct resources *r, const char *name)
{
    struct resource *res = r->first;

    while (res != NULL && strcmp(res->name, name) != 0)
        res = res->next;
    return res;
}

static void add_part(struct resource *res, struct resource *part)
{
    for (uint32_t i = 0; i < res->n_parts; i++)
        if (res->parts[i] == part)
            return;
    res->parts =
        xrealloc(res->parts, (res->n_parts + 1) * sizeof(struct resource *));
    res->parts[res->n_parts++] = part;
}

/* It would be made of itself: nothing that anybody could wait for. */
static bool is_being_made(const struct resources *r, struct task *t,
                          const char *name)
{
    const struct making *m = r->making;
    char text[TASK_TEXT_MAX];

    while (m != NULL && strcmp(m->res->name, name) != 0)
        m = m->outer;
    if (m == NULL)
        return false;
    snprintf(text, sizeof(text),
             "the resource \"%s\" is asked for while its own create is under "
             "way: let create ask for resources of other names only",
             name);
    task_fatal(t, "gale_resource", text);
    return true;
}

/* In front of its parts, so that it is ended before they are. NULL if `create`
 * made nothing. */
static struct resource *make(struct resources *r, struct task *t,
                             const char *name, gale_create_fn *create,
                             void *arg)
{
    struct resource *res = xcalloc(1, sizeof(*res));
    struct making making = {res, r->making};

    res->name = xstrdup(name);
    r->making = &making;
    res->thing = create(&t->public, arg);
    r->making = making.outer;
    if (res->thing == NULL) {
        resource_free(res);
        return NULL;
    }
    res->next = r->first;
    r->first = res;
    return res;
}

void *resources_get(struct resources *r, struct task *t, const char *name,
                    gale_create_fn *create, gale_destroy_fn *destroy, void *arg)
{
    struct resource *res;
    void *thing = NULL;

    env_enter(r->env, r->monitor);
    res = find(r, name);
    if (res == NULL && !is_being_made(r, t, name)) {
        res = make(r, t, name, create, arg);
        if (res != NULL)
            res->destroy = destroy;
    }
    if (res != NULL) {
        check(res->thing != NULL);
        add_user(res, t);
        if (r->making != NULL)
            add_part(r->making->res, res);
        thing = res->thing;
    }
    env_leave(r->env, r->monitor);
    return thing;
}

static bool remove_user(struct resource *res, const struct task *t)
{
    for (uint32_t i = 0; i < res->n_users; i++)
        if (res->users[i] == t) {
            res->users[i] = res->users[--res->n_users];
            return res->n_users == 0;
        }
    return false;
}

void resources_drop(struct resources *r, struct task *t)
{
    struct resource **link = &r->first, *res;

    env_enter(r->env, r->monitor);
    while ((res = *link) != NULL) {
        if (remove_user(res, t)) {
            *link = res->next;
            end(res);
        } else {
            link = &res->next;
        }
    }
    env_leave(r->env, r->monitor);
}

void resources_free(struct resources *r)
{
    if (r == NULL)
        return;
    while (r->first != NULL) {
        struct resource *next = r->first->next;

        end(r->first);
        r->first = next;
    }
    r->env->ops->monitor_free(r->env, r->monitor);
    free(r);
}
