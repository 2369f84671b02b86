/*
 * zipf_text.c - makes the large text.
 *
 * A random number is looked up among the cumulated shares of the words. The
 * letters of a word are random, its size grows with its rank as in natural
 * languages: two letters for the most frequent, up to 18 for the rarest.
 *
 * The text is written under another name and renamed once it is whole. A small
 * file beside it says how many words it has.
 */
#include "tests/bench/zipf_text.h"
#include "common/random.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    N_WORDS = 100000,
    WORD_MAX = 18,   /* letters */
    LINE_WORDS = 23, /* words, at most */
    BUFFER = 1024 * 1024,
    GUIDES = 1 << 16,
    SEED = 1,
};

#define DIRECTORY "build/bench"

struct word {
    uint8_t size;
    char text[WORD_MAX + 1];
};

struct vocabulary {
    struct random random;
    struct word words[N_WORDS]; /* most frequent first */
    uint32_t upto[N_WORDS]; /* numbers below this are this word or one before */
    uint32_t first[GUIDES]; /* the first word of the numbers i * 2^16 … */
};

/* -- words ----------------------------------------------------------------- */

static uint32_t hash_of(const struct word *w)
{
    uint64_t hash = w->size;

    for (uint32_t i = 0; i < w->size; i++)
        hash = mix64(hash ^ (uint8_t)w->text[i]);
    return (uint32_t)hash;
}

/* 2 … 3 letters at the front, 5 … 18 at the end. */
static uint32_t size_of_rank(struct random *random, uint32_t rank)
{
    uint32_t digits = 1, least, most;

    for (uint32_t r = rank; r >= 10; r /= 10)
        digits++;
    least = digits < 2 ? 2 : digits;
    most = digits < 5 ? 1 + 2 * digits : 14;
    if (digits == 5 && random_below(random, 50) == 0)
        most = WORD_MAX;
    return least + (uint32_t)random_below(random, most - least + 1);
}

static void make_word(struct random *random, uint32_t rank, struct word *w)
{
    w->size = (uint8_t)size_of_rank(random, rank);
    for (uint32_t i = 0; i < w->size; i++)
        w->text[i] = (char)('a' + random_below(random, 26));
}

/* All different: a table of ranks + 1, by the words' hashes. */
static void make_words(struct vocabulary *v)
{
    enum { BITS = 18, PLACES = 1 << BITS };
    uint32_t *seen = xcalloc(PLACES, sizeof(*seen));

    for (uint32_t rank = 0; rank < N_WORDS;) {
        struct word *w = &v->words[rank];
        uint32_t at;

        make_word(&v->random, rank, w);
        at = hash_of(w) % PLACES;
        while (seen[at] && memcmp(&v->words[seen[at] - 1], w, 1 + w->size))
            at = (at + 1) % PLACES;
        if (seen[at])
            continue; /* there is this word: make another */
        seen[at] = ++rank;
    }
    free(seen);
}

/* -- drawing --------------------------------------------------------------- */

static void share_out(struct vocabulary *v)
{
    double sum = 0, upto = 0;
    uint32_t rank = 0;

    for (uint32_t i = 0; i < N_WORDS; i++)
        sum += 1.0 / (i + 1);
    for (uint32_t i = 0; i < N_WORDS; i++) {
        upto += 1.0 / (i + 1) / sum;
        v->upto[i] = upto < 1 ? (uint32_t)(upto * 4294967296.0) : UINT32_MAX;
    }
    v->upto[N_WORDS - 1] = UINT32_MAX;
    for (uint32_t i = 0; i < GUIDES; i++) {
        while (v->upto[rank] <= i << 16)
            rank++;
        v->first[i] = rank;
    }
}

static const struct word *draw(struct vocabulary *v, uint32_t number)
{
    uint32_t rank = v->first[number >> 16];

    while (v->upto[rank] <= number && rank < N_WORDS - 1)
        rank++;
    return &v->words[rank];
}

/* Append a line of at least one word; how many there are. */
static uint32_t append_line(struct vocabulary *v, char **at)
{
    uint64_t bits = random_next(&v->random);
    uint32_t n = 1 + (uint32_t)((bits & 0xffff) * LINE_WORDS >> 16);

    for (uint32_t i = 0; i < n; i++) {
        const struct word *w =
            draw(v, (uint32_t)(random_next(&v->random) >> 32));

        memcpy(*at, w->text, w->size);
        *at += w->size;
        *(*at)++ = i + 1 < n ? ' ' : '\n';
    }
    return n;
}

/* -- files ----------------------------------------------------------------- */

static int cannot(const char *what, const char *path)
{
    fprintf(stderr, "bench: cannot %s %s: %s\n", what, path, strerror(errno));
    return -1;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);

        if (n < 0)
            return -1;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Lines until there are so many bytes; t gets what there is. */
static int write_lines(int fd, struct vocabulary *v, struct zipf_text *t,
                       uint64_t bytes)
{
    char *buffer = xmalloc(BUFFER + LINE_WORDS * (WORD_MAX + 1));
    int rc = 0;

    t->bytes = t->words = 0;
    while (t->bytes < bytes && rc == 0) {
        char *end = buffer;

        while (end < buffer + BUFFER && t->bytes + (end - buffer) < bytes)
            t->words += append_line(v, &end);
        rc = write_all(fd, buffer, (size_t)(end - buffer));
        t->bytes += (uint64_t)(end - buffer);
    }
    free(buffer);
    return rc;
}

static int write_words(const char *path, uint64_t words)
{
    FILE *f = fopen(path, "we");

    if (!f)
        return -1;
    fprintf(f, "%" PRIu64 "\n", words);
    return fclose(f);
}

static int make(struct zipf_text *t, const char *words, uint32_t mb)
{
    struct vocabulary *v = xcalloc(1, sizeof(*v));
    char part[sizeof(t->path) + 8];
    int fd, rc;

    fprintf(stderr, "bench: making %s (%u MB)\n", t->path, mb);
    random_seed(&v->random, SEED);
    make_words(v);
    share_out(v);
    snprintf(part, sizeof(part), "%s.part", t->path);
    fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    rc = fd < 0 ? -1 : write_lines(fd, v, t, mb * UINT64_C(1000000));
    if (rc || close(fd) || write_words(words, t->words) ||
        rename(part, t->path)) {
        rc = cannot("write", part);
        unlink(part);
    }
    free(v);
    return rc;
}

/* From an earlier run; false: it is not there. */
static bool known(struct zipf_text *t, const char *words)
{
    FILE *f = fopen(words, "re");
    struct stat st;
    bool is = f && !stat(t->path, &st) && st.st_size > 0 &&
              fscanf(f, "%" SCNu64, &t->words) == 1;

    if (f)
        fclose(f);
    if (is)
        t->bytes = (uint64_t)st.st_size;
    return is;
}

/* So that nobody has to wait for the disk when it counts. */
static int read_once(const struct zipf_text *t)
{
    char *buffer = xmalloc(BUFFER);
    int fd = open(t->path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : 1;

    while (n > 0)
        n = read(fd, buffer, BUFFER);
    if (n < 0)
        cannot("read", t->path);
    if (fd >= 0)
        close(fd);
    free(buffer);
    return n < 0 ? -1 : 0;
}

int zipf_text_get(struct zipf_text *t, uint32_t mb)
{
    char words[sizeof(t->path) + 8];

    snprintf(t->path, sizeof(t->path), "%s/zipf-%u.txt", DIRECTORY, mb);
    snprintf(words, sizeof(words), "%s.words", t->path);
    if (mkdir("build", 0777) && errno != EEXIST)
        return cannot("make", "build");
    if (mkdir(DIRECTORY, 0777) && errno != EEXIST)
        return cannot("make", DIRECTORY);
    if (!known(t, words) && make(t, words, mb))
        return -1;
    return read_once(t);
}
