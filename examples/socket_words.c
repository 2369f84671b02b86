/*
 * socket_words.c - topology: the words that come over a socket, counted over an
 * interval that slides.
 *
 *     socket --shuffle--> split --global--> sliding --global--> print
 *
 * It listens at ADDRESS, such as 127.0.0.1:9999; send it lines by what there
 * is: `nc 127.0.0.1 9999 <text`. Every EMIT_MS it prints a line: how many words
 * came within the last WINDOW_MS, of how many since it began, and the most
 * frequent:
 *
 *     last 6 s: 31209 words of 104571: the 1893, of 1108, to 978, or 722, a 641
 *
 * When the last sender has closed it ends, and prints how often each word came
 * in all, as `wordcount` does. One task sees all words here; how several share
 * them is in rolling_top_words.c.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <search.h>
#include <stdlib.h>

enum { SLOTS_MAX = 64, TOP = 5, LINE_MAX = 1024 };

/* -- sliding: words within a window, and in all ---------------------------- */

struct word {
    char *text;
    int64_t slots[SLOTS_MAX]; /* of the window */
    int64_t within, all;
};

struct sliding {
    int64_t window_ms, emit_ms; /* options */

    int n_slots, now; /* of the window; the one that is being filled */
    void *words;      /* a tree of struct word by text */
    struct word sum;  /* of all words */
    struct word *best[TOP + 1]; /* within the window, the most frequent first */
    int n_best;
    gale_task *task; /* for walks through the tree */
};

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);

    if (!memory) {
        fprintf(stderr, "gale: socket_words: out of memory\n");
        abort();
    }
    return memory;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct word *)a)->text,
                  ((const struct word *)b)->text);
}

static void free_word(void *node)
{
    struct word *w = node;

    free(w->text);
    free(w);
}

static void count_one(struct word *w, int slot)
{
    w->slots[slot]++;
    w->within++;
    w->all++;
}

/* The slot that is filled next holds what leaves the window. */
static void slide(struct word *w, int next)
{
    w->within -= w->slots[next];
    w->slots[next] = 0;
}

static gale_result prepare(gale_task *task)
{
    struct sliding *s = gale_instance(task);

    if (s->window_ms % s->emit_ms || s->window_ms / s->emit_ms > SLOTS_MAX)
        return gale_error(task, GALE_FATAL,
                          "option window.ms must be 1 to %d times emit.ms",
                          SLOTS_MAX);
    s->n_slots = (int)(s->window_ms / s->emit_ms);
    s->task = task;
    gale_tick_every(task, s->emit_ms);
    return GALE_OK;
}

static void cleanup(gale_task *task)
{
    struct sliding *s = gale_instance(task);

    tdestroy(s->words, free_word);
}

static struct word *word_of(struct sliding *s, gale_str text)
{
    char *copy = allocate(text.size + 1);
    struct word wanted = {.text = copy}, *w, **at;

    if (text.size > 0) /* an empty text may be NULL */
        memcpy(copy, text.data, text.size);
    at = tfind(&wanted, &s->words, by_text);
    if (at) {
        free(copy);
        return *at;
    }
    w = allocate(sizeof(*w));
    w->text = copy;
    if (!tsearch(w, &s->words, by_text))
        abort(); /* out of memory */
    return w;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct sliding *s = gale_instance(task);

    count_one(word_of(s, gale_get_str(in, 0)), s->now);
    count_one(&s->sum, s->now);
    return GALE_OK;
}

/* -- what is printed ------------------------------------------------------- */

static bool is_before(const struct word *a, const struct word *b)
{
    return a->within != b->within ? a->within > b->within
                                  : strcmp(a->text, b->text) < 0;
}

/* Put it where it belongs among the best, of which the last may fall out. */
static void rank_word(const void *node, VISIT visit, void *sliding)
{
    struct word *w = *(struct word *const *)node;
    struct sliding *s = sliding;
    int i = s->n_best;

    if ((visit != postorder && visit != leaf) || w->within == 0)
        return;
    for (; i > 0 && is_before(w, s->best[i - 1]); i--)
        s->best[i] = s->best[i - 1];
    s->best[i] = w;
    if (s->n_best < TOP)
        s->n_best++;
}

static void slide_word(const void *node, VISIT visit, void *sliding)
{
    struct sliding *s = sliding;

    if (visit == postorder || visit == leaf)
        slide(*(struct word *const *)node, (s->now + 1) % s->n_slots);
}

static gale_result emit_window(gale_task *task, struct sliding *s)
{
    char line[LINE_MAX];
    int n = snprintf(line, sizeof(line), "last %g s: %lld words of %lld",
                     (double)s->window_ms / 1000, (long long)s->sum.within,
                     (long long)s->sum.all);

    s->n_best = 0;
    twalk_r(s->words, rank_word, s);
    for (int i = 0; i < s->n_best && n < LINE_MAX; i++)
        n += snprintf(line + n, sizeof(line) - (size_t)n, "%s %.64s %lld",
                      i == 0 ? ":" : ",", s->best[i]->text,
                      (long long)s->best[i]->within);
    return gale_emit(task, gale_cstr(line));
}

static gale_result tick(gale_task *task)
{
    struct sliding *s = gale_instance(task);
    gale_result result = emit_window(task, s);

    twalk_r(s->words, slide_word, s);
    slide(&s->sum, (s->now + 1) % s->n_slots);
    s->now = (s->now + 1) % s->n_slots;
    return result;
}

/* Any length: a word is as long as a line may be. */
static void emit_total(const void *node, VISIT visit, void *sliding)
{
    const struct word *w = *(struct word *const *)node;
    struct sliding *s = sliding;
    size_t size = strlen(w->text) + 32;
    char *line;

    if (visit != postorder && visit != leaf)
        return;
    line = allocate(size);
    snprintf(line, size, "%lld %s", (long long)w->all, w->text);
    gale_emit(s->task, gale_cstr(line));
    free(line);
}

static gale_result end_of_input(gale_task *task)
{
    struct sliding *s = gale_instance(task);
    gale_result result = emit_window(task, s);

    twalk_r(s->words, emit_total, s);
    return result;
}

GALE_BOLT(sliding, .summary = "words of the last seconds, and in all",
          .prepare = prepare, .cleanup = cleanup, .execute = execute,
          .tick = tick, .end_of_input = end_of_input,
          .instance_size = sizeof(struct sliding),
          .streams = GALE_OUTPUTS("line"),
          .options = GALE_OPTIONS(
              GALE_OPTION_INT(struct sliding, window_ms, "window.ms", "6000", 1,
                              86400000, "how far back words count"),
              GALE_OPTION_INT(struct sliding, emit_ms, "emit.ms", "2000", 1,
                              86400000, "how often a line is emitted")));

/* -- the topology ---------------------------------------------------------- */

#define USAGE "ADDRESS [WINDOW_MS [EMIT_MS]]  (6000, 2000)"

static bool read_ms(const char *text, int64_t *ms)
{
    char *end;

    *ms = strtoll(text, &end, 10);
    return end != text && *end == '\0' && *ms > 0;
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    int64_t window_ms = 6000, emit_ms = 2000;
    gale_declarer *d;

    if (argc < 1 || argc > 3 || (argc > 1 && !read_ms(argv[1], &window_ms)) ||
        (argc > 2 && !read_ms(argv[2], &emit_ms)))
        return gale_usage(b, "socket_words " USAGE);
    d = gale_add_spout(b, "socket", "socket", 1);
    gale_set(d, "address", gale_cstr(argv[0]));
    gale_set(d, "mode", gale_cstr("listen"));
    gale_set(d, "at.end", gale_cstr("end"));
    gale_shuffle(gale_add_bolt(b, "split", "split", 2), "socket");
    d = gale_global(gale_add_bolt(b, "sliding", "sliding", 1), "split");
    gale_set(d, "window.ms", gale_int(window_ms));
    gale_set(d, "emit.ms", gale_int(emit_ms));
    gale_global(gale_add_bolt(b, "print", "print", 1), "sliding");
    return GALE_OK;
}

GALE_TOPOLOGY(socket_words,
              .summary = "words that come over a socket, of late and in all",
              .usage = USAGE, .build = build);
