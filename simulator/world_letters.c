/* world_letters.c - letters to a client of a simulated ZooKeeper; see
 * world_letters.h. */
#include "simulator/world_letters.h"
#include "topology-api/memory.h"
#include <stdlib.h>
#include <string.h>

static struct world_letter *letter_new(enum world_letter_kind kind)
{
    struct world_letter *letter = xcalloc(1, sizeof(*letter));

    letter->kind = kind;
    return letter;
}

struct world_letter *world_letter_state(enum zookeeper_state state,
                                        int64_t session)
{
    struct world_letter *letter = letter_new(WORLD_LETTER_STATE);

    letter->state = state;
    letter->session = session;
    return letter;
}

struct world_letter *world_letter_event(uint64_t spot)
{
    struct world_letter *letter = letter_new(WORLD_LETTER_EVENT);

    letter->spot = spot;
    return letter;
}

struct world_letter *world_letter_answer(struct zookeeper_then then,
                                         const struct zookeeper_answer *answer)
{
    struct world_letter *letter = letter_new(WORLD_LETTER_ANSWER);
    const char **children = xcalloc(answer->n_children, sizeof(*children));

    for (uint32_t i = 0; i < answer->n_children; i++)
        children[i] = xstrdup(answer->children[i]);
    letter->then = then;
    letter->answer = *answer;
    letter->answer.path = answer->path != NULL ? xstrdup(answer->path) : NULL;
    letter->answer.data = xstrndup(answer->data, answer->size);
    letter->answer.children = children;
    return letter;
}

void world_letter_free(struct world_letter *letter)
{
    if (letter == NULL)
        return;
    for (uint32_t i = 0; i < letter->answer.n_children; i++)
        free((void *)(uintptr_t)letter->answer.children[i]);
    free((void *)(uintptr_t)letter->answer.children);
    free((void *)(uintptr_t)letter->answer.path);
    free((void *)(uintptr_t)letter->answer.data);
    free(letter);
}

void world_letters_init(struct world_letters *letters)
{
    letters->first = NULL;
    letters->last = &letters->first;
}

void world_letters_put(struct world_letters *letters,
                       struct world_letter *letter)
{
    *letters->last = letter;
    letters->last = &letter->next;
}

struct world_letter *world_letters_take(struct world_letters *letters)
{
    struct world_letter *letter = letters->first;

    if (letter == NULL)
        return NULL;
    letters->first = letter->next;
    if (letters->first == NULL)
        letters->last = &letters->first;
    return letter;
}

bool world_letters_none(const struct world_letters *letters)
{
    return letters->first == NULL;
}

void world_letters_drop(struct world_letters *letters)
{
    struct world_letter *letter;

    while ((letter = world_letters_take(letters)) != NULL)
        world_letter_free(letter);
}
