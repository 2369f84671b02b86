/* log_reader.h - a worker's log, read from its supervisor piece by piece. */
#ifndef GALE_LOG_READER_H
#define GALE_LOG_READER_H

#include "cli/log_places.h"
#include "topology-api/text_buffer.h"

struct log_reader {
    struct cluster *cluster;
    const char *topology; /* its id */
};

#define LOG_TAIL_LINES_MAX 1000000u
#define LOG_TAIL_BYTES_MAX ((size_t)8 << 20)

/* The last lines, at most so many and so many bytes; what comes behind them is
 * for log_reader_more(). The text is to be freed. EXIT_OK, or another:
 * cluster_why(). */
int log_reader_tail(const struct log_reader *r, struct log_place *place,
                    uint32_t lines, char **text, size_t *size);

/* What has come since, at most one piece: size is 0 if there is nothing new, or
 * the log goes on in another file just now. The same. If it is looked for so
 * often and not found, because more was written meanwhile than files hold, it
 * goes on with the newest file. */
#define LOG_READER_TRIES 5u
int log_reader_more(const struct log_reader *r, struct log_place *place,
                    char **text, size_t *size);

#endif
