/* fetch_pace.c - see fetch_pace.h. */
#include "connectors/fetch_pace.h"

enum { PARTS = 4 };

bool fetch_pace_taken(struct fetch_pace *p, uint64_t messages, uint64_t bytes,
                      uint64_t left)
{
    bool came = left + messages > p->left;

    p->left = left;
    p->messages = (came ? 0 : p->messages) + messages;
    p->bytes = (came ? 0 : p->bytes) + bytes;
    if (PARTS * p->messages < p->most_messages &&
        PARTS * p->bytes < p->most_bytes)
        return false;
    p->messages = p->bytes = 0;
    return true;
}
