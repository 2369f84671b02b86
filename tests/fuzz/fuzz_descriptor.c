/*
 * fuzz_descriptor.c - the descriptors of a plugin that is loaded: of any size,
 * with any numbers in them, and with tables of streams and options.
 *
 * Pointers are made here, and lead to what is there or are NULL: one that leads
 * anywhere else cannot be told from a good one. plugin.c stands here, too, with
 * a plugin that has one symbol.
 */
#include "tests/fuzz/fuzz.h"
#include "topology-api/option_table.h"
#include "topology-api/option_value.h"
#include "topology-api/plugin_check.h"

enum { TEXTS_MAX = 600, INSTANCE_MAX = 1 << 16 };

struct plugin {
    const void *symbol;
    size_t size;
};

/* What was made for one run. */
static void *made[TEXTS_MAX];
static uint32_t n_made;

static void *keep(void *p)
{
    if (n_made == TEXTS_MAX)
        n_made--, free(made[n_made]), made[n_made] = NULL;
    made[n_made++] = p;
    return p;
}

/* -- plugin.c -------------------------------------------------------------- */

struct plugin *plugin_load(const char *path, gale_err *error)
{
    (void)path;
    error_set(error, "there is none");
    return NULL;
}

const char *plugin_path(const struct plugin *plugin)
{
    (void)plugin;
    return "fuzz.so";
}

const struct manifest *plugin_manifest(const struct plugin *plugin)
{
    static const struct manifest none;

    (void)plugin;
    return &none;
}

const void *plugin_symbol(struct plugin *plugin, enum manifest_kind kind,
                          const char *id, size_t *size, gale_err *error)
{
    (void)kind, (void)id, (void)error;
    *size = plugin->size;
    return plugin->symbol;
}

/* -- tables ---------------------------------------------------------------- */

/* Small numbers are likely, others are possible. */
static uint32_t count(uint32_t n, uint32_t there)
{
    return n < 128 ? n % (there + 1) : 0;
}

/* Some tables of one element lie where none of its kind may. */
static bool lies_askew(uint32_t n)
{
    return n >= 192;
}

static const void *askew(uint32_t n, size_t size)
{
    return (const char *)keep(xcalloc(2, size)) + 1 + n % 7;
}

static gale_fields make_fields(struct fuzz *f)
{
    uint32_t n = count((uint32_t)fuzz_number(f, 1), 4);
    const char **names = keep(xcalloc(n, sizeof(*names)));

    for (uint32_t i = 0; i < n; i++)
        names[i] = keep(fuzz_text(f));
    return (gale_fields){fuzz_bit(f) ? NULL : names, n,
                         fuzz_bit(f) ? (uint32_t)fuzz_number(f, 2)
                                     : sizeof(*names)};
}

static gale_streams make_streams(struct fuzz *f)
{
    uint32_t byte = (uint32_t)fuzz_number(f, 1), n = count(byte, 3);
    gale_stream *items = keep(xcalloc(n, sizeof(*items)));

    if (lies_askew(byte))
        return (gale_streams){askew(byte, sizeof(*items)), 1, sizeof(*items)};
    for (uint32_t i = 0; i < n; i++) {
        items[i].name = keep(fuzz_text(f));
        items[i].flags = (uint32_t)fuzz_number(f, 1);
        items[i].reserved = (uint32_t)fuzz_number(f, 1) / 255;
        items[i].fields = make_fields(f);
        items[i].time_field = fuzz_number(f, 1) == 255 ? "time" : NULL;
    }
    return (gale_streams){items, n, sizeof(*items)};
}

static gale_options make_options(struct fuzz *f)
{
    uint32_t byte = (uint32_t)fuzz_number(f, 1), n = count(byte, 3);
    gale_option *items = keep(xcalloc(n, sizeof(*items)));

    if (lies_askew(byte))
        return (gale_options){askew(byte, sizeof(*items)), 1, sizeof(*items)};
    for (uint32_t i = 0; i < n; i++) {
        items[i].type = (uint32_t)fuzz_number(f, 1);
        items[i].offset = (uint32_t)fuzz_number(f, 1);
        items[i].name = keep(fuzz_text(f));
        items[i].fallback = keep(fuzz_text(f));
        items[i].help = keep(fuzz_text(f));
        items[i].choices = keep(fuzz_text(f));
        items[i].min = (int64_t)fuzz_number(f, 8);
        items[i].max = (int64_t)fuzz_number(f, 8);
    }
    return (gale_options){items, n, sizeof(*items)};
}

/* -- one descriptor -------------------------------------------------------- */

/* Name, summary and, of topologies, usage lie in a row; half of one is none. */
static void mend_texts(struct fuzz *f, char *descriptor, size_t size, size_t at,
                       uint32_t n)
{
    for (uint32_t i = 0; i < n && at < size; i++, at += sizeof(char *)) {
        const char *text = keep(fuzz_text(f));
        bool whole = size - at >= sizeof(text);

        if (whole)
            memcpy(descriptor + at, &text, sizeof(text));
        else
            memset(descriptor + at, 0, size - at);
    }
}

/* The pointers that are followed; spouts and bolts begin alike. */
static void mend_pointers(struct fuzz *f, void *descriptor, size_t size,
                          enum manifest_kind kind)
{
    gale_bolt bolt;
    size_t head = offsetof(gale_bolt, instance_size);
    size_t at = offsetof(gale_bolt, name);

    if (kind == MANIFEST_GROUPING)
        at = offsetof(gale_grouping, name);
    if (kind == MANIFEST_HOOK)
        at = offsetof(gale_hook, name);
    if (kind == MANIFEST_INVARIANT)
        at = offsetof(gale_invariant, name);
    if (kind == MANIFEST_TOPOLOGY)
        at = offsetof(gale_topology, name);
    if (kind > MANIFEST_BOLT) {
        mend_texts(f, descriptor, size, at, kind == MANIFEST_TOPOLOGY ? 3 : 2);
        return;
    }
    memset(&bolt, 0, sizeof(bolt));
    memcpy(&bolt, descriptor, size < head ? size : head);
    bolt.name = keep(fuzz_text(f));
    bolt.summary = keep(fuzz_text(f));
    bolt.streams = make_streams(f);
    bolt.options = make_options(f);
    memcpy(descriptor, &bolt, size < head ? size : head);
}

/* A table that is taken for good: its defaults find room in the instance. */
static void fill(const gale_options *options, uint32_t instance_size)
{
    void *instance;

    if (instance_size > INSTANCE_MAX)
        return;
    instance = xcalloc(1, instance_size);
    for (uint32_t i = 0; i < options->n; i++) {
        const gale_option *option = option_at(options, i);

        if (option->fallback != NULL)
            option_value_store(option, option_value_default(option), instance);
    }
    free(instance);
}

static int check_one(struct plugin *plugin, enum manifest_kind kind,
                     gale_err *error)
{
    union {
        gale_spout spout;
        gale_bolt bolt;
        gale_grouping grouping;
        gale_hook hook;
        gale_invariant invariant;
        gale_topology topology;
    } to;

    if (kind == MANIFEST_GROUPING)
        return plugin_check_grouping(plugin, "x", &to.grouping, error);
    if (kind == MANIFEST_HOOK)
        return plugin_check_hook(plugin, "x", &to.hook, error);
    if (kind == MANIFEST_INVARIANT)
        return plugin_check_invariant(plugin, "x", &to.invariant, error);
    if (kind == MANIFEST_TOPOLOGY)
        return plugin_check_topology(plugin, "x", &to.topology, error);
    if (kind == MANIFEST_SPOUT) {
        if (plugin_check_spout(plugin, "x", &to.spout, error) != 0)
            return -1;
        fill(&to.spout.options, to.spout.instance_size);
    } else {
        if (plugin_check_bolt(plugin, "x", &to.bolt, error) != 0)
            return -1;
        fill(&to.bolt.options, to.bolt.instance_size);
    }
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum manifest_kind kinds[MANIFEST_KINDS] = {
        MANIFEST_SPOUT,    MANIFEST_BOLT, MANIFEST_GROUPING,
        MANIFEST_TOPOLOGY, MANIFEST_HOOK, MANIFEST_INVARIANT};
    struct fuzz f = {data, size};
    enum manifest_kind kind = kinds[fuzz_number(&f, 1) % MANIFEST_KINDS];
    size_t bytes = fuzz_number(&f, 2) % 600;
    struct plugin plugin = {NULL, bytes};
    void *descriptor = keep(fuzz_bytes(&f, bytes));
    gale_err error = {""};

    mend_pointers(&f, descriptor, bytes, kind);
    plugin.symbol = descriptor;
    /* Of a symbol without a size the author's word counts: it may be none. */
    if (bytes > 0 && check_one(&plugin, kind, &error) != 0)
        fuzz_must(error.text[0] != '\0');
    while (n_made > 0)
        free(made[--n_made]);
    return 0;
}
