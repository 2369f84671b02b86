/* test_local_directory.c - a supervisor's files: kept, damaged, swept. */
#include "tests/support/cmocka_all.h"
#include "supervisor/local_directory.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct slot_wanted a = {"a-1-1", 0, 5, 5, true, false};
static const struct slot_wanted a_newer = {"a-1-1", 0, 9, 9, true, false};
static const struct slot_wanted b = {"b-2-1", 3, 6, 6, true, false};

struct place {
    char local[128];
    char path[512];
    struct local_directory d;
    gale_err error;
    uint32_t n_warnings;
    char warning[1024]; /* the last one */
};

static void warn(void *arg, const char *text)
{
    struct place *p = arg;

    p->n_warnings++;
    snprintf(p->warning, sizeof(p->warning), "%s", text);
}

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof(*p));
    const char *tmp = getenv("TMPDIR");

    snprintf(p->local, sizeof(p->local), "%s/localXXXXXX", tmp ? tmp : "/tmp");
    *state = p;
    return mkdtemp(p->local) == NULL ||
           local_directory_open(&p->d, env_posix(), p->local, &p->error) != 0;
}

static int teardown(void **state)
{
    struct place *p = *state;
    int result = env_posix()->ops->tree_remove(env_posix(), p->local);

    local_directory_close(&p->d);
    free(p);
    return result;
}

static const char *below(struct place *p, const char *name)
{
    snprintf(p->path, sizeof(p->path), "%s/supervisor/%s", p->local, name);
    return p->path;
}

static bool is_there(struct place *p, const char *name)
{
    struct stat status;

    return lstat(below(p, name), &status) == 0;
}

static void put_file(struct place *p, const char *name, const char *text)
{
    FILE *f = fopen(below(p, name), "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void make(struct place *p, struct slot_wanted worker)
{
    if (local_directory_make(&p->d, &worker, &p->error) != 0)
        fail_msg("%s", p->error.text);
}

/* As a launch leaves it behind. */
static void make_process(struct place *p, struct slot_wanted as, int pid)
{
    struct kept_worker worker = {.port = 6700, .as = as, .pid = pid};
    struct kept kept = {.supervisor = "id-of-it", .n = 1, .workers = &worker};
    char *path = local_directory_path(&p->d, &as, LOCAL_PROCESS);
    struct pack pack;

    make(p, as);
    pack_init(&pack);
    kept_write(&pack, &kept);
    assert_int_equal(env_posix()->ops->file_replace(
                         env_posix(), path, pack.buffer.data, pack.buffer.size),
                     0);
    pack_free(&pack);
    free(path);
}

static void save(struct place *p, struct slot_wanted as, int pid)
{
    struct kept_worker worker = {.port = 6700, .as = as, .pid = pid};
    struct kept kept = {.supervisor = "id-of-it", .n = 1, .workers = &worker};

    assert_int_equal(local_directory_save(&p->d, &kept, &p->error), 0);
}

static struct kept load(struct place *p)
{
    struct kept kept;

    p->n_warnings = 0;
    local_directory_load(&p->d, &kept, warn, p);
    return kept;
}

/* -- the directory --------------------------------------------------------- */

static void all_of_it_is_private(void **state)
{
    static const char *const names[] = {
        "",
        "workers",
        "workers/a-1-1",
        "workers/a-1-1/0-5",
        "logs",
        "workers/a-1-1/0-5/work",
        "logs/a-1-1",
        "logs/a-1-1/0",
    };
    struct place *p = *state;
    struct stat status;

    make(p, a);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_int_equal(stat(below(p, names[i]), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0700);
    }
}

static void two_supervisors_cannot_have_the_same(void **state)
{
    struct place *p = *state;
    struct local_directory other;

    assert_int_equal(
        local_directory_open(&other, env_posix(), p->local, &p->error), -1);
    assert_non_null(strstr(p->error.text, "another supervisor uses "));
    local_directory_close(&p->d);
    assert_int_equal(
        local_directory_open(&p->d, env_posix(), p->local, &p->error), 0);
}

static void a_file_in_its_place_is_an_error(void **state)
{
    struct place *p = *state;
    struct local_directory other;

    put_file(p, "file", "");
    assert_int_equal(
        local_directory_open(&other, env_posix(), below(p, "file"), &p->error),
        -1);
    assert_non_null(strstr(p->error.text, "Not a directory"));
    assert_null(other.root);
}

static void that_somebody_has_removed_it_is_seen(void **state)
{
    struct place *p = *state;
    struct env *env = env_posix();

    assert_true(local_directory_is_there(&p->d));
    assert_int_equal(env->ops->tree_remove(env, p->d.root), 0);
    assert_false(local_directory_is_there(&p->d));
}

/* -- workers --------------------------------------------------------------- */

static void the_next_process_finds_its_work_and_nothing_else(void **state)
{
    struct place *p = *state;

    make_process(p, a, 7);
    put_file(p, "workers/a-1-1/0-5/last-words", "so long\n");
    put_file(p, "workers/a-1-1/0-5/work/data", "x");
    make(p, a);
    assert_false(is_there(p, "workers/a-1-1/0-5/process"));
    assert_false(is_there(p, "workers/a-1-1/0-5/last-words"));
    assert_true(is_there(p, "workers/a-1-1/0-5/work/data"));
}

static void two_births_of_a_worker_do_not_meet(void **state)
{
    struct place *p = *state;

    make(p, a);
    make(p, a_newer);
    assert_int_equal(local_directory_remove(&p->d, &a, &p->error), 0);
    assert_false(is_there(p, "workers/a-1-1/0-5"));
    assert_true(is_there(p, "workers/a-1-1/0-9/work"));
    assert_int_equal(local_directory_remove(&p->d, &a_newer, &p->error), 0);
    assert_false(is_there(p, "workers/a-1-1"));
    assert_true(is_there(p, "logs/a-1-1/0"));
    assert_int_equal(local_directory_remove(&p->d, &a, &p->error), 0);
}

static void last_words_are_one_line(void **state)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"", ""},
        {"cannot load x.so\n", "cannot load x.so"},
        {"one\ntwo\n\n", "one; two"},
        {"\n\nthree", "three"},
    };
    struct place *p = *state;
    char words[LOCAL_WORDS_MAX], many[3 * LOCAL_WORDS_MAX];

    make(p, a);
    local_directory_words(&p->d, &a, words);
    assert_string_equal(words, "");
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        put_file(p, "workers/a-1-1/0-5/last-words", cases[i].file);
        local_directory_words(&p->d, &a, words);
        assert_string_equal(words, cases[i].words);
    }
    memset(many, 'x', sizeof(many));
    many[sizeof(many) - 1] = '\0';
    put_file(p, "workers/a-1-1/0-5/last-words", many);
    local_directory_words(&p->d, &a, words);
    assert_int_equal(strlen(words), LOCAL_WORDS_MAX - 3);
}

/* Whoever writes into a worker's directory neither holds its supervisor up nor
 * lets it read what it has no business with. */
static void words_that_are_no_file_are_none(void **state)
{
    struct place *p = *state;
    char words[LOCAL_WORDS_MAX];
    char *path;

    make(p, a);
    path = local_directory_path(&p->d, &a, LOCAL_WORDS);
    assert_int_equal(mkfifo(path, 0600), 0);
    local_directory_words(&p->d, &a, words);
    assert_string_equal(words, "");
    unlink(path);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    local_directory_words(&p->d, &a, words);
    assert_string_equal(words, "");
    free(path);
}

/* -- what is kept ---------------------------------------------------------- */

static void an_empty_directory_knows_nothing(void **state)
{
    struct place *p = *state;
    struct kept kept = load(p);

    assert_int_equal(kept.n, 0);
    assert_string_equal(kept.supervisor, "");
    assert_int_equal(p->n_warnings, 0);
    kept_free(&kept);
}

static void the_state_comes_first_then_each_process(void **state)
{
    struct place *p = *state;
    struct kept kept;

    save(p, a, 7);
    make_process(p, a, 7);
    make_process(p, b, 8);
    kept = load(p);
    assert_int_equal(p->n_warnings, 0);
    assert_string_equal(kept.supervisor, "id-of-it");
    assert_int_equal(kept.n, 3);
    assert_int_equal(kept.workers[0].pid, 7);
    assert_true(slot_same_worker(&kept.workers[0].as, &a));
    kept_free(&kept);
}

static void when_the_state_is_damaged_processes_still_say_who_they_are(
    void **state)
{
    static const char *const damages[] = {"", "GALEKEPT", "garbage garbage g"};
    struct place *p = *state;

    make_process(p, a, 7);
    for (int i = 0; i < 3; i++) {
        struct kept kept;

        put_file(p, "state", damages[i]);
        kept = load(p);
        assert_int_equal(p->n_warnings, 1);
        assert_non_null(strstr(p->warning, "/supervisor/state is "));
        assert_int_equal(kept.n, 1);
        assert_int_equal(kept.workers[0].pid, 7);
        assert_string_equal(kept.supervisor, "id-of-it");
        kept_free(&kept);
    }
}

static void a_damaged_process_file_is_named_and_left_out(void **state)
{
    struct place *p = *state;
    struct kept kept;

    make_process(p, a, 7);
    make(p, b);
    put_file(p, "workers/b-2-1/3-6/process", "?");
    kept = load(p);
    assert_int_equal(p->n_warnings, 1);
    assert_non_null(strstr(p->warning, "workers/b-2-1/3-6/process is damaged"));
    assert_int_equal(kept.n, 1);
    kept_free(&kept);
}

static void a_directory_in_the_place_of_the_state_is_named(void **state)
{
    struct place *p = *state;
    struct kept kept;

    assert_int_equal(mkdir(below(p, "state"), 0700), 0);
    kept = load(p);
    assert_int_equal(p->n_warnings, 1);
    assert_non_null(strstr(p->warning, "cannot read "));
    kept_free(&kept);
}

/* -- sweeps ---------------------------------------------------------------- */

static void what_is_not_in_use_is_swept(void **state)
{
    const struct slot_wanted in_use[] = {a};
    struct place *p = *state;

    make(p, a);
    make(p, a_newer);
    make(p, b);
    put_file(p, "workers/a-1-1/stray", "");
    put_file(p, "workers/stray", "");
    assert_int_equal(mkdir(below(p, "workers/..x"), 0700), 0);
    local_directory_sweep(&p->d, in_use, 1, warn, p);
    assert_int_equal(p->n_warnings, 0);
    assert_true(is_there(p, "workers/a-1-1/0-5/work"));
    assert_false(is_there(p, "workers/a-1-1/0-9"));
    assert_false(is_there(p, "workers/a-1-1/stray"));
    assert_false(is_there(p, "workers/b-2-1"));
    assert_false(is_there(p, "workers/stray"));
    assert_false(is_there(p, "workers/..x"));
    assert_true(is_there(p, "logs/b-2-1/3"));
}

static void old_logs_of_workers_that_are_gone_are_swept(void **state)
{
    const struct slot_wanted in_use[] = {a};
    const int64_t now = env_posix()->ops->wall_us(env_posix());
    struct place *p = *state;

    make(p, a);
    make(p, b);
    put_file(p, "logs/b-2-1/3/worker.log", "x\n");
    local_directory_sweep_logs(&p->d, in_use, 1, now - 60000000, warn, p);
    assert_true(is_there(p, "logs/b-2-1/3/worker.log"));
    local_directory_sweep_logs(&p->d, in_use, 1, now + 60000000, warn, p);
    assert_false(is_there(p, "logs/b-2-1"));
    assert_true(is_there(p, "logs/a-1-1/0"));
}

#define here(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

/* -- workers of another user ----------------------------------------------- */

static void expect_owner(struct place *p, const char *name, uid_t user,
                         unsigned mode)
{
    struct stat status;

    assert_int_equal(stat(below(p, name), &status), 0);
    assert_int_equal(status.st_uid, user);
    assert_int_equal(status.st_mode & 07777, mode);
}

/* Also when it is started again. */
static void of_another_user_is_the_work_and_nothing_else(void **state)
{
    const struct worker_user user = {
        .name = "nobody", .user = 65534, .group = 65534};
    struct place *p = *state;

    if (geteuid() != 0) {
        print_message("skip: only root can give a directory away\n");
        skip();
    }
    assert_int_equal(local_directory_share(&p->d, &user, &p->error), 0);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(local_directory_make(&p->d, &a, &p->error), 0);
        expect_owner(p, "", 0, 0710);
        expect_owner(p, "workers", 0, 0700);
        expect_owner(p, "workers/a-1-1", 0, 0700);
        expect_owner(p, "workers/a-1-1/0-5", 0, 0700);
        expect_owner(p, "workers/a-1-1/0-5/work", 65534, 0700);
        expect_owner(p, "logs/a-1-1/0", 0, 0700);
    }
    p->d.user = NULL;
    assert_int_equal(local_directory_make(&p->d, &a, &p->error), -1);
    assert_non_null(strstr(p->error.text, "it belongs to another user"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        here(all_of_it_is_private),
        here(of_another_user_is_the_work_and_nothing_else),
        here(two_supervisors_cannot_have_the_same),
        here(a_file_in_its_place_is_an_error),
        here(that_somebody_has_removed_it_is_seen),
        here(the_next_process_finds_its_work_and_nothing_else),
        here(two_births_of_a_worker_do_not_meet),
        here(last_words_are_one_line),
        here(words_that_are_no_file_are_none),
        here(an_empty_directory_knows_nothing),
        here(the_state_comes_first_then_each_process),
        here(when_the_state_is_damaged_processes_still_say_who_they_are),
        here(a_damaged_process_file_is_named_and_left_out),
        here(a_directory_in_the_place_of_the_state_is_named),
        here(what_is_not_in_use_is_swept),
        here(old_logs_of_workers_that_are_gone_are_swept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
