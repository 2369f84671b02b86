/*
 * test_shared_ring.c - bytes from one side of shared memory to the other: all
 * of them, in order, no wake-up lost; and a side that says what cannot be.
 */
#include "common/random.h"
#include "tests/support/cmocka_all.h"
#include "worker/shared_ring.h"
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { SIZE = 64, SEEDS = 200, STEPS = 2000 };

struct pair {
    struct shared_ring_head head;
    uint8_t data[4096];
    struct shared_ring writer, reader;
};

static void begin(struct pair *p, size_t size)
{
    memset(p, 0, sizeof(*p));
    shared_ring_init(&p->writer, &p->head, p->data, size);
    shared_ring_init(&p->reader, &p->head, p->data, size);
}

/* Byte i of all that goes. */
static uint8_t byte_of(uint64_t i)
{
    return (uint8_t)mix64(i);
}

static void fill(uint8_t *to, uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        to[i] = byte_of(from + i);
}

static bool is_right(const uint8_t *data, uint64_t from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (data[i] != byte_of(from + i))
            return false;
    return true;
}

/* -- what comes ------------------------------------------------------------ */

static void what_is_written_comes_in_any_pieces(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct random chance;
        struct pair p;
        uint64_t to = 0, from = 0;

        begin(&p, SIZE);
        random_seed(&chance, seed);
        for (int i = 0; i < STEPS; i++) {
            uint8_t bytes[2 * SIZE];
            size_t n = random_below(&chance, 2 * SIZE);
            uint64_t room = SIZE - (to - from), come = to - from;

            if (random_below(&chance, 2) == 0) {
                fill(bytes, to, n);
                assert_int_equal(shared_ring_write(&p.writer, bytes, n),
                                 n < room ? n : room);
                to += n < room ? n : room;
            } else {
                n = n < come ? n : come;
                assert_int_equal(shared_ring_read(&p.reader, bytes, n), n);
                assert_true(is_right(bytes, from, n));
                from += n;
            }
            assert_int_equal(shared_ring_has(&p.reader), to != from);
            assert_int_equal(shared_ring_has_room(&p.writer),
                             to - from != SIZE);
        }
    }
}

static void who_rests_is_woken_once_and_only_if_he_rests(void **state)
{
    struct pair p;

    (void)state;
    begin(&p, SIZE);
    assert_int_equal(shared_ring_write(&p.writer, "a", 1), 1);
    assert_false(shared_ring_wakes_reader(&p.writer));
    assert_false(shared_ring_reader_rests(&p.reader)); /* there is something */
    shared_ring_reader_is_up(&p.reader);
    assert_false(shared_ring_wakes_reader(&p.writer));
    assert_int_equal(shared_ring_read(&p.reader, p.data + SIZE, SIZE), 1);
    assert_true(shared_ring_reader_rests(&p.reader));
    assert_true(shared_ring_wakes_reader(&p.writer));
    assert_false(shared_ring_wakes_reader(&p.writer));
    assert_false(shared_ring_writer_rests(&p.writer)); /* there is room */
    shared_ring_writer_is_up(&p.writer);
    assert_int_equal(shared_ring_write(&p.writer, p.data + SIZE, 2 * SIZE),
                     SIZE);
    assert_true(shared_ring_writer_rests(&p.writer));
    assert_true(shared_ring_wakes_writer(&p.reader));
    assert_false(shared_ring_wakes_writer(&p.reader));
}

/* -- what cannot be -------------------------------------------------------- */

static void a_count_of_the_other_side_that_cannot_be_is_refused(void **state)
{
    static const struct {
        uint64_t written, read; /* at first, by both, truly */
        bool is_writers;        /* count, that is set to … */
        uint64_t count;
        int64_t n; /* the other side gets so far; -1: not at all */
    } cases[] = {
        {10, 4, true, 10, 5},
        {10, 4, true, 9, -1}, /* less than before */
        {10, 4, true, 4, -1},
        {10, 4, true, 3, -1},
        {10, 4, true, 4 + SIZE, 5},
        {10, 4, true, 5 + SIZE, -1}, /* more than there is room for */
        {10, 4, true, UINT64_MAX, -1},
        {10, 4, true, 0, -1},
        {10, 4, false, 10, 5},
        {10, 4, false, 3, -1},  /* less than before */
        {10, 4, false, 11, -1}, /* what was not written */
        {10, 4, false, UINT64_MAX, -1},
        {10, 4, false, 0, -1},
        {10, 4, false, UINT64_C(1) << 63, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct pair p;
        uint8_t bytes[SIZE];

        begin(&p, SIZE);
        fill(bytes, 0, cases[i].written);
        shared_ring_write(&p.writer, bytes, cases[i].written);
        shared_ring_read(&p.reader, bytes, cases[i].read);
        shared_ring_write(&p.writer, bytes, 0); /* each has looked */
        shared_ring_read(&p.reader, bytes, 0);
        atomic_store(cases[i].is_writers ? &p.head.written : &p.head.read,
                     cases[i].count);
        if ((cases[i].is_writers
                 ? shared_ring_read(&p.reader, bytes, 5)
                 : shared_ring_write(&p.writer, bytes, 5)) != cases[i].n)
            fail_msg("case %zu", i);
    }
}

/* Whatever is written over its part, nothing but its own memory is touched. */
static void nothing_beyond_the_ring_is_touched(void **state)
{
    struct random chance;
    uint8_t guard[SIZE];

    (void)state;
    random_seed(&chance, 7);
    memset(guard, 0x5a, sizeof(guard));
    for (int i = 0; i < 20000; i++) {
        struct pair p;
        uint8_t bytes[4 * SIZE];

        begin(&p, SIZE);
        memset(p.data + SIZE, 0x5a, SIZE);
        memset(bytes, 0, sizeof(bytes));
        for (int k = 0; k < 8; k++) {
            uint64_t lot = random_next(&chance);
            _Atomic(uint64_t) *at = lot & 1 ? &p.head.written : &p.head.read;

            atomic_store(at, lot & 2 ? random_next(&chance)
                                     : random_below(&chance, 3 * SIZE));
            assert_true(shared_ring_write(&p.writer, bytes, 2 * SIZE) <= SIZE);
            assert_true(shared_ring_read(&p.reader, bytes, 2 * SIZE) <= SIZE);
        }
        assert_memory_equal(p.data + SIZE, guard, SIZE);
    }
}

/* -- two threads ----------------------------------------------------------- */

enum { BYTES = 2000000 };

/* Each sleeps when it has nothing to do, until the other one wakes it. */
struct sleeper {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool rung;
    uint64_t sleeps;
};

static struct {
    struct pair p;
    struct sleeper reader, writer;
} two;

static void ring(struct sleeper *s)
{
    pthread_mutex_lock(&s->lock);
    s->rung = true;
    pthread_cond_signal(&s->cond);
    pthread_mutex_unlock(&s->lock);
}

static void await_ring(struct sleeper *s)
{
    pthread_mutex_lock(&s->lock);
    s->sleeps++;
    while (!s->rung)
        pthread_cond_wait(&s->cond, &s->lock);
    s->rung = false;
    pthread_mutex_unlock(&s->lock);
}

static void *write_all(void *arg)
{
    struct random chance;
    uint8_t bytes[128];
    uint64_t sent = 0;

    random_seed(&chance, *(uint64_t *)arg);
    while (sent < BYTES) {
        size_t n = 1 + random_below(&chance, sizeof(bytes));
        int64_t went;

        n = n < BYTES - sent ? n : (size_t)(BYTES - sent);
        fill(bytes, sent, n);
        went = shared_ring_write(&two.p.writer, bytes, n);
        sent += (uint64_t)went;
        if (went > 0 && shared_ring_wakes_reader(&two.p.writer))
            ring(&two.reader);
        if (went == 0 && shared_ring_writer_rests(&two.p.writer))
            await_ring(&two.writer);
    }
    return NULL;
}

static uint64_t read_all(uint64_t seed)
{
    struct random chance;
    uint8_t bytes[256];
    uint64_t got = 0, wrong = 0;

    random_seed(&chance, seed);
    while (got < BYTES) {
        size_t n = 1 + random_below(&chance, sizeof(bytes));
        int64_t came = shared_ring_read(&two.p.reader, bytes, n);

        wrong += !is_right(bytes, got, (size_t)came);
        got += (uint64_t)came;
        if (came > 0 && shared_ring_wakes_writer(&two.p.reader))
            ring(&two.writer);
        if (came == 0 && shared_ring_reader_rests(&two.p.reader))
            await_ring(&two.reader);
    }
    return wrong;
}

/* A wake-up that is lost leaves one of them asleep for ever. */
static void two_threads_lose_neither_bytes_nor_wake_ups(void **state)
{
    static const size_t sizes[] = {16, 64, 4096};

    (void)state;
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        uint64_t seed = 1 + i;
        pthread_t writer;

        memset(&two, 0, sizeof(two));
        begin(&two.p, sizes[i]);
        pthread_mutex_init(&two.reader.lock, NULL);
        pthread_cond_init(&two.reader.cond, NULL);
        pthread_mutex_init(&two.writer.lock, NULL);
        pthread_cond_init(&two.writer.cond, NULL);
        assert_int_equal(pthread_create(&writer, NULL, write_all, &seed), 0);
        assert_int_equal(read_all(100 + seed), 0);
        pthread_join(writer, NULL);
        assert_false(shared_ring_has(&two.p.reader));
        assert_true(two.reader.sleeps + two.writer.sleeps > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_comes_in_any_pieces),
        cmocka_unit_test(who_rests_is_woken_once_and_only_if_he_rests),
        cmocka_unit_test(a_count_of_the_other_side_that_cannot_be_is_refused),
        cmocka_unit_test(nothing_beyond_the_ring_is_touched),
        cmocka_unit_test(two_threads_lose_neither_bytes_nor_wake_ups),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
