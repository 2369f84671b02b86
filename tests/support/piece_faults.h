/*
 * piece_faults.h - what the proxy (tests/servers/proxy.c) does to the pieces
 * that it carries.
 */
#ifndef TESTS_PIECE_FAULTS_H
#define TESTS_PIECE_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct piece_faults {
    long delay_ms;
    long n_corrupt, n_swap; /* pieces that will be */
};

/* Whether the first bytes of a line are a command of piece_arm(). */
bool piece_knows(const char *line, size_t size);
/* What a line begins with, "delay", "corrupt" or "swap", holds from now on with
 * this number. Its name. */
const char *piece_arm(struct piece_faults *faults, const char *line,
                      long number);
/* A piece was read. What was just done for the last time, as a sentence, or
 * NULL. */
const char *piece_damage(struct piece_faults *faults, char *piece, size_t size);
int64_t piece_now_ms(void);

#endif
