/*
 * waited_for.h - which callbacks keep a run from opening or closing, and if
 * there is hope. Called by the control thread, which sees what is under way and
 * cannot end it.
 */
#ifndef GALE_WAITED_FOR_H
#define GALE_WAITED_FOR_H

#include "worker/worker.h"

struct last_words;

/* This worker opens; NULL: none does any more, and before it is freed. Of
 * several in one process the last one counts. */
void waited_for_open(const struct worker *w);

/* Say who of it is under way, as `bolt "split" (task 2), bolt "split" (task 3)
 * and 2 more`; false: nobody is. Any thread, also in a signal handler. */
bool waited_for_put(struct last_words *words);

/* Log what is under way after so many ns; doing: "open" or "close". */
void waited_for_say(struct worker *w, const char *doing, int64_t ns);

/*
 * Closing has waited for so many ns: true if that is for ever, by what can be
 * known, and a sentence that says for whom. What was under way through both
 * drains (`drained`) gets no third one; a cleanup, and what a stop at once or
 * an error has met, gets as long as a drain.
 */
bool waited_for_ever(struct worker *w, bool drained, int64_t ns, char *text,
                     size_t size);

#endif
