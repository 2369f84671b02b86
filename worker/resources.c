/* resources.c - shared by name, counted by users; see resources.h. */
#include "worker/resources.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include "worker/task_base.h"
#include <pthread.h>
#include <stdlib.h>

struct resource {
    struct resource *next;
    char *name;
    void *thing;
    gale_destroy_fn *destroy;
    struct task **users;
    uint32_t n_users;
};

struct resources {
    pthread_mutex_t lock;
    struct resource *first;
};

struct resources *resources_new(void)
{
    struct resources *r = xcalloc(1, sizeof(*r));

    pthread_mutex_init(&r->lock, NULL);
    return r;
}

static void end(struct resource *res)
{
    if (res->destroy != NULL)
        res->destroy(res->thing);
    free(res->users);
    free(res->name);
    free(res);
}

static void add_user(struct resource *res, struct task *t)
{
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

void *resources_get(struct resources *r, struct task *t, const char *name,
                    gale_create_fn *create, gale_destroy_fn *destroy, void *arg)
{
    struct resource *res;
    void *thing = NULL;

    pthread_mutex_lock(&r->lock);
    res = find(r, name);
    if (res == NULL && (thing = create(&t->public, arg)) != NULL) {
        res = xcalloc(1, sizeof(*res));
        res->name = xstrdup(name);
        res->thing = thing;
        res->destroy = destroy;
        res->next = r->first;
        r->first = res;
    }
    if (res != NULL) {
        check(res->thing != NULL);
        add_user(res, t);
        thing = res->thing;
    }
    pthread_mutex_unlock(&r->lock);
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

    pthread_mutex_lock(&r->lock);
    while ((res = *link) != NULL) {
        if (remove_user(res, t)) {
            *link = res->next;
            end(res);
        } else {
            link = &res->next;
        }
    }
    pthread_mutex_unlock(&r->lock);
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
    pthread_mutex_destroy(&r->lock);
    free(r);
}
