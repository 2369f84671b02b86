/* five_sentences.h - the texts of the spout `sentences`, for who needs them. */
#ifndef BENCH_FIVE_SENTENCES_H
#define BENCH_FIVE_SENTENCES_H

enum { FIVE_SENTENCES = 5 };

static const char *const five_sentences[FIVE_SENTENCES] = {
    "the cow jumped over the moon",   "an apple a day keeps the doctor away",
    "four score and seven years ago", "snow white and the seven dwarfs",
    "i am at two with nature",
};

#endif
