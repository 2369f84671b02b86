/* back_off.c - the pause before the next try; see back_off.h. */
#include "connectors/back_off.h"
#include "connectors/must.h"

int64_t back_off_next(struct back_off *b, uint64_t chance)
{
    uint64_t quarter;

    must(b->first > 0 && b->first <= b->most);
    if (b->last == 0)
        b->last = b->first;
    else
        b->last = b->last > b->most / 2 ? b->most : 2 * b->last;
    quarter = (uint64_t)b->last / 4;
    return b->last - (int64_t)(chance % (quarter + 1));
}

void back_off_reset(struct back_off *b)
{
    b->last = 0;
}
