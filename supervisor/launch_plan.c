/* launch_plan.c - arguments and environment of a launch; see launch_plan.h. */
#include "supervisor/launch_plan.h"
#include "common/check.h"
#include "common/env_process.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stddef.h>

/* An option is a text or a number of struct launch. */
static const struct option {
    const char *name;
    size_t text, number; /* where; NOWHERE: it is none */
} options[] = {
#define NOWHERE SIZE_MAX
    {"record", offsetof(struct launch, record), NOWHERE},
    {"directory", offsetof(struct launch, directory), NOWHERE},
    {"user", offsetof(struct launch, user), NOWHERE},
    {"reach", offsetof(struct launch, reach), NOWHERE},
    {"descriptors", NOWHERE, offsetof(struct launch, descriptors)},
    {"processes", NOWHERE, offsetof(struct launch, processes)},
    {"memory", NOWHERE, offsetof(struct launch, memory_bytes)},
    {"file", NOWHERE, offsetof(struct launch, file_bytes)},
};

enum { N_OPTIONS = sizeof(options) / sizeof(options[0]) };

/* -- write ----------------------------------------------------------------- */

struct texts {
    char **list; /* ends with NULL */
    size_t n;
};

static void add(struct texts *t, char *text)
{
    t->list = xreallocarray(t->list, t->n + 2, sizeof(*t->list));
    t->list[t->n++] = text;
    t->list[t->n] = NULL;
}

static void add_option(struct texts *t, const char *name, const char *value)
{
    char *text;

    if (value == NULL)
        return;
    if (asprintf(&text, "%s=%s", name, value) < 0)
        text = memory_check(NULL, 1, 1);
    add(t, text);
}

static void add_number(struct texts *t, const char *name, uint64_t value)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, value);
    add_option(t, name, value != 0 ? text : NULL);
}

char **launch_argv(const struct launch *launch)
{
    const char *base = (const char *)launch;
    struct texts t = {0};

    add(&t, xstrdup("gale"));
    add(&t, xstrdup("launch"));
    for (int i = 0; i < N_OPTIONS; i++)
        if (options[i].text != NOWHERE)
            add_option(&t, options[i].name,
                       *(const char *const *)(base + options[i].text));
        else
            add_number(&t, options[i].name,
                       *(const uint64_t *)(base + options[i].number));
    add_number(&t, "parent", (uint64_t)launch->parent);
    for (int i = 0; i < LAUNCH_CGROUPS_MAX; i++)
        add_option(&t, "cgroup", launch->cgroups[i]);
    add(&t, xstrdup("--"));
    for (int i = 0; launch->arguments[i] != NULL; i++)
        add(&t, xstrdup(launch->arguments[i]));
    return t.list;
}

void launch_free_texts(char **texts)
{
    for (size_t i = 0; texts != NULL && texts[i] != NULL; i++)
        free(texts[i]);
    free(texts);
}

/* -- read ------------------------------------------------------------------ */

static int read_number(uint64_t *to, const char *text, uint64_t max,
                       gale_err *error)
{
    char *end;

    errno = 0;
    *to = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0 || *to > max)
        return error_set(error, "\"%s\" is no number from 0 to %" PRIu64, text,
                         max);
    return 0;
}

static int add_cgroup(struct launch *launch, const char *path, gale_err *error)
{
    int n = 0;

    while (n < LAUNCH_CGROUPS_MAX && launch->cgroups[n] != NULL)
        n++;
    if (n == LAUNCH_CGROUPS_MAX)
        return error_set(error, "there are more than %d cgroups",
                         LAUNCH_CGROUPS_MAX);
    launch->cgroups[n] = path;
    return 0;
}

static bool is_named(const char *text, size_t size, const char *name)
{
    return strlen(name) == size && memcmp(text, name, size) == 0;
}

static int read_parent(struct launch *launch, const char *text, gale_err *error)
{
    uint64_t parent;

    if (read_number(&parent, text, INT_MAX, error) != 0)
        return -1;
    launch->parent = (int)parent;
    return 0;
}

static int read_option(struct launch *launch, const char *text, gale_err *error)
{
    size_t size = strcspn(text, "=");
    const char *value = text + size + 1;
    char *base = (char *)launch;

    if (text[size] == '\0')
        return error_set(error, "\"%s\" is no OPTION=VALUE", text);
    if (is_named(text, size, "cgroup"))
        return add_cgroup(launch, value, error);
    if (is_named(text, size, "parent"))
        return read_parent(launch, value, error);
    for (int i = 0; i < N_OPTIONS; i++) {
        if (!is_named(text, size, options[i].name))
            continue;
        if (options[i].number != NOWHERE)
            return read_number((uint64_t *)(base + options[i].number), value,
                               UINT64_MAX, error);
        *(const char **)(base + options[i].text) = value;
        return 0;
    }
    return error_set(error, "there is no option \"%.*s\"", (int)size, text);
}

int launch_parse(struct launch *launch, int argc, char **argv, gale_err *error)
{
    int i = 1;

    *launch = (struct launch){0};
    for (; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (read_option(launch, argv[i], error) != 0)
            return -1;
    if (i + 1 >= argc || argc > LAUNCH_ARGUMENTS_MAX)
        return error_set(error, "expected OPTION=VALUE … -- worker …");
    launch->arguments = (const char *const *)argv + i + 1;
    return 0;
}

/* -- environment ----------------------------------------------------------- */

/* Not the mark of whoever has started the supervisor. */
static bool goes_on(const char *text)
{
    static const char mark[] = ENV_PROCESS_MARK "=";
    static const char *const names[] = {
        "PATH=", "HOME=", "LANG=", "TZ=", "LC_", "GALE_"};

    if (strncmp(text, mark, sizeof(mark) - 1) == 0)
        return false;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strncmp(text, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

char **launch_marked(const char *const *environment, char *mark)
{
    struct texts t = {0};

    add(&t, mark);
    for (; *environment != NULL; environment++)
        add(&t, xstrdup(*environment));
    return t.list;
}

char **launch_environment(char *const *environment)
{
    struct texts t = {xcalloc(1, sizeof(char *)), 0};

    for (; *environment != NULL; environment++)
        if (goes_on(*environment))
            add(&t, xstrdup(*environment));
    return t.list;
}
