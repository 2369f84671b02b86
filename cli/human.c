/*
 * human.c - numbers as people read them; used by the live line and the tables.
 */
#include "cli/human.h"
#include <math.h>
#include <stddef.h>
#include <stdio.h>

/* Three digits of x in the unit that makes it less than 1000. */
static const char *scaled(char *buffer, double x, const char *const *units,
                          size_t n_units)
{
    size_t unit = 0;

    while (fabs(x) >= 999.5 && unit + 1 < n_units) {
        x /= 1000;
        unit++;
    }
    snprintf(buffer, HUMAN_MAX, "%.*f%s",
             fabs(x) >= 99.95   ? 0
             : fabs(x) >= 9.995 ? 1
                                : 2,
             x, units[unit]);
    return buffer;
}

const char *human_number(char *buffer, double x)
{
    static const char *const units[] = {"", " k", " M", " G", " T", " P", " E"};

    if (isnan(x)) {
        snprintf(buffer, HUMAN_MAX, "-");
        return buffer;
    }
    if (x == floor(x) && fabs(x) < 1000) {
        snprintf(buffer, HUMAN_MAX, "%.0f", x);
        return buffer;
    }
    return scaled(buffer, x, units, sizeof(units) / sizeof(units[0]));
}

const char *human_count(char *buffer, uint64_t n)
{
    if (n >= 1000000)
        return human_number(buffer, (double)n);
    if (n >= 1000)
        snprintf(buffer, HUMAN_MAX, "%u,%03u", (unsigned)(n / 1000),
                 (unsigned)(n % 1000));
    else
        snprintf(buffer, HUMAN_MAX, "%u", (unsigned)n);
    return buffer;
}

const char *human_time(char *buffer, double ns)
{
    static const char *const units[] = {" ns", " µs", " ms", " s"};

    if (ns < 999.5) {
        snprintf(buffer, HUMAN_MAX, "%.0f ns", ns);
        return buffer;
    }
    return scaled(buffer, ns, units, sizeof(units) / sizeof(units[0]));
}
