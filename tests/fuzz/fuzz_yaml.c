/* fuzz_yaml.c - a configuration file: YAML that anybody may have written. */
#include "common/config_keys.h"
#include "common/config_yaml.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/model.h"
#include <gale/topology.h>
#include <sys/mman.h>
#include <unistd.h>

/* The values are whole: each is looked at, and suits its key or does not. */
static void look_at(const struct config_yaml *y)
{
    char text[200];

    for (uint32_t i = 0; i < y->n; i++) {
        const struct config_entry *e = &y->entries[i];
        const struct config_key *key = config_keys_find(e->key);

        value_text(e->value, text, sizeof(text));
        fuzz_must(e->line > 0);
        if (key != NULL)
            config_keys_accepts(key, e->value);
    }
}

/* As a user has it: by its path, into a topology. */
static void load(const uint8_t *data, size_t size)
{
    int fd = memfd_create("yaml", MFD_CLOEXEC);
    gale_builder *b = gale_builder_new();
    char path[64];
    gale_err error = {""};

    check(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    if (gale_builder_config_file(b, path, NULL, NULL, &error) != 0)
        fuzz_must(error.text[0] != '\0');
    gale_builder_free(b);
    close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xstrndup((const char *)data, size);
    gale_err error = {""};
    struct config_yaml *y = config_yaml_read("f", text, size, &error);

    if (y != NULL)
        look_at(y);
    else
        fuzz_must(error.text[0] != '\0');
    config_yaml_free(y);
    free(text);
    load(data, size);
    return 0;
}
