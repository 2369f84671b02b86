/*
 * inherited.h - the descriptors that a worker has from its supervisor, beside
 * the standard ones.
 *
 * On its standard output and error is a pipe to a process that keeps its log
 * (supervisor/worker_log.c). What it writes to INHERITED_WORDS is what `gale
 * status` shows as the reason when it has ended: last_words_also(), before
 * anything can fail. From INHERITED_KEY it reads its key, up to the end, and
 * closes it. Neither is to be left to what the worker starts. If it ends
 * because of a SIGTERM, its status is INHERITED_TERMINATED, as shells have it.
 */
#ifndef GALE_INHERITED_H
#define GALE_INHERITED_H

enum {
    INHERITED_WORDS = 3, /* a file, to be appended to */
    INHERITED_KEY = 4,   /* a pipe with the key in it, and nothing behind */
    INHERITED_N = 2,

    INHERITED_TERMINATED = 128 + 15,
};

#endif
