/* memory_speed.c - how fast memory is copied; see memory_speed.h. */
#include "tests/bench/memory_speed.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLACE = 256 * 1024 * 1024 };

static void copy_all(char *to, const char *from, size_t piece)
{
    for (size_t at = 0; at + piece <= PLACE; at += piece)
        memcpy(to + at, from + at, piece);
}

int memory_speed(const struct bench_run *r)
{
    char *from = malloc(PLACE), *to = malloc(PLACE);
    double begun, took = 0, copied = 0;

    if (!from || !to) {
        fprintf(stderr, "bench: no memory to copy\n");
        free(from);
        free(to);
        return -1;
    }
    memset(from, 'x', PLACE);
    copy_all(to, from, r->of->size); /* so that its pages are there */
    for (begun = bench_now(); took < r->options->seconds;
         took = bench_now() - begun) {
        copy_all(to, from, r->of->size);
        copied += PLACE;
    }
    bench_figure("rate", copied / took / 1e9);
    free(from);
    free(to);
    return 0;
}
