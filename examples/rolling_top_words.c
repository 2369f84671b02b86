/*
 * rolling_top_words.c - topology: which words came most often of late.
 *
 *     numbers --shuffle--> words --fields(word)--> count
 *             --fields(word)--> rank --global--> total --global--> print
 *
 * Storm's RollingTopWords: `count` keeps how often each word came within a
 * window that slides on with every tick; `rank` keeps the words with the
 * largest counts among those that it is told of, `total` those of all ranks.
 * Every EMIT_MS, and at the end, it prints one line, the largest first:
 *
 *     {cow: 4512, moon: 2251, apple: 1108, doctor: 560, score: 288}
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <search.h>
#include <stdlib.h>

enum { SLOTS_MAX = 64, TOP_MAX = 64 };

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory) {
        fprintf(stderr, "gale: rolling_top_words: out of memory\n");
        abort();
    }
    return memory;
}

static char *copy_word(gale_str word)
{
    char *copy = (char *)allocate(word.size + 1);

    if (word.size > 0) /* an empty text may be NULL */
        memcpy(copy, word.data, word.size);
    return copy;
}

/* -- words: a random word for each number, each half as often as the last -- */

static gale_result draw(gale_task *task, const gale_tuple *in)
{
    static const char *const words[] = {"cow",   "moon",  "apple", "doctor",
                                        "score", "years", "dwarf", "nature"};

    (void)in;
    return gale_emit(
        task, gale_cstr(words[__builtin_ctzll(gale_random(task) | 0x80)]));
}

GALE_BOLT(draw_word, .summary = "a random word for each input", .execute = draw,
          .streams = GALE_OUTPUTS("word"));

/* -- rolling_count: how often each word came within a window --------------- */

struct counter {
    char *word;
    int64_t n[SLOTS_MAX]; /* per slot of the window */
};

struct rolling {
    int64_t window_ms, emit_ms; /* options */

    int n_slots, now; /* of the window; the one that is being filled */
    void *counters;   /* a tree of struct counter by word */
    gale_task *task;  /* for the walk through the tree */
    struct counter **idle;
    size_t n_idle;
};

static int by_word(const void *a, const void *b)
{
    return strcmp(((const struct counter *)a)->word,
                  ((const struct counter *)b)->word);
}

static void free_counter(void *counter)
{
    free(((struct counter *)counter)->word);
    free(counter);
}

static gale_result prepare_rolling(gale_task *task)
{
    struct rolling *r = gale_instance(task);

    if (r->window_ms % r->emit_ms || r->window_ms / r->emit_ms > SLOTS_MAX)
        return gale_error(task, GALE_FATAL,
                          "option window.ms must be 1 to %d times emit.ms",
                          SLOTS_MAX);
    r->n_slots = (int)(r->window_ms / r->emit_ms);
    gale_tick_every(task, r->emit_ms);
    return GALE_OK;
}

static void cleanup_rolling(gale_task *task)
{
    struct rolling *r = gale_instance(task);

    tdestroy(r->counters, free_counter);
}

static gale_result count_word(gale_task *task, const gale_tuple *in)
{
    struct rolling *r = gale_instance(task);
    struct counter wanted = {.word = copy_word(gale_get_str(in, 0))}, *found;
    struct counter **at = tfind(&wanted, &r->counters, by_word);

    if (at) {
        (*at)->n[r->now]++;
        free(wanted.word);
        return GALE_OK;
    }
    found = allocate(sizeof(*found));
    found->word = wanted.word;
    found->n[r->now] = 1;
    if (!tsearch(found, &r->counters, by_word))
        abort(); /* out of memory */
    return GALE_OK;
}

/* Emit a word's sum and make its next slot empty. */
static void emit_counter(const void *node, VISIT visit, void *rolling)
{
    struct counter *c = *(struct counter *const *)node;
    struct rolling *r = rolling;
    int64_t sum = 0;

    if (visit != postorder && visit != leaf)
        return;
    for (int i = 0; i < r->n_slots; i++)
        sum += c->n[i];
    c->n[(r->now + 1) % r->n_slots] = 0;
    gale_emit(r->task, gale_cstr(c->word), gale_int(sum));
    if (sum > 0)
        return;
    r->idle = realloc(r->idle, (r->n_idle + 1) * sizeof(*r->idle));
    if (!r->idle)
        abort(); /* out of memory */
    r->idle[r->n_idle++] = c;
}

/* Words that are gone from the window are told once more, with 0. */
static gale_result slide(gale_task *task)
{
    struct rolling *r = gale_instance(task);

    r->task = task;
    r->idle = NULL;
    r->n_idle = 0;
    twalk_r(r->counters, emit_counter, r);
    for (size_t i = 0; i < r->n_idle; i++) {
        tdelete(r->idle[i], &r->counters, by_word);
        free_counter(r->idle[i]);
    }
    free(r->idle);
    r->now = (r->now + 1) % r->n_slots;
    return GALE_OK;
}

GALE_BOLT(rolling_count, .summary = "how often each word came of late",
          .prepare = prepare_rolling, .cleanup = cleanup_rolling,
          .execute = count_word, .tick = slide, .end_of_input = slide,
          .instance_size = sizeof(struct rolling),
          .streams = GALE_OUTPUTS("word", "count"),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct rolling, window_ms, "window.ms", "9000", 1,
                              86400000, "how far back words count"),
              GALE_OPTION_INT(struct rolling, emit_ms, "emit.ms", "3000", 1,
                              86400000, "how often the counts are emitted")));

/* -- rank: the words with the largest counts ------------------------------- */

struct ranked {
    char *word;
    int64_t count;
    int32_t source; /* the task that says so */
};

struct rank {
    int64_t top, emit_ms; /* options */

    struct ranked items[TOP_MAX + 1]; /* the largest first */
    uint32_t n;
};

static int by_count(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    return strcmp(x->word, y->word);
}

static gale_result prepare_rank(gale_task *task)
{
    struct rank *r = gale_instance(task);

    gale_tick_every(task, r->emit_ms);
    return GALE_OK;
}

static void cleanup_rank(gale_task *task)
{
    struct rank *r = gale_instance(task);

    for (uint32_t i = 0; i < r->n; i++)
        free(r->items[i].word);
}

static void forget(struct rank *r, uint32_t i)
{
    free(r->items[i].word);
    r->n--;
    memmove(&r->items[i], &r->items[i + 1], (r->n - i) * sizeof(r->items[0]));
}

/* Everything that a task said before, or what it said of one word. */
static void forget_source(struct rank *r, int32_t source, const gale_str *word)
{
    for (uint32_t i = r->n; i-- > 0;) {
        const struct ranked *at = &r->items[i];

        if (at->source == source &&
            (!word ||
             gale_str_eq(*word, gale_str_make(at->word, strlen(at->word)))))
            forget(r, i);
    }
}

static void add_ranked(struct rank *r, int32_t source, gale_str word,
                       int64_t count)
{
    if (count == 0)
        return;
    r->items[r->n++] = (struct ranked){copy_word(word), count, source};
    qsort(r->items, r->n, sizeof(r->items[0]), by_count);
    if (r->n > r->top)
        forget(r, r->n - 1);
}

/* Either (word, count) or (rankings), a map from word to count that stands for
 * all that its task knows. */
static gale_result execute_rank(gale_task *task, const gale_tuple *in)
{
    struct rank *r = gale_instance(task);
    int32_t source = gale_source_task(in);
    gale_value first = gale_get(in, 0);
    gale_str word = gale_value_str(first);

    forget_source(r, source, first.kind == GALE_MAP ? NULL : &word);
    if (first.kind != GALE_MAP)
        add_ranked(r, source, word, gale_get_int(in, 1));
    for (uint32_t i = 0; first.kind == GALE_MAP && i < first.size; i++)
        add_ranked(r, source, gale_value_str(gale_item(in, first, 2 * i)),
                   gale_item(in, first, 2 * i + 1).as.i);
    return GALE_OK;
}

static gale_result emit_rankings(gale_task *task)
{
    struct rank *r = gale_instance(task);
    gale_value pairs[2 * TOP_MAX];

    if (r->n == 0)
        return GALE_OK;
    for (uint32_t i = 0; i < r->n; i++) {
        pairs[2 * i] = gale_cstr(r->items[i].word);
        pairs[2 * i + 1] = gale_int(r->items[i].count);
    }
    return gale_emit(task, gale_map(pairs, r->n));
}

GALE_BOLT(rank, .summary = "the words with the largest counts",
          .prepare = prepare_rank, .cleanup = cleanup_rank,
          .execute = execute_rank, .tick = emit_rankings,
          .end_of_input = emit_rankings, .instance_size = sizeof(struct rank),
          .streams = GALE_OUTPUTS("rankings"),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct rank, top, "top", "5", 1, TOP_MAX,
                              "how many words"),
              GALE_OPTION_INT(struct rank, emit_ms, "emit.ms", "3000", 1,
                              86400000, "how often they are emitted")));

/* -- the topology ---------------------------------------------------------- */

#define USAGE                                                                  \
    "[WORDS [RATE [WINDOW_MS [EMIT_MS]]]]  (30000 words at 1000 a second, "    \
    "9000, 3000)"

struct arguments {
    int64_t words, rate, window_ms, emit_ms;
};

static bool read_arguments(struct arguments *a, int argc, char **argv)
{
    int64_t *const to[] = {&a->words, &a->rate, &a->window_ms, &a->emit_ms};
    char *end;

    for (int i = 0; i < argc; i++) {
        if (i == 4)
            return false;
        *to[i] = strtoll(argv[i], &end, 10);
        if (end == argv[i] || *end || *to[i] < 0)
            return false;
    }
    return true;
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    struct arguments a = {30000, 1000, 9000, 3000};
    gale_declarer *d;

    if (!read_arguments(&a, argc, argv))
        return gale_usage(b, "rolling_top_words " USAGE);
    d = gale_add_spout(b, "numbers", "sequence", 1);
    gale_set(d, "to", gale_int(a.words));
    gale_set(d, "rate", gale_float((double)a.rate));
    gale_shuffle(gale_add_bolt(b, "words", "draw_word", 1), "numbers");

    d = gale_by_fields(gale_add_bolt(b, "count", "rolling_count", 4), "words",
                       "word");
    gale_set(d, "window.ms", gale_int(a.window_ms));
    gale_set(d, "emit.ms", gale_int(a.emit_ms));

    d = gale_by_fields(gale_add_bolt(b, "rank", "rank", 4), "count", "word");
    gale_set(d, "emit.ms", gale_int(a.emit_ms));
    d = gale_global(gale_add_bolt(b, "total", "rank", 1), "rank");
    gale_set(d, "emit.ms", gale_int(a.emit_ms));
    gale_global(gale_add_bolt(b, "print", "print", 1), "total");
    return GALE_OK;
}

GALE_TOPOLOGY(rolling_top_words,
              .summary = "which words came most often of late", .usage = USAGE,
              .build = build);
