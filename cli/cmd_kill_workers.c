/* cmd_kill_workers.c - `gale kill_workers`: the workers of this machine end. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "cli/workers_end.h"
#include "common/json.h"
#include <stdio.h>

#define NAME "kill_workers"

const char cmd_kill_workers_details[] =
    "\nEnds all workers of the supervisor whose storm.local.dir is configured "
    "here: they drain\nfor two seconds, and are killed after five. It asks "
    "nobody else: workers outlive their\nsupervisor, and this is how a machine "
    "is emptied when that is stopped. A supervisor that\nruns starts those "
    "that have drained again at once, and counts no "
    "failure.\n\n" CLUSTER_OPTIONS_HELP;

static void say(const struct cluster_options *o, int32_t n, const char *local)
{
    struct json j;

    if (!o->json) {
        printf("workers of %s that were ended: %d\n", local, n);
        return;
    }
    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, "ended");
    json_int(&j, n);
    json_end(&j);
    json_finish(&j);
    putchar('\n');
}

static int end_workers(const struct cluster_options *o)
{
    const char *local = daemon_config_text(o->config, "storm.local.dir");
    struct loop *loop = loop_new(env_posix());
    int32_t n;

    if (loop == NULL)
        return command_error(NAME, "no descriptors are left");
    n = workers_end(loop, NAME, local);
    loop_free(loop);
    if (n < 0)
        return EXIT_ERROR;
    say(o, n, local);
    return command_finish(NAME, EXIT_OK);
}

int cmd_kill_workers(int argc, char **argv)
{
    struct cluster_options o;
    int rest, status;

    cluster_options_begin(&o, NAME);
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK && rest < argc)
        status = command_usage(NAME, "it takes no arguments, found \"%s\"",
                               argv[rest]);
    if (status == EXIT_OK)
        status = end_workers(&o);
    cluster_options_end(&o);
    return status;
}
