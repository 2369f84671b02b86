/* key_file.c - a role's key, read and written; see key_file.h. */
#include "common/key_file.h"
#include "common/private_file.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define WHAT "key"
#define EXPECTED                                                               \
    "expected a role, a blank, 64 hexadecimal digits and a newline, as `gale " \
    "key` writes them"

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
    return error_set(error, "the " WHAT " %s is damaged: " EXPECTED, path);
}

/* -- writing --------------------------------------------------------------- */

static int cannot_write(const char *path, gale_err *error)
{
    return error_set(error, "cannot write the " WHAT " %s: %s", path,
                     strerror(errno));
}

/* Whole beside its place, then linked there: EEXIST if anything is. */
static int put_new(struct env *env, const char *path, const char *text,
                   size_t size)
{
    char *beside;
    int result, saved;

    if (asprintf(&beside, "%s.%016llx", path,
                 (unsigned long long)env->ops->entropy(env)) < 0)
        memory_none_left();
    result = env->ops->file_replace(env, beside, text, size);
    if (result == 0) {
        result = env->ops->file_link(env, beside, path);
        saved = errno;
        env->ops->file_remove(env, beside);
        errno = saved;
    }
    free(beside);
    return result;
}

/* By what is in it, whoever may read that; false with the error. */
static bool is_key(const char *path, gale_err *error)
{
    char text[LINE_MAX_BYTES + 1];
    ssize_t n = private_file_peek(path, WHAT, text, sizeof(text), error);
    enum token_role role;
    struct digest key;
    bool is = n >= 0 && parse(text, (size_t)n, &role, &key);

    if (n == PRIVATE_FILE_NONE)
        error_set(error, "it has just been removed");
    if (n >= 0 && !is)
        error_set(error, EXPECTED);
    digest_wipe(text, sizeof(text));
    digest_wipe(&key, sizeof(key));
    return is;
}

static int check_replaced(const char *path, bool replace, gale_err *error)
{
    enum token_role role;
    struct digest key;
    gale_err why;
    int result;

    if (!replace)
        return error_set(error,
                         "there is something at %s already, which is left "
                         "alone: name another file, or say --replace if it is "
                         "a key that `gale key` wrote",
                         path);
    if (is_key(path, &why)) {
        result = key_file_read(path, &role, &key, error);
        digest_wipe(&key, sizeof(key));
        return result;
    }
    return error_set(error,
                     "%.200s is left alone, being no key that `gale key` "
                     "wrote: %s",
                     path, why.text);
}

static int put(struct env *env, const char *path, const char *text, size_t size,
               bool replace, gale_err *error)
{
    if (put_new(env, path, text, size) == 0)
        return 0;
    if (errno != EEXIST)
        return cannot_write(path, error);
    if (check_replaced(path, replace, error) != 0)
        return -1;
    if (env->ops->file_replace(env, path, text, size) != 0)
        return cannot_write(path, error);
    return 0;
}

int key_file_write(struct env *env, const char *path, enum token_role role,
                   const struct digest *key, bool replace, gale_err *error)
{
    char digits[DIGEST_HEX], text[LINE_MAX_BYTES + 1];
    int n, result;

    digest_hex(key, digits);
    n = snprintf(text, sizeof(text), "%s %s\n", token_role_name(role), digits);
    result = put(env, path, text, (size_t)n, replace, error);
    digest_wipe(digits, sizeof(digits));
    digest_wipe(text, sizeof(text));
    return result;
}
