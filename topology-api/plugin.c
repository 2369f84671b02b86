/*
 * plugin.c - shared objects in this process: read, loaded once, never unloaded.
 *
 * The list of loaded files is shared by all builders of the process and guarded
 * by a lock, which is held while a file is loaded, so that two threads that
 * want the same file get the same plugin.
 */
#include "topology-api/plugin.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/under_way.h"
#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>

struct plugin {
    struct plugin *next;
    char *path;
    void *handle;
    struct manifest manifest;
};

/* A file that was given to the dynamic loader, as it was named there; for good,
 * since its code may be anywhere. */
struct opened {
    struct opened *next;
    char *name;
    char *path;
};

static _Atomic(struct opened *) opened; /* the latest first; whoever reads a
                                           pointer sees what it points to */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct plugin *loaded; /* the latest first; guarded by lock */

static struct plugin *find_loaded(const struct manifest *manifest)
{
    struct plugin *p = loaded;

    while (p != NULL && (p->manifest.device != manifest->device ||
                         p->manifest.inode != manifest->inode))
        p = p->next;
    return p;
}

static const char no_version[] = ": version `";

/* "LIBRARY: version `VERSION' not found (required by …)". */
static int explain_version(const char *path, const char *said,
                           const char *version, gale_err *error)
{
    const char *library = memrchr(said, '/', (size_t)(version - said));

    library = library == NULL ? said : library + 1;
    version += strlen(no_version);
    return error_set(error,
                     "%s needs \"%.*s\" of the library \"%.*s\", which is "
                     "older on this machine; build it on a system that is as "
                     "old as the oldest that runs it",
                     path, (int)strcspn(version, "'"), version,
                     (int)strcspn(library, ":"), library);
}

/* What the dynamic loader said, as a sentence that says what to do. */
static int explain(const char *path, const char *said, gale_err *error)
{
    static const char no_symbol[] = ": undefined symbol: ";
    static const char no_library[] =
        ": cannot open shared object file: No such file";
    const char *symbol = strstr(said, no_symbol);
    const char *library = strstr(said, no_library);
    const char *version = strstr(said, no_version);

    if (version != NULL)
        return explain_version(path, said, version, error);
    if (symbol != NULL) {
        symbol += strlen(no_symbol);
        return error_set(error,
                         "%s uses the symbol \"%.*s\", which neither it nor a "
                         "library that it names defines; link it with what "
                         "defines the symbol",
                         path, (int)strcspn(symbol, ", "), symbol);
    }
    if (library != NULL)
        return error_set(error,
                         "%s needs the shared library \"%.*s\", which is not "
                         "found on this machine; install it (gale local looks "
                         "in the directories of LD_LIBRARY_PATH, too)",
                         path, (int)(library - said), said);
    return error_set(error, "cannot load %s: %s", path, said);
}

/* Before it is: its constructors run then. Under the lock. The name. */
static const char *note_opened(const char *path)
{
    struct opened *o = xcalloc(1, sizeof(*o));
    size_t size = strlen(path) + sizeof("./");

    /* dlopen() looks for a path without '/' where libraries are, not here. */
    o->name = xmalloc(size);
    snprintf(o->name, size, "%s%s", strchr(path, '/') == NULL ? "./" : "",
             path);
    o->path = xstrdup(path);
    o->next = atomic_load(&opened);
    atomic_store(&opened, o);
    return o->name;
}

const char *plugin_file_at(const void *address)
{
    struct dl_find_object found;

    if (_dl_find_object((void *)(uintptr_t)address, &found) != 0)
        return NULL;
    for (const struct opened *o = atomic_load(&opened); o != NULL; o = o->next)
        if (strcmp(o->name, found.dlfo_link_map->l_name) == 0)
            return o->path;
    return NULL;
}

static void *open_object(const char *path, gale_err *error)
{
    const char *name = note_opened(path), *said;
    struct under_way before = under_way_begin(path, "it was loaded");
    void *handle = FAULT_FAILS("plugin_open", ENOMEM)
                       ? NULL
                       : dlopen(name, RTLD_NOW | RTLD_LOCAL);

    under_way_set(before);
    if (handle != NULL)
        return handle;
    said = dlerror();
    explain(path, said != NULL ? said : strerror(errno), error);
    return NULL;
}

/* Takes the manifest. */
static struct plugin *add(const char *path, struct manifest *manifest,
                          gale_err *error)
{
    void *handle = open_object(path, error);
    struct plugin *p;

    if (handle == NULL) {
        manifest_fini(manifest);
        return NULL;
    }
    p = xcalloc(1, sizeof(*p));
    p->path = xstrdup(path);
    p->handle = handle;
    p->manifest = *manifest;
    p->next = loaded;
    loaded = p;
    return p;
}

struct plugin *plugin_load(const char *path, gale_err *error)
{
    struct manifest manifest;
    struct plugin *p;

    if (manifest_read(path, &manifest, error))
        return NULL;
    pthread_mutex_lock(&lock);
    p = find_loaded(&manifest);
    if (p != NULL)
        manifest_fini(&manifest);
    else
        p = add(path, &manifest, error);
    pthread_mutex_unlock(&lock);
    return p;
}

const char *plugin_path(const struct plugin *plugin)
{
    return plugin->path;
}

const struct manifest *plugin_manifest(const struct plugin *plugin)
{
    return &plugin->manifest;
}

const void *plugin_symbol(struct plugin *plugin, enum manifest_kind kind,
                          const char *id, size_t *size, gale_err *error)
{
    char name[NAMES_MAX + 32];
    const ElfW(Sym) *entry = NULL;
    const void *symbol;
    Dl_info info;

    snprintf(name, sizeof(name), "gale_%s_%s", manifest_kind_name(kind), id);
    symbol = dlsym(plugin->handle, name);
    if (symbol == NULL) {
        error_set(error,
                  "%s has %s \"%s\" in its manifest, but does not export the "
                  "symbol %s; declare it with the macros of <gale/…> or with "
                  "default visibility",
                  plugin->path, manifest_kind_name(kind), id, name);
        return NULL;
    }
    *size = 0;
    if (dladdr1(symbol, &info, (void **)&entry, RTLD_DL_SYMENT) &&
        entry != NULL && info.dli_saddr == symbol)
        *size = entry->st_size;
    return symbol;
}
