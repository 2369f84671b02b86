/* cgroup_home.c - where workers' control groups are made; see
 * worker_cgroup.h. */
#include "common/check.h"
#include "supervisor/cgroup_files.h"
#include "supervisor/worker_cgroup.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_MAX 65536u

/* -- the unified form ------------------------------------------------------ */

static bool ends_with_own(const char *path)
{
    size_t size = strlen(path), own = strlen("/" CGROUP_OWN);

    return size > own && strcmp(path + size - own, "/" CGROUP_OWN) == 0;
}

/* Out of the way: 0, or -1 and errno. */
static int go_aside(const char *base)
{
    char own[CGROUP_PATH_MAX];

    if (cgroup_join(own, base, CGROUP_OWN) != 0 || cgroup_make(own) != 0)
        return -1;
    return cgroup_write(own, "cgroup.procs", "0");
}

static void go_back(const char *base)
{
    char own[CGROUP_PATH_MAX];

    cgroup_write(base, "cgroup.procs", "0");
    if (cgroup_join(own, base, CGROUP_OWN) == 0)
        cgroup_remove(own);
}

static int pass_on(const struct cgroup_place *base, gale_err *error)
{
    char text[32];

    cgroup_controllers_text(base->controllers, "+", text);
    if (cgroup_write(base->path, "cgroup.subtree_control", text) == 0)
        return 0;
    return error_set(error, "cannot write %s into %s/%s: %s%s", text,
                     base->path, "cgroup.subtree_control", strerror(errno),
                     errno == EBUSY ? ": other processes are in that group"
                                    : "");
}

static int open_unified(struct env *env, struct cgroup_place *place,
                        gale_err *error)
{
    bool aside = ends_with_own(place->path);
    char *text;
    int result;

    if (aside)
        place->path[strlen(place->path) - strlen("/" CGROUP_OWN)] = '\0';
    text = cgroup_read(env, place->path, "cgroup.controllers");
    place->controllers = text == NULL ? 0 : cgroup_controllers(text);
    free(text);
    if (place->controllers == 0)
        return 0;
    if (!aside && go_aside(place->path) != 0)
        return error_set(error, "cannot go to the cgroup %s/" CGROUP_OWN ": %s",
                         place->path, strerror(errno));
    result = pass_on(place, error);
    if (result != 0 && !aside)
        go_back(place->path);
    return result;
}

/* -- open ------------------------------------------------------------------ */

/* One without controllers limits nothing. */
static void leave_out(struct cgroup_places *places)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < places->n; i++)
        if (places->list[i].controllers != 0)
            places->list[n++] = places->list[i];
        else
            free(places->list[i].path);
    places->n = n;
}

/* Whether one can be made and limited, is seen best by making one. */
static int try_one(const struct cgroup_home *home, gale_err *error)
{
    const struct cgroup_limits limits = {.memory_bytes = 64u << 20,
                                         .processes = 64};
    struct worker_cgroup group;
    char name[64];

    snprintf(name, sizeof(name), CGROUP_PREFIX "trial-%016llx",
             (unsigned long long)home->env->ops->entropy(home->env));
    if (worker_cgroup_make(&group, home, name, &limits, error) != 0)
        return -1;
    worker_cgroup_remove(&group);
    return 0;
}

int cgroup_home_open(struct cgroup_home *home, struct env *env, gale_err *error)
{
    int result = 0;

    *home = (struct cgroup_home){.env = env};
    if (cgroup_files_of(env, 0, &home->places) != 0)
        return error_set(error, "cannot read /proc/self/cgroup: %s",
                         strerror(errno));
    for (uint32_t i = 0; i < home->places.n && result == 0; i++)
        if (home->places.list[i].unified)
            result = open_unified(env, &home->places.list[i], error);
    leave_out(&home->places);
    if (result == 0 && home->places.n == 0)
        result = error_set(error, "no cgroup has the controllers memory, pids "
                                  "or cpu here");
    if (result == 0)
        result = try_one(home, error);
    if (result != 0)
        cgroup_home_close(home);
    return result;
}

void cgroup_home_close(struct cgroup_home *home)
{
    cgroup_places_free(&home->places);
}

void cgroup_home_text(const struct cgroup_home *home, char text[32])
{
    unsigned bits = 0;

    for (uint32_t i = 0; i < home->places.n; i++)
        bits |= home->places.list[i].controllers;
    cgroup_controllers_text(bits, "", text);
}

/* -- sweep ----------------------------------------------------------------- */

static bool is_one_of(const char *name, const char *const *list, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (strcmp(name, list[i]) == 0)
            return true;
    return false;
}

static void sweep_place(const struct cgroup_home *home, const char *directory,
                        const char *prefix, const char *const *in_use,
                        uint32_t n_in_use)
{
    char path[CGROUP_PATH_MAX];
    char **names;
    uint32_t n;

    if (home->env->ops->directory_list(home->env, directory, NAMES_MAX, &names,
                                       &n) != 0)
        return;
    for (uint32_t i = 0; i < n; i++) {
        if (strncmp(names[i], prefix, strlen(prefix)) == 0 &&
            !is_one_of(names[i], in_use, n_in_use) &&
            cgroup_join(path, directory, names[i]) == 0)
            cgroup_remove(path);
        free(names[i]);
    }
    free(names);
}

void cgroup_home_sweep(const struct cgroup_home *home, const char *prefix,
                       const char *const *in_use, uint32_t n)
{
    for (uint32_t i = 0; i < home->places.n; i++)
        sweep_place(home, home->places.list[i].path, prefix, in_use, n);
}
