/*
 * descriptors.c - broken: each descriptor in another way, which is its name.
 * The last two, older and newer, are not broken but of another size.
 */
#include <gale/bolt.h>
#include <gale/grouping.h>
#include <gale/hook.h>
#include <gale/spout.h>
#include <gale/invariant.h>
#include <gale/topology.h>

static gale_result next(gale_task *task)
{
    (void)task;
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static uint32_t choose(gale_router *router, const gale_value *values,
                       uint32_t n, uint32_t *targets)
{
    (void)router;
    (void)values;
    (void)n;
    (void)targets;
    return 0;
}

static void look(gale_look *l)
{
    (void)l;
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    (void)b;
    (void)argc;
    (void)argv;
    return GALE_OK;
}

static void callback(void)
{
}

/* A descriptor of any content: the macros would put a member in twice. */
#define SPOUT(id_, ...)                                                        \
    GALE_MANIFEST(spout, id_);                                                 \
    GALE_EXPORT extern const gale_spout gale_spout_##id_;                      \
    GALE_EXPORT const gale_spout gale_spout_##id_ = {__VA_ARGS__}
#define HOOK(id_, ...)                                                         \
    GALE_MANIFEST(hook, id_);                                                  \
    GALE_EXPORT extern const gale_hook gale_hook_##id_;                        \
    GALE_EXPORT const gale_hook gale_hook_##id_ = {__VA_ARGS__}
#define BOLT(id_, ...)                                                         \
    GALE_MANIFEST(bolt, id_);                                                  \
    GALE_EXPORT extern const gale_bolt gale_bolt_##id_;                        \
    GALE_EXPORT const gale_bolt gale_bolt_##id_ = {__VA_ARGS__}

/* -- heads and members ----------------------------------------------------- */

SPOUT(other_abi, .abi = 9, .size = sizeof(gale_spout), .name = "other_abi",
      .next = next);
SPOUT(too_short, .size = offsetof(gale_spout, next), .name = "too_short");
SPOUT(too_long, .size = 4096, .name = "too_long", .next = next);
SPOUT(misnamed, .size = sizeof(gale_spout), .name = "renamed", .next = next);
SPOUT(nameless, .size = sizeof(gale_spout), .next = next);
SPOUT(needs_more, .size = sizeof(gale_spout), .name = "needs_more",
      .host_needs = sizeof(gale_task_host) + 8, .next = next);
GALE_SPOUT(no_next, .flags = 0);
GALE_SPOUT(odd_flags, .flags = 0x10, .next = next);
GALE_SPOUT(odd_needs, .needs = 0x11, .next = next);
GALE_BOLT(no_execute, .flags = 0);
GALE_BOLT(odd_bolt_flags, .flags = 0x84, .execute = execute);
GALE_BOLT(odd_bolt_needs, .needs = 0x80000000, .execute = execute);
GALE_GROUPING(no_choose, .instance_size = 8);
GALE_INVARIANT(no_look, .summary = "");
GALE_TOPOLOGY(no_build, .usage = "");

GALE_MANIFEST(spout, tiny);
GALE_EXPORT extern const char gale_spout_tiny[4];
GALE_EXPORT const char gale_spout_tiny[4] = "abc";

/* Half of its name is there. */
HOOK(short_hook, .size = offsetof(gale_hook, name) + 4, .name = "short_hook");

/* -- reserved slots -------------------------------------------------------- */

GALE_SPOUT(features, .next = next, .features = 1ull << 40);
GALE_SPOUT(state_version, .next = next, .state_version = 1);
GALE_SPOUT(states, .next = next, .states = "");
GALE_SPOUT(n_states, .next = next, .n_states = 1);
GALE_SPOUT(state_size, .next = next, .state_size = 8);
GALE_SPOUT(snapshot, .next = next, .snapshot = callback);
GALE_SPOUT(restore, .next = next, .restore = callback);
GALE_SPOUT(rewind, .next = next, .rewind = callback);
GALE_SPOUT(checkpoint_done, .next = next, .checkpoint_done = callback);
GALE_SPOUT(owner, .next = next, .owner = callback);
GALE_SPOUT(pause, .next = next, .pause = callback);
GALE_SPOUT(resume, .next = next, .resume = callback);

GALE_BOLT(features, .execute = execute, .features = 1);
GALE_BOLT(state_version, .execute = execute, .state_version = 1);
GALE_BOLT(states, .execute = execute, .states = "");
GALE_BOLT(n_states, .execute = execute, .n_states = 1);
GALE_BOLT(state_size, .execute = execute, .state_size = 8);
GALE_BOLT(on_timer, .execute = execute, .on_timer = callback);
GALE_BOLT(on_watermark, .execute = execute, .on_watermark = callback);
GALE_BOLT(drain, .execute = execute, .drain = callback);
GALE_BOLT(snapshot, .execute = execute, .snapshot = callback);
GALE_BOLT(restore, .execute = execute, .restore = callback);
GALE_BOLT(upgrade, .execute = execute, .upgrade = callback);
GALE_BOLT(checkpoint_done, .execute = execute, .checkpoint_done = callback);
GALE_BOLT(fence, .execute = execute, .fence = callback);
GALE_BOLT(delivered, .execute = execute, .delivered = callback);
GALE_BOLT(deliver, .execute = execute, .deliver = callback);
GALE_BOLT(commit_prepare, .execute = execute, .commit_prepare = callback);
GALE_BOLT(commit, .execute = execute, .commit = callback);
GALE_BOLT(abort, .execute = execute, .abort = callback);

GALE_GROUPING(features, .choose = choose, .features = 1);
GALE_GROUPING(reserved, .choose = choose, .reserved = 1);
GALE_INVARIANT(features, .look = look, .features = 1);
GALE_INVARIANT(reserved, .look = look, .reserved = 1);
GALE_TOPOLOGY(features, .build = build, .features = 1);
GALE_TOPOLOGY(reserved, .build = build, .reserved = 1);

/* -- tables ---------------------------------------------------------------- */

GALE_BOLT(small_streams, .execute = execute,
          .streams = {&(const gale_stream){.name = "a"}, 1, 8});
GALE_BOLT(null_streams, .execute = execute,
          .streams = {NULL, 1, sizeof(gale_stream)});
GALE_BOLT(small_options, .execute = execute, .instance_size = 8,
          .options = {&(const gale_option){.name = "a"}, 1, 8});
GALE_BOLT(twice, .execute = execute,
          .streams = GALE_STREAMS(GALE_STREAM("a", "x"),
                                  GALE_STREAM("a", "y")));

/* -- pointers that lead nowhere -------------------------------------------- */

#define NOWHERE ((const void *)(uintptr_t)64)

/* Fields, their names and a good one beside them. */
static const char *const lost_names[] = {"good", (const char *)NOWHERE};

SPOUT(lost_name, .abi = GALE_ABI, .size = sizeof(gale_spout), .name = NOWHERE,
      .next = next);
GALE_BOLT(lost_summary, .summary = NOWHERE, .execute = execute);
GALE_TOPOLOGY(lost_usage, .usage = NOWHERE, .build = build);
GALE_HOOK(lost_hook, .summary = NOWHERE);
GALE_GROUPING(lost_grouping, .summary = NOWHERE, .choose = choose);
GALE_INVARIANT(lost_invariant, .summary = NOWHERE, .look = look);
GALE_BOLT(lost_streams, .execute = execute,
          .streams = {NOWHERE, 1, sizeof(gale_stream)});
GALE_BOLT(lost_stream_name, .execute = execute,
          .streams = {&(const gale_stream){.name = NOWHERE}, 1,
                      sizeof(gale_stream)});
GALE_BOLT(lost_fields, .execute = execute,
          .streams = {
              &(const gale_stream){.name = "a", .fields = {NOWHERE, 1, 8}}, 1,
              sizeof(gale_stream)});
GALE_BOLT(lost_field, .execute = execute,
          .streams = {
              &(const gale_stream){.name = "a", .fields = {lost_names, 2, 8}},
              1, sizeof(gale_stream)});
GALE_BOLT(lost_options, .execute = execute,
          .options = {NOWHERE, 1, sizeof(gale_option)});

/* The first row is good, the member of the second leads nowhere. */
#define LOST_OPTION(member_, ...)                                              \
    GALE_BOLT(lost_option_##member_, .execute = execute, .instance_size = 8,   \
              .options = GALE_OPTIONS(                                         \
                  {GALE_OPTION_TYPE_INT, 0, "good", "1", "…", NULL, 0, 1},     \
                  {.type = GALE_OPTION_TYPE_ENUM, __VA_ARGS__}))
LOST_OPTION(name, .name = NOWHERE);
LOST_OPTION(fallback, .name = "b", .choices = "x", .fallback = NOWHERE);
LOST_OPTION(help, .name = "b", .choices = "x", .help = NOWHERE);
LOST_OPTION(choices, .name = "b", .choices = NOWHERE);

/* -- other sizes ----------------------------------------------------------- */

/* As far as `execute`: what is behind it is absent. */
struct older {
    uint32_t abi, size, host_needs, flags;
    uint64_t features;
    const char *name, *summary;
    gale_streams streams;
    gale_options options;
    uint32_t instance_size, state_version;
    const void *states;
    uint32_t n_states, state_size;
    void *declare, *prepare, *cleanup;
    gale_result (*execute)(gale_task *, const gale_tuple *);
};

GALE_MANIFEST(bolt, older);
GALE_EXPORT extern const struct older gale_bolt_older;
GALE_EXPORT const struct older gale_bolt_older = {
    .size = sizeof(struct older), .name = "older", .execute = execute};

/* A member that this gale does not know. */
struct newer {
    gale_bolt bolt;
    void (*future)(void);
};

GALE_MANIFEST(bolt, newer);
GALE_EXPORT extern const struct newer gale_bolt_newer;
GALE_EXPORT const struct newer gale_bolt_newer = {
    {.size = sizeof(struct newer), .name = "newer", .execute = execute},
    callback};

/* -- more than a task may have --------------------------------------------- */

GALE_BOLT(large_bolt, .summary = "…", .execute = execute,
          .instance_size = (1u << 30) + 1);
GALE_GROUPING(large_grouping, .summary = "…", .instance_size = UINT32_MAX,
              .choose = choose);
