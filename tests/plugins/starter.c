/*
 * starter.c - a spout that starts a program of the shell when it opens, and
 * emits nothing; and a topology of it and of one bolt that takes nothing:
 *
 *     starter --shuffle--> identity
 */
#include <gale/spout.h>
#include <gale/topology.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

struct starter {
    gale_str command; /* option */
};

/* The text of an option ends with a NUL byte. */
static gale_result start(gale_task *task)
{
    const struct starter *s = gale_instance(task);
    char *argv[] = {"sh", "-c", (char *)(uintptr_t)s->command.data, NULL};
    pid_t pid;

    if (posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ) != 0 ||
        waitpid(pid, NULL, 0) != pid)
        return gale_error(task, GALE_FATAL, "no shell can be started");
    return GALE_OK;
}

static gale_result rest(gale_task *task)
{
    (void)task;
    return GALE_OK;
}

GALE_SPOUT(starter, .summary = "starts a program", .open = start, .next = rest,
           .instance_size = sizeof(struct starter),
           .streams = GALE_OUTPUTS("nothing"),
           .options = GALE_OPTIONS(GALE_OPTION_STR(struct starter, command,
                                                   "command", ":",
                                                   "for the shell")));

static gale_result build(gale_builder *b, int argc, char **argv)
{
    if (argc != 1)
        return gale_usage(b, "started COMMAND");
    gale_set(gale_add_spout(b, "starter", "starter", 1), "command",
             gale_cstr(argv[0]));
    gale_shuffle(gale_set(gale_add_bolt(b, "sink", "identity", 1), "fields",
                          gale_cstr("nothing")),
                 "starter");
    return GALE_OK;
}

GALE_TOPOLOGY(started, .summary = "a program beside a worker",
              .usage = "COMMAND", .build = build);
