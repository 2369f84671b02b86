/*
 * say.c - how the command says what went wrong: one sentence to standard
 * error, beginning with the subcommand.
 */
#include "cli/command.h"
#include "common/last_words.h"
#include "common/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define SENTENCE_MAX 2048

/* U+0080 to U+009F are control characters, too. */
static bool is_harmless(uint32_t code)
{
    return code >= 0x20 && !(code >= 0x7f && code <= 0x9f);
}

/* It may quote a plugin: what would break the line becomes a blank, and what is
 * no text is shown as the log does. */
static void put_quoting(struct last_words *words, const char *text)
{
    size_t size = strlen(text), n;
    uint32_t code;
    char part[8];

    for (; size > 0; text += n, size -= n) {
        unsigned char byte = (unsigned char)*text;

        n = utf8_next(text, size, &code);
        if (n > 0 && is_harmless(code)) {
            snprintf(part, sizeof(part), "%.*s", (int)n, text);
        } else {
            snprintf(part, sizeof(part),
                     byte < 0x20 || byte == 0x7f ? " " : "\\x%02x", byte);
            n = 1;
        }
        last_words_put(words, part);
    }
}

GALE_PRINTF(2, 0)
static void say(const char *name, const char *format, va_list args)
{
    struct last_words words = {0};
    char text[SENTENCE_MAX];

    vsnprintf(text, sizeof(text), format, args);
    last_words_put(&words, "gale ");
    last_words_put(&words, name);
    last_words_put(&words, ": ");
    put_quoting(&words, text);
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
