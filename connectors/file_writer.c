/* file_writer.c - the files that a task writes; see file_writer.h. */
#include "connectors/file_writer.h"
#include "connectors/must.h"
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
};

static const char *problem(const struct file_writer *w)
{
    return w->store->problem.text;
}

/* -- what there is to say -------------------------------------------------- */

struct file_note {
    struct file_note *next;
    gale_log_level level; /* GALE_LOG_ERROR: an error of the task */
    char text[1000];
};

GALE_PRINTF(3, 4)
static void note(struct file_writer *w, gale_log_level level,
                 const char *format, ...)
{
    struct file_note *n = must_alloc(NULL, sizeof(*n));
    va_list args;

    n->next = NULL;
    n->level = level;
    va_start(args, format);
    vsnprintf(n->text, sizeof(n->text), format, args);
    va_end(args);
    if (w->notes == NULL)
        w->notes_end = &w->notes;
    *w->notes_end = n;
    w->notes_end = &n->next;
}

static struct file_note *take_note(struct file_writer *w)
{
    struct file_note *n = w->notes;

    if (n != NULL)
        w->notes = n->next;
    return n;
}

void file_writer_tell(struct file_writer *w, gale_task *task,
                      gale_metric *finished)
{
    struct file_note *n;

    while ((n = take_note(w)) != NULL) {
        if (n->level == GALE_LOG_ERROR)
            gale_report_error(task, "%s", n->text);
        else
            gale_log(task, n->level, "%s", n->text);
        free(n);
    }
    gale_counter_add(task, finished, (int64_t)w->n_finished);
    w->n_finished = 0;
}

/* -- files that are to be finished ----------------------------------------- */

static void finish_later(struct file_writer *w, int64_t good, int64_t now)
{
    if (w->unfinished.n == 0)
        w->due = now;
    if (!unfinished_add(&w->unfinished, w->name, good))
        note(w, GALE_LOG_ERROR,
             "%u files are to be finished already: %s is left to the next "
             "start",
             w->unfinished.n, w->name);
    w->name[0] = '\0';
    w->created = false;
}

static uint64_t next_chance(struct file_writer *w)
{
    /* Knuth's generator, as in MMIX */
    w->chance = w->chance * 6364136223846793005u + 1442695040888963407u;
    return w->chance >> 16;
}

static void say_finished(struct file_writer *w, const char *name,
                         int64_t missing)
{
    if (missing > 0)
        note(w, GALE_LOG_ERROR,
             "%lld bytes at the end of %s are gone from the store, which had "
             "said that they were safe",
             (long long)missing, name + 1);
    w->n_finished++;
    note(w, GALE_LOG_INFO,
         "%s is finished, which a write that failed or a task that died had "
         "left",
         name + 1);
}

static void say_end(struct file_writer *w, const char *name,
                    enum unfinished_end end, int64_t missing)
{
    if (end == UNFINISHED_DONE)
        say_finished(w, name, missing);
    else if (end == UNFINISHED_EMPTY)
        note(w, GALE_LOG_INFO,
             "%s is removed: it had no whole record that was acked", name);
    else
        note(w, GALE_LOG_ERROR,
             "%s was removed by somebody before it was finished: %lld bytes "
             "that were safe went with it",
             name, (long long)missing);
}

/* False: it has to be tried again. */
static bool finish_one(struct file_writer *w, int64_t now)
{
    char name[FILE_NAME_SIZE];
    enum unfinished_end end;
    int64_t missing;

    memcpy(name, w->unfinished.files[0].name, sizeof(name));
    end = unfinished_finish(&w->unfinished, w->store, &missing);
    if (end == UNFINISHED_NOT) {
        note(w, w->pause.last == 0 ? GALE_LOG_WARN : GALE_LOG_DEBUG,
             "%s is not finished yet: %s", name, problem(w));
        w->due = now + back_off_next(&w->pause, next_chance(w)) * MS;
        return false;
    }
    back_off_reset(&w->pause);
    say_end(w, name, end, missing);
    return true;
}

static void finish_files(struct file_writer *w, int64_t now)
{
    while (w->unfinished.n > 0 && finish_one(w, now))
        ;
}

/* -- the file that is written ---------------------------------------------- */

static void finish_file(struct file_writer *w, int64_t now)
{
    if (!w->created)
        return;
    if (!w->store->ops->rename(w->store, w->name, w->name + 1)) {
        finish_later(w, w->length, now);
        return;
    }
    w->n_finished++;
    w->name[0] = '\0';
    w->created = false;
}

static bool is_free(struct file_writer *w, const char *name, bool *is)
{
    int64_t length;

    *is = !w->store->ops->length(w->store, name, &length);
    return !*is || w->store->problem.class == STORE_MISSING;
}

/* A clock that was set back may come to a name again. */
static bool choose_name(struct file_writer *w, const struct file_round *r)
{
    char name[FILE_NAME_SIZE];
    bool open_is_free, finished_is_free;

    do {
        file_names_make(&w->names, w->task, w->n_files++, r->wall_ms, name);
        if (!is_free(w, name, &open_is_free) ||
            !is_free(w, name + 1, &finished_is_free))
            return false;
    } while (!open_is_free || !finished_is_free);
    memcpy(w->name, name, sizeof(name));
    w->length = 0;
    w->begun = r->now;
    return true;
}

/* One that could not be created keeps its name: the next try is instead of it.
 * */
static bool write_records(struct file_writer *w, const struct file_round *r)
{
    const struct store_ops *ops = w->store->ops;

    if (w->created)
        return ops->append(w->store, w->name, w->length, r->data, r->size);
    w->created = (w->name[0] != '\0' || choose_name(w, r)) &&
                 ops->create(w->store, w->name, r->data, r->size);
    return w->created;
}

/* -- rounds ---------------------------------------------------------------- */

void file_writer_round(struct file_writer *w, struct file_round *r)
{
    r->written = r->size > 0 && write_records(w, r);
    if (r->size > 0 && !r->written) {
        r->problem = w->store->problem;
        if (w->created)
            finish_later(w, w->length, r->now);
        return;
    }
    w->length += (int64_t)r->size;
    if (w->created &&
        file_rotation_due(&w->rotation, w->length, r->now - w->begun))
        finish_file(w, r->now);
    if (r->now >= w->due)
        finish_files(w, r->now);
}

int64_t file_writer_due(const struct file_writer *w)
{
    int64_t at = w->unfinished.n > 0 ? w->due : INT64_MAX, old;

    if (!w->created || w->rotation.secs == 0)
        return at;
    old = w->begun + w->rotation.secs * 1000 * MS;
    return at < old ? at : old;
}

/* -- the beginning and the end --------------------------------------------- */

static void take_over(void *arg, const char *name)
{
    struct file_writer *w = arg;
    int64_t of = file_names_task(&w->names, name);

    if (of != FILE_NOBODYS && strlen(name) < FILE_NAME_SIZE &&
        of % w->n_tasks == w->task &&
        !unfinished_add(&w->unfinished, name, UNFINISHED_UNKNOWN))
        note(w, GALE_LOG_WARN,
             "%u files are to be finished already: %s is left to the next "
             "start",
             w->unfinished.n, name);
}

bool file_writer_begin(struct file_writer *w, int64_t now)
{
    w->unfinished.n = 0;
    w->pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    if (!w->store->ops->begin(w->store) ||
        !w->store->ops->list(w->store, take_over, w))
        return false;
    finish_files(w, now);
    return true;
}

void file_writer_close(struct file_writer *w, int64_t ms)
{
    finish_file(w, 0);
    if (w->name[0] != '\0')
        finish_later(w, 0, 0); /* it may have been created */
    finish_files(w, 0);
    while (w->unfinished.n > 0 && ms > 0) {
        int64_t pause = w->pause.last < ms ? w->pause.last : ms;

        poll(NULL, 0, (int)pause);
        ms -= pause;
        finish_files(w, 0);
    }
}

void file_writer_fini(struct file_writer *w)
{
    struct file_note *n;

    while ((n = take_note(w)) != NULL)
        free(n);
    if (w->store != NULL)
        w->store->ops->close(w->store);
}
