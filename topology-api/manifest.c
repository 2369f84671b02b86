/* manifest.c - what a shared object says it holds, without loading it. */
#include "topology-api/manifest.h"
#include "topology-api/elf_file.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include "topology-api/text_buffer.h"

#define MANIFEST_BYTES_MAX 65536u
#define ABI_DIGITS_MAX 9

static const char *const kind_names[MANIFEST_KINDS] = {
    [MANIFEST_SPOUT] = "spout",         [MANIFEST_BOLT] = "bolt",
    [MANIFEST_GROUPING] = "grouping",   [MANIFEST_HOOK] = "hook",
    [MANIFEST_INVARIANT] = "invariant", [MANIFEST_TOPOLOGY] = "topology",
};

/* -- one line -------------------------------------------------------------- */

/* The digits of the ABI number; NULL if there are none or too many. */
static const char *parse_abi(const char *at, uint32_t *abi)
{
    const char *start = at;

    for (*abi = 0; *at >= '0' && *at <= '9'; at++) {
        if (at - start == ABI_DIGITS_MAX)
            return NULL;
        *abi = *abi * 10 + (uint32_t)(*at - '0');
    }
    return at == start || *at != ':' ? NULL : at + 1;
}

static bool parse_kind(const char *at, size_t size, enum manifest_kind *kind)
{
    for (uint32_t i = 0; i < MANIFEST_KINDS; i++) {
        if (strlen(kind_names[i]) == size && !memcmp(kind_names[i], at, size)) {
            *kind = (enum manifest_kind)i;
            return true;
        }
    }
    return false;
}

static void add(struct manifest *manifest, enum manifest_kind kind,
                uint32_t abi, const char *id)
{
    manifest->entries = xreallocarray(manifest->entries, manifest->n + 1,
                                      sizeof(*manifest->entries));
    manifest->entries[manifest->n++] =
        (struct manifest_entry){kind, abi, xstrdup(id)};
}

/*
 * One line, `gale:ABI:KIND:ID`. What follows another ABI number is not read
 * any further: that ABI may have changed it.
 */
static int parse_line(struct manifest *manifest, const char *path,
                      const char *line, gale_err *error)
{
    enum manifest_kind kind = MANIFEST_SPOUT;
    uint32_t abi = 0;
    const char *at =
        strncmp(line, "gale:", 5) ? NULL : parse_abi(line + 5, &abi);
    const char *id = at == NULL ? NULL : strchr(at, ':');
    char text[64];

    if (at != NULL && abi != GALE_ABI)
        return error_set(error,
                         "%s is built for ABI %u of gale, expected ABI %u; "
                         "rebuild it with this gale's headers",
                         path, abi, GALE_ABI);
    if (id == NULL || !parse_kind(at, (size_t)(id - at), &kind) ||
        !names_valid(id + 1))
        return error_set(error,
                         "%s has a damaged gale manifest: it says %s, expected "
                         "gale:%u:KIND:ID",
                         path, value_text(gale_cstr(line), text, sizeof(text)),
                         GALE_ABI);
    if (manifest_find(manifest, kind, id + 1) == NULL)
        add(manifest, kind, abi, id + 1);
    return 0;
}

/* -- all lines ------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct manifest_entry *x = a, *y = b;

    return x->kind != y->kind ? (int)x->kind - (int)y->kind
                              : strcmp(x->id, y->id);
}

/* data has a NUL byte behind its size; a linker may pad between two lines. The
 * order of lines is the compiler's whim. */
static int parse(struct manifest *manifest, const char *path, const char *data,
                 size_t size, gale_err *error)
{
    for (size_t i = 0; i < size; i += strlen(data + i) + 1)
        if (data[i] != '\0' && parse_line(manifest, path, data + i, error))
            return -1;
    if (manifest->n == 0)
        return error_set(error,
                         "%s has no gale manifest: it declares no spout, bolt, "
                         "grouping or topology; expected a GALE_BOLT(…), "
                         "GALE_SPOUT(…), GALE_GROUPING(…) or GALE_TOPOLOGY(…) "
                         "in its source, or, without these macros, a section "
                         "gale_manifest that the linker does not drop (see "
                         "gale/abi.h)",
                         path);
    qsort(manifest->entries, manifest->n, sizeof(*manifest->entries), compare);
    return 0;
}

int manifest_read(const char *path, struct manifest *manifest, gale_err *error)
{
    return manifest_read_as(path, path, manifest, error);
}

/* It is open, and closed then. */
static int read_section(struct elf_file *elf, const char *name,
                        struct manifest *manifest, gale_err *error)
{
    char *data;
    size_t size;
    int result = elf_file_section(elf, "gale_manifest", MANIFEST_BYTES_MAX,
                                  &data, &size, error);

    elf_file_close(elf);
    if (result == 0) {
        data = xrealloc(data, size + 1);
        data[size] = '\0';
        result = parse(manifest, name, data, size, error);
        free(data);
    }
    if (result != 0)
        manifest_fini(manifest);
    return result;
}

int manifest_read_as(const char *path, const char *name,
                     struct manifest *manifest, gale_err *error)
{
    struct elf_file elf;

    memset(manifest, 0, sizeof(*manifest));
    if (elf_file_open(&elf, path, name, error))
        return -1;
    manifest->device = elf.stat.st_dev;
    manifest->inode = elf.stat.st_ino;
    return read_section(&elf, name, manifest, error);
}

int manifest_read_from(const struct elf_source *source, const char *name,
                       struct manifest *manifest, gale_err *error)
{
    struct elf_file elf;

    memset(manifest, 0, sizeof(*manifest));
    if (elf_file_open_from(&elf, source, name, error))
        return -1;
    return read_section(&elf, name, manifest, error);
}

void manifest_fini(struct manifest *manifest)
{
    for (uint32_t i = 0; i < manifest->n; i++)
        free(manifest->entries[i].id);
    free(manifest->entries);
    manifest->entries = NULL;
    manifest->n = 0;
}

/* -- asking ---------------------------------------------------------------- */

const char *manifest_kind_name(enum manifest_kind kind)
{
    return kind_names[kind];
}

const struct manifest_entry *manifest_find(const struct manifest *manifest,
                                           enum manifest_kind kind,
                                           const char *id)
{
    for (uint32_t i = 0; i < manifest->n; i++)
        if (manifest->entries[i].kind == kind &&
            !strcmp(manifest->entries[i].id, id))
            return &manifest->entries[i];
    return NULL;
}

uint32_t manifest_count(const struct manifest *manifest,
                        enum manifest_kind kind,
                        const struct manifest_entry **only)
{
    uint32_t n = 0;

    *only = NULL;
    for (uint32_t i = 0; i < manifest->n; i++) {
        if (manifest->entries[i].kind != kind)
            continue;
        *only = &manifest->entries[i];
        n++;
    }
    return n;
}

char *manifest_text(const struct manifest *manifest, uint32_t kinds,
                    char *buffer, size_t size)
{
    struct text_buffer text;

    text_buffer_init(&text, buffer, size);
    for (uint32_t i = 0; i < manifest->n && !text.full; i++) {
        const struct manifest_entry *entry = &manifest->entries[i];

        if (kinds & (1u << entry->kind))
            text_buffer_put(&text, "%s%s \"%s\"", text.n == 0 ? "" : ", ",
                            kind_names[entry->kind], entry->id);
    }
    return buffer;
}
