/*
 * say.c - how the command says what went wrong: one sentence to standard
 * error, beginning with the subcommand.
 */
#include "cli/command.h"
#include "common/last_words.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX 2048

/* It may quote a plugin: what would break the line becomes a blank. */
GALE_PRINTF(2, 0)
static void say(const char *name, const char *format, va_list args)
{
    struct last_words words = {0};
    char text[SENTENCE_MAX];

    vsnprintf(text, sizeof(text), format, args);
    for (char *c = text; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    last_words_put(&words, "gale ");
    last_words_put(&words, name);
    last_words_put(&words, ": ");
    last_words_put(&words, text);
    last_words_say(&words);
}

int command_error(const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(name, format, args);
    va_end(args);
    return EXIT_ERROR;
}

int command_usage(const char *name, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(name, format, args);
    va_end(args);
    fprintf(stderr, "`gale help %s` explains it\n", name);
    return EXIT_USAGE;
}

int command_finish(const char *name, int status)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    return command_error(name, "cannot write to standard output: %s",
                         strerror(errno));
}
