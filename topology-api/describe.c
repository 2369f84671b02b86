/*
 * describe.c - what a shared object holds, as text for people (gale inspect).
 *
 * The text of a file goes to memory first, so that a file with one descriptor
 * that is refused shows an error and nothing else.
 */
#include "topology-api/describe.h"
#include "topology-api/memory.h"
#include "topology-api/option_table.h"
#include "topology-api/option_value.h"
#include "topology-api/plugin_check.h"
#include "topology-api/plugin_find.h"
#include "topology-api/stream_decl.h"

/* -- streams, options ------------------------------------------------------ */

static void put_streams(FILE *out, const gale_streams *table, bool declares)
{
    struct stream_decl_list list = {0, NULL};

    stream_decl_add_all(&list, table, "", NULL);
    for (uint32_t i = 0; i < list.n; i++) {
        const struct stream_decl *s = &list.items[i];

        fprintf(out, "  stream %s%s:", s->name,
                s->flags & GALE_STREAM_DIRECT ? " (direct)" : "");
        for (uint32_t j = 0; j < s->n_fields; j++)
            fprintf(out, "%s %s", j == 0 ? "" : ",", s->fields[j]);
        fputs(s->n_fields == 0 ? " no fields\n" : "\n", out);
    }
    if (declares)
        fputs("  streams may depend on the options\n", out);
    else if (list.n == 0)
        fputs("  no streams\n", out);
    stream_decl_free(&list);
}

static void put_option(FILE *out, const gale_option *option)
{
    char expected[512], text[256];

    fprintf(out, "  option %s%s: %s, ", option->name,
            option->type == GALE_OPTION_TYPE_MAP ? "NAME" : "",
            option_value_expected(option, expected, sizeof(expected)));
    if (option->type == GALE_OPTION_TYPE_MAP)
        fputs("any number of them\n", out);
    else if (option->fallback == NULL)
        fputs("must be given\n", out);
    else if (option_value_is_text(option))
        fprintf(out, "default %s\n",
                value_text(gale_cstr(option->fallback), text, sizeof(text)));
    else
        fprintf(out, "default %s\n", option->fallback);
    if (option->help != NULL)
        fprintf(out, "      %s\n", option->help);
}

static void put_options(FILE *out, const gale_options *options)
{
    for (uint32_t i = 0; i < options->n; i++)
        put_option(out, option_at(options, i));
}

/* -- descriptors ----------------------------------------------------------- */

static void put_title(FILE *out, enum manifest_kind kind, const char *name,
                      const char *summary)
{
    fprintf(out, "\n%s %s%s%s\n", manifest_kind_name(kind), name,
            summary == NULL ? "" : ": ", summary == NULL ? "" : summary);
}

static void put_needs(FILE *out, uint32_t needs)
{
    if (needs & GALE_NEEDS_NETWORK)
        fputs("  needs a server or real time: it does not run from a seed\n",
              out);
}

static int put_spout(FILE *out, struct plugin *plugin, const char *id,
                     gale_err *error)
{
    gale_spout spout;

    if (plugin_check_spout(plugin, id, &spout, error))
        return -1;
    put_title(out, MANIFEST_SPOUT, spout.name, spout.summary);
    if (spout.flags & GALE_SPOUT_BLOCKING)
        fputs("  blocking: each executor has a thread of its own\n", out);
    put_needs(out, spout.needs);
    put_streams(out, &spout.streams, spout.declare != NULL);
    put_options(out, &spout.options);
    return 0;
}

static int put_bolt(FILE *out, struct plugin *plugin, const char *id,
                    gale_err *error)
{
    gale_bolt bolt;

    if (plugin_check_bolt(plugin, id, &bolt, error))
        return -1;
    put_title(out, MANIFEST_BOLT, bolt.name, bolt.summary);
    if (bolt.flags & GALE_BOLT_BLOCKING)
        fputs("  blocking: each executor has a thread of its own\n", out);
    if (bolt.flags & GALE_BOLT_MANUAL_ACK)
        fputs("  manual ack: it may hold inputs beyond execute\n", out);
    put_needs(out, bolt.needs);
    put_streams(out, &bolt.streams, bolt.declare != NULL);
    put_options(out, &bolt.options);
    return 0;
}

static int put_grouping(FILE *out, struct plugin *plugin, const char *id,
                        gale_err *error)
{
    gale_grouping grouping;

    if (plugin_check_grouping(plugin, id, &grouping, error))
        return -1;
    put_title(out, MANIFEST_GROUPING, grouping.name, grouping.summary);
    return 0;
}

static int put_hook(FILE *out, struct plugin *plugin, const char *id,
                    gale_err *error)
{
    gale_hook hook;

    if (plugin_check_hook(plugin, id, &hook, error))
        return -1;
    put_title(out, MANIFEST_HOOK, hook.name, hook.summary);
    return 0;
}

static int put_invariant(FILE *out, struct plugin *plugin, const char *id,
                         gale_err *error)
{
    gale_invariant invariant;

    if (plugin_check_invariant(plugin, id, &invariant, error))
        return -1;
    put_title(out, MANIFEST_INVARIANT, invariant.name, invariant.summary);
    return 0;
}

static int put_topology(FILE *out, struct plugin *plugin, const char *id,
                        gale_err *error)
{
    gale_topology topology;

    if (plugin_check_topology(plugin, id, &topology, error))
        return -1;
    put_title(out, MANIFEST_TOPOLOGY, topology.name, topology.summary);
    if (topology.usage != NULL)
        fprintf(out, "  usage: %s %s\n", topology.name, topology.usage);
    return 0;
}

/* -- a file ---------------------------------------------------------------- */

typedef int put_fn(FILE *, struct plugin *, const char *id, gale_err *);

/* id: NULL shows all. */
static int put_plugin(FILE *out, struct plugin *plugin, const char *id,
                      gale_err *error)
{
    static put_fn *const put[MANIFEST_KINDS] = {
        [MANIFEST_SPOUT] = put_spout,
        [MANIFEST_BOLT] = put_bolt,
        [MANIFEST_GROUPING] = put_grouping,
        [MANIFEST_HOOK] = put_hook,
        [MANIFEST_INVARIANT] = put_invariant,
        [MANIFEST_TOPOLOGY] = put_topology,
    };
    const struct manifest *manifest = plugin_manifest(plugin);
    uint32_t n = 0;

    fprintf(out, "%s\n", plugin_path(plugin));
    for (uint32_t i = 0; i < manifest->n; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];

        if (id != NULL && strcmp(id, entry->id))
            continue;
        if (put[entry->kind](out, plugin, entry->id, error))
            return -1;
        n++;
    }
    if (n == 0)
        return error_set(error, "%s holds nothing that is named \"%s\"",
                         plugin_path(plugin), id);
    return 0;
}

int describe_file(FILE *out, const char *file, gale_err *error)
{
    const char *id;
    struct plugin *plugin = plugin_find_file(file, &id, error);
    char *text = NULL;
    size_t size = 0;
    FILE *memory;
    int result;

    if (plugin == NULL)
        return -1;
    memory = memory_check(open_memstream(&text, &size), 1, BUFSIZ);
    result = put_plugin(memory, plugin, id, error);
    fclose(memory);
    if (result == 0)
        fwrite(text, 1, size, out);
    free(text);
    return result;
}
