/*
 * whole_lines.h - files of lines that several processes write, one after the
 * other, and of which any may be killed.
 *
 * The kernel cuts a write to a file between two pages when its process is
 * killed in it. What that leaves of a line was never acked, and goes when the
 * next process opens the file; unless somebody still writes there, who has the
 * file's lock until his end.
 */
#ifndef TESTS_WHOLE_LINES_H
#define TESTS_WHOLE_LINES_H

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

static inline int whole_lines_cut(int fd)
{
    off_t size = lseek(fd, 0, SEEK_END);
    char last;

    while (size > 0 && pread(fd, &last, 1, size - 1) == 1 && last != '\n')
        size--;
    return size < 0 ? -1 : ftruncate(fd, size);
}

/* To append to; -1 and errno. */
static inline int whole_lines_open(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);

    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && whole_lines_cut(fd)) {
        close(fd);
        return -1;
    }
    return fd;
}

#endif
