/* test_cgroup_plan.c - control groups: where they are, what is written, what
 * their counters say. */
#include "supervisor/cgroup_plan.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

/* -- where ----------------------------------------------------------------- */

/* As /proc shows it. */
#define UNIFIED_MOUNT                                                          \
    "22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"                 \
    "29 22 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 "        \
    "rw,nsdelegate\n"
#define TREE_MOUNTS                                                            \
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "              \
    "rw,cpu,cpuacct\n"                                                         \
    "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"        \
    "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"            \
    "40 31 0:37 / /sys/fs/cgroup/systemd rw - cgroup cgroup "                  \
    "rw,name=systemd\n"                                                        \
    "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"

struct expected {
    const char *path;
    bool unified;
    unsigned controllers;
};

static const struct {
    const char *what, *mounts, *cgroup;
    struct expected at[CGROUP_PLACES_MAX]; /* up to one without a path */
} places[] = {
    {"the unified form",
     UNIFIED_MOUNT,
     "0::/system.slice/gale-supervisor.service\n",
     {{"/sys/fs/cgroup/system.slice/gale-supervisor.service", true, 0}}},
    {"the root of it", UNIFIED_MOUNT, "0::/\n", {{"/sys/fs/cgroup", true, 0}}},
    {"a tree for each",
     TREE_MOUNTS,
     "9:name=systemd:/\n8:pids:/\n4:memory:/a/b\n2:cpu,cpuacct:/c\n0::/d\n",
     {{"/sys/fs/cgroup/pids", false, CGROUP_PIDS},
      {"/sys/fs/cgroup/memory/a/b", false, CGROUP_MEMORY},
      {"/sys/fs/cgroup/cpu,cpuacct/c", false, CGROUP_CPU},
      {"/sys/fs/cgroup/unified/d", true, 0}}},
    {"a container, which sees a part",
     "29 22 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
     "0::/docker/x/y\n",
     {{"/sys/fs/cgroup/y", true, 0}}},
    {"outside of that part",
     "29 22 0:26 /docker/x /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
     "0::/docker/xy\n",
     {{NULL}}},
    {"mounted nowhere", "22 1 254:0 / / rw - ext4 x rw\n", "0::/a\n", {{NULL}}},
    {"nothing at all", "", "", {{NULL}}},
    {"no such lines", "x\n\n-\n - \n", "x\n:\n::\n0:\n:::::\n", {{NULL}}},
    {"more trees than there are controllers",
     TREE_MOUNTS,
     "8:pids:/1\n8:pids:/2\n8:pids:/3\n8:pids:/4\n8:pids:/5\n",
     {{"/sys/fs/cgroup/pids/1", false, CGROUP_PIDS},
      {"/sys/fs/cgroup/pids/2", false, CGROUP_PIDS},
      {"/sys/fs/cgroup/pids/3", false, CGROUP_PIDS},
      {"/sys/fs/cgroup/pids/4", false, CGROUP_PIDS}}},
};

static void where_a_process_is_says_the_system(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct cgroup_places found;
        uint32_t n = 0;

        print_message("%s\n", places[i].what);
        cgroup_places_read(&found, places[i].mounts, places[i].cgroup);
        for (; n < CGROUP_PLACES_MAX && places[i].at[n].path != NULL; n++) {
            assert_true(n < found.n);
            assert_string_equal(found.list[n].path, places[i].at[n].path);
            assert_int_equal(found.list[n].unified, places[i].at[n].unified);
            assert_int_equal(found.list[n].controllers,
                             places[i].at[n].controllers);
        }
        assert_int_equal(found.n, n);
        cgroup_places_free(&found);
    }
}

static void controllers_are_known_by_their_names(void **state)
{
    static const struct {
        const char *text;
        unsigned bits;
        const char *passed_on;
    } cases[] = {
        {"cpuset cpu io memory hugetlb pids\n",
         CGROUP_MEMORY | CGROUP_PIDS | CGROUP_CPU, "+memory +pids +cpu"},
        {"memory", CGROUP_MEMORY, "+memory"},
        {"memory pids", CGROUP_MEMORY | CGROUP_PIDS, "+memory +pids"},
        {"cpuset cpuacct memoryx", 0, ""},
        {"io\nmemory", 0, ""},
        {"", 0, ""},
        {"\n", 0, ""},
    };
    char text[32];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(cgroup_controllers(cases[i].text), cases[i].bits);
        cgroup_controllers_text(cases[i].bits, "+", text);
        assert_string_equal(text, cases[i].passed_on);
    }
}

static void a_workers_group_is_known_by_its_last_name(void **state)
{
    (void)state;
    assert_true(cgroup_is_workers("/sys/fs/cgroup/x/gale-worker-1-2-3"));
    assert_false(cgroup_is_workers("/sys/fs/cgroup/gale-worker-1/x"));
    assert_false(cgroup_is_workers("/sys/fs/cgroup/supervisor"));
    assert_false(cgroup_is_workers("gale-worker-1"));
    assert_false(cgroup_is_workers(""));
}

/* -- limits ---------------------------------------------------------------- */

#define ALL (CGROUP_MEMORY | CGROUP_PIDS | CGROUP_CPU)

static const struct {
    struct cgroup_place place;
    struct cgroup_limits limits;
    const char *expected; /* "?": only where the kernel has it */
} limited[] = {
    {{NULL, true, ALL},
     {64 << 20, NULL, 100, 150},
     "memory.max=67108864 memory.swap.max=0? memory.oom.group=1? pids.max=100 "
     "cpu.max=150000 100000 "},
    {{NULL, true, ALL},
     {0, NULL, 0, 0},
     "memory.max=max memory.swap.max=max? memory.oom.group=1? pids.max=max "
     "cpu.max=max 100000 "},
    {{NULL, true, CGROUP_PIDS}, {64 << 20, NULL, 100, 150}, "pids.max=100 "},
    {{NULL, false, ALL},
     {64 << 20, NULL, 100, 150},
     "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=67108864 "
     "memory.memsw.limit_in_bytes=67108864? pids.max=100 "
     "cpu.cfs_quota_us=150000 "},
    {{NULL, false, ALL},
     {0, NULL, 0, 0},
     "memory.memsw.limit_in_bytes=-1? memory.limit_in_bytes=-1 "
     "memory.memsw.limit_in_bytes=-1? pids.max=max cpu.cfs_quota_us=-1 "},
    {{NULL, false, CGROUP_CPU}, {0, NULL, 0, 1}, "cpu.cfs_quota_us=1000 "},
    {{NULL, false, 0}, {64 << 20, NULL, 100, 150}, ""},
};

static void limits_are_written_as_the_place_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(limited) / sizeof(limited[0]); i++) {
        struct cgroup_setting settings[CGROUP_SETTINGS_MAX];
        uint32_t n =
            cgroup_settings(&limited[i].place, &limited[i].limits, settings);
        char text[1024] = "";

        for (uint32_t k = 0; k < n; k++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text),
                     "%s=%s%s ", settings[k].file, settings[k].value,
                     settings[k].optional ? "?" : "");
        assert_string_equal(text, limited[i].expected);
    }
}

/* -- counters -------------------------------------------------------------- */

static void counters_are_lines_of_a_name_and_a_number(void **state)
{
    static const struct {
        const char *text, *name;
        uint64_t expected;
    } cases[] = {
        {"low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n",
         "oom_kill", 2},
        {"low 0\nhigh 0\nmax 7\noom 3\noom_kill 2\noom_group_kill 1\n", "oom",
         3},
        {"oom_kill_disable 0\nunder_oom 0\noom_kill 4", "oom_kill", 4},
        {"oom_kill_disable 5\n", "oom_kill", 0},
        {"oom_kill\n", "oom_kill", 0},
        {"", "oom_kill", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(cgroup_counter(cases[i].text, cases[i].name),
                         cases[i].expected);
}

static void a_group_was_full_when_next_to_nothing_was_left(void **state)
{
    static const struct {
        uint64_t limit, most;
        bool full;
    } cases[] = {
        {64 << 20, 64 << 20, true},
        {64 << 20, 63 << 20, true},
        {64 << 20, 32 << 20, false},
        {UINT64_C(9223372036854771712), 64 << 20, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(cgroup_was_full(cases[i].limit, cases[i].most),
                         cases[i].full);
}

static void why_memory_was_not_enough_names_the_key(void **state)
{
    static const struct {
        struct cgroup_limits limits;
        bool own;
        const char *expected; /* how it begins */
    } cases[] = {
        {{64 << 20, "worker.heap.memory.mb", 0, 0},
         true,
         "it may have 64 MB (worker.heap.memory.mb): raise that, or "},
        {{100 << 20, "topology.worker.max.heap.size.mb", 0, 0},
         true,
         "it may have 100 MB (topology.worker.max.heap.size.mb): raise that"},
        {{64 << 20, "worker.heap.memory.mb", 0, 0},
         false,
         "the machine had no more, or the group of its supervisor: "},
        {{0, "worker.heap.memory.mb", 0, 0},
         true,
         "the machine had no more, or the group of its supervisor: "},
    };
    char text[512];

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        cgroup_lack_text(text, sizeof(text), &cases[i].limits, cases[i].own);
        if (strncmp(text, cases[i].expected, strlen(cases[i].expected)) != 0)
            fail_msg("found \"%s\", expected \"%s…\"", text, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(where_a_process_is_says_the_system),
        cmocka_unit_test(controllers_are_known_by_their_names),
        cmocka_unit_test(a_workers_group_is_known_by_its_last_name),
        cmocka_unit_test(limits_are_written_as_the_place_has_them),
        cmocka_unit_test(counters_are_lines_of_a_name_and_a_number),
        cmocka_unit_test(a_group_was_full_when_next_to_nothing_was_left),
        cmocka_unit_test(why_memory_was_not_enough_names_the_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
