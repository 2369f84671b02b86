/* settled_key.c - up to which key a table can be read; see settled_key.h. */
#include "connectors/settled_key.h"

bool settled_key_look(struct settled_key *s, int64_t largest, int64_t now)
{
    if (s->seen && now - s->since >= s->settle) {
        s->key = s->newest;
        s->known = true;
        s->seen = false;
    }
    if (!s->seen) {
        s->newest = largest;
        s->since = now;
        s->seen = true;
    }
    if (s->settle == 0) {
        s->key = largest;
        s->known = true;
    }
    return s->known;
}
