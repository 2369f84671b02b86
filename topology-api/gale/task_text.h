/*
 * gale/task_text.h - the printf forms of gale/task.h, which includes it.
 *
 * They format here, in the plugin, so that no va_list crosses the border; the
 * host gets one text of at most 1023 bytes.
 */
#ifndef GALE_TASK_TEXT_H
#define GALE_TASK_TEXT_H

#include <gale/task.h>
#include <stdarg.h>
#include <stdio.h>

#define GALE_TEXT_MAX 1024

/* One line to the worker's log, with time, topology, component and task; line
 * breaks are escaped. Costs nothing but the call when the level is off. */
GALE_PRINTF(3, 4)
static inline void gale_log(gale_task *task, gale_log_level level,
                            const char *format, ...)
{
    char text[GALE_TEXT_MAX];
    va_list args;

    if (!task->host->log_on(task, level))
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    task->host->log(task, level, text);
}

/*
 * Set the text that explains the result, and return the result:
 *     return gale_error(task, GALE_FATAL, "cannot open %s: %s", path, why);
 */
GALE_PRINTF(3, 4)
static inline gale_result gale_error(gale_task *task, gale_result result,
                                     const char *format, ...)
{
    char text[GALE_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return task->host->error(task, result, text);
}

/* Show an error to the operator without failing anything; throttled as
 * topology.max.error.report.per.interval says, what is cut off is counted. */
GALE_PRINTF(2, 3)
static inline void gale_report_error(gale_task *task, const char *format, ...)
{
    char text[GALE_TEXT_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    task->host->report_error(task, text);
}

#endif
