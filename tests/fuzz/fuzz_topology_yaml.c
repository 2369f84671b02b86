/*
 * fuzz_topology_yaml.c - a topology in YAML, and a file of properties, that
 * anybody may have written. What stands behind the first line of three dashes
 * and an equals sign are the properties.
 */
#include "common/config.h"
#include "common/flux.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/model.h"
#include <sys/mman.h>
#include <unistd.h>

#define BORDER "---=\n"

/* A file in memory: *fd is its descriptor. */
static void write_file(const void *data, size_t size, int *fd, char path[64])
{
    *fd = memfd_create("yaml", MFD_CLOEXEC);
    check(*fd >= 0 && write(*fd, data, size) == (ssize_t)size);
    snprintf(path, 64, "/proc/self/fd/%d", *fd);
}

static const char *variable(const char *name)
{
    return *name == 'A' ? "x: {y" : NULL;
}

struct found {
    uint32_t errors;
};

static void hear(void *arg, bool is_error, const char *text)
{
    struct found *found = arg;

    fuzz_must(*text != '\0');
    found->errors += is_error;
}

/* What is said to be right can be built. */
static void look_at(const char *path, const struct flux_options *options)
{
    gale_builder *b = gale_builder_new();
    struct found found = {0};
    gale_err error = {""};
    uint32_t errors = flux_load(b, path, options, hear, &found);

    fuzz_must(errors == found.errors);
    if (errors == 0)
        fuzz_must(model_of(b, &error) != NULL);
    gale_builder_free(b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const uint8_t *border = memmem(data, size, BORDER, strlen(BORDER));
    size_t n = border == NULL ? size : (size_t)(border - data);
    size_t skip = border == NULL ? size : n + strlen(BORDER);
    char yaml[64], properties[64];
    int fds[2];
    struct flux_options options = {.env = variable};

    config_register();
    write_file(data, n, &fds[0], yaml);
    write_file(data + skip, size - skip, &fds[1], properties);
    options.filter = border == NULL ? NULL : properties;
    look_at(yaml, &options);
    close(fds[0]);
    close(fds[1]);
    return 0;
}
