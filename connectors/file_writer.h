/*
 * file_writer.h - the files that a task writes in a store: the one that grows,
 * and those that are to be finished.
 *
 * Records come as one text per round. When a write has failed nobody knows how
 * much of it is there: the file is left as it is, to be cut to what is known to
 * be good and renamed as soon as that works (connectors/unfinished.h), and the
 * same records go to a new file, with the next round.
 *
 * It knows no task: a round may run on any thread, one at a time. What there is
 * to say and to count is kept until file_writer_tell().
 */
#ifndef CONNECTORS_FILE_WRITER_H
#define CONNECTORS_FILE_WRITER_H

#include "connectors/back_off.h"
#include "connectors/file_rotation.h"
#include "connectors/file_store.h"
#include "connectors/unfinished.h"
#include <gale/task.h>

struct file_note;

struct file_writer {
    struct store *store; /* the owner's, before it begins */
    struct file_names names;
    struct file_rotation rotation;
    uint32_t task, n_tasks; /* who this is, among how many */
    uint64_t chance;        /* of pauses: a random number */

    char name[FILE_NAME_SIZE]; /* of the file that is written; "": none */
    bool created;
    int64_t length, begun;
    uint64_t n_files; /* begun */
    struct unfinished unfinished;
    struct back_off pause; /* ms; between tries to finish files */
    int64_t due;           /* of the next one */
    uint64_t n_finished;   /* not told yet; so are … */
    struct file_note *notes, **notes_end;
};

struct file_round {
    int64_t now;                  /* ns of the task's clock */
    int64_t wall_ms;              /* since 1970, for names */
    const char *data;             /* whole records … */
    size_t size;                  /* … or 0: nothing is to be written */
    bool written;                 /* out: they are safe; else … */
    struct store_problem problem; /* … why not */
};

/* The directory is there, and what tasks before this one have left in it is
 * known and, if that works, finished. False: the store has the problem; it may
 * be tried again. */
bool file_writer_begin(struct file_writer *w, int64_t now);

/* Writes what there is, begins a new file if it is time, finishes files whose
 * next try is due. */
void file_writer_round(struct file_writer *w, struct file_round *r);

/* When a round without records has something to do; INT64_MAX: never. */
int64_t file_writer_due(const struct file_writer *w);

/* The file is finished, and those that were left, for which it waits up to ms;
 * not on any clock, which may stand still in a simulated world. */
void file_writer_close(struct file_writer *w, int64_t ms);

/* In the task: log, errors, and the counter of files that are finished. */
void file_writer_tell(struct file_writer *w, gale_task *task,
                      gale_metric *finished);

/* Also of the store, if there is one. */
void file_writer_fini(struct file_writer *w);

#endif
