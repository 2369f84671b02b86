/*
 * kept_files.h - what a run keeps beyond its end: positions of spouts, and dead
 * letters.
 */
#ifndef GALE_KEPT_FILES_H
#define GALE_KEPT_FILES_H

#include "worker/position_store.h"
#include "worker/worker.h"
#include <gale/local.h>

/* Before anything runs. dir: of positions; NULL: none are kept. -1 with the
 * error. */
int kept_files_open(struct worker *w, const char *dir, gale_err *error);
/* The same with positions that somebody else keeps; keeper: or NULL. */
int kept_files_open_over(struct worker *w, const struct position_keeper *keeper,
                         gale_err *error);

/* When nobody saves any more; that the last positions are kept is part of the
 * run. */
void kept_files_close(struct worker *w);

/* The run has never begun. */
void kept_files_drop(struct worker *w);

#endif
