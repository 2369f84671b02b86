/* plugin_find.c - which descriptor of which file a name means. */
#include "topology-api/plugin_find.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_places.h"

/* What is searched for: `path/stem.so:id`, taken apart. */
struct wanted_plugin {
    const char *name;         /* all of it */
    const char *kind_name;    /* for messages */
    enum manifest_kind kind;  /* unless any will do */
    const struct plugin *own; /* which was searched first; or NULL */
    const char *beside;       /* the file that names it; or NULL */
    char *file;               /* what is before the ':' */
    const char *id;           /* behind it; NULL: none was given */
    char *stem;               /* of the file, without directory and ".so" */
    bool is_file;             /* it is said as a file, not as a name */
};

/* -- the name -------------------------------------------------------------- */

/* Takes wanted->name apart. */
static int wanted_init(struct wanted_plugin *wanted, gale_err *error)
{
    const char *name = wanted->name;
    const char *colon = strrchr(name, ':');
    const char *base;
    size_t size;

    if (colon != NULL && strchr(colon, '/') != NULL)
        colon = NULL; /* it is in a directory's name */
    size = colon == NULL ? strlen(name) : (size_t)(colon - name);
    if (size == 0 || (colon != NULL && !names_valid(colon + 1)))
        return error_set(error,
                         "\"%s\" names no plugin; expected NAME, FILE.so or "
                         "FILE.so:ID",
                         name);
    wanted->id = colon == NULL ? NULL : colon + 1;
    wanted->file = xstrndup(name, size);
    base = strrchr(wanted->file, '/');
    wanted->stem = xstrdup(base == NULL ? wanted->file : base + 1);
    size = strlen(wanted->stem);
    wanted->is_file = base != NULL;
    if (size > 3 && !strcmp(wanted->stem + size - 3, ".so")) {
        wanted->stem[size - 3] = '\0';
        wanted->is_file = true;
    }
    return 0;
}

static void wanted_fini(struct wanted_plugin *wanted)
{
    free(wanted->file);
    free(wanted->stem);
}

/* -- not found ------------------------------------------------------------- */

static void consider_manifest(struct names_nearest *nearest,
                              const struct plugin *plugin,
                              enum manifest_kind kind)
{
    const struct manifest *manifest = plugin_manifest(plugin);

    for (uint32_t i = 0; i < manifest->n; i++)
        if (manifest->entries[i].kind == kind)
            names_consider(nearest, manifest->entries[i].id);
}

/* NULL, or of which kind the own file has something of this name. */
static const char *other_kind(const struct plugin *own, const char *id)
{
    for (uint32_t i = 0; own != NULL && i < MANIFEST_KINDS; i++)
        if (manifest_find(plugin_manifest(own), (enum manifest_kind)i, id))
            return manifest_kind_name((enum manifest_kind)i);
    return NULL;
}

/* This directory is none of the places; a file of this name may lie in it. */
static const char *hint_of(const struct wanted_plugin *wanted,
                           struct names_nearest *nearest, char *hint,
                           size_t size)
{
    const char *const ends[] = {".so", ""};

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(hint, size, "%.300s%s", wanted->stem, ends[i]);
        if (!plugin_places_is_file(hint))
            continue;
        snprintf(hint, size,
                 "; the file of this name in this directory is \"./%.300s%s\"",
                 wanted->stem, ends[i]);
        return hint;
    }
    return nearest->best[0] != '\0'
               ? names_hint(nearest)
               : "; name its directory in GALE_PLUGIN_PATH; one in a file of "
                 "another name is FILE.so:NAME";
}

static int not_found(const struct wanted_plugin *wanted,
                     const struct plugin_places *places, gale_err *error)
{
    const char *other = other_kind(wanted->own, wanted->name);
    struct names_nearest nearest;
    struct text_buffer text;
    char searched[768], hint[400];

    if (other != NULL)
        return error_set(error, "%s has a %s \"%s\", expected a %s",
                         plugin_path(wanted->own), other, wanted->name,
                         wanted->kind_name);
    names_start(&nearest, wanted->stem);
    text_buffer_init(&text, searched, sizeof(searched));
    if (wanted->is_file) {
        text_buffer_put(&text, "this directory, ");
    } else if (wanted->own != NULL) {
        text_buffer_put(&text, "%s, ", plugin_path(wanted->own));
        consider_manifest(&nearest, wanted->own, wanted->kind);
    }
    plugin_places_put(places, &text);
    plugin_places_consider(places, &nearest);
    return error_set(error, "%s \"%s\" is not found; searched %s%s",
                     wanted->kind_name, wanted->name, searched,
                     hint_of(wanted, &nearest, hint, sizeof(hint)));
}

/* -- which of the file's --------------------------------------------------- */

static int pick_failed(const struct plugin *plugin, enum manifest_kind kind,
                       const char *id, uint32_t n, gale_err *error)
{
    const char *kind_name = manifest_kind_name(kind);
    const char *path = plugin_path(plugin);
    struct names_nearest nearest;
    char content[512];

    manifest_text(plugin_manifest(plugin),
                  n > 0 ? 1u << kind : MANIFEST_ALL_KINDS, content,
                  sizeof(content));
    if (id != NULL) {
        names_start(&nearest, id);
        consider_manifest(&nearest, plugin, kind);
        return error_set(error, "%s has no %s \"%s\", but %s%s", path,
                         kind_name, id, content, names_hint(&nearest));
    }
    if (n == 0)
        return error_set(error, "%s has no %s, but %s", path, kind_name,
                         content);
    return error_set(error, "%s has more than one %s: %s; pick one as %s:ID",
                     path, kind_name, content, path);
}

static int pick(struct plugin *plugin, const struct wanted_plugin *wanted,
                struct plugin_found *found, gale_err *error)
{
    enum manifest_kind kind = wanted->kind;
    const struct manifest *manifest = plugin_manifest(plugin);
    const struct manifest_entry *entry = NULL;
    uint32_t n = 0;

    if (wanted->id != NULL)
        entry = manifest_find(manifest, kind, wanted->id);
    else if (kind != MANIFEST_TOPOLOGY)
        entry = manifest_find(manifest, kind, wanted->stem);
    if (entry == NULL && wanted->id == NULL) {
        n = manifest_count(manifest, kind, &entry);
        entry = n == 1 ? entry : NULL;
    }
    if (entry == NULL)
        return pick_failed(plugin, kind, wanted->id, n, error);
    *found = (struct plugin_found){plugin, entry->id};
    return 0;
}

/* -- finding --------------------------------------------------------------- */

/* The path of the file; NULL with the error. The caller frees it. */
static char *path_of(const struct wanted_plugin *wanted, gale_err *error)
{
    struct plugin_places places;
    char *path;

    if (strchr(wanted->file, '/') != NULL ||
        (wanted->is_file && plugin_places_is_file(wanted->file)))
        return xstrdup(wanted->file);
    plugin_places_init(&places, wanted->beside);
    path = plugin_places_search(&places, wanted->stem);
    if (path == NULL && wanted->is_file &&
        plugin_places_is_directory(wanted->file))
        path = xstrdup(wanted->file); /* whoever opens it says so */
    else if (path == NULL)
        not_found(wanted, &places, error);
    plugin_places_fini(&places);
    return path;
}

static struct plugin *load(struct wanted_plugin *wanted, gale_err *error)
{
    char *path = wanted_init(wanted, error) ? NULL : path_of(wanted, error);
    struct plugin *plugin = path == NULL ? NULL : plugin_load(path, error);

    free(path);
    return plugin;
}

static int find(struct wanted_plugin *wanted, struct plugin_found *found,
                gale_err *error)
{
    struct plugin *plugin = load(wanted, error);
    int result = plugin == NULL ? -1 : pick(plugin, wanted, found, error);

    wanted_fini(wanted);
    return result;
}

int plugin_find(struct plugin *own, enum manifest_kind kind, const char *name,
                struct plugin_found *found, gale_err *error)
{
    const struct manifest_entry *entry =
        own == NULL ? NULL : manifest_find(plugin_manifest(own), kind, name);
    struct wanted_plugin wanted = {.name = name,
                                   .kind = kind,
                                   .kind_name = manifest_kind_name(kind),
                                   .own = own,
                                   .beside =
                                       own == NULL ? NULL : plugin_path(own)};

    if (entry == NULL)
        return find(&wanted, found, error);
    *found = (struct plugin_found){own, entry->id};
    return 0;
}

int plugin_find_beside(const char *file, enum manifest_kind kind,
                       const char *name, struct plugin_found *found,
                       gale_err *error)
{
    struct wanted_plugin wanted = {.name = name,
                                   .kind = kind,
                                   .kind_name = manifest_kind_name(kind),
                                   .beside = file};

    return find(&wanted, found, error);
}

struct plugin *plugin_find_file(const char *name, const char **id,
                                gale_err *error)
{
    struct wanted_plugin wanted = {.name = name, .kind_name = "plugin"};
    struct plugin *plugin = load(&wanted, error);

    *id = wanted.id;
    wanted_fini(&wanted);
    return plugin;
}
