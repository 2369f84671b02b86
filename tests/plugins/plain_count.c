/* plain_count.c - how often each word came, said with every word. */
#include <gale/bolt.h>
#include <stdlib.h>

enum { BUCKETS = 4096 };

struct entry {
    struct entry *next;
    int64_t n, size;
    char word[];
};

struct counts {
    struct entry *buckets[BUCKETS];
};

static struct entry **find(struct counts *c, gale_str word)
{
    uint32_t hash = 2166136261;
    struct entry **at;

    for (size_t i = 0; i < word.size; i++)
        hash = (hash ^ word.data[i]) * 16777619;
    for (at = &c->buckets[hash % BUCKETS]; *at; at = &(*at)->next)
        if (gale_str_eq(word, gale_str_make((*at)->word, (*at)->size)))
            break;
    return at;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    gale_str word = gale_str_of(in, "word");
    struct entry **at = find(gale_instance(task), word);

    if (!*at) {
        *at = calloc(1, sizeof(**at) + word.size);
        if (!*at)
            return gale_error(task, GALE_FATAL, "out of memory");
        (*at)->size = word.size;
        if (word.size > 0)
            memcpy((*at)->word, word.data, word.size);
    }
    return gale_emit(task, gale_s(word), gale_int(++(*at)->n));
}

static void cleanup(gale_task *task)
{
    struct counts *c = gale_instance(task);

    for (int i = 0; i < BUCKETS; i++)
        for (struct entry *e = c->buckets[i], *next; e; e = next) {
            next = e->next;
            free(e);
        }
}

GALE_BOLT(plain_count, .summary = "how often each word came",
          .execute = execute, .cleanup = cleanup,
          .instance_size = sizeof(struct counts),
          .streams = GALE_OUTPUTS("word", "count"));
