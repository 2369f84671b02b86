/* test_env_file.c - files whole, bounded and durable. */
#include "common/env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

static char directory[] = "/tmp/gale-test-XXXXXX";
static char path[PATH_MAX];

static int setup(void **state)
{
    (void)state;
    memcpy(strrchr(directory, '-') + 1, "XXXXXX", 6);
    return mkdtemp(directory) ? chdir(directory) : -1;
}

/* Removes what is in the directory. */
static void empty(const char *name)
{
    DIR *dir = opendir(name);
    const struct dirent *entry;
    char inner[PATH_MAX];

    while (dir && (entry = readdir(dir))) {
        snprintf(inner, sizeof(inner), "%s/%s", name, entry->d_name);
        if (entry->d_name[0] == '.')
            continue;
        if (unlink(inner)) {
            empty(inner);
            rmdir(inner);
        }
    }
    if (dir)
        closedir(dir);
}

static int teardown(void **state)
{
    (void)state;
    empty(directory);
    return chdir("/") || rmdir(directory);
}

static const char *in_directory(const char *name)
{
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static int replace(const char *name, const char *data, size_t size)
{
    struct env *env = env_posix();

    return env->ops->file_replace(env, name, data, size);
}

static void assert_holds(const char *name, const char *data, size_t size)
{
    struct env *env = env_posix();
    size_t found;
    void *text;

    assert_int_equal(env->ops->file_read(env, name, 1 << 20, &text, &found), 0);
    assert_int_equal(found, size);
    assert_memory_equal(text, data, size);
    assert_int_equal(((char *)text)[size], 0);
    free(text);
}

static int n_entries(void)
{
    DIR *dir = opendir(directory);
    int n = 0;

    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void a_file_is_made_and_replaced(void **state)
{
    (void)state;
    assert_int_equal(replace(in_directory("f"), "one", 3), 0);
    assert_holds(path, "one", 3);
    assert_int_equal(replace(path, "zero \0", 6), 0);
    assert_holds(path, "zero \0", 6);
    assert_int_equal(replace(path, NULL, 0), 0);
    assert_holds(path, "", 0);
    assert_int_equal(n_entries(), 1); /* no temporary file is left */
}

static void a_path_without_directory_is_in_the_working_directory(void **state)
{
    (void)state;
    assert_int_equal(replace("f", "here", 4), 0);
    assert_holds(in_directory("f"), "here", 4);
}

static void a_reader_of_the_old_file_keeps_it(void **state)
{
    char text[8] = "";
    int fd;

    (void)state;
    assert_int_equal(replace(in_directory("f"), "old", 3), 0);
    fd = open(path, O_RDONLY);
    assert_int_equal(replace(path, "new", 3), 0);
    assert_int_equal(read(fd, text, sizeof(text)), 3);
    assert_string_equal(text, "old");
    close(fd);
}

static void a_file_is_its_owners_alone(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(replace(in_directory("f"), "x", 1), 0);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void what_cannot_be_replaced_says_why_and_leaves_nothing(void **state)
{
    (void)state;
    assert_int_equal(replace(in_directory("none/f"), "x", 1), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(mkdir(in_directory("d"), 0700), 0);
    assert_int_equal(replace(path, "x", 1), -1); /* a directory is there */
    assert_int_equal(errno, EISDIR);
    assert_int_equal(n_entries(), 1);
}

static void a_full_disk_leaves_the_old_file(void **state)
{
    struct env *env = env_posix();
    static char megabyte[1 << 20];
    int result, saved;

    (void)state;
    assert_int_equal(replace(in_directory("f"), "old", 3), 0);
    /* As the shell's ulimit -f: writing on fails with EFBIG. */
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY});
    result = env->ops->file_replace(env, path, megabyte, sizeof(megabyte));
    saved = errno;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    assert_int_equal(result, -1);
    assert_int_equal(saved, EFBIG);
    assert_holds(path, "old", 3);
    assert_int_equal(n_entries(), 1);
}

static int append(const char *name, const char *text, size_t max)
{
    struct env *env = env_posix();

    return env->ops->file_append(env, name, text, strlen(text), max);
}

static void lines_are_appended_to_a_file_of_the_owner(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(append(in_directory("f"), "one\n", 100), 0);
    assert_int_equal(append(path, "two\nthree\n", 100), 0);
    assert_holds(path, "one\ntwo\nthree\n", 14);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void half_a_line_is_cut_off_before_more_is_appended(void **state)
{
    static char long_half[10000];

    (void)state;
    assert_int_equal(replace(in_directory("f"), "one\ntw", 6), 0);
    assert_int_equal(append(path, "three\n", 100), 0);
    assert_holds(path, "one\nthree\n", 10);
    memset(long_half, 'x', sizeof(long_half));
    memcpy(long_half, "a\n", 2);
    assert_int_equal(replace(path, long_half, sizeof(long_half)), 0);
    assert_int_equal(append(path, "b\n", 100), 0);
    assert_holds(path, "a\nb\n", 4);
    assert_int_equal(replace(path, long_half + 2, 9000), 0);
    assert_int_equal(append(path, "b\n", 100), 0);
    assert_holds(path, "b\n", 2);
}

static void no_file_is_appended_to_beyond_its_limit(void **state)
{
    (void)state;
    assert_int_equal(append(in_directory("f"), "one\n", 8), 0);
    assert_int_equal(append(path, "two!\n", 8), -1);
    assert_int_equal(errno, EOVERFLOW);
    assert_int_equal(append(path, "two\n", 8), 0);
    assert_holds(path, "one\ntwo\n", 8);
}

static void what_could_be_appended_in_part_is_taken_back(void **state)
{
    static char lines[8192];
    int result, saved;

    (void)state;
    memset(lines, '\n', sizeof(lines) - 1);
    assert_int_equal(append(in_directory("f"), "one\n", 10000), 0);
    signal(SIGXFSZ, SIG_IGN); /* as the shell's ulimit -f */
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){4096, RLIM_INFINITY});
    result = append(path, lines, 10000);
    saved = errno;
    setrlimit(RLIMIT_FSIZE, &(struct rlimit){RLIM_INFINITY, RLIM_INFINITY});
    assert_int_equal(result, -1);
    assert_int_equal(saved, EFBIG);
    assert_holds(path, "one\n", 4);
}

static void a_device_that_is_full_says_so(void **state)
{
    (void)state;
    assert_int_equal(append("/dev/full", "one\n", 100), -1);
    assert_int_equal(errno, ENOSPC);
    assert_int_equal(append(in_directory("none/f"), "one\n", 100), -1);
    assert_int_equal(errno, ENOENT);
}

static void reading_is_bounded(void **state)
{
    static const size_t sizes[] = {0,    1,    4095, 4096,  4097,
                                   8192, 8193, 9999, 65536, 70000};
    struct env *env = env_posix();
    static char data[70000];
    size_t found;
    void *text;

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * 7);
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        size_t size = sizes[i];

        assert_int_equal(replace(in_directory("f"), data, size), 0);
        assert_holds(path, data, size);
        assert_int_equal(env->ops->file_read(env, path, size, &text, &found),
                         0);
        free(text);
        if (size == 0)
            continue;
        assert_int_equal(
            env->ops->file_read(env, path, size - 1, &text, &found), -1);
        assert_int_equal(errno, EFBIG);
    }
}

static void what_never_ends_is_not_read_to_its_end(void **state)
{
    struct env *env = env_posix();
    size_t found;
    void *text;

    (void)state;
    assert_int_equal(
        env->ops->file_read(env, "/dev/zero", 100000, &text, &found), -1);
    assert_int_equal(errno, EFBIG);
}

static void a_file_without_a_size_is_read(void **state)
{
    struct env *env = env_posix();
    size_t found;
    void *text;

    (void)state;
    assert_int_equal(
        env->ops->file_read(env, "/proc/self/status", 1 << 20, &text, &found),
        0);
    assert_true(found > 100);
    assert_non_null(strstr(text, "Name:"));
    free(text);
}

static void what_cannot_be_read_says_why(void **state)
{
    struct env *env = env_posix();
    size_t found;
    void *text;

    (void)state;
    assert_int_equal(
        env->ops->file_read(env, in_directory("none"), 10, &text, &found), -1);
    assert_int_equal(errno, ENOENT);
    assert_int_equal(env->ops->file_read(env, "/", 10, &text, &found), -1);
    assert_int_equal(errno, EISDIR);
}

/* As by a process that died while it replaced a file. */
static void what_a_replacing_left_behind_is_removed_and_nothing_else(
    void **state)
{
    static const struct {
        const char *name;
        bool stays;
    } cases[] = {
        {"a-0.position.x9AbZ0", false},
        {"b.position.position.abcdef", false},
        {"a-0.position", true},
        {"a-0.position.abcde", true},
        {"a-0.position.abcdefg", true},
        {"a-0.position.abc.ef", true},
        {"a-0.positionXabcdef", true},
        {"a-0.letters.abcdef", true},
        {".position.abcdef", false},
        {"abcdef", true},
        {"lock", true},
    };
    struct env *env = env_posix();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(replace(in_directory(cases[i].name), "x", 1), 0);
    assert_int_equal(env->ops->directory_clean(env, directory, ".position"), 3);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if ((access(in_directory(cases[i].name), F_OK) == 0) != cases[i].stays)
            fail_msg("%s %s", cases[i].name, cases[i].stays ? "went" : "stays");
    unlink(in_directory(".position.abcdef"));
    assert_int_equal(env->ops->directory_clean(env, in_directory("none"), ""),
                     -1);
    assert_int_equal(errno, ENOENT);
}

static void a_regular_file_is_read_and_nothing_else(void **state)
{
    static const struct {
        const char *name;
        int error; /* 0: it is read */
    } cases[] = {
        {"file", 0},   {"link", ELOOP},     {"fifo", EINVAL},
        {".", EINVAL}, {"nowhere", ENOENT},
    };
    struct env *env = env_posix();

    (void)state;
    assert_int_equal(env->ops->file_replace(env, in_directory("file"), "x", 1),
                     0);
    assert_int_equal(symlink("file", in_directory("link")), 0);
    assert_int_equal(mkfifo(in_directory("fifo"), 0600), 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        void *data = NULL;
        size_t size;
        int result;

        errno = 0;
        result = env->ops->file_read_regular(env, in_directory(cases[i].name),
                                             10, &data, &size);
        assert_int_equal(result == 0 ? 0 : errno, cases[i].error);
        free(data);
    }
}

static void a_directory_is_made_with_its_parents(void **state)
{
    static const char *const names[] = {"a/b/c", "a/b/c", "a/b/d/",
                                        "a//e",  "./a/f", "a/../a/g"};
    struct env *env = env_posix();
    struct stat status;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(env->ops->directory_make(env, in_directory(names[i])),
                         0);
        assert_int_equal(stat(path, &status), 0);
        assert_true(S_ISDIR(status.st_mode));
    }
    assert_int_equal(env->ops->directory_make(env, "a/h"), 0);
    assert_int_equal(env->ops->directory_make(env, "/"), 0);
}

static void a_file_in_the_way_of_a_directory_is_an_error(void **state)
{
    struct env *env = env_posix();

    (void)state;
    assert_int_equal(replace(in_directory("f"), "x", 1), 0);
    assert_int_equal(env->ops->directory_make(env, path), -1);
    assert_int_equal(errno, ENOTDIR);
    assert_int_equal(env->ops->directory_make(env, in_directory("f/d")), -1);
    assert_int_equal(errno, ENOTDIR);
}

#define test(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static void a_locked_file_is_locked_for_all_others_until_unlocked(void **state)
{
    struct env *env = env_posix();
    int handle = env->ops->file_lock(env, in_directory("lock"));

    (void)state;
    assert_true(handle >= 0);
    assert_int_equal(env->ops->file_lock(env, path), -1);
    assert_int_equal(errno, EWOULDBLOCK);
    env->ops->file_unlock(env, handle);
    handle = env->ops->file_lock(env, path);
    assert_true(handle >= 0);
    env->ops->file_unlock(env, handle);
}

static void a_lock_where_no_file_can_be_says_why(void **state)
{
    struct env *env = env_posix();

    (void)state;
    assert_int_equal(env->ops->file_lock(env, in_directory("none/lock")), -1);
    assert_int_equal(errno, ENOENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(a_file_is_made_and_replaced),
        test(a_path_without_directory_is_in_the_working_directory),
        test(a_reader_of_the_old_file_keeps_it),
        test(a_file_is_its_owners_alone),
        test(what_cannot_be_replaced_says_why_and_leaves_nothing),
        test(a_full_disk_leaves_the_old_file),
        test(lines_are_appended_to_a_file_of_the_owner),
        test(half_a_line_is_cut_off_before_more_is_appended),
        test(no_file_is_appended_to_beyond_its_limit),
        test(what_could_be_appended_in_part_is_taken_back),
        test(a_device_that_is_full_says_so),
        test(reading_is_bounded),
        test(what_never_ends_is_not_read_to_its_end),
        test(a_file_without_a_size_is_read),
        test(what_cannot_be_read_says_why),
        test(what_a_replacing_left_behind_is_removed_and_nothing_else),
        test(a_regular_file_is_read_and_nothing_else),
        test(a_directory_is_made_with_its_parents),
        test(a_file_in_the_way_of_a_directory_is_an_error),
        test(a_locked_file_is_locked_for_all_others_until_unlocked),
        test(a_lock_where_no_file_can_be_says_why),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
