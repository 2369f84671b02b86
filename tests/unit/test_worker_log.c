/* test_worker_log.c - what a worker prints: bounded, whole lines, never in the
 * way. */
#include "tests/support/cmocka_all.h"
#include "common/env.h"
#include "supervisor/worker_log.h"
#include "tests/support/child.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- where it is cut ------------------------------------------------------- */

static void lines_stay_whole_if_they_can(void **state)
{
    static const struct {
        const char *data;
        uint64_t room;
        int at_line_start;
        size_t take;
        int rotate;
    } cases[] = {
        {"", 10, 1, 0, 0},
        {"ab\ncd\n", 10, 1, 6, 0},
        {"ab\ncd\n", 6, 1, 6, 0},
        {"ab\ncd\n", 5, 1, 3, 1},
        {"ab\ncd\n", 3, 1, 3, 1},
        {"ab\ncd\n", 2, 1, 0, 1},
        {"ab\ncd\n", 0, 1, 0, 1},
        {"ab\ncd\n", 2, 0, 2, 1},
        {"ab\ncd\n", 0, 0, 0, 1},
        {"abcdefghijkl", 10, 1, 10, 1},
        {"abcdefghijkl", 9, 1, 0, 1},
        {"abcdefghijkl", 9, 0, 9, 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct worker_log_cut cut =
            worker_log_cut(cases[i].data, strlen(cases[i].data), cases[i].room,
                           10, cases[i].at_line_start);

        if (cut.take != cases[i].take || cut.rotate != cases[i].rotate)
            fail_msg("case %zu: %zu %d, expected %zu %d", i, cut.take,
                     cut.rotate, cases[i].take, cases[i].rotate);
    }
}

/* -- files ----------------------------------------------------------------- */

static char directory[128];

static int setup(void **state)
{
    const char *tmp = getenv("TMPDIR");

    (void)state;
    snprintf(directory, sizeof(directory), "%s/logXXXXXX", tmp ? tmp : "/tmp");
    return mkdtemp(directory) == NULL;
}

static int teardown(void **state)
{
    (void)state;
    return env_posix()->ops->tree_remove(env_posix(), directory);
}

/* It has little to do: what goes round in circles ends by a signal. */
static void limit_time(void)
{
    const struct rlimit limit = {30, 30};

    setrlimit(RLIMIT_CPU, &limit);
}

/* A writer in a process of its own; what it reads from. */
static int start_writer(pid_t *pid, uint64_t bytes, uint32_t files)
{
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    *pid = fork();
    if (*pid == 0) {
        dup2(ends[0], STDIN_FILENO);
        closefrom(STDERR_FILENO + 1); /* the other writer's, too */
        limit_time();
        _exit(worker_log_run(STDIN_FILENO, directory, bytes, files));
    }
    close(ends[0]);
    return ends[1];
}

static void end_writer(pid_t pid, int fd)
{
    int status;

    close(fd);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        assert_true(n > 0);
        data += n;
        size -= (size_t)n;
    }
}

static void write_numbers(int fd, int from, int to)
{
    char text[32];

    for (int i = from; i < to; i++)
        write_all(fd, text, (size_t)snprintf(text, sizeof(text), "%d\n", i));
}

static size_t size_of(const char *name)
{
    char path[256];
    struct stat status;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return stat(path, &status) == 0 ? (size_t)status.st_size : 0;
}

static const char *text_of(const char *name)
{
    static char text[1 << 20];
    char path[256];
    int fd;

    snprintf(path, sizeof(path), "%s/%s", directory, name);
    fd = open(path, O_RDONLY);
    return fd < 0 ? "" : child_read(fd, text, sizeof(text));
}

/* What a file has must be numbers, each one more than that before. */
static int numbers_in(const char *name, int next)
{
    const char *text = text_of(name);
    char *end;

    for (; *text != '\0'; text = end + 1) {
        assert_int_equal(strtol(text, &end, 10), next++);
        assert_int_equal(*end, '\n');
    }
    return next;
}

static void what_fits_into_the_files_is_all_there_in_order(void **state)
{
    pid_t pid;
    int fd = start_writer(&pid, 4096, 4), next = 0;

    (void)state;
    write_numbers(fd, 0, 3000); /* 13890 bytes */
    end_writer(pid, fd);
    next = numbers_in("worker.log.3", next);
    next = numbers_in("worker.log.2", next);
    next = numbers_in("worker.log.1", next);
    next = numbers_in("worker.log", next);
    assert_int_equal(next, 3000);
}

static void what_does_not_fit_goes_oldest_first(void **state)
{
    pid_t pid;

    (void)state;
    for (uint32_t files = 1; files <= 3; files++) {
        int fd = start_writer(&pid, 4096, files);

        write_numbers(fd, 100000, 120000);
        end_writer(pid, fd);
        assert_in_range(size_of("worker.log"), 1, 4096);
        assert_non_null(strstr(text_of("worker.log"), "119999\n"));
        assert_int_equal(size_of("worker.log.1") > 0, files > 1);
        assert_int_equal(size_of("worker.log.2") > 0, files > 2);
        assert_int_equal(size_of("worker.log.3"), 0);
    }
}

static void the_next_worker_writes_behind_what_is_there(void **state)
{
    pid_t pid;

    (void)state;
    for (int i = 0; i < 2; i++) {
        int fd = start_writer(&pid, 4096, 2);

        write_numbers(fd, 100 * i, 100 * i + 100);
        end_writer(pid, fd);
    }
    assert_int_equal(numbers_in("worker.log", 0), 200);
}

/* All lines of the file are this one; how many. */
static int lines_of(const char *name, const char *line)
{
    size_t size = strlen(line);
    int n = 0;

    for (const char *at = text_of(name); *at != '\0'; at += size, n++)
        assert_memory_equal(at, line, size);
    return n;
}

static void the_writer_of_the_next_worker_takes_over(void **state)
{
    enum { LINES = 50000 }; /* more than a pipe holds: both are at work */
    pid_t pids[2];
    int fds[2];

    (void)state;
    fds[0] = start_writer(&pids[0], 1 << 20, 3);
    for (int i = 0; i < LINES; i++)
        write_all(fds[0], "old\n", 4);
    fds[1] = start_writer(&pids[1], 1 << 20, 3);
    for (int i = 0; i < LINES; i++)
        write_all(fds[i % 2], i % 2 ? "young\n" : "old\n", i % 2 ? 6 : 4);
    for (int i = 0; i < LINES; i++)
        write_all(fds[1], "young\n", 6);
    for (int i = 0; i < 2; i++)
        end_writer(pids[i], fds[i]);
    assert_int_equal(lines_of("worker.log.1", "old\n"), LINES + LINES / 2);
    assert_int_equal(lines_of("worker.log", "young\n"), LINES + LINES / 2);
}

static void one_that_was_replaced_does_not_come_back(void **state)
{
    pid_t pids[2];
    int fds[2];

    (void)state;
    for (int i = 0; i < 2; i++) {
        fds[i] = start_writer(&pids[i], 4096, 3);
        write_numbers(fds[i], 100000, 130000);
    }
    write_numbers(fds[0], 200000, 230000);
    end_writer(pids[0], fds[0]);
    write_all(fds[1], "the end\n", 8);
    end_writer(pids[1], fds[1]);
    for (int i = 0; i < 3; i++) {
        static const char *const names[] = {"worker.log", "worker.log.1",
                                            "worker.log.2"};

        assert_in_range(size_of(names[i]), 1, 4096);
        assert_null(strstr(text_of(names[i]), "\n22"));
    }
    assert_non_null(strstr(text_of("worker.log"), "the end\n"));
}

static void a_line_longer_than_a_file_is_cut(void **state)
{
    static char line[10001];
    pid_t pid;
    int fd = start_writer(&pid, 4096, 3);

    (void)state;
    memset(line, 'x', 10000);
    line[10000] = '\n';
    write_all(fd, line, sizeof(line));
    end_writer(pid, fd);
    assert_int_equal(size_of("worker.log.2"), 4096);
    assert_int_equal(size_of("worker.log.1"), 4096);
    assert_int_equal(size_of("worker.log"), 10001 - 2 * 4096);
}

/* A pipe is full with half of what is lost: nobody waits for the rest. */
static void a_full_file_that_cannot_be_moved_holds_nobody_up(void **state)
{
    char path[256];
    pid_t pid;
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/worker.log.1", directory);
    assert_int_equal(mkdir(path, 0700), 0);
    fd = start_writer(&pid, 1 << 17, 2);
    write_numbers(fd, 100000, 150000);
    assert_in_range(size_of("worker.log"), 1, 1 << 17);
    assert_int_equal(rmdir(path), 0);
    write_all(fd, "the end\n", 8);
    end_writer(pid, fd);
    assert_in_range(numbers_in("worker.log.1", 100000), 100001, 149999);
    assert_in_range(size_of("worker.log"), 1, 1 << 17);
    assert_non_null(strstr(text_of("worker.log"), " bytes are lost here: "));
    assert_non_null(strstr(text_of("worker.log"), "the end\n"));
}

static void a_link_in_the_place_of_the_log_is_not_followed(void **state)
{
    char path[256], target[256];
    pid_t pid;
    int fd;

    (void)state;
    snprintf(path, sizeof(path), "%s/worker.log", directory);
    snprintf(target, sizeof(target), "%s/victim", directory);
    assert_int_equal(symlink(target, path), 0);
    fd = start_writer(&pid, 4096, 2);
    write_numbers(fd, 0, 100);
    end_writer(pid, fd);
    assert_int_equal(access(target, F_OK), -1);
}

static void without_a_directory_there_is_one_sentence(void **state)
{
    (void)state;
    assert_int_equal(worker_log_run(-1, "/nowhere/x", 4096, 2), 1);
}

static void arguments_that_make_no_sense_are_refused(void **state)
{
    static const char *const cases[][4] = {
        {"log-writer", "/tmp", "4096", NULL},
        {"log-writer", "/tmp", "4095", "2"},
        {"log-writer", "/tmp", "4096", "0"},
        {"log-writer", "/tmp", "4096", "101"},
        {"log-writer", "/tmp", "-1", "2"},
        {"log-writer", "/tmp", "10M", "2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        assert_int_equal(
            worker_log_main(cases[i][3] ? 4 : 3, (char **)(uintptr_t)cases[i]),
            2);
}

/* -- a disk that is full --------------------------------------------------- */

/* A file system of 1 MiB, for this process and its children alone. */
static bool mount_small(void)
{
    return unshare(CLONE_NEWNS) == 0 &&
           mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", directory, "tmpfs", 0, "size=1m") == 0;
}

static void fill_up(const char *path)
{
    static const char zeros[4096];
    int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    while (write(fd, zeros, sizeof(zeros)) > 0)
        ;
    assert_int_equal(errno, ENOSPC);
    close(fd);
}

static void a_full_disk_holds_nobody_up_and_what_is_lost_is_told(void **state)
{
    static char lines[1 << 20];
    char filler[256];
    const char *text;
    pid_t pid;
    int fd;

    (void)state;
    if (!mount_small()) {
        print_message("skip: no file system can be mounted here\n");
        skip();
    }
    snprintf(filler, sizeof(filler), "%s/filler", directory);
    fill_up(filler);
    fd = start_writer(&pid, 4096, 2);
    memset(lines, '\n', sizeof(lines));
    write_all(fd, lines, sizeof(lines)); /* much more than the pipe holds */
    assert_int_equal(unlink(filler), 0);
    write_numbers(fd, 0, 200000);
    end_writer(pid, fd);
    text = text_of("worker.log");
    assert_non_null(strstr(text, "199999\n"));
    assert_in_range(size_of("worker.log"), 1, 4096);
    assert_in_range(size_of("worker.log.1"), 1, 4096);
    assert_int_equal(umount(directory), 0);
}

static void what_is_lost_is_told_where_it_is_missing(void **state)
{
    static char lines[1 << 20];
    char filler[256];
    pid_t pid;
    int fd;

    (void)state;
    if (!mount_small()) {
        print_message("skip: no file system can be mounted here\n");
        skip();
    }
    snprintf(filler, sizeof(filler), "%s/filler", directory);
    fill_up(filler);
    fd = start_writer(&pid, 1 << 20, 1); /* the rest of the pipe fits */
    memset(lines, 'x', sizeof(lines));
    write_all(fd, lines, sizeof(lines));
    assert_int_equal(unlink(filler), 0);
    write_all(fd, "\n", 1);
    end_writer(pid, fd);
    assert_non_null(strstr(text_of("worker.log"),
                           " bytes are lost here: No space left on device]\n"));
    assert_int_equal(umount(directory), 0);
}

#define here(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_stay_whole_if_they_can),
        here(what_fits_into_the_files_is_all_there_in_order),
        here(what_does_not_fit_goes_oldest_first),
        here(the_next_worker_writes_behind_what_is_there),
        here(the_writer_of_the_next_worker_takes_over),
        here(one_that_was_replaced_does_not_come_back),
        here(a_line_longer_than_a_file_is_cut),
        here(a_full_file_that_cannot_be_moved_holds_nobody_up),
        here(a_link_in_the_place_of_the_log_is_not_followed),
        here(without_a_directory_there_is_one_sentence),
        here(arguments_that_make_no_sense_are_refused),
        here(a_full_disk_holds_nobody_up_and_what_is_lost_is_told),
        here(what_is_lost_is_told_where_it_is_missing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
