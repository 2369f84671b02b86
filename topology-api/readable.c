/* readable.c - memory that may not be there; see readable.h. */
#include "topology-api/readable.h"
#include "topology-api/model.h"
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE 4096u /* the least that there is: protection changes at its ends */

/* A system that does not answer that at all is one without the check. */
static bool one_byte(const char *at)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {(void *)(uintptr_t)at, 1};

    return process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 1 ||
           errno != EFAULT;
}

static size_t left_in_page(const char *at)
{
    return PAGE - (uintptr_t)at % PAGE;
}

bool readable_bytes(const void *at, size_t size)
{
    const char *p = at;

    if (size > UINTPTR_MAX - (uintptr_t)at)
        return false;
    while (size > 0) {
        size_t n = left_in_page(p) < size ? left_in_page(p) : size;

        if (!one_byte(p))
            return false;
        p += n;
        size -= n;
    }
    return true;
}

bool readable_text(const char *text)
{
    for (size_t n, i = 0; text != NULL; i += n) {
        n = left_in_page(text + i);
        if (n > READABLE_TEXT_MAX - i)
            n = READABLE_TEXT_MAX - i;
        if (n == 0 || !one_byte(text + i))
            return false;
        if (memchr(text + i, '\0', n) != NULL)
            return true;
    }
    return true;
}

int readable_check_bytes(const void *at, size_t size, const char *owner,
                         const char *member, gale_err *error)
{
    if (readable_bytes(at, size))
        return 0;
    return error_set(error,
                     "%s: %s lies outside of the memory that can be read, at "
                     "the address %p; expected %zu bytes there",
                     owner, member, at, size);
}

int readable_check_text(const char *text, const char *owner, const char *member,
                        gale_err *error)
{
    if (readable_text(text))
        return 0;
    return error_set(error,
                     "%s: %s has the address %p; expected one of a text that "
                     "can be read and ends within %u bytes",
                     owner, member, (const void *)text, READABLE_TEXT_MAX);
}
