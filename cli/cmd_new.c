/*
 * cmd_new.c - `gale new`: a directory with the skeleton of a plugin, its test,
 * its Makefile and a README, for an author outside of gale's tree.
 */
#include "cli/command.h"
#include "cli/skeleton.h"
#include "topology-api/memory.h"
#include "topology-api/plugin_places.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAME_SIZE_MAX 64

const char cmd_new_details[] =
    "\n"
    "Makes a directory NAME with NAME.c, a test, a Makefile and a README; for"
    " a bolt\nor spout also a small topology to try it with. `make` and `make"
    " test` work in it\nwhere pkg-config finds gale. NAME becomes part of a C"
    " symbol: small letters,\ndigits and _, beginning with a letter, but not "
    "with test_, which\nare tests; no plugin that comes with gale may have "
    "it.\n";

struct file {
    const char *skeleton;
    const char *path; /* below the directory; @NAME@ is filled in */
    mode_t mode;
};

struct kind {
    const char *name;
    struct file files[6]; /* ends with an empty one */
};

static const struct kind kinds[] = {
    {"bolt",
     {{"bolt.c.in", "@NAME@.c", 0666},
      {"try_bolt.c.in", "try_@NAME@.c", 0666},
      {"test_bolt.c.in", "test_@NAME@.c", 0666},
      {"Makefile.in", "Makefile", 0666},
      {"README_bolt.md.in", "README.md", 0666}}},
    {"spout",
     {{"spout.c.in", "@NAME@.c", 0666},
      {"try_spout.c.in", "try_@NAME@.c", 0666},
      {"test_spout.c.in", "test_@NAME@.c", 0666},
      {"Makefile.in", "Makefile", 0666},
      {"README_spout.md.in", "README.md", 0666}}},
    {"topology",
     {{"topology.c.in", "@NAME@.c", 0666},
      {"test_topology.sh.in", "test.sh", 0777},
      {"Makefile.in", "Makefile", 0666},
      {"README_topology.md.in", "README.md", 0666}}},
};

static const struct kind *find_kind(const char *name)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (!strcmp(kinds[i].name, name))
            return &kinds[i];
    return NULL;
}

static bool valid_name(const char *name)
{
    static const char first[] = "abcdefghijklmnopqrstuvwxyz";
    static const char others[] = "abcdefghijklmnopqrstuvwxyz0123456789_";

    return *name != '\0' && strchr(first, *name) != NULL &&
           name[strspn(name, others)] == '\0' && strlen(name) <= NAME_SIZE_MAX;
}

/* The headers of gale include <stdbool.h>, whose macros would take the place of
 * the name. */
static bool is_macro(const char *name)
{
    return !strcmp(name, "bool") || !strcmp(name, "true") ||
           !strcmp(name, "false");
}

/* The Makefile makes a test, and no plugin, of a file of this name. */
static bool is_test(const char *name)
{
    return strncmp(name, "test_", 5) == 0;
}

/* 0, or -1 and errno. */
static int write_text(int directory, const char *path, mode_t mode,
                      const char *text)
{
    int fd =
        openat(directory, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    bool failed;

    if (out == NULL)
        return -1;
    failed = fputs(text, out) == EOF;
    return fclose(out) != 0 || failed ? -1 : 0;
}

static int write_file(int directory, const struct file *file,
                      const struct kind *kind, const char *name)
{
    char *path = skeleton_fill(file->path, kind->name, name);
    char *text = skeleton_fill(skeleton_text(file->skeleton), kind->name, name);
    int status = EXIT_OK;

    if (write_text(directory, path, file->mode, text) < 0)
        status = command_error("new", "cannot write %s/%s: %s", name, path,
                               strerror(errno));
    free(path);
    free(text);
    return status;
}

/* Leave nothing half done behind. */
static void remove_files(int directory, const struct kind *kind,
                         const char *name)
{
    for (const struct file *f = kind->files; f->skeleton != NULL; f++) {
        char *path = skeleton_fill(f->path, kind->name, name);

        unlinkat(directory, path, 0);
        free(path);
    }
    rmdir(name);
}

static int write_files(const struct kind *kind, const char *name)
{
    int directory = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = EXIT_OK;

    if (directory < 0)
        return command_error("new", "cannot open the directory %s: %s", name,
                             strerror(errno));
    for (const struct file *f = kind->files;
         f->skeleton != NULL && status == EXIT_OK; f++)
        status = write_file(directory, f, kind, name);
    if (status != EXIT_OK)
        remove_files(directory, kind, name);
    close(directory);
    return status;
}

/* Where the skeleton's test searches, a plugin of the same name would hide that
 * of gale, which it may use itself. */
static int refuse_shipped(const char *name)
{
    char *path = plugin_places_shipped(name);
    int status = EXIT_OK;

    if (path != NULL)
        status = command_error("new",
                               "\"%s\" comes with gale already (%s): take"
                               " another name, yours would hide it",
                               name, path);
    free(path);
    return status;
}

static int make_new(const struct kind *kind, const char *name)
{
    int status = refuse_shipped(name);

    if (status != EXIT_OK)
        return status;
    if (mkdir(name, 0777) < 0)
        return command_error("new", "cannot make the directory %s: %s", name,
                             strerror(errno));
    status = write_files(kind, name);
    if (status == EXIT_OK)
        printf("%s/ has a %s, its test and its Makefile: cd %s && make &&"
               " make test\n",
               name, kind->name, name);
    return status;
}

int cmd_new(int argc, char **argv)
{
    const struct kind *kind;

    if (argc != 3)
        return command_usage("new", "expected bolt, spout or topology, and a"
                                    " name");
    kind = find_kind(argv[1]);
    if (kind == NULL)
        return command_usage("new",
                             "found \"%s\", expected bolt, spout or"
                             " topology",
                             argv[1]);
    if (!valid_name(argv[2]))
        return command_usage("new",
                             "\"%s\" is no name for a plugin: expected"
                             " small letters, digits and _, beginning"
                             " with a letter, at most %d",
                             argv[2], NAME_SIZE_MAX);
    if (is_macro(argv[2]))
        return command_usage("new",
                             "\"%s\" is no name for a plugin: it is a macro of"
                             " <stdbool.h>, expected another name",
                             argv[2]);
    if (is_test(argv[2]))
        return command_usage("new",
                             "\"%s\" is no name for a plugin: test_… is a test"
                             " to the Makefile, expected another name",
                             argv[2]);
    return command_finish("new", make_new(kind, argv[2]));
}
