/* file_rotation.c - when a new file begins, and what files are called; see
 * file_rotation.h. */
#include "connectors/file_rotation.h"
#include "connectors/must.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { SECOND = 1000000000 };

bool file_rotation_due(const struct file_rotation *r, int64_t size, int64_t age)
{
    return (r->bytes > 0 && size >= r->bytes) ||
           (r->secs > 0 && age / SECOND >= r->secs);
}

/* -- names ----------------------------------------------------------------- */

static bool plain(gale_str text)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] == '/' || (unsigned char)text.data[i] < ' ' ||
            text.data[i] == 0x7f)
            return false;
    return true;
}

const char *file_names_check(const struct file_names *n)
{
    if (!plain(n->prefix) || !plain(n->extension))
        return "the options prefix and extension are parts of the name of a "
               "file: expected no slash and no control characters in them";
    if (n->prefix.size > FILE_NAME_PREFIX_MAX ||
        n->extension.size > FILE_NAME_EXTENSION_MAX)
        return "the names of files would be too long: expected at most 100 "
               "bytes of prefix and 20 of extension";
    if (n->prefix.size > 0 && strchr("_.", n->prefix.data[0]) != NULL)
        return "the option prefix begins with _ or a dot, and readers would "
               "not see any file: expected another prefix";
    return NULL;
}

/* A component may be called as it likes. */
static size_t add_component(const struct file_names *n, char *to)
{
    size_t size = strnlen(n->component, FILE_NAME_COMPONENT_MAX);

    for (size_t i = 0; i < size; i++)
        to[i] = n->component[i] == '/' || (unsigned char)n->component[i] < ' '
                    ? '_'
                    : n->component[i];
    return size;
}

/* What all open files of the component begin with. */
static size_t add_stem(const struct file_names *n, char *to)
{
    size_t size = 1;

    to[0] = '_';
    memcpy(to + size, n->prefix.data, n->prefix.size);
    size += n->prefix.size;
    size += add_component(n, to + size);
    to[size++] = '-';
    return size;
}

void file_names_make(const struct file_names *n, uint32_t task,
                     uint64_t rotation, int64_t ms, char *name)
{
    size_t size = add_stem(n, name);
    int more =
        snprintf(name + size, FILE_NAME_SIZE - size,
                 "%" PRIu32 "-%" PRIu64 "-%" PRId64 "%.*s", task, rotation, ms,
                 (int)n->extension.size, n->extension.data);

    must(more > 0 && (size_t)more < FILE_NAME_SIZE - size);
}

/* Behind a number, or NULL if there is none. */
static const char *number_end(const char *at)
{
    size_t digits = strspn(at, "0123456789");

    return digits > 0 && digits <= 19 ? at + digits : NULL;
}

int64_t file_names_task(const struct file_names *n, const char *name)
{
    char stem[FILE_NAME_SIZE];
    size_t size = add_stem(n, stem);
    const char *task = name + size, *at;
    int64_t found;

    if (strncmp(name, stem, size) != 0)
        return FILE_NOBODYS;
    at = number_end(task);
    for (int i = 0; i < 2 && at != NULL; i++)
        at = *at == '-' ? number_end(at + 1) : NULL;
    if (at == NULL || strlen(at) != n->extension.size ||
        memcmp(at, n->extension.data, n->extension.size) != 0)
        return FILE_NOBODYS;
    found = strtoll(task, NULL, 10);
    return found <= UINT32_MAX ? found : FILE_NOBODYS;
}
