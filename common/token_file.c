/*
 * token_file.c - reads or makes the file of the cluster's token; see
 * token_file.h.
 *
 * A new one is written whole beside its place and then linked there, which
 * fails if somebody was quicker: then theirs is the token.
 */
#include "common/token_file.h"
#include "common/private_file.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = DIGEST_HEX }; /* the digits and a newline */

/* -- reading --------------------------------------------------------------- */

#define WHAT "cluster token"

static int none_there(const char *path, gale_err *error)
{
    return error_set(error,
                     "there is no " WHAT " %s: copy that of a nimbus, with "
                     "mode 0600",
                     path);
}

/* 0, -1 with the error, or PRIVATE_FILE_NONE. */
static int read_if_there(const char *path, struct token *token, gale_err *error)
{
    char text[FILE_BYTES + 1]; /* one more shows that it is too long */
    ssize_t n = private_file_read(path, WHAT, text, sizeof(text), error);
    bool good = n == FILE_BYTES && text[FILE_BYTES - 1] == '\n' &&
                digest_read_hex(text, FILE_BYTES - 1, &token->secret);

    digest_wipe(text, sizeof(text));
    if (n < 0 || good)
        return n < 0 ? (int)n : 0;
    return error_set(error,
                     "the " WHAT " %s is damaged: expected 64 hexadecimal "
                     "digits and a newline; copy that of a nimbus",
                     path);
}

int token_file_read(const char *path, struct token *token, gale_err *error)
{
    int result = read_if_there(path, token, error);

    return result == PRIVATE_FILE_NONE ? none_there(path, error) : result;
}

/* -- making ---------------------------------------------------------------- */

static int write_whole(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0 && errno != EINTR)
            return -1;
        if (n > 0) {
            data += n;
            size -= (size_t)n;
        }
    }
    return fsync(fd);
}

static int write_new(struct env *env, int fd)
{
    struct token token = token_make(env);
    char text[DIGEST_HEX];
    int result;

    digest_hex(&token.secret, text);
    text[FILE_BYTES - 1] = '\n';
    result = write_whole(fd, text, FILE_BYTES);
    digest_wipe(&token, sizeof(token));
    digest_wipe(text, sizeof(text));
    return result;
}

/* The name lasts, too. */
static int sync_directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = slash == NULL ? xstrdup(".")
                               : xstrndup(path, (size_t)(slash - path) + 1);
    int fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), result;

    free(name);
    if (fd < 0)
        return -1;
    result = fsync(fd);
    close(fd);
    return result;
}

/* 0: there is one now, whoever made it. */
static int put_there(struct env *env, const char *path, const char *beside)
{
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int result, saved;

    if (fd < 0)
        return -1;
    result = write_new(env, fd);
    FAULT_POINT("cluster_token_written");
    if (result == 0 && link(beside, path) != 0 && errno != EEXIST)
        result = -1;
    saved = errno;
    close(fd);
    unlink(beside);
    errno = saved;
    return result == 0 ? sync_directory_of(path) : -1;
}

static int make(struct env *env, const char *path)
{
    char *beside;
    int result;

    if (asprintf(&beside, "%s.%016llx", path,
                 (unsigned long long)env->ops->entropy(env)) < 0)
        memory_none_left();
    result = put_there(env, path, beside);
    free(beside);
    return result;
}

int token_file_make(struct env *env, const char *path, struct token *token,
                    gale_err *error)
{
    int result = read_if_there(path, token, error);

    if (result != PRIVATE_FILE_NONE)
        return result;
    if (make(env, path) != 0)
        return error_set(error, "cannot make the " WHAT " %s: %s", path,
                         strerror(errno));
    return token_file_read(path, token, error);
}
