/* test_position_store.c - files of positions: what comes back, what is said. */
#include "tests/support/cmocka_all.h"
#include "common/log.h"
#include "tests/support/captured.h"
#include "worker/position_store.h"
#include "worker/task_base.h"
#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static struct component component = {.id = (char *)"lines"};
static struct task task = {.component = &component, .index = 3};

struct place {
    char dir[64];
    char file[128];
    struct captured captured;
    struct log *log;
    gale_err error;
    struct positions positions;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    const char *tmp = getenv("TMPDIR");

    snprintf(p->dir, sizeof(p->dir), "%s/positionsXXXXXX", tmp ? tmp : "/tmp");
    if (mkdtemp(p->dir) == NULL)
        return -1;
    snprintf(p->file, sizeof(p->file), "%s/topo/lines-3.position", p->dir);
    p->log = log_new(env_posix(), captured_open(&p->captured), "topo");
    *state = p;
    return 0;
}

static void remove_directory(const struct place *p)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/topo/lock", p->dir);
    unlink(path);
    snprintf(path, sizeof(path), "%s/topo", p->dir);
    rmdir(path);
    unlink(path);
}

static int teardown(void **state)
{
    struct place *p = *state;

    positions_fini(&p->positions);
    log_free(p->log);
    captured_text(&p->captured);
    free(p->captured.text);
    unlink(p->file);
    remove_directory(p);
    rmdir(p->dir);
    free(p);
    return 0;
}

static gale_str str(const char *text)
{
    return gale_str_make(text, strlen(text));
}

static struct position_store *open_store(struct place *p)
{
    struct position_store *s =
        position_store_open(env_posix(), p->dir, "topo", p->log, &p->error);

    if (s == NULL)
        fail_msg("%s", p->error.text);
    return s;
}

static void make_durable(struct place *p, const char *split, gale_str position)
{
    assert_null(positions_set(&p->positions, str(split), position, 1));
    positions_advance(&p->positions, 1);
}

static void save_and_close(struct place *p)
{
    struct position_store *s = open_store(p);

    position_store_save(s, &task, &p->positions);
    assert_int_equal(position_store_close(s, &p->error), 0);
}

/* What a new run finds; to be freed. */
static int load(struct place *p, struct positions *to)
{
    struct position_store *s = open_store(p);
    int result;

    memset(to, 0, sizeof(*to));
    result = position_store_load(s, &task, to, &p->error);
    assert_int_equal(position_store_close(s, &p->error), 0);
    return result;
}

static void write_file(const char *path, const void *data, size_t size)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

static size_t read_file(const char *path, char *data, size_t max)
{
    FILE *f = fopen(path, "r");
    size_t size;

    assert_non_null(f);
    size = fread(data, 1, max, f);
    fclose(f);
    return size;
}

/* -- round trips ----------------------------------------------------------- */

static void a_first_start_finds_nothing(void **state)
{
    struct positions found;

    assert_int_equal(load(*state, &found), 0);
    assert_int_equal(found.n, 0);
}

static void what_was_saved_comes_back(void **state)
{
    static char big[POSITION_BYTES_MAX];
    struct place *p = *state;
    struct positions found;

    memset(big, 0xa5, sizeof(big));
    make_durable(p, "", str("17"));
    make_durable(p, "big", gale_str_make(big, sizeof(big)));
    make_durable(p, "empty", str(""));
    make_durable(p, "bytes", gale_str_make("\0\n\xff", 3));
    save_and_close(p);
    assert_int_equal(load(p, &found), 0);
    assert_int_equal(found.n, 4);
    assert_true(gale_str_eq(positions_get(&found, str("")), str("17")));
    assert_true(gale_str_eq(positions_get(&found, str("big")),
                            gale_str_make(big, sizeof(big))));
    assert_int_equal(positions_get(&found, str("empty")).size, 0);
    assert_true(gale_str_eq(positions_get(&found, str("bytes")),
                            gale_str_make("\0\n\xff", 3)));
    positions_fini(&found);
}

static void what_is_not_durable_is_not_saved(void **state)
{
    struct place *p = *state;
    struct positions found;

    make_durable(p, "a", str("old"));
    positions_set(&p->positions, str("a"), str("new"), 100);
    positions_set(&p->positions, str("b"), str("new"), 100);
    save_and_close(p);
    assert_int_equal(load(p, &found), 0);
    assert_int_equal(found.n, 1);
    assert_true(gale_str_eq(positions_get(&found, str("a")), str("old")));
    positions_fini(&found);
}

static void of_many_saves_the_last_one_stays(void **state)
{
    struct place *p = *state;
    struct position_store *s = open_store(p);
    struct positions found;
    char text[20];

    for (int i = 0; i <= 200; i++) {
        snprintf(text, sizeof(text), "%d", i);
        make_durable(p, "", str(text));
        position_store_save(s, &task, &p->positions);
    }
    assert_int_equal(position_store_close(s, &p->error), 0);
    assert_int_equal(load(p, &found), 0);
    assert_true(gale_str_eq(positions_get(&found, str("")), str("200")));
    positions_fini(&found);
}

static void tasks_have_files_of_their_own(void **state)
{
    struct place *p = *state;
    struct task other = {.component = &component, .index = 4};
    struct position_store *s = open_store(p);
    struct positions found = {0};

    make_durable(p, "", str("three"));
    position_store_save(s, &task, &p->positions);
    assert_int_equal(position_store_close(s, &p->error), 0);
    s = open_store(p);
    assert_int_equal(position_store_load(s, &other, &found, &p->error), 0);
    assert_int_equal(found.n, 0);
    assert_int_equal(position_store_close(s, &p->error), 0);
}

static void the_most_that_a_task_may_keep_comes_back(void **state)
{
    struct place *p = *state;
    struct positions found;
    static const char bytes[300];
    char name[20];
    int n = 0;

    do
        snprintf(name, sizeof(name), "%d", n++);
    while (positions_set(&p->positions, str(name),
                         gale_str_make(bytes, sizeof(bytes)), 1) == NULL);
    positions_advance(&p->positions, 1);
    save_and_close(p);
    if (load(p, &found) != 0)
        fail_msg("%d splits: %s", n, p->error.text);
    assert_int_equal(found.n, p->positions.n);
    positions_fini(&found);
}

/* -- somebody else keeps them ---------------------------------------------- */

static char longest[POSITION_BYTES_MAX + 1];

static const struct kept_case {
    const char *is; /* what is kept of each split */
    size_t size;
    uint32_t n;
    const char *refused_as;
} kept_cases[] = {
    {"as much as a task may set", POSITION_BYTES_MAX, 255, NULL},
    {"more than that in all", POSITION_BYTES_MAX, 256, "1 MiB of a task"},
    {"one that is too long", POSITION_BYTES_MAX + 1, 1, "at most 4096 bytes"},
};

static void load_all(void *arg, const char *of, uint32_t index,
                     bool (*each)(void *to, gale_str split, gale_str position),
                     void *to)
{
    const struct kept_case *c = arg;
    char name[20];
    bool goes_on = true;

    assert_string_equal(of, "lines");
    assert_int_equal(index, 3);
    for (uint32_t i = 0; i < c->n && goes_on; i++) {
        snprintf(name, sizeof(name), "%u", i);
        goes_on = each(to, str(name), gale_str_make(longest, c->size));
    }
}

static void what_a_keeper_has_of_the_task_comes_back_within_its_limits(
    void **state)
{
    struct place *p = *state;

    for (size_t i = 0; i < sizeof(kept_cases) / sizeof(*kept_cases); i++) {
        const struct kept_case *c = &kept_cases[i];
        const struct position_keeper keeper = {.arg = (void *)(uintptr_t)c,
                                               .load = load_all};
        struct position_store *s = position_store_over(&keeper);
        struct positions found = {0};
        int result = position_store_load(s, &task, &found, &p->error);

        print_message("%s\n", c->is);
        assert_int_equal(result, c->refused_as == NULL ? 0 : -1);
        if (c->refused_as == NULL)
            assert_int_equal(found.n, c->n);
        else
            assert_non_null(strstr(p->error.text, c->refused_as));
        positions_fini(&found);
        position_store_close(s, NULL);
    }
}

static void note_saved(void *arg, const char *of, uint32_t index,
                       gale_str split, gale_str position)
{
    struct captured *c = arg;

    fprintf(c->stream, "%s-%u/%.*s=%.*s ", of, index, (int)split.size,
            split.data, (int)position.size, position.data);
    fflush(c->stream);
}

static void a_keeper_is_told_what_changed_and_of_which_task(void **state)
{
    struct place *p = *state;
    const struct position_keeper keeper = {.arg = &p->captured,
                                           .save = note_saved};
    struct position_store *s = position_store_over(&keeper);

    make_durable(p, "a", str("1"));
    make_durable(p, "b", str("2"));
    position_store_save(s, &task, &p->positions);
    positions_saved(&p->positions);
    make_durable(p, "b", str("3"));
    position_store_save(s, &task, &p->positions);
    assert_string_equal(p->captured.text,
                        "lines-3/a=1 lines-3/b=2 lines-3/b=3 ");
    position_store_close(s, NULL);
}

/* -- damage ---------------------------------------------------------------- */

static void refused_with(struct place *p, const char *part)
{
    struct positions found;

    assert_int_equal(load(p, &found), -1);
    positions_fini(&found);
    if (strstr(p->error.text, part) == NULL ||
        strstr(p->error.text, p->file) == NULL)
        fail_msg("%s", p->error.text);
}

static void every_damaged_byte_is_noticed(void **state)
{
    struct place *p = *state;
    char bytes[1000];
    size_t size;

    make_durable(p, "split", str("position"));
    save_and_close(p);
    size = read_file(p->file, bytes, sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x10;
        write_file(p->file, bytes, size);
        refused_with(p, "remove it");
        bytes[i] ^= 0x10;
    }
}

static void every_shortened_file_is_noticed(void **state)
{
    struct place *p = *state;
    char bytes[1000];
    size_t size;

    make_durable(p, "split", str("position"));
    save_and_close(p);
    size = read_file(p->file, bytes, sizeof(bytes));
    for (size_t i = 0; i < size; i++) {
        write_file(p->file, bytes, i);
        refused_with(p, "remove it");
    }
}

static void another_kind_of_file_is_named_as_such(void **state)
{
    struct place *p = *state;

    save_and_close(p); /* makes the directory */
    write_file(p->file, "gale position 2\nwhatever follows here", 37);
    refused_with(p, "no position file of this version");
}

static void a_file_that_cannot_be_read_is_an_error(void **state)
{
    struct place *p = *state;

    save_and_close(p);
    unlink(p->file);
    assert_int_equal(mkdir(p->file, 0700), 0);
    refused_with(p, strerror(EISDIR));
    rmdir(p->file);
}

static void a_directory_that_cannot_be_made_is_an_error(void **state)
{
    struct place *p = *state;
    char in_the_way[128];

    snprintf(in_the_way, sizeof(in_the_way), "%s/topo", p->dir);
    write_file(in_the_way, "", 0);
    assert_null(
        position_store_open(env_posix(), p->dir, "topo", p->log, &p->error));
    assert_non_null(strstr(p->error.text, in_the_way));
}

static void a_position_that_cannot_be_written_is_logged(void **state)
{
    struct place *p = *state;
    struct position_store *s = open_store(p);

    remove_directory(p); /* behind its back */
    make_durable(p, "", str("1"));
    position_store_save(s, &task, &p->positions);
    assert_int_equal(position_store_close(s, &p->error), -1);
    fflush(p->captured.stream);
    assert_non_null(strstr(p->captured.text, p->file));
    assert_non_null(strstr(p->captured.text, strerror(ENOENT)));
    assert_non_null(strstr(p->error.text, p->file));
    assert_non_null(strstr(p->error.text, strerror(ENOENT)));
}

static _Atomic(uint32_t) refused;
static const struct env_ops *real_ops;

static int refuse_once(struct env *env, const char *path, const void *data,
                       size_t size)
{
    if (refused++ > 0)
        return real_ops->file_replace(env, path, data, size);
    errno = ENOSPC;
    return -1;
}

static void what_could_be_written_in_the_end_is_no_error(void **state)
{
    struct place *p = *state;
    struct env_ops ops = *env_posix()->ops;
    struct env env = {.ops = &ops};
    struct position_store *s;

    real_ops = env_posix()->ops;
    refused = 0;
    ops.file_replace = refuse_once;
    s = position_store_open(&env, p->dir, "topo", p->log, &p->error);
    make_durable(p, "", str("1"));
    position_store_save(s, &task, &p->positions);
    while (refused == 0)
        sched_yield();
    position_store_save(s, &task, &p->positions);
    assert_int_equal(position_store_close(s, &p->error), 0);
    assert_true(refused > 1);
}

static void a_directory_belongs_to_one_store_at_a_time(void **state)
{
    struct place *p = *state;
    struct position_store *s = open_store(p);

    assert_null(
        position_store_open(env_posix(), p->dir, "topo", p->log, &p->error));
    assert_non_null(strstr(p->error.text, "is in use by another run"));
    assert_int_equal(position_store_close(s, &p->error), 0);
    position_store_close(open_store(p), NULL);
}

/* A run that died while it wrote; and one that lives, whose lock says so. */
static void what_a_crash_left_is_removed_by_the_next_run_alone(void **state)
{
    struct place *p = *state;
    struct position_store *s = open_store(p);
    char left[160];

    snprintf(left, sizeof(left), "%s.Ab12Cd", p->file);
    write_file(left, "half", 4);
    assert_null(
        position_store_open(env_posix(), p->dir, "topo", p->log, &p->error));
    assert_int_equal(access(left, F_OK), 0);
    position_store_close(s, NULL);
    position_store_close(open_store(p), NULL);
    assert_int_equal(access(left, F_OK), -1);
}

static void nobody_else_may_read_a_position(void **state)
{
    struct place *p = *state;
    struct stat status;

    make_durable(p, "", str("1"));
    save_and_close(p);
    assert_int_equal(stat(p->file, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_start_finds_nothing),
        TEST(what_was_saved_comes_back),
        TEST(what_is_not_durable_is_not_saved),
        TEST(of_many_saves_the_last_one_stays),
        TEST(tasks_have_files_of_their_own),
        TEST(the_most_that_a_task_may_keep_comes_back),
        TEST(what_a_keeper_has_of_the_task_comes_back_within_its_limits),
        TEST(a_keeper_is_told_what_changed_and_of_which_task),
        TEST(every_damaged_byte_is_noticed),
        TEST(every_shortened_file_is_noticed),
        TEST(another_kind_of_file_is_named_as_such),
        TEST(a_file_that_cannot_be_read_is_an_error),
        TEST(a_directory_that_cannot_be_made_is_an_error),
        TEST(a_position_that_cannot_be_written_is_logged),
        TEST(what_could_be_written_in_the_end_is_no_error),
        TEST(a_directory_belongs_to_one_store_at_a_time),
        TEST(what_a_crash_left_is_removed_by_the_next_run_alone),
        TEST(nobody_else_may_read_a_position),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
