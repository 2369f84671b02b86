/* zookeeper_process.c - the process of a ZooKeeper server; see
 * zookeeper_process.h. */
#include "cli/zookeeper_process.h"
#include "cli/held_process.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A backslash begins an escape in such a file, and a new line ends it. */
static int put_directory(FILE *to, const char *path, gale_err *error)
{
    fputs("dataDir=", to);
    for (const char *c = path; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ')
            return error_set(error,
                             "expected a directory without control characters "
                             "in its name");
        if (*c == '\\')
            fputc('\\', to);
        fputc(*c, to);
    }
    fputs("/data\n", to);
    return 0;
}

static int write_config(struct env *env, const struct zookeeper_process *what,
                        const char *path, gale_err *error)
{
    char *text;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    int result;

    /* Sessions of 2 to 20 s (2 to 20 ticks). */
    fprintf(memory_check(to, 1, 1),
            "tickTime=1000\nclientPortAddress=127.0.0.1\nclientPort=%u\n"
            "maxClientCnxns=0\nadmin.enableServer=false\n"
            "4lw.commands.whitelist=*\nautopurge.purgeInterval=1\n"
            "autopurge.snapRetainCount=3\n",
            what->port);
    result = put_directory(to, what->data, error);
    fclose(to);
    if (result == 0 && env->ops->file_replace(env, path, text, size) != 0)
        result = error_set(error, "%s: %s", path, strerror(errno));
    free(text);
    return result;
}

static struct env_process *spawn(struct env *env,
                                 const struct zookeeper_process *what,
                                 const char *config, int log, int *go,
                                 gale_err *error)
{
    const char *const argv[] = {
        "java",
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-XX:-UsePerfData",
        "-cp",
        what->class_path,
        "org.apache.zookeeper.server.quorum.QuorumPeerMain",
        config,
        NULL};
    const char *const environment[] = {NULL};
    const struct env_spawn how = {.file = what->java,
                                  .argv = argv,
                                  .environment = environment,
                                  .directory = what->data,
                                  .stdio = {-1, log, log}};
    int own;
    struct env_process *process =
        held_process_spawn(env, &how, go == NULL, go == NULL ? &own : go);

    if (process == NULL)
        error_set(error, "%s cannot be run: %s", what->java, strerror(errno));
    else if (go == NULL)
        held_process_let_go(own, true);
    return process;
}

struct env_process *zookeeper_process_start(
    struct env *env, const struct zookeeper_process *what, int log, int *go,
    gale_err *error)
{
    struct env_process *process = NULL;
    char *config;

    if (asprintf(&config, "%s/zoo.cfg", what->data) < 0)
        memory_none_left();
    if (write_config(env, what, config, error) == 0)
        process = spawn(env, what, config, log, go, error);
    free(config);
    return process;
}
