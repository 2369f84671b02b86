/*
 * skeleton.c - the files of cli/skeleton/ as text; the Makefile makes
 * skeletons.inc of them.
 */
#include "cli/skeleton.h"
#include "common/check.h"
#include "topology-api/memory.h"

static const struct {
    const char *file;
    const char *text;
} skeletons[] = {
#include "skeletons.inc"
};

const char *skeleton_text(const char *file)
{
    size_t i = 0;

    while (i < sizeof(skeletons) / sizeof(skeletons[0]) &&
           strcmp(skeletons[i].file, file) != 0)
        i++;
    check_msg(i < sizeof(skeletons) / sizeof(skeletons[0]), "%s", file);
    return skeletons[i].text;
}

/* What to write instead of the place holder at text; *skip is its length. */
static const char *filling(const char *text, const char *kind, const char *name,
                           size_t *skip)
{
    static const char kind_mark[] = "@KIND@", name_mark[] = "@NAME@";

    *skip = sizeof(name_mark) - 1;
    if (!strncmp(text, name_mark, *skip))
        return name;
    return strncmp(text, kind_mark, *skip) ? NULL : kind;
}

char *skeleton_fill(const char *text, const char *kind, const char *name)
{
    char *filled;
    size_t size, skip;
    FILE *out = open_memstream(&filled, &size);

    check(out != NULL);
    while (*text != '\0') {
        const char *with = filling(text, kind, name, &skip);

        if (with != NULL) {
            fputs(with, out);
            text += skip;
        } else {
            fputc(*text++, out);
        }
    }
    check(fclose(out) == 0);
    return filled;
}
