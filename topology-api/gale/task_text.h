/*
 * gale/task_text.h - the printf forms of gale/task.h, which includes it.
 *
 * They format here, in the plugin, so that no va_list crosses the border; the
 * host gets one text of at most 1023 bytes. Positions that are numbers are kept
 * as text, too, for people.
 */
#ifndef GALE_TASK_TEXT_H
#define GALE_TASK_TEXT_H

#include <gale/task.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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

/* gale_position_set() for a position that is an offset. */
static inline gale_result gale_offset_set(gale_task *task, const char *split,
                                          int64_t offset)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)offset);

    return task->host->position_set(task, gale_str_make(split, strlen(split)),
                                    gale_str_make(text, (size_t)n));
}

/* gale_position_get() of such a one, in `open`; 0 if there is none. */
static inline int64_t gale_offset_get(gale_task *task, const char *split)
{
    gale_str at =
        task->host->position_get(task, gale_str_make(split, strlen(split)));
    char text[24];

    if (at.size == 0 || at.size >= sizeof(text))
        return 0;
    memcpy(text, at.data, at.size);
    text[at.size] = '\0';
    return strtoll(text, NULL, 10);
}

#endif
