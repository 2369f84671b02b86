/*
 * plugin_check.c - descriptors that this gale can run, as full-size copies.
 *
 * What must hold for a kind of descriptor is a table, `struct shape`: where its
 * members are, which callback it cannot do without, what must be zero. One
 * checker serves all kinds.
 */
#include "topology-api/plugin_check.h"
#include "topology-api/option_table.h"
#include "topology-api/readable.h"
#include "topology-api/stream_decl.h"
#include "topology-api/under_way.h"

/* A member: its name for people, and its bytes in the descriptor. */
struct member {
    const char *name;
    uint32_t offset;
    uint32_t size; /* 0: the descriptor has no such member */
};

struct shape {
    enum manifest_kind kind;
    uint32_t size;          /* of this gale's descriptor */
    uint32_t host_size;     /* of the host table that its callbacks get */
    struct member required; /* the callback it cannot do without */
    struct member host_needs;
    struct member name;
    struct member flags;
    uint32_t flags_known;
    struct member needs;
    uint32_t needs_known;
    const struct member *reserved; /* must be zero; ends with a NULL name */
    struct member summary;
    struct member usage;
};

#define MEMBER(type_, member_)                                                 \
    {                                                                          \
#member_, offsetof(type_, member_), sizeof(((type_ *)0)->member_)      \
    }
#define NO_MEMBER                                                              \
    {                                                                          \
        NULL, 0, 0                                                             \
    }

static const struct member spout_reserved[] = {
    MEMBER(gale_spout, features),
    MEMBER(gale_spout, state_version),
    MEMBER(gale_spout, states),
    MEMBER(gale_spout, n_states),
    MEMBER(gale_spout, state_size),
    MEMBER(gale_spout, snapshot),
    MEMBER(gale_spout, restore),
    MEMBER(gale_spout, rewind),
    MEMBER(gale_spout, checkpoint_done),
    MEMBER(gale_spout, owner),
    MEMBER(gale_spout, pause),
    MEMBER(gale_spout, resume),
    NO_MEMBER,
};

static const struct member bolt_reserved[] = {
    MEMBER(gale_bolt, features),
    MEMBER(gale_bolt, state_version),
    MEMBER(gale_bolt, states),
    MEMBER(gale_bolt, n_states),
    MEMBER(gale_bolt, state_size),
    MEMBER(gale_bolt, on_timer),
    MEMBER(gale_bolt, on_watermark),
    MEMBER(gale_bolt, drain),
    MEMBER(gale_bolt, snapshot),
    MEMBER(gale_bolt, restore),
    MEMBER(gale_bolt, upgrade),
    MEMBER(gale_bolt, checkpoint_done),
    MEMBER(gale_bolt, fence),
    MEMBER(gale_bolt, delivered),
    MEMBER(gale_bolt, deliver),
    MEMBER(gale_bolt, commit_prepare),
    MEMBER(gale_bolt, commit),
    MEMBER(gale_bolt, abort),
    NO_MEMBER,
};

static const struct member grouping_reserved[] = {
    MEMBER(gale_grouping, features),
    MEMBER(gale_grouping, reserved),
    NO_MEMBER,
};

static const struct member hook_reserved[] = {
    MEMBER(gale_hook, features),
    MEMBER(gale_hook, reserved),
    NO_MEMBER,
};

static const struct member invariant_reserved[] = {
    MEMBER(gale_invariant, reserved),
    MEMBER(gale_invariant, features),
    NO_MEMBER,
};

static const struct member topology_reserved[] = {
    MEMBER(gale_topology, reserved),
    MEMBER(gale_topology, features),
    NO_MEMBER,
};

static const struct shape shapes[MANIFEST_KINDS] = {
    [MANIFEST_SPOUT] = {MANIFEST_SPOUT, sizeof(gale_spout),
                        sizeof(gale_task_host), MEMBER(gale_spout, next),
                        MEMBER(gale_spout, host_needs),
                        MEMBER(gale_spout, name), MEMBER(gale_spout, flags),
                        GALE_SPOUT_BLOCKING, MEMBER(gale_spout, needs),
                        GALE_NEEDS_NETWORK, spout_reserved,
                        MEMBER(gale_spout, summary), NO_MEMBER},
    [MANIFEST_BOLT] = {MANIFEST_BOLT, sizeof(gale_bolt), sizeof(gale_task_host),
                       MEMBER(gale_bolt, execute),
                       MEMBER(gale_bolt, host_needs), MEMBER(gale_bolt, name),
                       MEMBER(gale_bolt, flags),
                       GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK,
                       MEMBER(gale_bolt, needs), GALE_NEEDS_NETWORK,
                       bolt_reserved, MEMBER(gale_bolt, summary), NO_MEMBER},
    [MANIFEST_GROUPING] = {MANIFEST_GROUPING, sizeof(gale_grouping), 0,
                           MEMBER(gale_grouping, choose), NO_MEMBER,
                           MEMBER(gale_grouping, name), NO_MEMBER, 0, NO_MEMBER,
                           0, grouping_reserved, MEMBER(gale_grouping, summary),
                           NO_MEMBER},
    [MANIFEST_HOOK] = {MANIFEST_HOOK, sizeof(gale_hook), 0, NO_MEMBER,
                       NO_MEMBER, MEMBER(gale_hook, name), NO_MEMBER, 0,
                       NO_MEMBER, 0, hook_reserved, MEMBER(gale_hook, summary),
                       NO_MEMBER},
    [MANIFEST_INVARIANT] = {MANIFEST_INVARIANT, sizeof(gale_invariant),
                            sizeof(gale_look_host),
                            MEMBER(gale_invariant, look),
                            MEMBER(gale_invariant, host_needs),
                            MEMBER(gale_invariant, name), NO_MEMBER, 0,
                            NO_MEMBER, 0, invariant_reserved,
                            MEMBER(gale_invariant, summary), NO_MEMBER},
    [MANIFEST_TOPOLOGY] = {MANIFEST_TOPOLOGY, sizeof(gale_topology),
                           sizeof(gale_builder_host),
                           MEMBER(gale_topology, build),
                           MEMBER(gale_topology, host_needs),
                           MEMBER(gale_topology, name), NO_MEMBER, 0, NO_MEMBER,
                           0, topology_reserved, MEMBER(gale_topology, summary),
                           MEMBER(gale_topology, usage)},
};

/* Every descriptor begins with these two. */
struct head {
    uint32_t abi;
    uint32_t size;
};

/* -- one descriptor -------------------------------------------------------- */

static uint32_t read_u32(const void *descriptor, const struct member *member)
{
    uint32_t value = 0;

    if (member->size == sizeof(value))
        memcpy(&value, (const char *)descriptor + member->offset,
               sizeof(value));
    return value;
}

static bool is_zero(const void *descriptor, const struct member *member)
{
    const char *at = (const char *)descriptor + member->offset;

    for (uint32_t i = 0; i < member->size; i++)
        if (at[i] != 0)
            return false;
    return true;
}

/* The last member that must be there. */
static const struct member *last_required(const struct shape *shape)
{
    return shape->required.size > 0 ? &shape->required : &shape->name;
}

/* ABI and size of the descriptor as it is in the plugin; symbol_size is 0 if it
 * is not known. */
static int check_head(const struct shape *shape, const struct head *head,
                      size_t symbol_size, const char *owner, gale_err *error)
{
    const struct member *last = last_required(shape);
    uint32_t least = last->offset + last->size;

    if (symbol_size > 0 && symbol_size < sizeof(*head))
        return error_set(error,
                         "%s is no descriptor: its symbol has %zu bytes, "
                         "expected at least %u",
                         owner, symbol_size, least);
    if (head->abi != GALE_ABI)
        return error_set(error,
                         "%s is built for ABI %u of gale, expected ABI %u; "
                         "rebuild it with this gale's headers",
                         owner, head->abi, GALE_ABI);
    if (head->size < least)
        return error_set(error,
                         "%s has a descriptor of %u bytes, expected at least "
                         "%u, as far as its \"%s\"",
                         owner, head->size, least, last->name);
    if (symbol_size > 0 && head->size > symbol_size)
        return error_set(error,
                         "%s says that its descriptor has %u bytes, but its "
                         "symbol has %zu",
                         owner, head->size, symbol_size);
    return 0;
}

static const char *read_text(const void *descriptor,
                             const struct member *member)
{
    const char *text = NULL;

    if (member->size == sizeof(text))
        memcpy(&text, (const char *)descriptor + member->offset, sizeof(text));
    return text;
}

static int check_texts(const struct shape *shape, const void *descriptor,
                       const char *owner, gale_err *error)
{
    const struct member *texts[] = {&shape->name, &shape->summary,
                                    &shape->usage};
    char label[32];

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        snprintf(label, sizeof(label), "its \"%s\"", texts[i]->name);
        if (readable_check_text(read_text(descriptor, texts[i]), owner, label,
                                error))
            return -1;
    }
    return 0;
}

static int check_name(const struct shape *shape, const void *descriptor,
                      const char *id, const char *owner, gale_err *error)
{
    const char *name = read_text(descriptor, &shape->name);

    if (name != NULL && !strcmp(name, id))
        return 0;
    return error_set(error,
                     "%s has a descriptor whose name is \"%.64s\", expected "
                     "\"%s\"",
                     owner, name == NULL ? "" : name, id);
}

/* The bits that it sets, of which some are known. */
static int check_bits(const struct member *member, uint32_t known,
                      const void *descriptor, const char *owner,
                      gale_err *error)
{
    uint32_t bits = read_u32(descriptor, member);

    if ((bits & ~known) == 0)
        return 0;
    return error_set(
        error, "%s has the %s 0x%x, of which this gale does not know 0x%x",
        owner, member->name, bits, bits & ~known);
}

static int check_members(const struct shape *shape, const void *descriptor,
                         const char *owner, gale_err *error)
{
    uint32_t needs = read_u32(descriptor, &shape->host_needs);

    if (needs > shape->host_size)
        return error_set(error,
                         "%s needs a newer gale: it calls into a host table of "
                         "%u bytes, gale %s has %u",
                         owner, needs, GALE_VERSION, shape->host_size);
    if (shape->required.size > 0 && is_zero(descriptor, &shape->required))
        return error_set(error, "%s has no callback \"%s\", which is required",
                         owner, shape->required.name);
    if (check_bits(&shape->flags, shape->flags_known, descriptor, owner,
                   error) ||
        check_bits(&shape->needs, shape->needs_known, descriptor, owner, error))
        return -1;
    for (const struct member *m = shape->reserved; m->name != NULL; m++)
        if (!is_zero(descriptor, m))
            return error_set(error,
                             "%s fills the reserved slot \"%s\", which this "
                             "gale does not run yet",
                             owner, m->name);
    return 0;
}

/* `bolt "split" of /usr/lib/gale/split.so` */
static void name_owner(char *owner, size_t size, const struct plugin *plugin,
                       const struct shape *shape, const char *id)
{
    snprintf(owner, size, "%s \"%s\" of %s", manifest_kind_name(shape->kind),
             id, plugin_path(plugin));
}

/* The head, and what it says is behind it, lie where they can be read. */
static int check_place(const struct shape *shape, const void *at,
                       size_t symbol_size, const char *owner, gale_err *error)
{
    static const char place[] = "its descriptor";
    bool tiny = symbol_size > 0 && symbol_size < sizeof(struct head);
    struct head head = {0, 0};

    if (readable_check_bytes(at, sizeof(head), owner, place, error))
        return -1;
    if (!tiny)
        memcpy(&head, at, sizeof(head));
    return check_head(shape, &head, symbol_size, owner, error) ||
                   readable_check_bytes(at, head.size, owner, place, error)
               ? -1
               : 0;
}

static int copy_symbol(struct plugin *plugin, const struct shape *shape,
                       const char *id, void *copy, gale_err *error)
{
    char owner[512];
    size_t symbol_size;
    const struct head *head =
        plugin_symbol(plugin, shape->kind, id, &symbol_size, error);

    if (head == NULL)
        return -1;
    name_owner(owner, sizeof(owner), plugin, shape, id);
    if (check_place(shape, head, symbol_size, owner, error))
        return -1;
    memset(copy, 0, shape->size);
    memcpy(copy, head, head->size < shape->size ? head->size : shape->size);
    return check_texts(shape, copy, owner, error) ||
                   check_name(shape, copy, id, owner, error) ||
                   check_members(shape, copy, owner, error)
               ? -1
               : 0;
}

/* Copy the plugin's descriptor over *copy, which has shape->size bytes. To look
 * a symbol up may run code of the plugin. */
static int copy_descriptor(struct plugin *plugin, const struct shape *shape,
                           const char *id, void *copy, gale_err *error)
{
    struct under_way before =
        under_way_begin(plugin_path(plugin), "its descriptors were read");
    int result = copy_symbol(plugin, shape, id, copy, error);

    under_way_set(before);
    return result;
}

/* -- the kinds ------------------------------------------------------------- */

#define INSTANCE_MAX (1u << 30)

/* Each task has one, and all of it is written. */
static int check_instance(uint32_t size, const char *owner, gale_err *error)
{
    return size <= INSTANCE_MAX
               ? 0
               : error_set(error,
                           "%s: instance_size is %u, expected at most %u: keep "
                           "what is larger in memory of its own",
                           owner, size, INSTANCE_MAX);
}

static int check_tables(const gale_streams *streams,
                        const gale_options *options, uint32_t instance_size,
                        const char *owner, gale_err *error)
{
    struct stream_decl_list list = {0, NULL};
    int result = check_instance(instance_size, owner, error);

    if (result == 0)
        result = stream_decl_add_all(&list, streams, owner, error);

    stream_decl_free(&list);
    return result ? result
                  : option_check_table(options, instance_size, owner, error);
}

int plugin_check_spout(struct plugin *plugin, const char *id, gale_spout *spout,
                       gale_err *error)
{
    const struct shape *shape = &shapes[MANIFEST_SPOUT];
    char owner[512];

    name_owner(owner, sizeof(owner), plugin, shape, id);
    if (copy_descriptor(plugin, shape, id, spout, error))
        return -1;
    return check_tables(&spout->streams, &spout->options, spout->instance_size,
                        owner, error);
}

int plugin_check_bolt(struct plugin *plugin, const char *id, gale_bolt *bolt,
                      gale_err *error)
{
    const struct shape *shape = &shapes[MANIFEST_BOLT];
    char owner[512];

    name_owner(owner, sizeof(owner), plugin, shape, id);
    if (copy_descriptor(plugin, shape, id, bolt, error))
        return -1;
    return check_tables(&bolt->streams, &bolt->options, bolt->instance_size,
                        owner, error);
}

int plugin_check_grouping(struct plugin *plugin, const char *id,
                          gale_grouping *grouping, gale_err *error)
{
    const struct shape *shape = &shapes[MANIFEST_GROUPING];
    char owner[512];

    name_owner(owner, sizeof(owner), plugin, shape, id);
    return copy_descriptor(plugin, shape, id, grouping, error)
               ? -1
               : check_instance(grouping->instance_size, owner, error);
}

int plugin_check_hook(struct plugin *plugin, const char *id, gale_hook *hook,
                      gale_err *error)
{
    const struct shape *shape = &shapes[MANIFEST_HOOK];
    char owner[512];

    name_owner(owner, sizeof(owner), plugin, shape, id);
    return copy_descriptor(plugin, shape, id, hook, error)
               ? -1
               : check_instance(hook->instance_size, owner, error);
}

int plugin_check_invariant(struct plugin *plugin, const char *id,
                           gale_invariant *invariant, gale_err *error)
{
    return copy_descriptor(plugin, &shapes[MANIFEST_INVARIANT], id, invariant,
                           error);
}

int plugin_check_topology(struct plugin *plugin, const char *id,
                          gale_topology *topology, gale_err *error)
{
    return copy_descriptor(plugin, &shapes[MANIFEST_TOPOLOGY], id, topology,
                           error);
}
