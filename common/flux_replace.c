/* flux_replace.c - ${…} in a text, replaced; see flux_replace.h. */
#include "common/flux_replace.h"
#include "topology-api/memory.h"
#include "topology-api/model.h" /* error_set() */

#include <string.h>

#define NAME_MAX_BYTES 255

struct replacing {
    flux_lookup_fn *lookup;
    void *arg;
    gale_err *error;
    char *to;
    size_t n;
    bool failed; /* a name has no value; the others are asked for, too */
};

bool flux_replace_wanted(const char *text)
{
    return strstr(text, "${") != NULL;
}

/* The error is that of the first name without a value. */
static const char *value_of(struct replacing *r, const char *name)
{
    gale_err cause;
    const char *value = r->lookup(r->arg, name, &cause);

    if (value != NULL)
        return value;
    if (!r->failed)
        *r->error = cause;
    r->failed = true;
    return "";
}

static int put(struct replacing *r, const char *text, size_t size)
{
    if (size > FLUX_REPLACED_MAX - r->n)
        return error_set(r->error,
                         "has more than %d bytes when ${…} is replaced",
                         FLUX_REPLACED_MAX);
    memcpy(r->to + r->n, text, size);
    r->n += size;
    return 0;
}

/* At "${"; *text is then behind the "}". */
static int put_value(struct replacing *r, const char **text)
{
    const char *name = *text + 2, *end = strchr(name, '}'), *value;
    char copy[NAME_MAX_BYTES + 1];

    if (end == NULL)
        return error_set(r->error, "has a ${ that no } ends; the characters "
                                   "${ themselves are written $${");
    if (end == name || end - name > NAME_MAX_BYTES)
        return error_set(
            r->error, "has a ${…} with a name of %s; expected 1 to %d bytes",
            end == name ? "no bytes" : "too many bytes", NAME_MAX_BYTES);
    memcpy(copy, name, (size_t)(end - name));
    copy[end - name] = '\0';
    *text = end + 1;
    value = value_of(r, copy);
    return put(r, value, strlen(value));
}

static int put_all(struct replacing *r, const char *text)
{
    while (*text != '\0') {
        int result;

        if (!strncmp(text, "$${", 3)) {
            result = put(r, "${", 2);
            text += 3;
        } else if (!strncmp(text, "${", 2)) {
            result = put_value(r, &text);
        } else {
            result = put(r, text++, 1);
        }
        if (result)
            return -1;
    }
    return 0;
}

char *flux_replace(const char *text, flux_lookup_fn *lookup, void *arg,
                   gale_err *error)
{
    struct replacing r = {.lookup = lookup, .arg = arg, .error = error};

    r.to = xmalloc(FLUX_REPLACED_MAX + 1);
    if (put_all(&r, text) || r.failed) {
        free(r.to);
        return NULL;
    }
    r.to[r.n] = '\0';
    return xrealloc(r.to, r.n + 1);
}
