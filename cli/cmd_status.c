/* cmd_status.c - `gale status`: the cluster on one page: who leads, which
 * machines there are, what runs, what is wrong and why. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/status_page.h"
#include "topology-api/memory.h"
#include <stdlib.h>

const char cmd_status_details[] =
    "\nShows who leads, supervisors and their slots, topologies, and what is "
    "wrong and why.\nIf no nimbus leads within 3 s (--timeout says another "
    "time), it shows what one of them\nknows, and the exit status is "
    "3.\n\n" CLUSTER_OPTIONS_HELP;

#define LEADER_NS (3 * INT64_C(1000000000))

static void print(const struct cluster_options *o,
                  const struct unpacked *answer)
{
    if (o->json)
        cluster_print_json(answer->root);
    else
        status_page(stdout, answer->root);
}

/* Of any nimbus, since none leads; what is known then. */
static int ask_anyway(struct cluster *c, struct unpacked *answer)
{
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_bool(&params, "anyway", true);
    status = cluster_call(c, "status", &params, answer);
    pack_free(&params);
    return status;
}

static int show_anyway(struct cluster *c, const struct cluster_options *o)
{
    struct unpacked answer;
    char *why = xstrdup(cluster_why(c));
    int status = ask_anyway(c, &answer);

    command_error(o->command, "%s", why);
    free(why);
    if (status != EXIT_OK)
        return EXIT_AWAY;
    print(o, &answer);
    unpacked_free(&answer);
    return command_finish("status", EXIT_AWAY);
}

static int show(struct cluster_options *o)
{
    struct cluster *c = cluster_open(o, TOKEN_READER);
    struct unpacked answer;
    int status = EXIT_ERROR;

    if (c == NULL)
        return status;
    cluster_be_quiet(c);
    if (!o->has_timeout)
        o->timeout_ns = LEADER_NS;
    status = cluster_call(c, "status", NULL, &answer);
    if (status == EXIT_OK) {
        print(o, &answer);
        unpacked_free(&answer);
        status = command_finish("status", EXIT_OK);
    } else if (status == EXIT_AWAY && cluster_was_answered(c)) {
        status = show_anyway(c, o);
    } else {
        command_error(o->command, "%s", cluster_why(c));
    }
    cluster_close(c);
    return status;
}

int cmd_status(int argc, char **argv)
{
    struct cluster_options o;
    int rest, status;

    cluster_options_begin(&o, "status");
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK && rest < argc)
        status = command_usage("status", "it takes no arguments, found \"%s\"",
                               argv[rest]);
    if (status == EXIT_OK)
        status = show(&o);
    cluster_options_end(&o);
    return status;
}
