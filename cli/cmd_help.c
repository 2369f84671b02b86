/*
 * cmd_help.c - `gale help`: all commands on a page, or one in full; and what
 * to say about a command that does not exist.
 */
#include "cli/command.h"
#include "topology-api/names.h"
#include <stdio.h>
#include <string.h>

const struct command *command_find(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++)
        if (!strcmp(c->name, name))
            return c;
    return NULL;
}

int command_unknown(const char *name)
{
    struct names_nearest nearest;

    names_start(&nearest, name);
    for (const struct command *c = commands; c->name != NULL; c++)
        names_consider(&nearest, c->name);
    fprintf(stderr,
            "gale: there is no command \"%s\"%s%s (`gale help` lists"
            " them)\n",
            name, names_hint(&nearest),
            *name == '-' ? "; options stand behind the command" : "");
    return EXIT_USAGE;
}

/* The command that a group begins with, and its title. */
static const struct {
    const char *first, *title;
} groups[] = {
    {"local", "plugins and topologies, on this machine"},
    {"submit", "topologies of a cluster"},
    {"nimbus", "the daemons of a cluster"},
    {"help", "gale itself"},
};

static void print_title(const struct command *c)
{
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        if (!strcmp(groups[i].first, c->name))
            printf("\n%s:\n", groups[i].title);
}

static void print_all(void)
{
    printf("gale " GALE_VERSION " - stream processing with spouts, bolts and"
           " topologies\n\nusage: gale COMMAND [ARGUMENTS]\n");
    for (const struct command *c = commands; c->name != NULL; c++) {
        print_title(c);
        printf("  %-14s %s\n", c->name, c->summary);
    }
    printf("\n`gale help COMMAND` explains one. Exit status: 0 done, 1 refused "
           "or failed,\n2 arguments make no sense; of a cluster also 3 nobody "
           "answers or leads,\n4 it may have been done or not.\n");
}

int cmd_help(int argc, char **argv)
{
    const struct command *command;

    if (argc > 2)
        return command_usage("help", "one COMMAND at a time");
    if (argc == 1) {
        print_all();
        return command_finish("help", EXIT_OK);
    }
    command = command_find(argv[1]);
    if (command == NULL)
        return command_unknown(argv[1]);
    printf("usage: gale %s%s%s\n\n%s.\n%s", command->name,
           *command->arguments ? " " : "", command->arguments, command->summary,
           command->details);
    return command_finish("help", EXIT_OK);
}
