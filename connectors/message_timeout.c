/* message_timeout.c - see message_timeout.h. */
#include "connectors/message_timeout.h"
#include <inttypes.h>

#define SECS_KEY "topology.message.timeout.secs"
#define ON_KEY "topology.enable.message.timeouts"

enum { DEFAULT_SECS = 30 };

static int64_t ms_of(gale_value secs, gale_value on)
{
    if (on.kind == GALE_BOOL && !on.as.i)
        return INT64_MAX;
    if (secs.kind == GALE_NIL)
        return 1000 * DEFAULT_SECS;
    if (secs.kind != GALE_INT || secs.as.i < 1 || secs.as.i > INT32_MAX)
        return INT64_MAX;
    return 1000 * secs.as.i;
}

int64_t message_timeout_ms(gale_task *task)
{
    return ms_of(gale_config(task, SECS_KEY), gale_config(task, ON_KEY));
}

int64_t message_timeout_declared_ms(gale_outputs *out)
{
    return ms_of(gale_declare_config(out, SECS_KEY),
                 gale_declare_config(out, ON_KEY));
}

gale_result message_timeout_declare(gale_outputs *out, const char *option,
                                    int64_t value, int64_t unit_ms)
{
    int64_t most = message_timeout_declared_ms(out);
    char text[320];

    if (value <= most / unit_ms)
        return GALE_OK;
    snprintf(text, sizeof(text),
             "option %s is %" PRId64 ", expected no more than " SECS_KEY
             ", which is %" PRId64,
             option, value, most / 1000);
    return gale_declare_error(out, text);
}

int64_t message_timeout_retry_secs(gale_task *task)
{
    gale_value secs = gale_config(task, SECS_KEY);
    int64_t n = (secs.kind == GALE_INT ? secs.as.i : DEFAULT_SECS) * 2 / 3;

    return n > 0 ? n : 1;
}
