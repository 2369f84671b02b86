/*
 * split.c - bolt: one tuple per word of a text.
 *
 * Words are what stands between ASCII white space: space, \t, \n, \v, \f, \r.
 * All other bytes belong to words.
 *
 * The text is looked at 64 bytes at a time: one bit per byte says whether it is
 * white space, and the places where that changes are the borders of words. So
 * the work grows with the number of words, not of letters.
 */
#include "bolts/text_of.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
    BLOCK = 64,
    LANE = 16,
    WORDS_IN_BLOCK = BLOCK / 2 + 1, /* that may end in it */
    WORDS = 3 * WORDS_IN_BLOCK,
};

struct split {
    gale_str field; /* option */
};

/* Bit i is set if p[i] is white space, for LANE bytes. */
#ifdef __SSE2__
static inline uint64_t blanks_of_lane(const char *p)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)p);
    __m128i space = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(' '));
    __m128i from_tab = _mm_sub_epi8(bytes, _mm_set1_epi8('\t'));
    __m128i upto_return = _mm_min_epu8(from_tab, _mm_set1_epi8('\r' - '\t'));
    __m128i control = _mm_cmpeq_epi8(from_tab, upto_return);

    return (uint64_t)_mm_movemask_epi8(_mm_or_si128(space, control));
}
#endif

static inline uint64_t blanks_one_by_one(const char *p, size_t n)
{
    uint64_t blanks = 0;

    for (size_t i = 0; i < n; i++)
        blanks |= (uint64_t)(p[i] == ' ' || (p[i] >= '\t' && p[i] <= '\r'))
                  << i;
    return blanks;
}

#ifndef __SSE2__
static inline uint64_t blanks_of_lane(const char *p)
{
    return blanks_one_by_one(p, LANE);
}
#endif

/* The same for n ≤ BLOCK bytes; what lies behind them counts as white space.
 * behind: so many bytes before p are part of the text, too. */
static inline uint64_t blanks_of(const char *p, size_t n, size_t behind)
{
    uint64_t blanks = n < BLOCK ? UINT64_MAX << n : 0;
    size_t i, rest;

    for (i = 0; i + LANE <= n; i += LANE)
        blanks |= blanks_of_lane(p + i) << i;
    rest = n - i;
    if (rest == 0)
        return blanks;
    if (behind + n < LANE)
        return blanks | blanks_one_by_one(p + i, rest) << i;
    return blanks | blanks_of_lane(p + n - LANE) >> (LANE - rest) << i;
}

/* Words on their way out: as many tuples in one call as there is room for. */
struct words {
    gale_value values[WORDS];
    uint32_t n;
};

static inline gale_result send(gale_task *task, struct words *out)
{
    uint32_t n = out->n;

    out->n = 0;
    return gale_emit_rows(task, 0, out->values, n);
}

static inline void add_word(struct words *out, const char *word,
                            const char *end)
{
    out->values[out->n++] = gale_string(word, (size_t)(end - word));
}

/* Takes out the lowest bit. */
static inline uint64_t lowest(uint64_t *bits)
{
    uint64_t i = (uint64_t)__builtin_ctzll(*bits);

    *bits &= *bits - 1;
    return i;
}

/* The words that end in a block, which has bits where words are. *open: the
 * word that the block before leaves open, or NULL; then what this one does. */
static inline void add_words(struct words *out, const char *p, uint64_t words,
                             const char **open)
{
    uint64_t before = words << 1 | (*open != NULL);
    uint64_t begins = words & ~before, ends = before & ~words;

    if (*open && ends) {
        add_word(out, *open, p + lowest(&ends));
        *open = NULL;
    }
    while (ends) {
        const char *word = p + lowest(&begins);

        add_word(out, word, p + lowest(&ends));
    }
    if (begins)
        *open = p + lowest(&begins);
}

static gale_result emit_words(gale_task *task, gale_str text)
{
    const char *open = NULL;
    gale_result result = GALE_OK;
    struct words out;

    out.n = 0;
    for (size_t at = 0; at < text.size && result == GALE_OK; at += BLOCK) {
        const char *p = text.data + at;
        size_t left = text.size - at;

        add_words(&out, p, ~blanks_of(p, left < BLOCK ? left : BLOCK, at),
                  &open);
        if (out.n > WORDS - WORDS_IN_BLOCK - 1)
            result = send(task, &out);
    }
    if (result != GALE_OK)
        return result;
    if (open)
        add_word(&out, open, text.data + text.size);
    return send(task, &out);
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct split *s = gale_instance(task);
    gale_str text;
    gale_result result = text_of(task, in, s->field, &text);

    return result == GALE_OK ? emit_words(task, text) : result;
}

GALE_BOLT(split, .summary = "one tuple per word of a text", .execute = execute,
          .instance_size = sizeof(struct split),
          .streams = GALE_OUTPUTS("word"),
          .options = GALE_OPTIONS(
              GALE_OPTION_FIELD(struct split, field, "field", "",
                                "name of the field that holds the text; the "
                                "first one if empty")));
