/* piece_faults.c - pieces that are late, damaged, in the wrong order. */
#include "tests/support/piece_faults.h"
#include <string.h>
#include <time.h>

static const char *const names[] = {"delay", "corrupt", "swap"};

enum { N_NAMES = sizeof(names) / sizeof(names[0]) };

static const char *name_of(const char *line, size_t size)
{
    for (size_t i = 0; i < N_NAMES; i++)
        if (strlen(names[i]) == size && memcmp(line, names[i], size) == 0)
            return names[i];
    return NULL;
}

bool piece_knows(const char *line, size_t size)
{
    return name_of(line, size) != NULL;
}

const char *piece_arm(struct piece_faults *faults, const char *line,
                      long number)
{
    const char *name = name_of(line, strcspn(line, " "));
    long *const what[] = {&faults->delay_ms, &faults->n_corrupt,
                          &faults->n_swap};

    for (size_t i = 0; i < N_NAMES; i++)
        if (name == names[i])
            *what[i] = number;
    return name;
}

static void swap_halves(char *piece, size_t half)
{
    for (size_t i = 0; i < half; i++) {
        char byte = piece[i];

        piece[i] = piece[half + i];
        piece[half + i] = byte;
    }
}

const char *piece_damage(struct piece_faults *faults, char *piece, size_t size)
{
    if (size < 2)
        return NULL;
    if (faults->n_swap > 0) {
        swap_halves(piece, size / 2);
        return --faults->n_swap == 0 ? "fired swap" : NULL;
    }
    if (faults->n_corrupt > 0) {
        piece[size / 2] ^= 16;
        return --faults->n_corrupt == 0 ? "fired corrupt" : NULL;
    }
    return NULL;
}

int64_t piece_now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
