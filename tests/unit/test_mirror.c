/* test_mirror.c - what a leader writes is the difference of what is and what
 * shall be. */
#include "nimbus/mirror.h"
#include "common/random.h"
#include <stdio.h>
#include <string.h>
#include "tests/support/cmocka_all.h"

#define OPS 16

static void want(struct mirror *m, const char *path, const char *text)
{
    mirror_want(m, path, text, text == NULL ? 0 : strlen(text));
}

static void read_text(struct mirror *m, const char *path, const char *text,
                      int32_t version)
{
    mirror_read(m, path, text, strlen(text), version);
}

static void nothing_differs_at_first(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];

    (void)state;
    read_text(m, "/topologies/a", "one", 3);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    want(m, "/topologies/a", "one");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    assert_int_equal(mirror_changes(m), mirror_durable(m));
    mirror_free(m);
}

static void a_change_is_written_with_the_version_that_was_read(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];

    (void)state;
    read_text(m, "/topologies/a", "one", 3);
    want(m, "/topologies/a", "two");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    assert_int_equal(ops[0].kind, MIRROR_SET);
    assert_string_equal(ops[0].path, "/topologies/a");
    assert_int_equal(ops[0].version, 3);
    assert_memory_equal(ops[0].data, "two", 3);
    mirror_written(m, (int32_t[]){4});
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    want(m, "/topologies/a", NULL);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    assert_int_equal(ops[0].kind, MIRROR_DELETE);
    assert_int_equal(ops[0].version, 4);
    mirror_free(m);
}

static void what_is_not_known_is_not_written(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];

    (void)state;
    want(m, "/topologies/a", "one");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    read_text(m, "/topologies/a", "two", 7);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    assert_int_equal(ops[0].version, 7);
    mirror_complete(m);
    mirror_written(m, (int32_t[]){8});
    want(m, "/topologies/b", "one");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    assert_int_equal(ops[0].kind, MIRROR_CREATE);
    mirror_free(m);
}

/* "none", or "vVERSION". */
static const char *settled(const struct mirror *m, const char *path)
{
    static char text[24];
    int32_t version = -7;

    snprintf(text, sizeof(text), "none");
    if (mirror_settled(m, path, &version))
        snprintf(text, sizeof(text), "v%d", version);
    return text;
}

static void a_version_is_known_of_what_is_as_it_shall_be(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];
    const char *paths[OPS];

    (void)state;
    assert_string_equal(settled(m, "/a"), "none");
    read_text(m, "/a", "one", 3);
    assert_string_equal(settled(m, "/a"), "v3");
    want(m, "/a", "two");
    assert_string_equal(settled(m, "/a"), "none");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    want(m, "/a", "one"); /* as it was, but who knows what happens */
    assert_string_equal(settled(m, "/a"), "none");
    assert_int_equal(mirror_unknown(m, paths, OPS), 1);
    assert_string_equal(settled(m, "/a"), "none");
    read_text(m, "/a", "one", 5);
    assert_string_equal(settled(m, "/a"), "v5");
    want(m, "/a", NULL);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    mirror_written(m, (int32_t[]){0});
    assert_string_equal(settled(m, "/a"), "none");
    mirror_free(m);
}

static void parents_are_made_before_children_and_removed_after_them(
    void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];

    (void)state;
    mirror_complete(m);
    want(m, "/errors/a", "");
    want(m, "/errors/a/split", "bad");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 2);
    assert_string_equal(ops[0].path, "/errors/a");
    assert_string_equal(ops[1].path, "/errors/a/split");
    mirror_written(m, (int32_t[]){0, 0});
    want(m, "/errors/a/split", NULL);
    want(m, "/errors/a", NULL);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 2);
    assert_string_equal(ops[0].path, "/errors/a/split");
    assert_string_equal(ops[1].path, "/errors/a");
    mirror_free(m);
}

static void what_changes_while_it_is_written_is_written_again(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];
    uint64_t first, second;

    (void)state;
    read_text(m, "/a", "0", 0);
    want(m, "/a", "1");
    first = mirror_changes(m);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    want(m, "/a", "2");
    second = mirror_changes(m);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    assert_true(mirror_durable(m) < first);
    mirror_written(m, (int32_t[]){1});
    assert_true(mirror_durable(m) >= first && mirror_durable(m) < second);
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 1);
    assert_memory_equal(ops[0].data, "2", 1);
    assert_int_equal(ops[0].version, 1);
    mirror_written(m, (int32_t[]){2});
    assert_int_equal(mirror_durable(m), second);
    mirror_free(m);
}

static void after_an_unknown_outcome_it_is_read_again(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];
    const char *paths[OPS];

    (void)state;
    read_text(m, "/a", "0", 0);
    want(m, "/a", "1");
    mirror_next(m, ops, OPS, 1000);
    assert_int_equal(mirror_unknown(m, paths, OPS), 1);
    assert_string_equal(paths[0], "/a");
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    read_text(m, "/a", "1", 1); /* it had happened */
    assert_int_equal(mirror_next(m, ops, OPS, 1000), 0);
    assert_int_equal(mirror_durable(m), mirror_changes(m));
    mirror_free(m);
}

static void one_transaction_holds_no_more_than_it_may(void **state)
{
    struct mirror *m = mirror_new();
    struct mirror_op ops[OPS];

    (void)state;
    mirror_complete(m);
    for (char name[] = "/a"; name[1] < 'g'; name[1]++)
        want(m, name, "12345678");
    assert_int_equal(mirror_next(m, ops, 4, 1000), 4);
    mirror_written(m, (int32_t[]){0, 0, 0, 0});
    assert_int_equal(mirror_next(m, ops, OPS, 8), 1);
    assert_string_equal(ops[0].path, "/e");
    mirror_written(m, (int32_t[]){0});
    assert_int_equal(mirror_next(m, ops, OPS, 1), 1); /* but one, always */
    mirror_free(m);
}

/* -- at random ------------------------------------------------------------- */

#define NODES 5

struct truth {
    bool there[NODES];
    char value[NODES];
    int32_t version[NODES];
};

static uint32_t place_of(const char *path)
{
    return (uint32_t)(path[1] - 'a');
}

static void apply(struct truth *t, const struct mirror_op *op, int32_t *version)
{
    uint32_t i = place_of(op->path);

    assert_int_equal(t->there[i], op->kind != MIRROR_CREATE);
    if (op->kind != MIRROR_CREATE)
        assert_int_equal(t->version[i], op->version);
    t->version[i] = op->kind == MIRROR_SET ? t->version[i] + 1 : 0;
    t->there[i] = op->kind != MIRROR_DELETE;
    if (t->there[i])
        t->value[i] = *(const char *)op->data;
    *version = t->version[i];
}

static void read_again(struct mirror *m, const struct truth *t,
                       const char *path)
{
    uint32_t i = place_of(path);
    char copy[3] = {path[0], path[1], '\0'};

    if (t->there[i])
        mirror_read(m, copy, &t->value[i], 1, t->version[i]);
    else
        mirror_absent(m, copy);
}

static void write_some(struct mirror *m, struct truth *t, struct random *r)
{
    struct mirror_op ops[NODES];
    int32_t versions[NODES];
    const char *paths[NODES];
    uint32_t n = mirror_next(m, ops, 1 + (uint32_t)random_below(r, NODES), 2);
    bool happens = random_below(r, 3) > 0, known = random_below(r, 3) > 0;

    for (uint32_t i = 0; i < n && happens; i++)
        apply(t, &ops[i], &versions[i]);
    if (happens && known) {
        mirror_written(m, versions);
        return;
    }
    n = mirror_unknown(m, paths, NODES);
    for (uint32_t i = 0; i < n; i++)
        read_again(m, t, paths[i]);
}

static void in_the_end_all_is_as_it_shall_be(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 500; seed++) {
        struct mirror *m = mirror_new();
        struct truth t = {{false}, {0}, {0}};
        char wanted[NODES] = {0};
        struct random r;

        random_seed(&r, seed);
        mirror_complete(m);
        for (uint32_t i = 0; i < 60; i++) {
            uint32_t place = (uint32_t)random_below(&r, NODES);
            char path[] = {'/', (char)('a' + place), '\0'};

            wanted[place] = (char)random_below(&r, 4);
            mirror_want(m, path, wanted[place] ? &wanted[place] : NULL, 1);
            write_some(m, &t, &r);
        }
        for (uint32_t i = 0; i < 200; i++)
            write_some(m, &t, &r);
        if (mirror_durable(m) != mirror_changes(m))
            fail_msg("seed %llu: not all is written", (unsigned long long)seed);
        for (uint32_t i = 0; i < NODES; i++)
            if (t.there[i] != (wanted[i] != 0) ||
                (t.there[i] && t.value[i] != wanted[i]))
                fail_msg("seed %llu: node %u is not as it shall be",
                         (unsigned long long)seed, i);
        mirror_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_differs_at_first),
        cmocka_unit_test(a_change_is_written_with_the_version_that_was_read),
        cmocka_unit_test(what_is_not_known_is_not_written),
        cmocka_unit_test(a_version_is_known_of_what_is_as_it_shall_be),
        cmocka_unit_test(
            parents_are_made_before_children_and_removed_after_them),
        cmocka_unit_test(what_changes_while_it_is_written_is_written_again),
        cmocka_unit_test(after_an_unknown_outcome_it_is_read_again),
        cmocka_unit_test(one_transaction_holds_no_more_than_it_may),
        cmocka_unit_test(in_the_end_all_is_as_it_shall_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
