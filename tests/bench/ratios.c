/* ratios.c - has one of two revisions become slower? See ratios.h. */
#include "tests/bench/ratios.h"
#include <math.h>

static enum placement_class class_of(const struct ratio *r)
{
    return isnan(r->value) || r->ours != r->other ? PLACEMENT_MIXED : r->ours;
}

static uint32_t not_slower(const struct samples *s)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < s->n; i++)
        n += s->values[i] >= 1;
    return n;
}

static enum ratios_verdict judge(const struct samples *s)
{
    if (s->n < RATIOS_ENOUGH)
        return RATIOS_FEW;
    return samples_median(s) < RATIOS_SLOWER &&
                   not_slower(s) <= s->n / RATIOS_ONE_IN
               ? RATIOS_SLOW
               : RATIOS_SAME;
}

void ratios_judge(struct ratios *r, const struct ratio *rounds, uint32_t n)
{
    r->counted = r->dropped = 0;
    for (int c = 0; c < PLACEMENT_CLASSES; c++)
        r->rows[c].values.n = 0;
    for (uint32_t i = 0; i < n; i++) {
        enum placement_class c = class_of(&rounds[i]);

        if (c == PLACEMENT_MIXED) {
            r->dropped++;
            continue;
        }
        samples_add(&r->rows[c].values, rounds[i].value);
        r->counted++;
    }
    for (int c = 0; c < PLACEMENT_CLASSES; c++)
        r->rows[c].verdict = judge(&r->rows[c].values);
}

bool ratios_enough(const struct ratios *r)
{
    for (int c = 0; c < PLACEMENT_CLASSES; c++)
        if (r->rows[c].verdict != RATIOS_FEW)
            return true;
    return false;
}

bool ratios_slow(const struct ratios *r)
{
    for (int c = 0; c < PLACEMENT_CLASSES; c++)
        if (r->rows[c].verdict == RATIOS_SLOW)
            return true;
    return false;
}

const char *ratios_verdict_name(enum ratios_verdict v)
{
    static const char *const names[] = {"few rounds", "ok", "SLOWER"};

    return names[v];
}
