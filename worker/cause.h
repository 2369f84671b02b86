/*
 * cause.h - why a message failed, on its way from a bolt to the spout.
 *
 * Made where it fails, and only if dead letters are wanted; a fail record
 * carries it to the spout's carrier (carrier.h), and the table of failed
 * messages keeps the last one of each (owed.h). One piece of memory, freed by
 * whoever has it.
 */
#ifndef GALE_CAUSE_H
#define GALE_CAUSE_H

#include "topology-api/memory.h"
#include <gale/abi.h>
#include <string.h>

#define CAUSE_TEXT_MAX 1024u

struct cause {
    int32_t task; /* where it failed; 0: nowhere, it took too long */
    bool poison;  /* the bolt said that it can never work */
    char text[];
};

/* The text is copied, as far as there is room. */
static inline struct cause *cause_new(int32_t task, bool poison,
                                      const char *text)
{
    size_t size = strnlen(text, CAUSE_TEXT_MAX);
    struct cause *cause = xcalloc(1, sizeof(*cause) + size + 1);

    cause->task = task;
    cause->poison = poison;
    memcpy(cause->text, text, size);
    return cause;
}

#endif
