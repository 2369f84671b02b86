/*
 * check.h - assertions that stay on in every build.
 *
 * check(x) is for what cannot happen unless gale itself is wrong; what comes
 * from outside (files, users, plugins) is never checked with it but answered
 * with an error. A failed check prints file, line and expression to standard
 * error and aborts the process.
 *
 *     check(n > 0);
 *     check_msg(fd >= 0, "eventfd: %s", strerror(errno));
 */
#ifndef GALE_CHECK_H
#define GALE_CHECK_H

#include "common/last_words.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define check(expr)                                                            \
    (__builtin_expect(!!(expr), 1)                                             \
         ? (void)0                                                             \
         : check_failed(__FILE__, __LINE__, #expr, NULL))

#define check_msg(expr, ...)                                                   \
    (__builtin_expect(!!(expr), 1)                                             \
         ? (void)0                                                             \
         : check_failed(__FILE__, __LINE__, #expr, __VA_ARGS__))

static void check_failed(const char *file, int line, const char *expr,
                         const char *format, ...)
    __attribute__((cold, noinline, noreturn, unused, format(printf, 4, 5)));

static void check_failed(const char *file, int line, const char *expr,
                         const char *format, ...)
{
    struct last_words words = {0};
    char text[1024];
    va_list args;

    snprintf(text, sizeof(text), "%s:%d: %s%s", file, line, expr,
             format ? ": " : "");
    last_words_put(&words, text);
    if (format) {
        va_start(args, format);
        vsnprintf(text, sizeof(text), format, args);
        va_end(args);
        last_words_put(&words, text);
    }
    last_words_say(&words);
    abort();
}

#endif
