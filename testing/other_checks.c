/* other_checks.c - what must hold of a grouping, a hook, an invariant and a
 * topology; see checks.h. */
#include "testing/checks.h"
#include "topology-api/builder.h"
#include "topology-api/plugin_check.h"

/* -- groupings ------------------------------------------------------------- */

static void grouping_descriptor(const struct checked *c, struct trial *trial)
{
    gale_grouping grouping;
    gale_err error;

    if (plugin_check_grouping(c->plugin, c->id, &grouping, &error))
        trial_found(trial, "%s", error.text);
    else
        checks_texts(grouping.summary, NULL, trial);
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task, (void)in;
    return GALE_OK;
}

static const gale_bolt sink = {.abi = GALE_ABI,
                               .size = sizeof(gale_bolt),
                               .name = "sink",
                               .execute = take};

/* Values of every type from the spout "input", to the end. */
static void run_with_values(gale_test *t, struct trial *trial)
{
    gale_rows rows = checks_values();

    for (uint32_t i = 0; i < rows.n; i++)
        gale_test_feed_values_to(t, "input", NULL, rows.items[i].values, 1);
    gale_test_end(t);
    checks_fine(t, trial);
    gale_test_free(t);
}

static void group(const struct checked *c, int executors, struct trial *trial)
{
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    gale_declarer *d = gale_add_bolt(b, "sink", "test", executors);

    builder_take_bolt(d, &sink);
    gale_test_source(t, "input");
    gale_custom(d, "input", c->name);
    run_with_values(t, trial);
}

static void one_task(const struct checked *c, struct trial *trial)
{
    group(c, 1, trial);
}

static void many_tasks(const struct checked *c, struct trial *trial)
{
    group(c, 2, trial);
    group(c, 7, trial);
}

const struct check grouping_checks[] = {
    {"its descriptor is sound, and it has a summary", grouping_descriptor},
    {"it chooses for values of every type, of one task", one_task},
    {"it chooses for values of every type, of many tasks", many_tasks},
    {NULL, NULL},
};

/* -- hooks ----------------------------------------------------------------- */

static void hook_descriptor(const struct checked *c, struct trial *trial)
{
    gale_hook hook;
    gale_err error;

    if (plugin_check_hook(c->plugin, c->id, &hook, &error))
        trial_found(trial, "%s", error.text);
    else
        checks_texts(hook.summary, NULL, trial);
}

static gale_result relay(gale_task *task, const gale_tuple *in)
{
    gale_value value = gale_get(in, 0);

    (void)!gale_emit(task, value);
    return value.kind == GALE_NIL ? GALE_RETRY : GALE_OK;
}

static const gale_bolt some = {.abi = GALE_ABI,
                               .size = sizeof(gale_bolt),
                               .name = "some",
                               .execute = relay,
                               .streams = GALE_OUTPUTS("value")};

/* At tasks that emit, ack and fail. */
static void look_on(const struct checked *c, struct trial *trial)
{
    gale_value name = gale_cstr(c->name);
    gale_test *t = gale_test_new();
    gale_builder *b = gale_test_builder(t);
    gale_declarer *d = gale_add_bolt(b, "some", "test", 2);

    gale_configure(b, "topology.auto.task.hooks", gale_list(&name, 1));
    builder_take_bolt(d, &some);
    gale_test_source(t, "input");
    gale_shuffle(d, "input");
    run_with_values(t, trial);
}

static void looks_on(const struct checked *c, struct trial *trial)
{
    checks_leave_nothing(c, trial, look_on);
}

const struct check hook_checks[] = {
    {"its descriptor is sound, and it has a summary", hook_descriptor},
    {"it looks on at tasks that emit, ack and fail", look_on},
    {"it leaves nothing behind when it has looked on", looks_on},
    {NULL, NULL},
};

/* -- invariants: runs from a seed call them -------------------------------- */

static void invariant_descriptor(const struct checked *c, struct trial *trial)
{
    gale_invariant invariant;
    gale_err error;

    if (plugin_check_invariant(c->plugin, c->id, &invariant, &error))
        trial_found(trial, "%s", error.text);
    else
        checks_texts(invariant.summary, NULL, trial);
}

const struct check invariant_checks[] = {
    {"its descriptor is sound, and it has a summary", invariant_descriptor},
    {NULL, NULL},
};

/* -- topologies ------------------------------------------------------------ */

static void topology_descriptor(const struct checked *c, struct trial *trial)
{
    gale_topology topology;
    gale_err error;

    if (plugin_check_topology(c->plugin, c->id, &topology, &error))
        trial_found(trial, "%s", error.text);
    else
        checks_texts(topology.summary, NULL, trial);
}

/* With arguments that it does not take, a sentence is enough. */
static void builds(const struct checked *c, struct trial *trial)
{
    static char *many[] = {"", "\xff", "--no-such-option", NULL};
    gale_err error;

    for (int argc = 0; argc <= 3; argc += 3) {
        gale_builder *b = gale_builder_new();
        int loaded =
            gale_builder_load(b, c->name, argc, many + 3 - argc, &error);

        if (loaded == 0)
            loaded = gale_builder_check(b, &error);
        if (loaded != 0 && strlen(error.text) == 0)
            trial_found(trial, "it is refused without a sentence");
        gale_builder_free(b);
    }
}

const struct check topology_checks[] = {
    {"its descriptor is sound, and it has a summary", topology_descriptor},
    {"with and without arguments, it is built or says what it wants", builds},
    {NULL, NULL},
};
