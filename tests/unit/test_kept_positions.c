/*
 * test_kept_positions.c - positions on their way: the newest of each split is
 * taken, each in its turn, and is taken again if it was not kept. At last, by
 * chance, against a table that is looked through from end to end.
 */
#include "tests/support/cmocka_all.h"
#include "common/position_record.h"
#include "common/random.h"
#include "worker/kept_positions.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX 64u
#define BIRTH 3u

static struct kept_positions *kept;
static uint32_t n_soon;

static void soon(void *arg)
{
    (void)arg;
    n_soon++;
}

static int setup(void **state)
{
    (void)state;
    n_soon = 0;
    kept = kept_positions_new(env_posix(), BIRTH, soon, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kept_positions_free(kept);
    return 0;
}

static void save_of(const char *component, uint32_t index, const char *split,
                    const char *position)
{
    const struct position_keeper *k = kept_positions_keeper(kept);

    k->save(k->arg, component, index, gale_str_make(split, strlen(split)),
            gale_str_make(position, strlen(position)));
}

static void save(const char *component, const char *split, const char *position)
{
    save_of(component, 0, split, position);
}

static void append(char *text, size_t size, gale_str value, char end)
{
    size_t n = strlen(text);

    snprintf(text + n, size - n, "%.*s%c", (int)value.size, value.data, end);
}

typedef uint32_t list_fn(struct kept_positions *k, struct pack *list,
                         uint32_t max);

/* Whose it is: "component", or "component-index" if that is not 0. */
static void append_task(char *text, size_t size, const msgpack_object *one)
{
    uint64_t index = unpack_uint(unpack_key(one, "index"), UINT64_MAX);
    char number[24];

    snprintf(number, sizeof(number), "%llu", (unsigned long long)index);
    append(text, size, unpack_str(unpack_key(one, "component")),
           index == 0 ? '/' : '-');
    if (index != 0)
        append(text, size, gale_str_make(number, strlen(number)), '/');
}

/* What is in the list, as "component/split=position component/…". */
static const char *listed(list_fn *fn, uint32_t max)
{
    static char text[4096];
    struct pack list;
    struct unpacked u;
    uint32_t n;

    pack_init(&list);
    n = fn(kept, &list, max);
    assert_int_equal(unpack(&u, list.buffer.data, list.buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    assert_int_equal(unpack_n(u.root), n);
    text[0] = '\0';
    for (uint32_t i = 0; i < n; i++) {
        gale_str data = unpack_str(unpack_key(unpack_at(u.root, i), "data"));
        struct unpacked one;

        assert_int_equal(unpack(&one, data.data, data.size,
                                (struct pack_limits){1u << 20, 16}, "one",
                                NULL),
                         0);
        append_task(text, sizeof(text), one.root);
        append(text, sizeof(text), unpack_str(unpack_key(one.root, "split")),
               '=');
        append(text, sizeof(text), unpack_str(unpack_key(one.root, "position")),
               ' ');
        unpacked_free(&one);
    }
    unpacked_free(&u);
    pack_free(&list);
    return text;
}

static const char *take(uint32_t max)
{
    return listed(kept_positions_take, max);
}

static const char *news(uint32_t max)
{
    return listed(kept_positions_news, max);
}

static bool load_one(void *to, gale_str split, gale_str position)
{
    append(to, 4096, split, '=');
    append(to, 4096, position, ' ');
    return true;
}

static const char *loaded_of(const char *component, uint32_t index)
{
    static char text[4096];
    const struct position_keeper *k = kept_positions_keeper(kept);

    text[0] = '\0';
    k->load(k->arg, component, index, load_one, text);
    return text;
}

static const char *loaded(const char *component)
{
    return loaded_of(component, 0);
}

static void what_is_saved_is_taken_in_that_order(void **state)
{
    (void)state;
    save("b", "2", "x");
    save("a", "1", "y");
    save("b", "1", "z");
    assert_int_equal(n_soon, 3);
    assert_string_equal(take(MAX), "b/2=x a/1=y b/1=z ");
    kept_positions_kept(kept);
    assert_string_equal(take(MAX), "");
}

static void of_one_split_the_newest_is_taken(void **state)
{
    (void)state;
    save("a", "1", "old");
    save("a", "2", "other");
    save("a", "1", "new");
    assert_string_equal(take(MAX), "a/1=new a/2=other ");
}

static void what_changed_is_news_once_whether_it_is_taken_or_not(void **state)
{
    (void)state;
    save("a", "1", "x");
    save("a", "2", "y");
    assert_string_equal(news(1), "a/1=x ");
    assert_string_equal(news(MAX), "a/2=y ");
    assert_string_equal(news(MAX), "");
    assert_int_equal(kept_positions_n_changed(kept), 2);
    assert_string_equal(take(MAX), "a/1=x a/2=y ");
    save("a", "1", "z");
    assert_int_equal(kept_positions_n_changed(kept), 1);
    assert_string_equal(news(MAX), "a/1=z ");
}

static void what_was_not_kept_is_taken_again_as_it_is_then(void **state)
{
    (void)state;
    save("a", "1", "x");
    save("a", "2", "y");
    take(MAX);
    save("a", "1", "newer");
    kept_positions_again(kept);
    assert_string_equal(take(MAX), "a/1=newer a/2=y ");
    kept_positions_kept(kept);
    assert_true(kept_positions_done(kept));
}

static void each_has_its_turn(void **state)
{
    (void)state;
    save("a", "1", "x");
    save("a", "2", "y");
    save("a", "3", "z");
    assert_string_equal(take(2), "a/1=x a/2=y ");
    save("a", "1", "xx");
    kept_positions_kept(kept);
    assert_string_equal(take(2), "a/3=z a/1=xx ");
}

static void it_is_done_when_nothing_waits_nor_is_on_its_way(void **state)
{
    (void)state;
    assert_true(kept_positions_done(kept));
    save("a", "1", "x");
    assert_false(kept_positions_done(kept));
    take(MAX);
    assert_false(kept_positions_done(kept));
    save("a", "1", "y");
    kept_positions_kept(kept);
    assert_false(kept_positions_done(kept));
    take(MAX);
    kept_positions_kept(kept);
    assert_true(kept_positions_done(kept));
}

static void a_component_gets_its_splits_and_no_others(void **state)
{
    (void)state;
    save("ab", "", "nameless");
    save("a", "z", "1");
    save("abc", "z", "2");
    save("ab", "z", "3");
    save("ab", "zz", "4");
    assert_string_equal(loaded("ab"), "=nameless z=3 zz=4 ");
    assert_string_equal(loaded("a"), "z=1 ");
    assert_string_equal(loaded("b"), "");
}

static void a_task_gets_its_splits_and_none_of_its_neighbours(void **state)
{
    (void)state;
    save_of("a", 1, "", "one");
    save_of("a", 0, "", "zero");
    save_of("a", 10, "", "ten");
    save_of("a", 1, "more", "1");
    assert_string_equal(loaded_of("a", 0), "=zero ");
    assert_string_equal(loaded_of("a", 1), "=one more=1 ");
    assert_string_equal(loaded_of("a", 10), "=ten ");
    assert_string_equal(loaded_of("a", 2), "");
}

/* {name: data}, as a plan has it; the names of what was taken. */
static void retell(struct pack *told)
{
    struct pack list;
    struct unpacked u;
    uint32_t n;

    pack_init(&list);
    n = kept_positions_take(kept, &list, MAX);
    assert_int_equal(unpack(&u, list.buffer.data, list.buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    pack_map(told, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_object(told, unpack_key(unpack_at(u.root, i), "name"));
        pack_object(told, unpack_key(unpack_at(u.root, i), "data"));
    }
    unpacked_free(&u);
    pack_free(&list);
}

static void read_told(const struct pack *told)
{
    struct unpacked u;

    assert_int_equal(unpack(&u, told->buffer.data, told->buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    kept_positions_free(kept);
    kept = kept_positions_new(env_posix(), BIRTH, soon, NULL);
    kept_positions_read(kept, u.root);
    unpacked_free(&u);
}

/* As records are: each has a name of its own, and says whose it is. */
static void what_tasks_left_comes_back_to_each_of_them(void **state)
{
    struct pack told;

    (void)state;
    save_of("a", 0, "1", "zero");
    save_of("a", 1, "1", "one");
    save_of("a", 11, "", "eleven");
    save_of("a1", 1, "", "another's");
    pack_init(&told);
    retell(&told);
    read_told(&told);
    pack_free(&told);
    assert_string_equal(loaded_of("a", 0), "1=zero ");
    assert_string_equal(loaded_of("a", 1), "1=one ");
    assert_string_equal(loaded_of("a", 11), "=eleven ");
    assert_string_equal(loaded_of("a1", 1), "=another's ");
}

/* Of the only position that is taken. */
static struct position_order order_taken(void)
{
    struct position_order order;
    struct pack list;
    struct unpacked u;
    gale_str data;

    pack_init(&list);
    assert_int_equal(kept_positions_take(kept, &list, MAX), 1);
    assert_int_equal(unpack(&u, list.buffer.data, list.buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    data = unpack_str(unpack_key(unpack_at(u.root, 0), "data"));
    order = position_order_of(data.data, data.size);
    unpacked_free(&u);
    pack_free(&list);
    kept_positions_kept(kept);
    return order;
}

static void read_of(uint64_t birth, uint64_t at)
{
    const struct position_record r = {.component = gale_str_make("a", 1),
                                      .split = gale_str_make("1", 1),
                                      .position = gale_str_make("x", 1),
                                      .order = {birth, at}};
    struct pack told, data;

    pack_init(&data);
    position_record_pack(&r, &data);
    pack_init(&told);
    pack_map(&told, 1);
    pack_key_bytes(&told, "name", data.buffer.data, data.buffer.size);
    pack_free(&data);
    read_told(&told);
    pack_free(&told);
}

static void each_is_newer_than_all_before(void **state)
{
    struct position_order first, second;

    (void)state;
    save("a", "1", "x");
    first = order_taken();
    assert_int_equal(first.birth, BIRTH);
    save("a", "1", "y");
    second = order_taken();
    assert_true(position_order_compare(first, second) < 0);
}

/* Also if the clock was put back since. */
static void each_is_newer_than_what_an_earlier_process_has_left(void **state)
{
    static const uint64_t future = POSITION_AT_MAX / 2;

    (void)state;
    read_of(BIRTH, future);
    save("a", "1", "y");
    assert_int_equal(order_taken().at, future + 1);
    save("a", "1", "z");
    assert_int_equal(order_taken().at, future + 2);
    read_of(BIRTH - 1, future); /* whose clock was another one */
    save("a", "1", "y");
    assert_true(order_taken().at < future);
}

static void names_of_records_are_all_different(void **state)
{
    struct pack told;
    struct unpacked u;

    (void)state;
    save_of("a", 0, "1", "x");
    save_of("a", 1, "1", "x");
    save_of("a", 1, "", "x");
    save_of("a", 11, "", "x");
    pack_init(&told);
    retell(&told);
    assert_int_equal(unpack(&u, told.buffer.data, told.buffer.size,
                            (struct pack_limits){1u << 20, 1000}, "it", NULL),
                     0);
    for (uint32_t i = 0; i < unpack_n_pairs(u.root); i++)
        for (uint32_t j = 0; j < i; j++)
            assert_false(gale_str_eq(unpack_str(&unpack_pair(u.root, i)->key),
                                     unpack_str(&unpack_pair(u.root, j)->key)));
    unpacked_free(&u);
    pack_free(&told);
}

static bool load_until_one(void *to, gale_str split, gale_str position)
{
    (void)split, (void)position;
    return ++*(uint32_t *)to < 1;
}

static void who_has_enough_gets_no_more(void **state)
{
    const struct position_keeper *k = kept_positions_keeper(kept);
    uint32_t n = 0;

    (void)state;
    save("a", "1", "x");
    save("a", "2", "y");
    k->load(k->arg, "a", 0, load_until_one, &n);
    assert_int_equal(n, 1);
}

/* -- by chance ------------------------------------------------------------- */

#define TASKS 4u /* two of each component */
#define SPLITS 30u

static struct model {
    uint32_t position; /* 0: none */
    bool changed, taken;
} model[TASKS][SPLITS];

static void save_by_chance(struct random *rng, uint32_t number)
{
    uint32_t t = (uint32_t)random_below(rng, TASKS);
    uint32_t s = (uint32_t)random_below(rng, SPLITS);
    char component[8], split[16], position[16];

    snprintf(component, sizeof(component), "c%u", t / 2);
    snprintf(split, sizeof(split), "%u", s);
    snprintf(position, sizeof(position), "%u", number);
    save_of(component, t % 2 + 1, split, position);
    model[t][s].position = number;
    model[t][s].changed = true;
}

static void take_by_chance(struct random *rng)
{
    char text[4096], *at = text;
    uint32_t c, i, t, s, position;
    int n;

    snprintf(text, sizeof(text), "%s",
             take(1 + (uint32_t)random_below(rng, 30)));
    while (sscanf(at, "c%u-%u/%u=%u %n", &c, &i, &s, &position, &n) == 4) {
        t = 2 * c + i - 1;
        assert_true(model[t][s].changed);
        assert_int_equal(model[t][s].position, position);
        model[t][s].changed = false;
        model[t][s].taken = true;
        at += n;
    }
    assert_int_equal(*at, '\0');
}

static void settle_by_chance(struct random *rng)
{
    bool again = random_below(rng, 2) == 0;

    for (uint32_t t = 0; t < TASKS; t++)
        for (uint32_t s = 0; s < SPLITS; s++) {
            model[t][s].changed |= model[t][s].taken && again;
            model[t][s].taken = false;
        }
    if (again)
        kept_positions_again(kept);
    else
        kept_positions_kept(kept);
}

static bool model_done(void)
{
    for (uint32_t t = 0; t < TASKS; t++)
        for (uint32_t s = 0; s < SPLITS; s++)
            if (model[t][s].changed || model[t][s].taken)
                return false;
    return true;
}

static void expect_loaded(void)
{
    for (uint32_t t = 0; t < TASKS; t++) {
        char component[8];
        const char *at;
        uint32_t s, position, n_loaded = 0, expected = 0;
        int n;

        snprintf(component, sizeof(component), "c%u", t / 2);
        for (at = loaded_of(component, t % 2 + 1);
             sscanf(at, "%u=%u %n", &s, &position, &n) == 2; at += n) {
            assert_int_equal(model[t][s].position, position);
            n_loaded++;
        }
        for (s = 0; s < SPLITS; s++)
            expected += model[t][s].position > 0;
        assert_int_equal(n_loaded, expected);
    }
}

static void the_same_comes_out_as_of_a_table_that_is_looked_through(
    void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 30; seed++) {
        struct random rng;

        print_message("seed %llu\n", (unsigned long long)seed);
        random_seed(&rng, seed);
        memset(model, 0, sizeof(model));
        kept_positions_free(kept);
        kept = kept_positions_new(env_posix(), BIRTH, soon, NULL);
        for (uint32_t i = 1; i <= 500; i++) {
            if (random_below(&rng, 10) < 8) {
                save_by_chance(&rng, i);
            } else {
                take_by_chance(&rng);
                assert_int_equal(kept_positions_done(kept), model_done());
                settle_by_chance(&rng);
            }
            assert_int_equal(kept_positions_done(kept), model_done());
        }
        expect_loaded();
    }
}

#define test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        test(what_is_saved_is_taken_in_that_order),
        test(of_one_split_the_newest_is_taken),
        test(what_changed_is_news_once_whether_it_is_taken_or_not),
        test(what_was_not_kept_is_taken_again_as_it_is_then),
        test(each_has_its_turn),
        test(it_is_done_when_nothing_waits_nor_is_on_its_way),
        test(a_component_gets_its_splits_and_no_others),
        test(a_task_gets_its_splits_and_none_of_its_neighbours),
        test(what_tasks_left_comes_back_to_each_of_them),
        test(each_is_newer_than_all_before),
        test(each_is_newer_than_what_an_earlier_process_has_left),
        test(names_of_records_are_all_different),
        test(who_has_enough_gets_no_more),
        test(the_same_comes_out_as_of_a_table_that_is_looked_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
