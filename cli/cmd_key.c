/* cmd_key.c - `gale key`: a role's key, for who shall not have the token. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "common/key_file.h"
#include "common/local_dir.h"
#include "common/token_file.h"
#include <stdlib.h>
#include <string.h>

const char cmd_key_details[] =
    "\nWrites the key of the role reader, submitter or admin to the file, "
    "which "
    "its owner\nalone may read. Who sets gale.key.file to it may do what the "
    "role may, and needs no\ntoken: a reader looks (list, status, logs), a "
    "submitter runs code, too.\n\n" CLUSTER_OPTIONS_HELP;

static bool is_given_away(const char *name, enum token_role *role)
{
    return token_role_of(name, strlen(name), role) && *role != TOKEN_WORKER &&
           *role != TOKEN_SUPERVISOR;
}

static int write_key(const struct cluster_options *o, enum token_role role,
                     const char *to)
{
    char *path = local_dir_token(o->config);
    struct token token;
    struct digest key;
    gale_err error;
    int result = token_file_read(path, &token, &error);

    free(path);
    if (result != 0)
        return command_error("key", "%s", error.text);
    key = token_role_key(&token, role);
    result = key_file_write(env_posix(), to, role, &key, &error);
    digest_wipe(&token, sizeof(token));
    digest_wipe(&key, sizeof(key));
    return result == 0 ? EXIT_OK : command_error("key", "%s", error.text);
}

int cmd_key(int argc, char **argv)
{
    struct cluster_options o;
    enum token_role role;
    int rest, status;

    cluster_options_begin(&o, "key");
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK && argc - rest != 2)
        status = command_usage("key", "expected a role and a file");
    if (status == EXIT_OK && !is_given_away(argv[rest], &role))
        status = command_usage(
            "key", "found \"%s\", expected reader, submitter or admin",
            argv[rest]);
    if (status == EXIT_OK)
        status = write_key(&o, role, argv[rest + 1]);
    cluster_options_end(&o);
    return status;
}
