/* cmd_key.c - `gale key`: a role's key, for who shall not have the token. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "common/json.h"
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
    "submitter runs code, too. What is\nthere already is left alone.\n\n"
    "  --replace        even so, if it is a file that this command "
    "wrote\n" CLUSTER_OPTIONS_HELP;

enum { OPT_REPLACE = 256 };

static bool is_given_away(const char *name, enum token_role *role)
{
    return token_role_of(name, strlen(name), role) && *role != TOKEN_WORKER &&
           *role != TOKEN_SUPERVISOR;
}

static int say(const struct cluster_options *o, enum token_role role,
               const char *file)
{
    struct json j;

    if (!o->json)
        return EXIT_OK;
    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, "role");
    json_string(&j, token_role_name(role));
    json_key(&j, "file");
    json_string(&j, file);
    json_end(&j);
    json_finish(&j);
    putchar('\n');
    return command_finish("key", EXIT_OK);
}

static int write_key(const struct cluster_options *o, enum token_role role,
                     const char *to, bool replace)
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
    result = key_file_write(env_posix(), to, role, &key, replace, &error);
    digest_wipe(&token, sizeof(token));
    digest_wipe(&key, sizeof(key));
    return result == 0 ? say(o, role, to)
                       : command_error("key", "%s", error.text);
}

static int take_arguments(struct cluster_options *o, int argc, char **argv,
                          bool *replace)
{
    static const struct option options[] = {
        CLUSTER_OPTIONS,
        {"replace", no_argument, NULL, OPT_REPLACE},
        {NULL, 0, NULL, 0},
    };
    int option, status = EXIT_OK;

    optind = 1;
    opterr = 0;
    while (status == EXIT_OK &&
           (option = getopt_long(argc, argv, ":c:", options, NULL)) != -1) {
        if (option == OPT_REPLACE)
            *replace = true;
        else
            status = cluster_options_take(o, option, argv);
    }
    return status == EXIT_OK ? cluster_options_done(o) : status;
}

int cmd_key(int argc, char **argv)
{
    struct cluster_options o;
    enum token_role role;
    bool replace = false;
    int status;

    cluster_options_begin(&o, "key");
    status = take_arguments(&o, argc, argv, &replace);
    if (status == EXIT_OK && argc - optind != 2)
        status = command_usage("key", "expected a role and a file");
    if (status == EXIT_OK && !is_given_away(argv[optind], &role))
        status = command_usage(
            "key", "found \"%s\", expected reader, submitter or admin",
            argv[optind]);
    if (status == EXIT_OK)
        status = write_key(&o, role, argv[optind + 1], replace);
    cluster_options_end(&o);
    return status;
}
