/* file_name.c - names of files that came from outside; see file_name.h. */
#include "common/file_name.h"
#include <string.h>

#define WITHIN                                                                 \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-"

bool file_name_valid(const char *name)
{
    size_t size = strlen(name);

    return size > 0 && size <= FILE_NAME_MAX &&
           strchr(".+-", name[0]) == NULL && strspn(name, WITHIN) == size;
}

const char *file_name_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}
