/* last_words.c - a line when a process ends; see last_words.h. */
#include "common/last_words.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Whoever closes what it did not open begins with small numbers, and most stop
 * at 256. */
#define PLACES_FROM 768
#define PLACES_IF_FEW 64

static int kept = -1; /* a copy of standard error; -1: none */
static int also = -1; /* another place; -1: none */

void last_words_put(struct last_words *words, const char *text)
{
    size_t room = sizeof(words->text) - 1 - words->n;
    size_t n = strnlen(text, room);

    memcpy(words->text + words->n, text, n);
    words->n += n;
}

void last_words_put_number(struct last_words *words, int64_t n)
{
    char text[24], *p = text + sizeof(text) - 1;
    uint64_t left = n < 0 ? -(uint64_t)n : (uint64_t)n;

    *p = '\0';
    do
        *--p = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (n < 0)
        *--p = '-';
    last_words_put(words, p);
}

static bool say_on_standard_error(const struct last_words *words)
{
    if (write(STDERR_FILENO, words->text, words->n) >= 0)
        return true;
    return errno == EBADF && kept >= 0 &&
           write(kept, words->text, words->n) >= 0;
}

bool last_words_say(struct last_words *words)
{
    bool also_said;

    words->text[words->n++] = '\n';
    also_said = also >= 0 && write(also, words->text, words->n) >= 0;
    return say_on_standard_error(words) || also_said;
}

static int copy_of(int fd)
{
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, PLACES_FROM);

    return copy >= 0 ? copy : fcntl(fd, F_DUPFD_CLOEXEC, PLACES_IF_FEW);
}

void last_words_keep(void)
{
    if (kept < 0)
        kept = copy_of(STDERR_FILENO);
}

void last_words_also(int fd)
{
    if (also >= 0)
        close(also);
    also = copy_of(fd);
}

void last_words_restore(void)
{
    if (kept >= 0 && fcntl(STDERR_FILENO, F_GETFD) < 0 && errno == EBADF)
        dup2(kept, STDERR_FILENO);
}
