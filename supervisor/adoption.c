/* adoption.c - workers of an earlier supervisor; see adoption.h. */
#include "supervisor/adoption.h"
#include <string.h>

/* One of the arguments is `word`. */
static bool has_argument(const struct env_process_facts *facts,
                         const char *word)
{
    size_t size = strlen(word) + 1;

    for (size_t at = 0; at < facts->size;) {
        const char *argument = facts->command + at;

        if (facts->size - at >= size && memcmp(argument, word, size) == 0)
            return true;
        at += strnlen(argument, facts->size - at) + 1;
    }
    return false;
}

/* NULL: it is the process that was kept, and a worker, or about to be one. */
static const char *stranger(const struct adoption *a, const char *boot)
{
    const struct kept_worker *w = a->worker;

    if (w->pid <= 0)
        return "it had no process";
    if (strcmp(w->boot, boot) != 0 || boot[0] == '\0')
        return "it ran before the system was started anew";
    if (!a->facts->runs)
        return "its process has ended";
    if (a->facts->start != w->start)
        return "its process has ended, and another one has its number";
    if (!has_argument(a->facts, "worker") ||
        !has_argument(a->facts, w->as.topology))
        return "its process is no worker";
    return NULL;
}

static const struct adoption_slot *slot_of(const struct adoption *a,
                                           const struct adoption_slot *slots,
                                           uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (slots[i].port == a->worker->port)
            return &slots[i];
    return NULL;
}

static bool is_before(const struct adoption *list, uint32_t i)
{
    for (uint32_t k = 0; k < i; k++)
        if (list[k].worker->pid == list[i].worker->pid &&
            list[k].worker->start == list[i].worker->start)
            return true;
    return false;
}

static bool is_wanted(const struct adoption *a,
                      const struct adoption_slot *slot)
{
    return slot->told && slot_same_worker(&a->worker->as, &slot->wanted);
}

/* Whether a has more right to the slot than b. */
static bool is_nearer(const struct adoption *a, const struct adoption *b,
                      const struct adoption_slot *slot)
{
    if (is_wanted(a, slot) != is_wanted(b, slot))
        return is_wanted(a, slot);
    return a->worker->as.birth > b->worker->as.birth;
}

static void set(struct adoption *a, enum adoption_verdict verdict,
                const char *why)
{
    a->verdict = verdict;
    a->why = why;
}

/* It is ours, and not listed before. */
static void decide(struct adoption *a, const struct adoption_slot *slot)
{
    if (slot == NULL)
        set(a, ADOPTION_END, "its port is none of this supervisor's slots");
    else if (slot->told && !is_wanted(a, slot))
        set(a, ADOPTION_END, "it is not wanted in its slot");
    else
        set(a, ADOPTION_ADOPT, "it goes on");
}

/* Of two in a slot, one goes. */
static void keep_one(struct adoption *list, uint32_t i,
                     const struct adoption_slot *slot)
{
    for (uint32_t k = 0; k < i; k++) {
        struct adoption *other = &list[k];

        if (other->verdict != ADOPTION_ADOPT ||
            other->worker->port != list[i].worker->port)
            continue;
        set(is_nearer(&list[i], other, slot) ? other : &list[i], ADOPTION_END,
            "another worker has its slot");
        return;
    }
}

void adoption_decide(struct adoption *list, uint32_t n, const char *boot,
                     const struct adoption_slot *slots, uint32_t n_slots)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct adoption_slot *slot = slot_of(&list[i], slots, n_slots);
        const char *why = stranger(&list[i], boot);

        if (why != NULL || is_before(list, i)) {
            set(&list[i], ADOPTION_IGNORE, is_before(list, i) ? NULL : why);
            continue;
        }
        decide(&list[i], slot);
        if (list[i].verdict == ADOPTION_ADOPT)
            keep_one(list, i, slot);
    }
}
