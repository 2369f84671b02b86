/*
 * log.h - lines for people who run gale:
 *
 *     2026-11-20T21:00:00.123Z WARN wordcount count-3 text
 *
 * UTC time, level, topology, where in it ("count-3": task 3 of component
 * count), text. A line is a line: what would break it or steer a terminal
 * (control characters, bytes that are not UTF-8) is written as \n, \x1b and so
 * on, and a text longer than LOG_TEXT_MAX is cut with "…".
 *
 * Any thread may log; lines are written whole, one at a time, and flushed.
 * Nobody waits for a level that is off: log_at() tests it before it evaluates
 * or formats anything. If the stream refuses a line, it is lost.
 */
#ifndef GALE_LOG_H
#define GALE_LOG_H

#include "common/env.h"
#include <gale/task.h> /* gale_log_level */
#include <stdatomic.h>
#include <stdio.h>

enum { LOG_TEXT_MAX = 8192 }; /* bytes of text in a line */

struct log;

/* topology is copied ("-" if it is NULL); `to` stays the caller's. The level is
 * GALE_LOG_INFO at first. */
struct log *log_new(struct env *env, FILE *to, const char *topology);
void log_free(struct log *l); /* NULL is fine */

void log_set_level(struct log *l, gale_log_level level);
bool log_on(const struct log *l, gale_log_level level);

/* Writes the line whatever the level is; log_at() is what to call. */
void log_write(struct log *l, gale_log_level level, const char *where,
               const char *text, size_t size);
void log_format(struct log *l, gale_log_level level, const char *where,
                const char *format, ...) GALE_PRINTF(4, 5);

#define log_at(l, level, where, ...)                                           \
    do {                                                                       \
        if (log_on(l, level))                                                  \
            log_format(l, level, where, __VA_ARGS__);                          \
    } while (0)

#define log_error(l, where, ...) log_at(l, GALE_LOG_ERROR, where, __VA_ARGS__)
#define log_warn(l, where, ...) log_at(l, GALE_LOG_WARN, where, __VA_ARGS__)
#define log_info(l, where, ...) log_at(l, GALE_LOG_INFO, where, __VA_ARGS__)
#define log_debug(l, where, ...) log_at(l, GALE_LOG_DEBUG, where, __VA_ARGS__)

const char *log_level_name(gale_log_level level);
/* The level of that name; false: there is none. */
bool log_level_read(const char *name, size_t size, gale_log_level *level);

#endif
