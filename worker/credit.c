/* credit.c - limits of a queue from the cost of its consumer. */
#include "worker/credit.h"

struct credit credit_for(double cost_ns, uint32_t bytes_max, uint32_t per_call)
{
    struct credit c = {.bytes = bytes_max};
    double tuples =
        cost_ns > 0 ? CREDIT_WORK_NS / cost_ns : CREDIT_TUPLES_UNKNOWN;
    double least = CREDIT_CALLS_MIN * (double)per_call;

    if (tuples < least)
        tuples = least;
    c.tuples = tuples > UINT32_MAX / 2 ? UINT32_MAX / 2 : (uint32_t)tuples;
    c.cost_ns = cost_ns < UINT32_MAX ? (uint32_t)(cost_ns + 0.999) : UINT32_MAX;
    c.each_tuple = cost_ns <= 0 || cost_ns > CREDIT_SPREAD_NS;
    c.slice = c.each_tuple ? c.tuples / 16 + 1 : c.tuples / 8;
    if (c.slice < per_call)
        c.slice = per_call;
    return c;
}

double credit_measure(struct credit_meter *meter, int64_t busy_ns,
                      int64_t stalled_ns, uint64_t n)
{
    double cost;

    meter->ns += (double)(busy_ns + stalled_ns);
    meter->n += (double)n;
    cost = meter->n > 0 ? meter->ns / meter->n : 0;
    if (meter->n > CREDIT_WINDOW) {
        meter->ns = cost * CREDIT_WINDOW / 2;
        meter->n = CREDIT_WINDOW / 2.0;
    }
    return meter->n > 0 && cost < 0.1 ? 0.1 : cost; /* 0 means unknown */
}
