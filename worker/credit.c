/* credit.c - limits of a queue from the cost of its consumer. */
#include "worker/credit.h"

struct credit credit_for(double cost_ns, uint32_t bytes_max)
{
    struct credit c = {.bytes = bytes_max};
    double tuples = cost_ns > 0 ? CREDIT_WORK_NS / cost_ns : 0;

    if (cost_ns <= 0)
        c.tuples = CREDIT_TUPLES_UNKNOWN;
    else if (tuples < CREDIT_TUPLES_MIN)
        c.tuples = CREDIT_TUPLES_MIN;
    else
        c.tuples = tuples > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)tuples;
    c.cost_ns = cost_ns < UINT32_MAX ? (uint32_t)(cost_ns + 0.999) : UINT32_MAX;
    c.each_tuple = cost_ns <= 0 || cost_ns > CREDIT_SPREAD_NS;
    c.slice = c.each_tuple ? c.tuples / 16 + 1 : c.tuples / 8;
    return c;
}

double credit_cost(double cost_ns, int64_t busy_ns, int64_t stalled_ns,
                   uint64_t n)
{
    double seen, weight;

    if (n == 0)
        return cost_ns;
    seen = (double)(busy_ns + stalled_ns) / (double)n;
    if (seen < 0.1)
        seen = 0.1;
    if (cost_ns <= 0)
        return seen;
    /* About a millisecond of work, or 16 slow tuples, is worth one half. */
    weight = (double)(busy_ns + stalled_ns) / 1e6 + (double)n / 4096.0;
    if (seen > 1e5)
        weight = (double)n / 16.0;
    if (weight > 0.5)
        weight = 0.5;
    return cost_ns + (seen - cost_ns) * weight;
}
