/* odd_even.c - a grouping: odd numbers to the second task, others to the
 * first. */
#include <gale/grouping.h>

static uint32_t choose(gale_router *r, const gale_value *values, uint32_t n,
                       uint32_t *targets)
{
    bool odd = n > 0 && values[0].kind == GALE_INT && values[0].as.i % 2;

    targets[0] = odd ? 1 % r->n_targets : 0;
    return 1;
}

GALE_GROUPING(odd_even, .summary = "odd numbers to the second task",
              .choose = choose);
