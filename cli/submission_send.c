/* submission_send.c - from a model to a topology of a cluster; see
 * submission_send.h. */
#include "cli/submission_send.h"
#include "cli/command.h"
#include "cli/upload.h"

static uint64_t bytes_of(const struct submission_files *files)
{
    uint64_t sum = 0;

    for (uint32_t i = 0; i < files->n; i++)
        sum += files->files[i].size;
    return sum;
}

static int send_files(struct cluster *to, const struct submission *s)
{
    struct upload_line line;
    int status = EXIT_OK;

    upload_line_init(&line, s->terminal, bytes_of(s->files));
    for (uint32_t i = 0; i < s->files->n && status == EXIT_OK; i++)
        status = upload_file(to, s->files->paths[i], &s->files->files[i].hash,
                             s->files->files[i].size, &line);
    upload_line_clear(&line);
    return status;
}

static int send_description(struct cluster *to, const struct submission *s,
                            struct digest *hash)
{
    struct pack description;
    gale_err error;
    int status;

    pack_init(&description);
    if (description_pack(s->model, s->files->files, s->files->n, &description,
                         &error) != 0)
        status = command_error(s->command, "%s", error.text);
    else
        status = upload_bytes(to, description.buffer.data,
                              description.buffer.size, hash);
    pack_free(&description);
    return status;
}

static int ask(struct cluster *to, const struct submission *s,
               const struct digest *description, struct unpacked *answer)
{
    char hash[DIGEST_HEX];
    struct pack params;
    int status;

    digest_hex(description, hash);
    pack_init(&params);
    pack_map(&params, 4);
    pack_key_text(&params, "name", s->name);
    pack_key_text(&params, "description", hash);
    pack_key_bool(&params, "inactive", s->inactive);
    pack_key_bool(&params, "replace", s->replace);
    status = cluster_call(to, "submit", &params, answer);
    pack_free(&params);
    return status;
}

int submission_send(struct cluster *to, const struct submission *s,
                    struct unpacked *answer)
{
    struct digest description;
    int status = send_files(to, s);

    if (status == EXIT_OK)
        status = send_description(to, s, &description);
    if (status == EXIT_OK)
        status = ask(to, s, &description, answer);
    return status;
}
