/* local_deeds.c - kill one, start one, and what `gale` says to any cluster; see
 * local_deeds.h. */
#include "cli/local_deeds.h"
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/local_orders.h"
#include "cli/status_page.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* -- deeds ----------------------------------------------------------------- */

static const struct {
    const char *words[2];
    enum local_deed deed;
    bool has_number;
} deeds[] = {
    {{"kill", "worker"}, LOCAL_KILL_WORKER, true},
    {{"kill", "supervisor"}, LOCAL_KILL_SUPERVISOR, true},
    {{"start", "supervisor"}, LOCAL_START_SUPERVISOR, true},
    {{"kill", "nimbus"}, LOCAL_KILL_NIMBUS, false},
    {{"start", "nimbus"}, LOCAL_START_NIMBUS, false},
};

static int read_number(const char *text, uint32_t *number)
{
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 ||
        n > UINT32_MAX)
        return -1;
    *number = (uint32_t)n;
    return 0;
}

static void carry_out(struct local_cluster *cluster, size_t i, int argc,
                      char **argv)
{
    int expected = deeds[i].has_number ? 3 : 2;
    uint32_t number = 0;
    gale_err error;

    if (argc != expected ||
        (deeds[i].has_number && read_number(argv[2], &number) != 0))
        command_error("local", "expected \"%s %s%s\"", argv[0], argv[1],
                      deeds[i].has_number ? " NUMBER" : "");
    else if (local_cluster_do(cluster, deeds[i].deed, number, &error) != 0)
        command_error("local", "%s %s: %s", argv[0], argv[1], error.text);
}

/* -- what any cluster is told ---------------------------------------------- */

static const struct {
    const char *word;
    int (*run)(int argc, char **argv);
} commands_of_any[] = {
    {"activate", cmd_activate},
    {"deactivate", cmd_deactivate},
    {"rebalance", cmd_rebalance},
};

/* As it would be from another terminal. */
static void run_command(struct local_cluster *cluster,
                        int (*run)(int argc, char **argv), int argc,
                        char **argv)
{
    char *with[LOCAL_ORDERS_WORDS + 5];
    int n = 0;

    with[n++] = argv[0];
    with[n++] = "--config";
    with[n++] = (char *)local_cluster_config(cluster);
    with[n++] = "--timeout=5";
    for (int i = 1; i < argc && i < LOCAL_ORDERS_WORDS; i++)
        with[n++] = argv[i];
    with[n] = NULL;
    run(n, with);
}

static void show_status(const struct cluster_options *config)
{
    struct cluster *c = cluster_open(config, TOKEN_READER);
    struct unpacked answer;

    if (c != NULL && cluster_call(c, "status", NULL, &answer) == EXIT_OK) {
        status_page(stderr, answer.root);
        unpacked_free(&answer);
    }
    cluster_close(c);
}

void local_deeds_do(struct local_cluster *cluster,
                    const struct cluster_options *config, int argc, char **argv)
{
    for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
        if (argc >= 2 && strcmp(argv[0], deeds[i].words[0]) == 0 &&
            strcmp(argv[1], deeds[i].words[1]) == 0) {
            carry_out(cluster, i, argc, argv);
            return;
        }
    for (size_t i = 0; i < sizeof(commands_of_any) / sizeof(*commands_of_any);
         i++)
        if (strcmp(argv[0], commands_of_any[i].word) == 0) {
            run_command(cluster, commands_of_any[i].run, argc, argv);
            return;
        }
    if (strcmp(argv[0], "status") == 0 && argc == 1)
        show_status(config);
    else
        command_error("local",
                      "there is no command \"%s\" here; `gale help local` "
                      "lists them",
                      argv[0]);
}
