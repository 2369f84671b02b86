/* recent_rate.c - how fast a counter grows; see recent_rate.h. */
#include "cli/recent_rate.h"
#include <string.h>

static bool has_not_changed(const struct recent_rate *r, int64_t now,
                            uint64_t value)
{
    return r->n > 0 && r->points[r->n - 1].value == value &&
           now - r->points[r->n - 1].at < RECENT_RATE_STILL_NS;
}

static void add(struct recent_rate *r, int64_t now, uint64_t value)
{
    if (r->n == RECENT_RATE_POINTS) {
        memmove(&r->points[0], &r->points[1],
                (RECENT_RATE_POINTS - 1) * sizeof(r->points[0]));
        r->n--;
    }
    r->points[r->n].at = now;
    r->points[r->n].value = value;
    r->n++;
}

void recent_rate_see(struct recent_rate *r, int64_t now, uint64_t value)
{
    if (has_not_changed(r, now, value))
        return;
    if (r->n > 0 && value < r->points[r->n - 1].value)
        *r = (struct recent_rate){.n = 0};
    for (uint32_t i = r->n; i > 0; i--) {
        int64_t passed = now - r->points[i - 1].at;

        if (passed < RECENT_RATE_APART_NS)
            continue;
        r->known = true;
        r->per_second =
            (double)(value - r->points[i - 1].value) * 1e9 / (double)passed;
        break;
    }
    add(r, now, value);
}
