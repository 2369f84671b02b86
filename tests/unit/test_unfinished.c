/*
 * test_unfinished.c - files that are to be finished: connectors/unfinished.c,
 * over a store in memory that fails at random: before it does something, or
 * after it when nobody hears the answer.
 */
#include "connectors/unfinished.h"
#include "connectors/must.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

enum { FILES = 4, SIZE_MAX_ = 64 };

struct file {
    char name[FILE_NAME_SIZE]; /* "": it is not there */
    char data[SIZE_MAX_];
    int64_t size;
};

struct memory {
    struct store store;
    struct file files[FILES];
    unsigned seed, faults; /* faults: of 16 calls */
    uint32_t n_lost_answers;
};

static unsigned random_below(unsigned *seed, unsigned n)
{
    *seed = *seed * 1103515245 + 12345;
    return (*seed >> 8) % n;
}

/* -- the store ------------------------------------------------------------- */

static bool breaks(struct store *s)
{
    struct memory *m = (struct memory *)s;

    if (random_below(&m->seed, 16) >= m->faults)
        return false;
    store_refuse(s, STORE_TRANSIENT, "away");
    return true;
}

static bool lost(struct store *s)
{
    struct memory *m = (struct memory *)s;
    bool is = breaks(s);

    m->n_lost_answers += is;
    return is;
}

static struct file *find(struct store *s, const char *name)
{
    struct memory *m = (struct memory *)s;

    for (int i = 0; i < FILES; i++)
        if (strcmp(m->files[i].name, name) == 0)
            return &m->files[i];
    store_refuse(s, STORE_MISSING, "no %s", name);
    return NULL;
}

static bool recover(struct store *s, const char *name)
{
    return !breaks(s) && find(s, name) != NULL;
}

static bool length(struct store *s, const char *name, int64_t *found)
{
    struct file *f = breaks(s) ? NULL : find(s, name);

    if (f != NULL)
        *found = f->size;
    return f != NULL;
}

static bool read_file(struct store *s, const char *name, int64_t at, char *data,
                      size_t size)
{
    struct file *f = breaks(s) ? NULL : find(s, name);

    if (f == NULL)
        return false;
    must(at >= 0 && at + (int64_t)size <= f->size);
    memcpy(data, f->data + at, size);
    return true;
}

static bool truncate_file(struct store *s, const char *name, int64_t at)
{
    struct file *f = breaks(s) ? NULL : find(s, name);

    if (f == NULL)
        return false;
    must(at <= f->size);
    f->size = at;
    return !lost(s);
}

static bool rename_file(struct store *s, const char *from, const char *to)
{
    struct file *f = breaks(s) ? NULL : find(s, from);

    if (f == NULL)
        return false;
    memmove(f->name, to, strlen(to) + 1);
    return !lost(s);
}

static bool remove_file(struct store *s, const char *name)
{
    struct file *f = breaks(s) ? NULL : find(s, name);

    if (f == NULL)
        return s->problem.class == STORE_MISSING;
    f->name[0] = '\0';
    return !lost(s);
}

static const struct store_ops ops = {.recover = recover,
                                     .length = length,
                                     .read = read_file,
                                     .truncate = truncate_file,
                                     .rename = rename_file,
                                     .remove = remove_file};

/* -- what is there --------------------------------------------------------- */

static void add_file(struct memory *m, int i, const char *name,
                     const char *data)
{
    memcpy(m->files[i].name, name, strlen(name) + 1);
    m->files[i].size = (int64_t)strlen(data);
    memcpy(m->files[i].data, data, strlen(data));
}

static void expect_file(struct memory *m, const char *name, const char *data)
{
    struct file *f = find(&m->store, name);

    if (f == NULL)
        fail_msg("there is no %s", name);
    assert_int_equal(f->size, strlen(data));
    assert_memory_equal(f->data, data, strlen(data));
}

/* -- tests ----------------------------------------------------------------- */

static void files_are_cut_to_what_is_good_and_renamed(void **state)
{
    static const struct {
        const char *data;
        int64_t good;
        const char *finished; /* NULL: it is removed */
        int64_t missing;
    } cases[] = {
        {"one\ntwo\n", 8, "one\ntwo\n", 0},
        {"one\ntwo\nthr", 8, "one\ntwo\n", 0},
        {"one\ntwo\n", 4, "one\n", 0},
        {"one\n", 0, NULL, 0},
        {"one\n", 9, "one\n", 5},
        {"one\ntwo\nthr", UNFINISHED_UNKNOWN, "one\ntwo\n", 0},
        {"one\n", UNFINISHED_UNKNOWN, "one\n", 0},
        {"hal", UNFINISHED_UNKNOWN, NULL, 0},
        {"", UNFINISHED_UNKNOWN, NULL, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct memory m = {.store = {.ops = &ops}};
        struct unfinished u = {.n = 0};
        int64_t missing = -1;

        add_file(&m, 0, "_a", cases[k].data);
        assert_true(unfinished_add(&u, "_a", cases[k].good));
        assert_int_equal(unfinished_finish(&u, &m.store, &missing),
                         cases[k].finished != NULL ? UNFINISHED_DONE
                                                   : UNFINISHED_EMPTY);
        assert_int_equal(u.n, 0);
        assert_int_equal(missing, cases[k].missing);
        assert_null(find(&m.store, "_a"));
        if (cases[k].finished != NULL)
            expect_file(&m, "a", cases[k].finished);
        else
            assert_null(find(&m.store, "a"));
    }
}

static void a_file_that_is_gone_is_missed_and_not_looked_for_again(void **state)
{
    static const struct {
        int64_t good;
        bool is_renamed; /* by somebody who did not hear so */
        enum unfinished_end end;
        int64_t missing;
    } cases[] = {
        {7, false, UNFINISHED_GONE, 7},
        {UNFINISHED_UNKNOWN, false, UNFINISHED_GONE, 0},
        {0, false, UNFINISHED_EMPTY, 0},
        {7, true, UNFINISHED_DONE, 3},
        {4, true, UNFINISHED_DONE, 0},
    };

    (void)state;
    for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
        struct memory m = {.store = {.ops = &ops}};
        struct unfinished u = {.n = 0};
        int64_t missing;

        if (cases[k].is_renamed)
            add_file(&m, 0, "a", "one\n");
        unfinished_add(&u, "_a", cases[k].good);
        assert_int_equal(unfinished_finish(&u, &m.store, &missing),
                         cases[k].end);
        assert_int_equal(missing, cases[k].missing);
        assert_int_equal(u.n, 0);
    }
}

static void what_cannot_be_finished_does_not_hold_up_the_others(void **state)
{
    struct memory m = {.store = {.ops = &ops}, .faults = 16};
    struct unfinished u = {.n = 0};
    int64_t missing;

    (void)state;
    unfinished_add(&u, "_a", 1);
    unfinished_add(&u, "_b", 1);
    assert_false(unfinished_finish(&u, &m.store, &missing));
    assert_string_equal(u.files[0].name, "_b");
    assert_string_equal(u.files[1].name, "_a");
}

static void there_is_an_end_to_what_is_remembered(void **state)
{
    struct unfinished u = {.n = 0};

    (void)state;
    for (int i = 0; i < UNFINISHED_MAX; i++)
        assert_true(unfinished_add(&u, "_a", 0));
    assert_false(unfinished_add(&u, "_a", 0));
    assert_int_equal(u.n, UNFINISHED_MAX);
}

static void whatever_fails_in_the_end_all_are_finished(void **state)
{
    uint32_t n_lost_answers = 0, n_failed = 0;

    (void)state;
    for (unsigned seed = 1; seed <= 3000; seed++) {
        struct memory m = {.store = {.ops = &ops}, .seed = seed, .faults = 6};
        struct unfinished u = {.n = 0};
        int64_t missing;

        add_file(&m, 0, "_a", "1\n2\n3");
        add_file(&m, 1, "_b", "1\n2\n3");
        add_file(&m, 2, "_c", "1\n2\n");
        add_file(&m, 3, "_d", "1");
        unfinished_add(&u, "_a", 4);
        unfinished_add(&u, "_b", UNFINISHED_UNKNOWN);
        unfinished_add(&u, "_c", 4);
        unfinished_add(&u, "_d", 0);
        while (u.n > 0) {
            n_failed += !unfinished_finish(&u, &m.store, &missing);
            if (missing > 0)
                fail_msg("seed %u: bytes are missed", seed);
        }
        n_lost_answers += m.n_lost_answers;
        expect_file(&m, "a", "1\n2\n");
        expect_file(&m, "b", "1\n2\n");
        expect_file(&m, "c", "1\n2\n");
        assert_null(find(&m.store, "_d"));
    }
    assert_true(n_failed > 3000 && n_lost_answers > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_cut_to_what_is_good_and_renamed),
        cmocka_unit_test(
            a_file_that_is_gone_is_missed_and_not_looked_for_again),
        cmocka_unit_test(what_cannot_be_finished_does_not_hold_up_the_others),
        cmocka_unit_test(there_is_an_end_to_what_is_remembered),
        cmocka_unit_test(whatever_fails_in_the_end_all_are_finished),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
