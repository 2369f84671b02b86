/* worker_cgroup.c - the control group of a worker; see worker_cgroup.h. */
#include "supervisor/worker_cgroup.h"
#include "common/check.h"
#include "supervisor/cgroup_files.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- make, limit ----------------------------------------------------------- */

static int write_settings(const struct cgroup_place *place,
                          const struct cgroup_limits *limits, gale_err *error)
{
    struct cgroup_setting settings[CGROUP_SETTINGS_MAX];
    uint32_t n = cgroup_settings(place, limits, settings);

    for (uint32_t i = 0; i < n; i++)
        if (cgroup_write(place->path, settings[i].file, settings[i].value) !=
                0 &&
            !settings[i].optional)
            return error_set(error, "cannot write %s into %s/%s: %s",
                             settings[i].value, place->path, settings[i].file,
                             strerror(errno));
    return 0;
}

static int make_place(struct worker_cgroup *group,
                      const struct cgroup_place *where, const char *name,
                      gale_err *error)
{
    char path[CGROUP_PATH_MAX];

    if (cgroup_join(path, where->path, name) != 0 || cgroup_make(path) != 0)
        return error_set(error, "cannot make the cgroup %s/%s: %s", where->path,
                         name, strerror(errno));
    cgroup_places_add(&group->places, path, where->unified, where->controllers);
    return write_settings(&group->places.list[group->places.n - 1],
                          &group->limits, error);
}

static uint64_t count_killed(const struct worker_cgroup *group);

int worker_cgroup_make(struct worker_cgroup *group,
                       const struct cgroup_home *home, const char *name,
                       const struct cgroup_limits *limits, gale_err *error)
{
    *group = (struct worker_cgroup){.env = home->env, .limits = *limits};
    for (uint32_t i = 0; i < home->places.n; i++)
        if (make_place(group, &home->places.list[i], name, error) != 0) {
            worker_cgroup_remove(group);
            return -1;
        }
    group->killed = count_killed(group);
    return 0;
}

int worker_cgroup_limit(struct worker_cgroup *group,
                        const struct cgroup_limits *limits, gale_err *error)
{
    group->limits = *limits;
    for (uint32_t i = 0; i < group->places.n; i++)
        if (write_settings(&group->places.list[i], limits, error) != 0)
            return -1;
    return 0;
}

/* -- find ------------------------------------------------------------------ */

/* Which controllers a unified one has, its own file says. */
static void ask_controllers(struct env *env, struct cgroup_place *place)
{
    char *text;

    if (!place->unified)
        return;
    text = cgroup_read(env, place->path, "cgroup.controllers");
    place->controllers = text == NULL ? 0 : cgroup_controllers(text);
    free(text);
}

void worker_cgroup_find(struct worker_cgroup *group, struct env *env, int pid)
{
    struct cgroup_places found;

    *group = (struct worker_cgroup){.env = env};
    if (cgroup_files_of(env, pid, &found) != 0)
        return;
    for (uint32_t i = 0; i < found.n; i++) {
        struct cgroup_place *place = &found.list[i];

        if (!cgroup_is_workers(place->path))
            continue;
        ask_controllers(env, place);
        cgroup_places_add(&group->places, place->path, place->unified,
                          place->controllers);
    }
    cgroup_places_free(&found);
    group->killed = count_killed(group);
}

bool worker_cgroup_is_there(const struct worker_cgroup *group)
{
    return group->places.n > 0;
}

const char *worker_cgroup_name(const struct worker_cgroup *group)
{
    return group->places.n == 0 ? ""
                                : strrchr(group->places.list[0].path, '/') + 1;
}

/* -- counters -------------------------------------------------------------- */

static const struct cgroup_place *memory_of(const struct worker_cgroup *group)
{
    for (uint32_t i = 0; i < group->places.n; i++)
        if (group->places.list[i].controllers & CGROUP_MEMORY)
            return &group->places.list[i];
    return NULL;
}

static uint64_t counter(const struct worker_cgroup *group, const char *file,
                        const char *name)
{
    char *text = cgroup_read(group->env, memory_of(group)->path, file);
    uint64_t n = 0;

    if (text != NULL)
        n = *name == '\0' ? strtoull(text, NULL, 10)
                          : cgroup_counter(text, name);
    free(text);
    return n;
}

static uint64_t count_killed(const struct worker_cgroup *group)
{
    const struct cgroup_place *memory = memory_of(group);

    if (memory == NULL)
        return 0;
    return counter(group,
                   memory->unified ? "memory.events" : "memory.oom_control",
                   "oom_kill");
}

/* Whether its limit was in the way. The older form's own counter of that stays
 * at 0 in new kernels; how much it had at most does not. */
static bool was_full(const struct worker_cgroup *group)
{
    const struct cgroup_place *memory = memory_of(group);

    if (memory == NULL)
        return false;
    if (memory->unified)
        return counter(group, "memory.events", "oom") > 0;
    return cgroup_was_full(counter(group, "memory.limit_in_bytes", ""),
                           counter(group, "memory.max_usage_in_bytes", ""));
}

bool worker_cgroup_lacks(const struct worker_cgroup *group, bool *own)
{
    *own = was_full(group);
    return count_killed(group) > group->killed;
}

/* -- the end --------------------------------------------------------------- */

void worker_cgroup_free(struct worker_cgroup *group)
{
    cgroup_places_free(&group->places);
    *group = (struct worker_cgroup){.env = group->env};
}

void worker_cgroup_remove(struct worker_cgroup *group)
{
    for (uint32_t i = 0; i < group->places.n; i++) {
        const struct cgroup_place *place = &group->places.list[i];

        if (cgroup_remove(place->path) == 0 || errno != EBUSY)
            continue;
        cgroup_kill(group->env, place);
        cgroup_remove(place->path);
    }
    worker_cgroup_free(group);
}
