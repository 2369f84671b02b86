/* fuzz_webhdfs.c - what a server says that is asked for files: JSON, or not. */
#include "connectors/webhdfs_reply.h"
#include "tests/fuzz/fuzz.h"
#include <string.h>

enum { NAME_SIZE = 64, TEXT_SIZE = 200 };

static void name_found(void *arg, const char *name)
{
    size_t *n = arg;

    fuzz_must(strchr(name, '/') == NULL);
    ++*n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    long status = 400 + (long)fuzz_number(&f, 1) % 200;
    size_t left = f.left, n = 0;
    char *body = fuzz_bytes(&f, left);
    char exception[NAME_SIZE], text[TEXT_SIZE], location[TEXT_SIZE];
    enum store_class class;
    bool yes;
    int64_t length;

    (void)webhdfs_reply_error(status, body, left, exception, text, TEXT_SIZE,
                              &class);
    fuzz_must(memchr(exception, '\0', NAME_SIZE) != NULL);
    fuzz_must(memchr(text, '\0', TEXT_SIZE) != NULL);
    fuzz_must(strchr(text, '\n') == NULL);
    (void)webhdfs_reply_boolean(body, left, &yes);
    if (webhdfs_reply_location(body, left, location, TEXT_SIZE))
        fuzz_must(memchr(location, '\0', TEXT_SIZE) != NULL);
    (void)webhdfs_reply_status(body, left, &yes, &length);
    (void)webhdfs_reply_list(body, left, name_found, &n);
    free(body);
    return 0;
}
