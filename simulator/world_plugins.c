/* world_plugins.c - plugins of a simulated disk in files of the system; see
 * world_plugins.h. */
#include "simulator/world_plugins.h"
#include "common/check.h"
#include "common/digest.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { PLUGIN_BYTES_MAX = 256 << 20, PATH_SIZE = 40 };

/* Of the process of the system, as what the loader has loaded is. */
struct content {
    struct content *next;
    struct digest digest;
    int fd;
};

static struct content *contents;

static const struct content *find(const struct digest *digest)
{
    const struct content *c = contents;

    while (c != NULL && !digest_equal(&c->digest, digest))
        c = c->next;
    return c;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0)
            return -1;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* A descriptor; -1 and errno. */
static int put(const char *name, const void *data, size_t size)
{
    int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING), saved;

    if (fd < 0)
        return -1;
    if (write_all(fd, data, size) == 0 &&
        fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW) == 0)
        return fd;
    saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

/* NULL and errno. */
static const struct content *keep(const void *data, size_t size)
{
    struct digest digest = digest_of(data, size);
    const struct content *known = find(&digest);
    char name[DIGEST_HEX];
    struct content *c;
    int fd;

    if (known != NULL)
        return known;
    digest_hex(&digest, name);
    fd = put(name, data, size);
    if (fd < 0)
        return NULL;
    c = xcalloc(1, sizeof(*c));
    *c = (struct content){contents, digest, fd};
    contents = c;
    return c;
}

char *world_plugin_real(struct env *env, const char *path, gale_err *error)
{
    const struct content *c = NULL;
    char *real;
    void *data;
    size_t size;

    if (env->ops->file_read(env, path, PLUGIN_BYTES_MAX, &data, &size) == 0) {
        c = keep(data, size);
        free(data);
    }
    if (c == NULL) {
        error_set(error, "%s: cannot be read to be loaded: %s", path,
                  strerror(errno));
        return NULL;
    }
    real = xmalloc(PATH_SIZE);
    snprintf(real, PATH_SIZE, "/proc/self/fd/%d", c->fd);
    return real;
}
