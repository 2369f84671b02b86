/* fuzz_manifest.c - a file that says that it is a plugin: what is read of it
 * before any of its code runs. */
#include "tests/fuzz/fuzz.h"
#include "topology-api/manifest.h"
#include "topology-api/names.h"
#include <sys/mman.h>
#include <unistd.h>

static void look_at(const struct manifest *m)
{
    const struct manifest_entry *only;
    char text[256];

    fuzz_must(m->n > 0);
    manifest_text(m, MANIFEST_ALL_KINDS, text, sizeof(text));
    manifest_count(m, MANIFEST_BOLT, &only);
    for (uint32_t i = 0; i < m->n; i++) {
        const struct manifest_entry *e = &m->entries[i];

        fuzz_must(e->abi == GALE_ABI && names_valid(e->id));
        fuzz_must(manifest_find(m, e->kind, e->id) == e);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("plugin", MFD_CLOEXEC);
    gale_err error = {""};
    struct manifest m;
    char path[64];

    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (manifest_read(path, &m, &error) == 0) {
        look_at(&m);
        manifest_fini(&m);
    } else {
        fuzz_must(error.text[0] != '\0');
    }
    close(fd);
    return 0;
}
