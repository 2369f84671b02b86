/* worker_up.c - who has nothing under way; see worker_up.h. */
#include "nimbus/worker_up.h"

/* A supervisor that begins anew counts from 0 again. */
void worker_up_hear(struct worker_up *w, bool runs, bool waits,
                    uint32_t failed_starts)
{
    w->runs = runs;
    w->waits = waits;
    w->failed = failed_starts;
    if (runs || failed_starts < w->before)
        w->before = failed_starts;
}

bool worker_up_is_down(const struct worker_up *w)
{
    return !w->runs && (w->waits || w->failed > w->before);
}
