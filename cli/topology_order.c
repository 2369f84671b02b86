/* topology_order.c - something to be done with one topology; see
 * topology_order.h. */
#include "cli/topology_order.h"
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/topology_table.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SECONDS_MAX 1000000000

int topology_order(const struct cluster_options *o, const char *method,
                   const struct pack *params)
{
    struct cluster *c = cluster_open(o, TOKEN_SUBMITTER);
    struct unpacked answer;
    int status =
        c == NULL ? EXIT_ERROR : cluster_call(c, method, params, &answer);

    if (status == EXIT_OK) {
        if (o->json) {
            cluster_print_json(answer.root);
        } else {
            put_foreign_text(stdout, unpack_key(answer.root, "text"));
            putchar('\n');
        }
        unpacked_free(&answer);
        status = command_finish(o->command, EXIT_OK);
    }
    cluster_close(c);
    return status;
}

int topology_order_seconds(const struct cluster_options *o, const char *option,
                           const char *text, int64_t *seconds)
{
    char *end;
    long long n;

    errno = 0;
    n = strtoll(text, &end, 10);
    if (end == text || *end != '\0' || errno != 0 || n < 0 || n > SECONDS_MAX)
        return command_usage(o->command,
                             "%s: found \"%s\", expected seconds from 0 to %d",
                             option, text, SECONDS_MAX);
    *seconds = n;
    return EXIT_OK;
}

int topology_order_name(const struct cluster_options *o, int argc, char **argv,
                        int rest, const char **name)
{
    if (rest >= argc)
        return command_usage(o->command, "expected the name of a topology");
    if (rest + 1 < argc)
        return command_usage(o->command,
                             "one topology at a time: found \"%s\" behind "
                             "\"%s\"",
                             argv[rest + 1], argv[rest]);
    *name = argv[rest];
    return EXIT_OK;
}
