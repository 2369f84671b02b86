/* outage.c - see outage.h. */
#include "connectors/outage.h"
#include <inttypes.h>
#include <stdarg.h>

enum { SENTENCE = 1024 };

enum outage_word outage_count(struct outage *o)
{
    o->n++;
    if (o->n == 1)
        return OUTAGE_ERROR;
    return (o->n & (o->n - 1)) == 0 ? OUTAGE_WARNING : OUTAGE_NOTHING;
}

void outage_fails(struct outage *o, gale_task *task, const char *format, ...)
{
    enum outage_word word = outage_count(o);
    char text[SENTENCE];
    va_list args;

    if (word == OUTAGE_NOTHING)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (word == OUTAGE_ERROR) /* also for people who do not read the log */
        gale_report_error(task, "%s", text);
    else
        gale_log(task, GALE_LOG_WARN, "%s (failed %" PRIu64 " times so far)",
                 text, o->n);
}

void outage_ends(struct outage *o, gale_task *task, const char *format, ...)
{
    char text[SENTENCE];
    va_list args;

    if (o->n == 0)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    gale_log(task, GALE_LOG_INFO, "%s, after %" PRIu64 " failure%s", text, o->n,
             o->n == 1 ? "" : "s");
    o->n = 0;
}
