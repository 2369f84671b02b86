/*
 * worker_log.h - where a worker's output goes, what its plugins print, too:
 * `gale log-writer`, one small process beside each worker, which reads a pipe
 * and writes worker.log, worker.log.1 … of bounded size.
 *
 * Why a process. What a worker prints must not be lost when it crashes, and
 * must not fill the disk, however fast it comes; the worker must neither wait
 * for somebody who has stopped reading, nor for a full disk; and all of that
 * without its supervisor, which it outlives.
 * - A file that the worker itself appends to is bounded only as often as
 *   somebody looks, and who rotates it from outside loses what comes meanwhile.
 * - A thread of the worker that empties a pipe dies with it, and with it what
 *   the pipe holds: the last words, of all.
 * - A pipe to the supervisor ends with the supervisor.
 * This one ends when nobody can write any more, has read all by then, and what
 * the disk refuses it throws away, and says so later. Besides, the files are
 * the supervisor's user's, even if the worker's is another.
 */
#ifndef GALE_WORKER_LOG_H
#define GALE_WORKER_LOG_H

#include <stddef.h>
#include <stdint.h>

enum { WORKER_LOG_FILES_MAX = 100, WORKER_LOG_BYTES_MIN = 4096 };

/* How much of what has come goes into the present file, … */
struct worker_log_cut {
    size_t take; /* bytes, 0 … size; less than size only if … */
    int rotate;  /* … the next file begins behind them */
};

/* … which has `room` left of `bytes`. Lines stay whole if they can: a file ends
 * with a line's end unless the line is longer than a file, or has begun before.
 * Pure. */
struct worker_log_cut worker_log_cut(const char *data, size_t size,
                                     uint64_t room, uint64_t bytes,
                                     int at_line_start);

/*
 * Read fd up to its end and write what comes to directory/worker.log: `files`
 * files of at most `bytes` each. 0, or 1 if there is no such directory; a
 * sentence is on standard error then.
 */
int worker_log_run(int fd, const char *directory, uint64_t bytes,
                   uint32_t files);

/* `gale log-writer DIRECTORY BYTES FILES`: the same from standard input. */
int worker_log_main(int argc, char **argv);

#endif
