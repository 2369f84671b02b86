/* kept_files.c - positions and dead letters are opened and closed; see
 * kept_files.h. */
#include "worker/kept_files.h"
#include "worker/letters.h"
#include "worker/position_store.h"
#include "worker/spout_task.h"
#include "worker/task_base.h"

static int load_positions(struct worker *w, gale_err *error)
{
    for (uint32_t i = 1; i <= w->n_tasks; i++)
        if (w->tasks[i] != NULL && w->tasks[i]->spout != NULL &&
            position_store_load(w->positions, w->tasks[i],
                                &w->tasks[i]->spout->positions, error) != 0)
            return -1;
    return 0;
}

int kept_files_open(struct worker *w, const char *dir, gale_err *error)
{
    if (dir != NULL)
        w->positions =
            position_store_open(w->env, dir, w->model->name, w->log, error);
    if (dir != NULL && (w->positions == NULL || load_positions(w, error) != 0))
        return -1;
    return letters_open(w, error);
}

int kept_files_open_over(struct worker *w, const struct position_keeper *keeper,
                         gale_err *error)
{
    if (keeper != NULL)
        w->positions = position_store_over(keeper);
    if (keeper != NULL && load_positions(w, error) != 0)
        return -1;
    return letters_open(w, error);
}

void kept_files_close(struct worker *w)
{
    gale_err error;

    if (position_store_close(w->positions, &error) != 0)
        worker_fail(w, error.text);
    w->positions = NULL;
    letters_close(w->letters); /* what they settle comes too late */
    w->letters = NULL;
}

void kept_files_drop(struct worker *w)
{
    letters_close(w->letters);
    position_store_close(w->positions, NULL);
}
