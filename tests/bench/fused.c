/*
 * fused.c - words split and counted in one loop.
 *
 * A text is looked at 64 bytes at a time: one bit a byte says whether it is
 * white space, and the places where the bits change are the borders of words.
 * Nothing branches on a letter, so that the branch predictor has only the
 * number of words of a block to guess.
 *
 * The loops know nothing of the texts that they are given: any bytes, any
 * number of different words, words of any size.
 */
#include "tests/bench/fused.h"
#include "common/check.h"
#include "common/random.h"
#include "tests/bench/five_sentences.h"
#include "tests/bench/word_table.h"
#include "tests/bench/zipf_text.h"
#include "topology-api/memory.h"
#include <emmintrin.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

enum {
    BLOCK = 64,
    LANE = 16,
    BEHIND = BLOCK, /* bytes that may be read behind a text */
    BUFFER = 256 * 1024,
    ROUND = 10000, /* sentences between looks at the clock */
};

/* -- splitting ------------------------------------------------------------- */

/* Bit i is set if p[i] is white space: ' ' or one of \t \n \v \f \r. */
static inline uint64_t blanks_of_lane(const char *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i space = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
    __m128i from_tab = _mm_sub_epi8(bytes, _mm_set1_epi8('\t'));
    __m128i upto_return = _mm_min_epu8(from_tab, _mm_set1_epi8('\r' - '\t'));
    __m128i control = _mm_cmpeq_epi8(from_tab, upto_return);

    return (uint64_t)_mm_movemask_epi8(_mm_or_si128(space, control));
}

/* Of n bytes; those behind them count as white space. */
static inline uint64_t blanks_of(const char *p, size_t n)
{
    uint64_t blanks = blanks_of_lane(p);

    if (n > LANE)
        blanks |= blanks_of_lane(p + LANE) << LANE;
    if (n > 2 * LANE)
        blanks |= blanks_of_lane(p + 2 * LANE) << 2 * LANE;
    if (n > 3 * LANE)
        blanks |= blanks_of_lane(p + 3 * LANE) << 3 * LANE;
    return n < BLOCK ? blanks | UINT64_MAX << n : blanks;
}

static inline uint64_t lowest(uint64_t *bits)
{
    uint64_t i = (uint64_t)__builtin_ctzll(*bits);

    *bits &= *bits - 1;
    return i;
}

typedef void take_fn(void *arg, const char *word, size_t size);

#define INLINE static inline __attribute__((always_inline))

/* Calls take, which is inlined, for each word; how many there were. */
INLINE uint64_t for_words(const char *text, size_t size, take_fn *take,
                          void *arg)
{
    const char *open = NULL; /* the word that a block leaves open */
    uint64_t n = 0;

    for (size_t at = 0; at < size; at += BLOCK) {
        const char *p = text + at;
        uint64_t words = ~blanks_of(p, size - at);
        uint64_t borders = words ^ (words << 1 | (open != NULL));

        if (open && borders) {
            take(arg, open, (size_t)(p + lowest(&borders) - open));
            open = NULL;
            n++;
        }
        while (borders) {
            const char *word = p + lowest(&borders);

            if (__builtin_expect(!borders, 0)) {
                open = word;
                break;
            }
            take(arg, word, (size_t)(p + lowest(&borders) - word));
            n++;
        }
    }
    if (open) {
        take(arg, open, (size_t)(text + size - open));
        n++;
    }
    return n;
}

/* -- the five sentences ---------------------------------------------------- */

struct sentences {
    struct word_table table;
    struct {
        size_t size;
        char text[128 - sizeof(size_t)]; /* and what may be read behind it */
    } items[FIVE_SENTENCES];
    uint32_t turn;
    struct random random;
};

typedef uint64_t sentences_fn(struct sentences *s);

INLINE void count(void *arg, const char *word, size_t size)
{
    struct word_table *t = arg;
    struct word_key key;

    if (__builtin_expect(size > WORD_TABLE_INLINE, 0)) {
        word_table_count_long(t, word, size);
        return;
    }
    key = word_table_key(word, size);
    word_table_count(t, key, word_table_place(t, key));
}

static uint64_t count_words(struct word_table *t, const char *text, size_t size)
{
    return for_words(text, size, count, t);
}

static uint64_t round_in_turn(struct sentences *s)
{
    uint64_t n = 0;

    for (uint32_t i = 0; i < ROUND; i++) {
        n += count_words(&s->table, s->items[s->turn].text,
                         s->items[s->turn].size);
        s->turn = s->turn + 1 < FIVE_SENTENCES ? s->turn + 1 : 0;
    }
    return n;
}

/* Drawn as the spout draws them: four of 64 random bits. */
static uint64_t round_at_random(struct sentences *s)
{
    uint64_t bits = 0, n = 0;

    for (uint32_t i = 0; i < ROUND; i++) {
        uint32_t k;

        bits = i % 4 ? bits >> 16 : random_next(&s->random);
        k = (uint32_t)((bits & 0xffff) * FIVE_SENTENCES >> 16);
        n += count_words(&s->table, s->items[k].text, s->items[k].size);
    }
    return n;
}

static uint64_t repeat(struct sentences *s, sentences_fn *round, double seconds,
                       double *took)
{
    double start = bench_now();
    uint64_t n = 0;

    do {
        for (int i = 0; i < 16; i++)
            n += round(s);
        *took = bench_now() - start;
    } while (*took < seconds);
    return n;
}

static int run_sentences(const struct bench_run *r, sentences_fn *round)
{
    struct sentences *s = xcalloc(1, sizeof(*s));
    uint64_t n, before;
    double took;

    for (uint32_t i = 0; i < FIVE_SENTENCES; i++) {
        s->items[i].size = strlen(five_sentences[i]);
        check(s->items[i].size + BEHIND <= sizeof(s->items[i].text));
        memcpy(s->items[i].text, five_sentences[i], s->items[i].size);
    }
    word_table_init(&s->table);
    random_seed(&s->random, 1);
    before = repeat(s, round, r->options->seconds / 4, &took);
    n = repeat(s, round, r->options->seconds, &took);
    check(word_table_sum(&s->table) == before + n);
    bench_figure("rate", (double)n / took / 1e6);
    word_table_free(&s->table);
    free(s);
    return 0;
}

int fused_in_turn(const struct bench_run *r)
{
    return run_sentences(r, round_in_turn);
}

int fused_at_random(const struct bench_run *r)
{
    return run_sentences(r, round_at_random);
}

/* -- the large text -------------------------------------------------------- */

/* Words wait while the cache fetches their slots: those of a large table are
 * far away. */
enum { WAITING = 32 };

struct reader {
    struct word_table table;
    struct word_key waiting[WAITING]; /* size 0: none waits here */
    uint64_t turn;
    uint64_t n; /* words */
    int fd;
    char *data;
    size_t size; /* bytes at hand */
};

static void count_waiting(struct reader *f, struct word_key *key)
{
    if (key->hi != 0)
        word_table_count(&f->table, *key, word_table_place(&f->table, *key));
}

INLINE void put(void *arg, const char *word, size_t size)
{
    struct reader *f = arg;
    struct word_key *key = &f->waiting[f->turn++ % WAITING];

    count_waiting(f, key);
    if (__builtin_expect(size > WORD_TABLE_INLINE, 0)) {
        key->hi = 0;
        word_table_count_long(&f->table, word, size);
        return;
    }
    *key = word_table_key(word, size);
    __builtin_prefetch(&f->table.slots[word_table_place(&f->table, *key)]);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* All but a word at the end that may go on. */
static void count_whole_words(struct reader *f)
{
    size_t size = f->size;

    while (size > 0 && !is_blank(f->data[size - 1]))
        size--;
    f->n += for_words(f->data, size, put, f);
    f->size -= size;
    memmove(f->data, f->data + size, f->size);
}

static int read_all(struct reader *f)
{
    ssize_t n;

    while ((n = read(f->fd, f->data + f->size, BUFFER - f->size)) > 0) {
        f->size += (size_t)n;
        count_whole_words(f);
        check(f->size < BUFFER);
    }
    f->n += for_words(f->data, f->size, put, f);
    for (uint32_t i = 0; i < WAITING; i++)
        count_waiting(f, &f->waiting[i]);
    return n < 0 ? -1 : 0;
}

int fused_file(const struct bench_run *r)
{
    struct reader f = {.fd = -1};
    struct zipf_text text;
    double start;
    int rc;

    if (zipf_text_get(&text, r->options->file_mb))
        return -1;
    start = bench_now();
    word_table_init(&f.table);
    f.data = xmalloc(BUFFER + BEHIND);
    f.fd = open(text.path, O_RDONLY | O_CLOEXEC);
    rc = f.fd < 0 ? -1 : read_all(&f);
    if (rc)
        fprintf(stderr, "bench: cannot read %s: %s\n", text.path,
                strerror(errno));
    bench_figure("rate", (double)f.n / (bench_now() - start) / 1e6);
    check(rc || (f.n == text.words && word_table_sum(&f.table) == f.n));
    word_table_free(&f.table);
    free(f.data);
    close(f.fd);
    return rc;
}
