/* back_off.c - the pause before the next try; see back_off.h. */
#include "connectors/back_off.h"
#include "connectors/must.h"

int64_t back_off_doubled(int64_t last, int64_t first, int64_t most)
{
    if (last == 0)
        return first < most ? first : most;
    return last > most / 2 ? most : 2 * last;
}

int64_t back_off_shortened(int64_t pause, uint64_t chance)
{
    uint64_t quarter = (uint64_t)pause / 4;

    return pause - (int64_t)(chance % (quarter + 1));
}

int64_t back_off_next(struct back_off *b, uint64_t chance)
{
    must(b->first > 0 && b->first <= b->most);
    b->last = back_off_doubled(b->last, b->first, b->most);
    return back_off_shortened(b->last, chance);
}

void back_off_reset(struct back_off *b)
{
    b->last = 0;
}
