/* dev_java.c - Java and the jars of ZooKeeper; see dev_java.h. */
#include "cli/dev_java.h"
#include "cli/command.h"
#include "topology-api/memory.h"
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#define DEBIAN_JARS "/usr/share/java"

static char *joined(const char *directory, size_t size, const char *name)
{
    char *path;

    if (asprintf(&path, "%.*s/%s", (int)size, directory, name) < 0)
        memory_none_left();
    return path;
}

/* The program at DIRECTORY/NAME; NULL if it is none. */
static char *program(const char *directory, size_t size, const char *name)
{
    char *path = joined(directory, size, name);

    if (access(path, X_OK) == 0)
        return path;
    free(path);
    return NULL;
}

static char *find_java(void)
{
    const char *home = getenv("JAVA_HOME"), *path = getenv("PATH");
    char *java = NULL;

    if (home != NULL && *home != '\0')
        java = program(home, strlen(home), "bin/java");
    while (java == NULL && path != NULL && *path != '\0') {
        size_t size = strcspn(path, ":");

        if (size > 0)
            java = program(path, size, "java");
        path += size + (path[size] == ':');
    }
    return java;
}

static int find_jars(struct dev_java *j, const char *command, const char *jars)
{
    static const struct {
        const char *name, *package;
    } wanted[] = {{"zookeeper.jar", "libzookeeper-java"},
                  {"slf4j-simple.jar", "libslf4j-java"}};
    char *paths[2];
    int status = EXIT_OK;

    for (int i = 0; i < 2; i++) {
        paths[i] = joined(jars, strlen(jars), wanted[i].name);
        if (status == EXIT_OK && access(paths[i], R_OK) != 0)
            status = command_error(command,
                                   "there is no %s: install the package %s, "
                                   "or give the directory of the jars with "
                                   "--jars",
                                   paths[i], wanted[i].package);
    }
    if (asprintf(&j->class_path, "%s:%s", paths[0], paths[1]) < 0)
        memory_none_left();
    free(paths[0]);
    free(paths[1]);
    return status;
}

int dev_java_find(struct dev_java *j, const char *command, const char *jars)
{
    *j = (struct dev_java){.java = find_java()};
    if (j->java == NULL)
        return command_error(command, "there is no java in PATH or JAVA_HOME: "
                                      "install the package "
                                      "default-jre-headless");
    return find_jars(j, command, jars != NULL ? jars : DEBIAN_JARS);
}

void dev_java_free(struct dev_java *j)
{
    free(j->java);
    free(j->class_path);
}
