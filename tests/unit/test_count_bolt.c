/* test_count_bolt.c - what bolts/count.c takes for the same key, and when it
 * says how often. */
#include "common/random.h"
#include "tests/support/fake_host.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

static struct fake_host *counting(const char *emit)
{
    struct fake_host *f = fake_host_new("count", false);

    fake_host_set(f, "emit", gale_cstr(emit));
    fake_host_set(f, "emit.ms", gale_int(250));
    assert_int_equal(fake_host_start(f), GALE_OK);
    return f;
}

static void count(struct fake_host *f, gale_value key)
{
    assert_int_equal(fake_host_execute(f, &key, 1), GALE_OK);
}

static bool same(gale_value a, gale_value b)
{
    if (a.kind != b.kind)
        return false;
    if (a.kind == GALE_STRING || a.kind == GALE_BYTES)
        return gale_str_eq(gale_value_str(a), gale_value_str(b));
    return a.as.i == b.as.i;
}

/* What was emitted for the key; 0 for nothing, -1 for more than one tuple. */
static int64_t counted(const struct fake_host *f, gale_value key)
{
    int64_t n = 0;

    for (size_t i = 0; i < f->n_emitted; i++)
        if (same(f->emitted[i].values[0], key))
            n = n ? -1 : f->emitted[i].values[1].as.i;
    return n;
}

static gale_result end(struct fake_host *f)
{
    fake_host_clear(f);
    return f->component.bolt.end_of_input(&f->task);
}

static void totals_come_at_the_end_of_the_input(void **state)
{
    struct fake_host *f = counting("end");

    (void)state;
    count(f, gale_cstr("cow"));
    count(f, gale_cstr("moon"));
    count(f, gale_cstr("cow"));
    f->component.bolt.tick(&f->task);
    assert_int_equal(f->n_emitted, 0);
    assert_int_equal(end(f), GALE_OK);
    assert_int_equal(f->n_emitted, 2);
    assert_int_equal(counted(f, gale_cstr("cow")), 2);
    assert_int_equal(counted(f, gale_cstr("moon")), 1);
    fake_host_free(f);
}

static void a_tick_says_what_has_changed(void **state)
{
    struct fake_host *f = counting("tick");

    (void)state;
    assert_int_equal(f->tick_ms, 250);
    count(f, gale_cstr("cow"));
    count(f, gale_cstr("moon"));
    f->component.bolt.tick(&f->task);
    assert_int_equal(f->n_emitted, 2);
    fake_host_clear(f);
    count(f, gale_cstr("cow"));
    f->component.bolt.tick(&f->task);
    assert_int_equal(f->n_emitted, 1);
    assert_int_equal(counted(f, gale_cstr("cow")), 2);
    end(f);
    assert_int_equal(f->n_emitted, 0);
    fake_host_free(f);
}

static void each_says_every_count(void **state)
{
    struct fake_host *f = counting("each");

    (void)state;
    for (int i = 1; i <= 3; i++) {
        fake_host_clear(f);
        count(f, gale_cstr("cow"));
        assert_int_equal(counted(f, gale_cstr("cow")), i);
    }
    end(f);
    assert_int_equal(f->n_emitted, 0);
    fake_host_free(f);
}

static void keys_of_different_kind_or_value_differ(void **state)
{
    static const char one = 1;
    const gale_value keys[] = {
        gale_nil(),
        gale_bool(false),
        gale_bool(true),
        gale_int(0),
        gale_int(1),
        gale_int(INT64_MIN),
        gale_float(0),
        gale_float(1),
        gale_float(HUGE_VAL),
        gale_string("", 0),
        gale_string("\0", 1),
        gale_string("\0\0", 2),
        gale_string("\1", 1),
        gale_bytes(&one, 1),
        gale_bytes("", 0),
        gale_cstr("thirteen byte"),
        gale_cstr("fourteen bytes"),
        gale_cstr("a fifteenth one"),
        gale_cstr("a fifteenth two"),
        gale_bytes("a fifteenth two", 15),
        gale_cstr("snow white and the seven dwarfs, who were seven"),
        gale_cstr("snow white and the seven dwarfs, who were eight"),
    };
    size_t n = sizeof(keys) / sizeof(keys[0]);
    struct fake_host *f = counting("end");

    (void)state;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k <= i; k++)
            count(f, keys[i]);
    end(f);
    assert_int_equal(f->n_emitted, n);
    for (size_t i = 0; i < n; i++)
        assert_int_equal(counted(f, keys[i]), i + 1);
    fake_host_free(f);
}

static void words_of_every_size_are_told_apart(void **state)
{
    char text[41] = "0123456789abcdefghijklmnopqrstuvwxyzABCD";
    struct fake_host *f = counting("end");

    (void)state;
    for (size_t size = 0; size <= 40; size++) {
        count(f, gale_string(text, size));
        for (size_t i = 0; i < size; i++) {
            text[i] ^= 1;
            count(f, gale_string(text, size));
            text[i] ^= 1;
        }
        count(f, gale_string(text, size));
    }
    end(f);
    assert_int_equal(f->n_emitted, 41 + 40 * 41 / 2);
    for (size_t size = 0; size <= 40; size++)
        assert_int_equal(counted(f, gale_string(text, size)), 2);
    fake_host_free(f);
}

/* Where the next page cannot be read. */
static void words_at_the_end_of_memory_are_read_and_no_further(void **state)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *memory = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct fake_host *f = counting("end");

    (void)state;
    assert_ptr_not_equal(memory, MAP_FAILED);
    assert_int_equal(mprotect(memory + page, page, PROT_NONE), 0);
    memset(memory, 'x', page);
    for (size_t size = 0; size <= 20; size++) {
        count(f, gale_string(memory + page - size, size));
        count(f, gale_string(memory, size));
    }
    end(f);
    assert_int_equal(f->n_emitted, 21);
    for (size_t size = 0; size <= 20; size++)
        assert_int_equal(counted(f, gale_string(memory, size)), 2);
    fake_host_free(f);
    munmap(memory, 2 * page);
}

static void minus_zero_is_zero_and_every_nan_the_same(void **state)
{
    struct fake_host *f = counting("end");

    (void)state;
    count(f, gale_float(0.0));
    count(f, gale_float(-0.0));
    count(f, gale_float((double)NAN));
    count(f, gale_float(-(double)NAN));
    end(f);
    assert_int_equal(f->n_emitted, 2);
    assert_int_equal(counted(f, gale_float(0)), 2);
    fake_host_free(f);
}

static void a_hundred_thousand_words_are_counted(void **state)
{
    enum { WORDS = 100000 };
    struct fake_host *f = counting("end");
    int64_t sum = 0;
    char word[32];

    (void)state;
    for (int i = 0; i < 3 * WORDS; i++) {
        int n = i % WORDS;

        snprintf(word, sizeof(word), n % 10 ? "w%d" : "a longer word, %d", n);
        count(f, gale_cstr(word));
    }
    end(f);
    assert_int_equal(f->n_emitted, WORDS);
    for (size_t i = 0; i < f->n_emitted; i++) {
        assert_int_equal(f->emitted[i].values[1].as.i, 3);
        sum += strtoll(strpbrk(f->emitted[i].values[0].as.data, "0123456789"),
                       NULL, 10);
    }
    assert_int_equal(sum, (int64_t)WORDS * (WORDS - 1) / 2);
    fake_host_free(f);
}

/* Some of them new, so that the table grows in the middle of a batch. */
static gale_value some_key(struct random *r, char *text)
{
    uint32_t n = (uint32_t)(random_next(r) % 9000);

    switch (random_next(r) % 5) {
    case 0:
        return gale_int(n);
    case 1:
        return gale_float(n);
    case 2:
        return gale_nil();
    case 3:
        snprintf(text, 64, "a word of more than 14 bytes, %u", n % 1000);
        return gale_cstr(text);
    default:
        snprintf(text, 64, "w%u", n);
        return gale_cstr(text);
    }
}

static void batches_are_counted_as_their_tuples_are(const char *emit)
{
    struct fake_host *one = counting(emit), *many = counting(emit);
    gale_value keys[GALE_BATCH_MAX];
    char texts[GALE_BATCH_MAX][64];
    struct random r;

    random_seed(&r, 5);
    for (int i = 0; i < 300; i++) {
        uint32_t n = 1 + (uint32_t)(random_next(&r) % GALE_BATCH_MAX);

        for (uint32_t k = 0; k < n; k++) {
            keys[k] = some_key(&r, texts[k]);
            count(one, keys[k]);
        }
        assert_int_equal(fake_host_execute_batch(many, keys, 1, n), GALE_OK);
    }
    assert_int_equal(many->n_settled, 0);
    assert_int_equal(one->n_emitted, many->n_emitted);
    if (strcmp(emit, "end") == 0) {
        end(one);
        end(many);
    }
    assert_int_equal(one->n_emitted, many->n_emitted);
    assert_true(one->n_emitted > 10000);
    for (size_t i = 0; i < one->n_emitted; i += 97) {
        gale_value key = one->emitted[i].values[0];

        assert_int_equal(counted(one, key), counted(many, key));
    }
    fake_host_free(one);
    fake_host_free(many);
}

static void a_batch_is_counted_as_its_tuples_are(void **state)
{
    (void)state;
    batches_are_counted_as_their_tuples_are("end");
    batches_are_counted_as_their_tuples_are("each");
}

static void of_a_batch_only_the_list_is_poison(void **state)
{
    const gale_value items[] = {gale_int(1)};
    struct fake_host *f = counting("end");

    (void)state;
    assert_int_equal(fake_host_execute_batch(f,
                                             (gale_value[]){gale_cstr("cow"),
                                                            gale_list(items, 1),
                                                            gale_cstr("cow")},
                                             1, 3),
                     GALE_OK);
    assert_int_equal(f->n_settled, 1);
    assert_int_equal(f->settled, GALE_POISON);
    end(f);
    assert_int_equal(f->n_emitted, 1);
    assert_int_equal(counted(f, gale_cstr("cow")), 2);
    fake_host_free(f);
}

static void a_list_is_no_key(void **state)
{
    const gale_value items[] = {gale_int(1)};
    struct fake_host *f = counting("end");

    (void)state;
    assert_int_equal(fake_host_execute(f, GALE_VALUES(gale_list(items, 1))),
                     GALE_POISON);
    assert_string_equal(f->text, "a list or a map (from source, stream source) "
                                 "cannot be counted: give a number or text");
    end(f);
    assert_int_equal(f->n_emitted, 0);
    fake_host_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_come_at_the_end_of_the_input),
        cmocka_unit_test(a_tick_says_what_has_changed),
        cmocka_unit_test(each_says_every_count),
        cmocka_unit_test(keys_of_different_kind_or_value_differ),
        cmocka_unit_test(words_of_every_size_are_told_apart),
        cmocka_unit_test(words_at_the_end_of_memory_are_read_and_no_further),
        cmocka_unit_test(minus_zero_is_zero_and_every_nan_the_same),
        cmocka_unit_test(a_hundred_thousand_words_are_counted),
        cmocka_unit_test(a_batch_is_counted_as_its_tuples_are),
        cmocka_unit_test(of_a_batch_only_the_list_is_poison),
        cmocka_unit_test(a_list_is_no_key),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
