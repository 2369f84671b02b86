/* local_dir.c - where a daemon keeps what is its own; see local_dir.h. */
#include "common/local_dir.h"
#include "topology-api/memory.h"

char *local_dir_path(const struct daemon_config *c, const char *name)
{
    const char *dir = daemon_config_text(c, "storm.local.dir");
    size_t size = strlen(dir) + strlen(name) + 2;
    char *path = xmalloc(size);

    snprintf(path, size, "%s/%s", dir, name);
    return path;
}

char *local_dir_token(const struct daemon_config *c)
{
    const char *file = daemon_config_text(c, "gale.token.file");

    return file != NULL ? xstrdup(file) : local_dir_path(c, "token");
}
