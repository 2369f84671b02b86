/*
 * line_reader.h - a buffer over a file descriptor that is cut at newlines.
 *
 * What is unread lies at data[begin … end). fill() makes room, growing the
 * buffer when a line does not fit, and never waits: EAGAIN says that nothing
 * is there now. A file that can be read at an offset is, so that its own
 * offset, which other processes may share, stays.
 */
#ifndef SPOUTS_LINE_READER_H
#define SPOUTS_LINE_READER_H

#include "spouts/replay.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

struct line_reader {
    int fd;       /* -1: nothing is open */
    bool regular; /* can be read at an offset */
    char *data;
    size_t capacity;
    size_t begin, end; /* the unread bytes … */
    size_t scanned;    /* … of which so many hold no newline */
    int64_t offset;    /* of data[begin] in the input */
};

#define LINE_READER_NONE SIZE_MAX

/* With which a line ends: a carriage return before the newline is data, or is
 * cut off, too, as Java's and Hadoop's readers do it. */
enum { LINE_READER_LF, LINE_READER_CRLF };

#define LINE_READER_ENDS_OPTION(type_, member_)                                \
    GALE_OPTION_ENUM(type_, member_, "line.end", "lf", "lf crlf",              \
                     "crlf: a carriage return before the newline is cut off, " \
                     "too")

static inline size_t line_reader_unread(const struct line_reader *r)
{
    return r->end - r->begin;
}

/* fd is not closed if it is standard input. */
static inline void line_reader_close(struct line_reader *r)
{
    if (r->fd > STDIN_FILENO)
        close(r->fd);
    r->fd = -1;
    r->begin = r->end = r->scanned = 0;
    r->offset = 0;
}

/* Go on at another offset; keeps what is at hand of it. */
static inline void line_reader_seek(struct line_reader *r, int64_t offset)
{
    int64_t ahead = offset - r->offset;

    if (ahead >= 0 && ahead <= (int64_t)line_reader_unread(r))
        r->begin += (size_t)ahead;
    else
        r->begin = r->end = 0;
    r->scanned = 0;
    r->offset = offset;
}

static inline void line_reader_skip(struct line_reader *r, size_t n)
{
    r->begin += n;
    r->offset += (int64_t)n;
    r->scanned = 0;
}

/* Size of the line at the front without its newline; LINE_READER_NONE while
 * its newline has not been read. */
static inline size_t line_reader_size(struct line_reader *r)
{
    const char *line = r->data + r->begin;
    size_t n = line_reader_unread(r);
    const char *newline =
        n ? memchr(line + r->scanned, '\n', n - r->scanned) : NULL;

    if (newline)
        return (size_t)(newline - line);
    r->scanned = n;
    return LINE_READER_NONE;
}

/* The line at the front, of so many bytes, as text. */
static inline gale_str line_reader_line(const struct line_reader *r,
                                        size_t size, int32_t ends)
{
    const char *line = r->data + r->begin;
    bool cut = ends == LINE_READER_CRLF && size > 0 && line[size - 1] == '\r';

    return gale_str_make(line, size - cut);
}

/* Room for at least so many bytes behind the unread ones. */
static inline void line_reader_room(struct line_reader *r, size_t least)
{
    size_t n = line_reader_unread(r);

    if (r->begin)
        memmove(r->data, r->data + r->begin, n);
    r->begin = 0;
    r->end = n;
    if (r->capacity - n >= least)
        return;
    r->capacity = r->capacity ? 2 * r->capacity : 2 * least;
    r->data = replay_grown(r->data, r->capacity);
}

static inline ssize_t line_reader_once(struct line_reader *r)
{
    char *to = r->data + r->end;
    size_t room = r->capacity - r->end;
    struct pollfd ready = {.fd = r->fd, .events = POLLIN};

    if (r->regular)
        return pread(r->fd, to, room,
                     r->offset + (int64_t)line_reader_unread(r));
    if (poll(&ready, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    return read(r->fd, to, room);
}

/* As read(2), with room for at least so many bytes, without EINTR. */
static inline ssize_t line_reader_fill(struct line_reader *r, size_t least)
{
    ssize_t n;

    line_reader_room(r, least);
    do
        n = line_reader_once(r);
    while (n < 0 && errno == EINTR);
    if (n > 0)
        r->end += (size_t)n;
    return n;
}

#endif
