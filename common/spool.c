/* spool.c - reads a spool of dead letters; see spool.h. */
#include "common/spool.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SPOOL_MAX ((size_t)16 << 30)

int spool_open(struct spool *s, struct env *env, const char *path,
               gale_err *error)
{
    void *text;
    size_t size;

    memset(s, 0, sizeof(*s));
    if (env->ops->file_read(env, path, SPOOL_MAX, &text, &size) != 0)
        return error_set(error, "cannot read %s: %s", path, strerror(errno));
    s->path = xstrdup(path);
    s->text = s->at = text;
    while (size > 0 && s->text[size - 1] != '\n') {
        size--;
        s->cut = true;
    }
    s->end = s->text + size;
    return 0;
}

void spool_close(struct spool *s)
{
    free(s->path);
    free(s->text);
    memset(s, 0, sizeof(*s));
}

int spool_next(struct spool *s, struct dead_letter *letter,
               struct dead_letter_memory **memory, gale_err *error)
{
    char *line = s->at, *end;
    gale_err wrong;

    *memory = NULL;
    if (line == s->end)
        return 0;
    end = memchr(line, '\n', (size_t)(s->end - line));
    s->at = end + 1;
    s->n++;
    if (memchr(line, '\0', (size_t)(end - line)) != NULL)
        return error_set(error, "%s: record %u is no text", s->path, s->n);
    if (dead_letter_read(line, (size_t)(end - line), letter, memory, &wrong) ==
        0)
        return 1;
    dead_letter_forget(*memory);
    *memory = NULL;
    return error_set(error, "%s: record %u %s", s->path, s->n, wrong.text);
}
