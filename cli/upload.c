/* upload.c - files into nimbus's store; see upload.h. */
#include "cli/upload.h"
#include "cli/command.h"
#include "common/env.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>

#define CHUNK_BYTES (1u << 20)

/* Where the bytes come from: a file, or memory. */
struct source {
    const char *path; /* NULL: memory */
    int handle;
    const char *data;
};

struct upload {
    struct cluster *c;
    struct source source;
    char *id;
    uint64_t size, sent;
    struct upload_line *line;
};

static void note_sent(struct upload *u, uint64_t n)
{
    struct env *env = env_posix();

    u->sent += n;
    upload_line_add(u->line, n, env->ops->now(env));
}

/* EXIT_OK, and u->id is NULL if nimbus has it already. */
static int begin(struct upload *u, const struct digest *hash)
{
    char text[DIGEST_HEX];
    struct unpacked answer;
    struct pack params;
    int status;

    digest_hex(hash, text);
    pack_init(&params);
    pack_map(&params, 2);
    pack_key_text(&params, "hash", text);
    pack_key_uint(&params, "size", u->size);
    status = cluster_call(u->c, "upload", &params, &answer);
    pack_free(&params);
    if (status != EXIT_OK)
        return status;
    u->id = unpack_text(unpack_key(answer.root, "id"), 200);
    if (u->id == NULL && !unpack_bool(unpack_key(answer.root, "have"), false))
        status = command_error("submit", "nimbus has answered \"upload\" "
                                         "without an id: is it another "
                                         "version of gale?");
    unpacked_free(&answer);
    return status;
}

static int64_t read_chunk(struct upload *u, char *to, size_t size)
{
    struct env *env = env_posix();

    if (u->source.path != NULL)
        return env->ops->file_read_at(env, u->source.handle, u->sent, to, size);
    memcpy(to, u->source.data + u->sent, size);
    return (int64_t)size;
}

static int append(struct upload *u, const char *data, size_t size)
{
    struct unpacked answer;
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 3);
    pack_key_text(&params, "id", u->id);
    pack_key_uint(&params, "offset", u->sent);
    pack_key_bytes(&params, "data", data, size);
    status = cluster_call(u->c, "append", &params, &answer);
    pack_free(&params);
    if (status == EXIT_OK)
        unpacked_free(&answer);
    return status;
}

static int append_all(struct upload *u)
{
    char *chunk = xmalloc(CHUNK_BYTES);
    int status = EXIT_OK;

    while (status == EXIT_OK && u->sent < u->size) {
        uint64_t left = u->size - u->sent;
        int64_t n =
            read_chunk(u, chunk, left < CHUNK_BYTES ? left : CHUNK_BYTES);

        if (n <= 0) {
            upload_line_clear(u->line);
            status = command_error("submit", "%s: %s", u->source.path,
                                   n < 0 ? strerror(errno)
                                         : "it has become shorter while it "
                                           "was sent");
            break;
        }
        status = append(u, chunk, (size_t)n);
        note_sent(u, (uint64_t)n);
    }
    free(chunk);
    return status;
}

static int finish(struct upload *u)
{
    struct unpacked answer;
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "id", u->id);
    status = cluster_call(u->c, "finish", &params, &answer);
    pack_free(&params);
    if (status == EXIT_OK)
        unpacked_free(&answer);
    return status;
}

static int run(struct upload *u, const struct digest *hash)
{
    int status = begin(u, hash);

    if (status == EXIT_OK && u->id == NULL)
        note_sent(u, u->size); /* nimbus has it */
    if (status == EXIT_OK && u->id != NULL)
        status = append_all(u);
    if (status == EXIT_OK && u->id != NULL)
        status = finish(u);
    free(u->id);
    return status;
}

int upload_file(struct cluster *c, const char *path, const struct digest *hash,
                uint64_t size, struct upload_line *line)
{
    struct env *env = env_posix();
    struct upload u = {
        .c = c, .source = {.path = path}, .size = size, .line = line};
    uint64_t found;
    int status;

    u.source.handle = env->ops->file_open(env, path, true, &found);
    if (u.source.handle < 0)
        return command_error("submit", "%s: %s", path, strerror(errno));
    status = run(&u, hash);
    env->ops->file_close(env, u.source.handle);
    return status;
}

int upload_bytes(struct cluster *c, const void *data, size_t size,
                 struct digest *hash)
{
    struct upload_line unseen = {.out = NULL};
    struct upload u = {
        .c = c, .source = {.data = data}, .size = size, .line = &unseen};

    *hash = digest_of(data, size);
    return run(&u, hash);
}
