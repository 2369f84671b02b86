/*
 * fuzz_spool.c - a spool of dead letters, as a run that died, a bad disk or an
 * editor has left it.
 *
 * It is the one file of its world. A letter that is read can be written again,
 * and says the same then.
 */
#include "common/env.h"
#include "common/spool.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/values.h"
#include <errno.h>

/* -- the world ------------------------------------------------------------- */

static struct fuzz file;

static int file_read(struct env *env, const char *path, size_t max, void **data,
                     size_t *size)
{
    (void)env, (void)path;
    if (file.left > max) {
        errno = EFBIG;
        return -1;
    }
    *data = xstrndup((const char *)file.at, file.left);
    *size = file.left;
    return 0;
}

static struct env *world(void)
{
    static const struct env_ops ops = {.file_read = file_read};
    static struct env env = {.ops = &ops};

    return &env;
}

/* -- one file -------------------------------------------------------------- */

/* No tuple has deeper values, so nobody writes them. */
static bool can_be_of_a_tuple(const struct dead_letter *letter)
{
    for (uint32_t i = 0; i < letter->n; i++)
        if (values_defect(letter->values[i]) != NULL)
            return false;
    return true;
}

static void write_and_read(const struct dead_letter *letter)
{
    struct dead_letter_memory *memory;
    struct dead_letter again;
    size_t size, same_size;
    char *line = dead_letter_write(letter, &size), *same;

    fuzz_must(dead_letter_read(line, size - 1, &again, &memory, NULL) == 0);
    same = dead_letter_write(&again, &same_size);
    fuzz_must(size == same_size && memcmp(line, same, size) == 0);
    dead_letter_forget(memory);
    free(same);
    free(line);
}

static void read_letters(struct spool *s)
{
    struct dead_letter letter;
    struct dead_letter_memory *memory;
    gale_err error = {""};
    int found;

    while ((found = spool_next(s, &letter, &memory, &error)) != 0) {
        if (found > 0 && can_be_of_a_tuple(&letter))
            write_and_read(&letter);
        if (found < 0)
            fuzz_must(memory == NULL && error.text[0] != '\0');
        dead_letter_forget(memory);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct spool s;
    gale_err error;

    file = (struct fuzz){data, size};
    check(spool_open(&s, world(), "spool", &error) == 0);
    read_letters(&s);
    spool_close(&s);
    return 0;
}
