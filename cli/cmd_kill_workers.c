/* cmd_kill_workers.c - `gale kill_workers`: the workers of this machine end. */
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "cli/workers_end.h"
#include "common/json.h"
#include "supervisor/leftovers.h"
#include <stdio.h>

#define NAME "kill_workers"

const char cmd_kill_workers_details[] =
    "\nEnds all workers of the supervisor whose storm.local.dir is configured "
    "here: they drain\nfor two seconds, and are killed after five. It asks "
    "nobody else: workers outlive their\nsupervisor, and this is how a machine "
    "is emptied when that is stopped. A supervisor that\nruns starts those "
    "that have drained again at once, and counts no\nfailure. A directory that "
    "has never been a supervisor's, or that cannot be read, is an\nerror: -c "
    "storm.local.dir=DIR says where it is; supervisors of `gale cluster up "
    "DIR`\nare in DIR/supervisor-1 and so on.\n\n" CLUSTER_OPTIONS_HELP;

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

/* "0 were ended" would sound as if the machine were empty. */
static int look_at(const char *local)
{
    gale_err error;

    if (leftovers_look(env_posix(), local, &error) == 0)
        return EXIT_OK;
    return command_error(NAME,
                         "%s: say where the supervisor is with -c "
                         "storm.local.dir=DIR (those of `gale cluster up DIR` "
                         "are DIR/supervisor-1 and so on), and be its user",
                         error.text);
}

static int end_workers(const struct cluster_options *o)
{
    const char *local = daemon_config_text(o->config, "storm.local.dir");
    struct loop *loop = loop_new(env_posix());
    bool unread;
    int32_t n;

    if (loop == NULL)
        return command_error(NAME, "no descriptors are left");
    n = workers_end(loop, NAME, local, &unread);
    if (n > 0 && !workers_end_logs(loop, NAME, local))
        n = -1;
    loop_free(loop);
    if (n < 0)
        return EXIT_ERROR;
    say(o, n, local);
    if (unread)
        return command_error(NAME,
                             "%s may have more workers, for not all that its "
                             "supervisor has kept can be read",
                             local);
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
        status = look_at(daemon_config_text(o.config, "storm.local.dir"));
    if (status == EXIT_OK)
        status = end_workers(&o);
    cluster_options_end(&o);
    return status;
}
