/* unfinished.c - files that are to be finished; see unfinished.h. */
#include "connectors/unfinished.h"
#include "connectors/must.h"
#include <string.h>

enum { BLOCK_SIZE = 4096 };

bool unfinished_add(struct unfinished *u, const char *name, int64_t good)
{
    struct unfinished_file *f = &u->files[u->n];

    if (u->n == UNFINISHED_MAX)
        return false;
    must(strlen(name) < FILE_NAME_SIZE);
    memcpy(f->name, name, strlen(name) + 1);
    f->good = good;
    u->n++;
    return true;
}

/* Behind the last newline. */
static bool find_last_line(struct store *s, const char *name, int64_t length,
                           int64_t *good)
{
    char block[BLOCK_SIZE];
    int64_t end = length;

    while (end > 0) {
        size_t size = end < BLOCK_SIZE ? (size_t)end : BLOCK_SIZE;
        const char *newline;

        if (!s->ops->read(s, name, end - (int64_t)size, block, size))
            return false;
        newline = memrchr(block, '\n', size);
        if (newline != NULL) {
            *good = end - (int64_t)size + (newline - block) + 1;
            return true;
        }
        end -= (int64_t)size;
    }
    *good = 0;
    return true;
}

/* It was renamed, or removed, already, and nobody has heard the answer; or it
 * is gone. */
static enum unfinished_end look_for_finished(const struct unfinished_file *f,
                                             struct store *s, int64_t *missing)
{
    int64_t length = 0;
    bool found;

    if (s->problem.class != STORE_MISSING)
        return UNFINISHED_NOT;
    if (f->good == 0)
        return UNFINISHED_EMPTY;
    found = s->ops->length(s, f->name + 1, &length);
    if (!found && s->problem.class != STORE_MISSING)
        return UNFINISHED_NOT;
    *missing = f->good > length ? f->good - length : 0;
    return found ? UNFINISHED_DONE : UNFINISHED_GONE;
}

static enum unfinished_end finish(const struct unfinished_file *f,
                                  struct store *s, int64_t *missing)
{
    int64_t length, good = f->good;

    *missing = 0;
    if (!s->ops->recover(s, f->name) || !s->ops->length(s, f->name, &length))
        return look_for_finished(f, s, missing);
    if (good == UNFINISHED_UNKNOWN &&
        !find_last_line(s, f->name, length, &good))
        return UNFINISHED_NOT;
    if (good == 0)
        return s->ops->remove(s, f->name) ? UNFINISHED_EMPTY : UNFINISHED_NOT;
    if (good > length)
        *missing = good - length;
    if (good < length && !s->ops->truncate(s, f->name, good))
        return UNFINISHED_NOT;
    return s->ops->rename(s, f->name, f->name + 1) ? UNFINISHED_DONE
                                                   : UNFINISHED_NOT;
}

enum unfinished_end unfinished_finish(struct unfinished *u, struct store *store,
                                      int64_t *missing)
{
    struct unfinished_file first = u->files[0];
    enum unfinished_end end = finish(&first, store, missing);

    memmove(u->files, u->files + 1, (u->n - 1) * sizeof(*u->files));
    if (end != UNFINISHED_NOT)
        u->n--;
    else
        u->files[u->n - 1] = first;
    return end;
}
