/*
 * zipf_text.h - the large text: 100 000 words, the k-th 1/k as frequent as the
 * first, a dozen words a line.
 *
 * Made once, always the same bytes for a size, and kept: build/bench/.
 */
#ifndef BENCH_ZIPF_TEXT_H
#define BENCH_ZIPF_TEXT_H

#include <stdint.h>

struct zipf_text {
    char path[64]; /* from the top of the tree */
    uint64_t bytes, words;
};

/* Makes it if it is not there, and reads it once, so that it lies in the page
 * cache. 0, or -1 after saying what is wrong. */
int zipf_text_get(struct zipf_text *t, uint32_t mb);

#endif
