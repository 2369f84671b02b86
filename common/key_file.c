/* key_file.c - a role's key, read and written; see key_file.h. */
#include "common/key_file.h"
#include "common/private_file.h"
#include "topology-api/model.h"
#include <errno.h>
#include <string.h>

#define WHAT "key"

enum { LINE_MAX_BYTES = 16 + DIGEST_HEX + 1 };

/* ROLE, a blank, digits, a newline. */
static bool parse(const char *text, size_t size, enum token_role *role,
                  struct digest *key)
{
    const char *blank = memchr(text, ' ', size);
    size_t word = blank == NULL ? size : (size_t)(blank - text);

    return size == word + 1 + DIGEST_HEX && text[size - 1] == '\n' &&
           token_role_of(text, word, role) &&
           digest_read_hex(blank + 1, DIGEST_HEX - 1, key);
}

int key_file_read(const char *path, enum token_role *role, struct digest *key,
                  gale_err *error)
{
    char text[LINE_MAX_BYTES + 1];
    ssize_t n = private_file_read(path, WHAT, text, sizeof(text), error);
    bool good = n >= 0 && parse(text, (size_t)n, role, key);

    digest_wipe(text, sizeof(text));
    if (n == PRIVATE_FILE_NONE)
        return error_set(error,
                         "there is no " WHAT " %s (gale.key.file): `gale key` "
                         "makes one of the cluster's token",
                         path);
    if (n < 0 || good)
        return n < 0 ? -1 : 0;
    return error_set(error,
                     "the " WHAT " %s is damaged: expected a role, a blank, 64 "
                     "hexadecimal digits and a newline, as `gale key` writes "
                     "them",
                     path);
}

int key_file_write(struct env *env, const char *path, enum token_role role,
                   const struct digest *key, gale_err *error)
{
    char digits[DIGEST_HEX], text[LINE_MAX_BYTES + 1];
    int n, result;

    digest_hex(key, digits);
    n = snprintf(text, sizeof(text), "%s %s\n", token_role_name(role), digits);
    result = env->ops->file_replace(env, path, text, (size_t)n);
    digest_wipe(digits, sizeof(digits));
    digest_wipe(text, sizeof(text));
    if (result == 0)
        return 0;
    return error_set(error, "cannot write the " WHAT " %s: %s", path,
                     strerror(errno));
}
