/* conformance.c - all checks of all that a file holds; see conformance.h. */
#include "testing/conformance.h"
#include "testing/checks.h"
#include "topology-api/plugin_check.h"
#include "topology-api/plugin_find.h"

static const struct check *const checks[MANIFEST_KINDS] = {
    [MANIFEST_SPOUT] = spout_checks,
    [MANIFEST_BOLT] = bolt_checks,
    [MANIFEST_GROUPING] = grouping_checks,
    [MANIFEST_HOOK] = hook_checks,
    [MANIFEST_INVARIANT] = invariant_checks,
    [MANIFEST_TOPOLOGY] = topology_checks,
};

struct one_check {
    const struct checked *checked;
    const struct check *check;
};

static void try_one(void *arg, struct trial *trial)
{
    const struct one_check *one = arg;

    one->check->run(one->checked, trial);
}

static uint32_t seconds_for(const struct conformance_options *o, bool hung)
{
    uint32_t seconds = o->seconds == 0 ? CONFORMANCE_SECONDS : o->seconds;

    return hung ? (seconds + 9) / 10 : seconds;
}

static void begins(const struct conformance_options *o, const char *owner,
                   const char *what)
{
    if (o->begins != NULL)
        o->begins(owner, what);
}

/* A server, or real time. What is wrong with a descriptor is a finding of its
 * check. */
static bool needs_more(const struct checked *c, enum manifest_kind kind)
{
    gale_spout spout;
    gale_bolt bolt;
    gale_err error;

    if (kind == MANIFEST_SPOUT &&
        plugin_check_spout(c->plugin, c->id, &spout, &error) == 0)
        return spout.needs & GALE_NEEDS_NETWORK;
    if (kind == MANIFEST_BOLT &&
        plugin_check_bolt(c->plugin, c->id, &bolt, &error) == 0)
        return bolt.needs & GALE_NEEDS_NETWORK;
    return false;
}

struct telling {
    conformance_fn *fn;
    void *arg;
    char owner[300];
    bool hung; /* one check did */
};

static enum conformance_verdict verdict_of(const struct trial *trial)
{
    return trial->found[0] == '\0' ? CONFORMANCE_HELD
           : trial->not_tried      ? CONFORMANCE_NOT_TRIED
                                   : CONFORMANCE_FAILED;
}

/* 1 if it does not hold. */
static int check_that(const struct checked *c, const struct check *k,
                      struct telling *to)
{
    struct one_check one = {c, k};
    enum conformance_verdict verdict;
    struct trial trial;

    begins(c->options, to->owner, k->what);
    trial_run(&trial, seconds_for(c->options, to->hung), try_one, &one);
    to->hung = to->hung || trial.hung;
    verdict = verdict_of(&trial);
    to->fn(to->arg, to->owner, k->what, verdict, trial.found);
    return verdict == CONFORMANCE_FAILED;
}

static int check_one(const struct checked *c, enum manifest_kind kind,
                     conformance_fn *fn, void *arg)
{
    struct telling to = {.fn = fn, .arg = arg};
    bool needs = needs_more(c, kind);
    int n = 0;

    snprintf(to.owner, sizeof(to.owner), "%s \"%s\"", manifest_kind_name(kind),
             c->id);
    for (const struct check *k = checks[kind]; k->what != NULL; k++)
        if (needs && k != checks[kind])
            fn(arg, to.owner, k->what, CONFORMANCE_NOT_TRIED,
               "it needs a server or real time");
        else
            n += check_that(c, k, &to);
    return n;
}

/* -- loading --------------------------------------------------------------- */

static void try_load(void *arg, struct trial *trial)
{
    const char *file = arg, *id;
    gale_err error;

    if (plugin_find_file(file, &id, &error) == NULL)
        trial_found(trial, "%s", error.text);
}

/* Code of it may run when it is loaded. */
static struct plugin *load(const struct conformance_options *o, const char **id,
                           gale_err *error)
{
    struct trial trial;

    begins(o, o->file, "it is loaded");
    trial_run(&trial, seconds_for(o, false), try_load,
              (void *)(uintptr_t)o->file);
    if (trial.hung)
        error_set(error, "loading %s: %s", o->file, trial.found);
    else if (trial.found[0] != '\0')
        error_set(error, "%s", trial.found);
    return trial.found[0] != '\0' ? NULL : plugin_find_file(o->file, id, error);
}

int conformance_run(const struct conformance_options *options,
                    conformance_fn *fn, void *arg, gale_err *error)
{
    const char *id = NULL;
    struct plugin *plugin = load(options, &id, error);
    const struct manifest *m = plugin == NULL ? NULL : plugin_manifest(plugin);
    bool any = false;
    int n = 0;

    for (uint32_t i = 0; m != NULL && i < m->n; i++) {
        struct checked c = {options, plugin, m->entries[i].id, ""};

        if (id != NULL && strcmp(id, m->entries[i].id) != 0)
            continue;
        snprintf(c.name, sizeof(c.name), "%s:%s", plugin_path(plugin), c.id);
        n += check_one(&c, m->entries[i].kind, fn, arg);
        any = true;
    }
    if (m != NULL && !any)
        return error_set(error, "%s holds nothing that is named \"%s\"",
                         plugin_path(plugin), id);
    return m == NULL ? -1 : n;
}
