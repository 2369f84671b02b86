/*
 * lines_bare.c - lines of a file, cut out of a buffer, and nothing done with
 * them.
 *
 *     lines_bare FILE     prints how many
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIZE = 64 * 1024 };

/* Lines of the buffer; what is left of the last one goes to its front. */
static size_t cut(char *data, size_t *size, long long *bytes)
{
    char *at = data, *end = data + *size, *newline;
    size_t n = 0;

    while ((newline = memchr(at, '\n', (size_t)(end - at))) != NULL) {
        *bytes += newline - at;
        at = newline + 1;
        n++;
    }
    *size = (size_t)(end - at);
    memmove(data, at, *size);
    return n;
}

int main(int argc, char **argv)
{
    static char data[SIZE];
    int fd = argc == 2 ? open(argv[1], O_RDONLY) : -1;
    long long bytes = 0;
    size_t size = 0, n = 0;
    ssize_t more;

    if (fd < 0) {
        fprintf(stderr, "usage: lines_bare FILE\n");
        return 2;
    }
    while ((more = read(fd, data + size, SIZE - size)) > 0) {
        size += (size_t)more;
        n += cut(data, &size, &bytes);
    }
    printf("%zu lines, %lld bytes\n", n, bytes);
    return 0;
}
