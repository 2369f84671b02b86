/* cgroup_plan.c - control groups of workers; see cgroup_plan.h. */
#include "supervisor/cgroup_plan.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CPU_PERIOD_US 100000u

static const struct {
    const char *name;
    unsigned bit;
} controllers[] = {
    {"memory", CGROUP_MEMORY}, {"pids", CGROUP_PIDS}, {"cpu", CGROUP_CPU}};

enum { N_CONTROLLERS = sizeof(controllers) / sizeof(controllers[0]) };

/* -- texts of the kernel --------------------------------------------------- */

/* A piece of a text that somebody else has. */
struct piece {
    const char *at;
    size_t size;
};

/* The next piece up to one of `ends`, or to the end of a line; *text is behind
 * it. An empty one at the end of the line. */
static struct piece next_piece(const char **text, const char *ends)
{
    struct piece p = {*text, strcspn(*text, ends)};
    size_t line = strcspn(*text, "\n");

    if (p.size >= line) {
        p.size = line;
        *text += line;
    } else {
        *text += p.size + 1;
    }
    return p;
}

static const char *next_line(const char *text)
{
    text += strcspn(text, "\n");
    return *text == '\n' ? text + 1 : text;
}

static bool is(struct piece p, const char *text)
{
    return p.size == strlen(text) && memcmp(p.at, text, p.size) == 0;
}

static unsigned bit_of(struct piece name)
{
    for (int i = 0; i < N_CONTROLLERS; i++)
        if (is(name, controllers[i].name))
            return controllers[i].bit;
    return 0;
}

/* Of a list of names, each with one of `ends` behind it. */
static unsigned bits_of(struct piece list, const char *ends)
{
    const char *at = list.at;
    unsigned bits = 0;

    while (at < list.at + list.size) {
        struct piece p = next_piece(&at, ends);

        if (p.at + p.size > list.at + list.size)
            p.size = (size_t)(list.at + list.size - p.at);
        bits |= bit_of(p);
    }
    return bits;
}

unsigned cgroup_controllers(const char *text)
{
    return bits_of((struct piece){text, strcspn(text, "\n")}, " ");
}

void cgroup_controllers_text(unsigned bits, const char *sign, char text[32])
{
    size_t n = 0;

    text[0] = '\0';
    for (int i = 0; i < N_CONTROLLERS; i++)
        if (bits & controllers[i].bit)
            n += (size_t)snprintf(text + n, 32 - n, "%s%s%s", n > 0 ? " " : "",
                                  sign, controllers[i].name);
}

/* -- where ----------------------------------------------------------------- */

void cgroup_places_add(struct cgroup_places *places, const char *path,
                       bool unified, unsigned bits)
{
    check(places->n < CGROUP_PLACES_MAX);
    places->list[places->n++] = (struct cgroup_place){
        .path = xstrdup(path), .unified = unified, .controllers = bits};
}

void cgroup_places_free(struct cgroup_places *places)
{
    for (uint32_t i = 0; i < places->n; i++)
        free(places->list[i].path);
    *places = (struct cgroup_places){0};
}

/* A line of mountinfo: ID PARENT MAJOR:MINOR ROOT POINT … - TYPE SOURCE OPTIONS
 */
struct mount {
    struct piece root, point, type, options;
};

static struct mount read_mount(const char *line)
{
    struct mount m = {0};

    for (int i = 0; i < 3; i++)
        next_piece(&line, " ");
    m.root = next_piece(&line, " ");
    m.point = next_piece(&line, " ");
    while (*line != '\0' && *line != '\n' && !is(next_piece(&line, " "), "-"))
        continue;
    m.type = next_piece(&line, " ");
    next_piece(&line, " ");
    m.options = next_piece(&line, " ");
    return m;
}

static bool has_tree(const struct mount *m, unsigned bits)
{
    if (bits == 0)
        return is(m->type, "cgroup2");
    return is(m->type, "cgroup") && (bits_of(m->options, ",") & bits) == bits;
}

/* The part of a group's name that is below what is mounted: a container sees
 * a part of the tree. NULL: it is not in there. */
static const char *below_root(struct piece name, struct piece root,
                              size_t *size)
{
    size_t skip = is(root, "/") ? 0 : root.size;

    if (name.size < skip || memcmp(name.at, root.at, skip) != 0 ||
        (name.size > skip && name.at[skip] != '/'))
        return NULL;
    *size = name.size - skip;
    while (*size > 0 && name.at[skip + *size - 1] == '/')
        --*size; /* of "/" alone */
    return name.at + skip;
}

/* To be freed; NULL: it is mounted nowhere. */
static char *directory_of(const char *mountinfo, struct piece name,
                          unsigned bits)
{
    for (; *mountinfo != '\0'; mountinfo = next_line(mountinfo)) {
        struct mount m = read_mount(mountinfo);
        const char *below;
        size_t size = 0;
        char *path;

        if (!has_tree(&m, bits))
            continue;
        below = below_root(name, m.root, &size);
        if (below == NULL)
            continue;
        path = xmalloc(m.point.size + size + 1);
        memcpy(path, m.point.at, m.point.size);
        memcpy(path + m.point.size, below, size);
        path[m.point.size + size] = '\0';
        return path;
    }
    return NULL;
}

static void read_place(struct cgroup_places *places, const char *mountinfo,
                       const char *line, bool unified)
{
    struct piece number = next_piece(&line, ":");
    unsigned bits = bits_of(next_piece(&line, ":"), ",:");
    struct piece name = next_piece(&line, "\n");
    char *path;

    if (is(number, "0") != unified || (bits == 0) != unified ||
        places->n == CGROUP_PLACES_MAX)
        return;
    path = directory_of(mountinfo, name, bits);
    if (path != NULL)
        cgroup_places_add(places, path, unified, unified ? 0 : bits);
    free(path);
}

void cgroup_places_read(struct cgroup_places *places, const char *mountinfo,
                        const char *cgroup)
{
    *places = (struct cgroup_places){0};
    for (int unified = 0; unified < 2; unified++)
        for (const char *at = cgroup; *at != '\0'; at = next_line(at))
            read_place(places, mountinfo, at, unified);
}

bool cgroup_is_workers(const char *path)
{
    const char *name = strrchr(path, '/');

    return name != NULL &&
           strncmp(name + 1, CGROUP_PREFIX, strlen(CGROUP_PREFIX)) == 0;
}

/* -- limits ---------------------------------------------------------------- */

struct settings {
    struct cgroup_setting *list;
    uint32_t n;
};

static struct cgroup_setting *add(struct settings *s, const char *file)
{
    struct cgroup_setting *setting = &s->list[s->n++];

    check(s->n <= CGROUP_SETTINGS_MAX);
    *setting = (struct cgroup_setting){.file = file};
    return setting;
}

/* 0 is written as `none`. */
static void add_number(struct settings *s, const char *file, uint64_t number,
                       const char *none)
{
    struct cgroup_setting *setting = add(s, file);

    if (number == 0)
        snprintf(setting->value, sizeof(setting->value), "%s", none);
    else
        snprintf(setting->value, sizeof(setting->value), "%" PRIu64, number);
}

static void add_optional(struct settings *s, const char *file,
                         const char *value)
{
    struct cgroup_setting *setting = add(s, file);

    snprintf(setting->value, sizeof(setting->value), "%s", value);
    setting->optional = true;
}

/* What is limited is not swapped out instead; and of a worker that has too much
 * all processes end, not one that the kernel chooses. */
static void unified_memory(struct settings *s, uint64_t bytes)
{
    add_number(s, "memory.max", bytes, "max");
    add_optional(s, "memory.swap.max", bytes == 0 ? "max" : "0");
    add_optional(s, "memory.oom.group", "1");
}

/* Memory and swap together are never less than memory alone. */
static void tree_memory(struct settings *s, uint64_t bytes)
{
    add_optional(s, "memory.memsw.limit_in_bytes", "-1");
    add_number(s, "memory.limit_in_bytes", bytes, "-1");
    add_number(s, "memory.memsw.limit_in_bytes", bytes, "-1");
    s->list[s->n - 1].optional = true;
}

static void unified_cpu(struct settings *s, uint64_t us)
{
    struct cgroup_setting *setting;

    add_number(s, "cpu.max", us, "max");
    setting = &s->list[s->n - 1];
    snprintf(setting->value + strlen(setting->value),
             sizeof(setting->value) - strlen(setting->value), " %u",
             CPU_PERIOD_US);
}

uint32_t cgroup_settings(const struct cgroup_place *place,
                         const struct cgroup_limits *limits,
                         struct cgroup_setting list[CGROUP_SETTINGS_MAX])
{
    struct settings s = {.list = list};
    uint64_t us = (uint64_t)limits->cpu_percent * (CPU_PERIOD_US / 100);

    if (place->controllers & CGROUP_MEMORY) {
        if (place->unified)
            unified_memory(&s, limits->memory_bytes);
        else
            tree_memory(&s, limits->memory_bytes);
    }
    if (place->controllers & CGROUP_PIDS)
        add_number(&s, "pids.max", limits->processes, "max");
    if (place->controllers & CGROUP_CPU) {
        if (place->unified)
            unified_cpu(&s, us);
        else
            add_number(&s, "cpu.cfs_quota_us", us, "-1");
    }
    return s.n;
}

/* -- counters -------------------------------------------------------------- */

uint64_t cgroup_counter(const char *text, const char *name)
{
    for (; *text != '\0'; text = next_line(text)) {
        const char *at = text;

        if (is(next_piece(&at, " "), name))
            return strtoull(at, NULL, 10);
    }
    return 0;
}

/* What is asked for may be larger than what was left. */
bool cgroup_was_full(uint64_t limit, uint64_t most)
{
    return most >= limit - limit / 16;
}

void cgroup_lack_text(char *text, size_t size,
                      const struct cgroup_limits *limits, bool own)
{
    if (own && limits->memory_bytes != 0)
        snprintf(text, size,
                 "it may have %" PRIu64 " MB (%s): raise that, or give the "
                 "topology more workers or less to keep",
                 limits->memory_bytes >> 20,
                 limits->memory_key != NULL ? limits->memory_key : "its limit");
    else
        snprintf(text, size,
                 "the machine had no more, or the group of its supervisor: "
                 "limit workers by worker.heap.memory.mb, or have fewer on "
                 "this machine");
}
