/*
 * spout_letter.c - a dead letter is made of what a spout emitted; see
 * spout_owed.h.
 *
 * As a line for the spool, or as a tuple for a bolt, whose ack is then the
 * message's. Nothing that a plugin hands over is taken on trust: a payload that
 * cannot be kept stays failed.
 */
#include "worker/spout_owed.h"
#include "common/dead_letter.h"
#include "worker/cause.h"
#include "worker/letters.h"
#include "worker/worker.h"

static struct worker *worker_of(const struct task *t)
{
    return t->executor->worker;
}

static gale_str str(const char *text)
{
    return gale_str_make(text, strlen(text));
}

/* The id of a task's component, which may be one of another worker; none if
 * there is no such task. */
static gale_str component_of(const struct model *m, int32_t task)
{
    for (uint32_t i = 0; i < m->n_components; i++) {
        const struct component *c = &m->components[i];

        if (task >= c->first_task && task - c->first_task < (int32_t)c->tasks)
            return str(c->id);
    }
    return gale_str_make(NULL, 0);
}

static void describe_cause(const struct task *t, const struct cause *cause,
                           struct dead_letter *letter)
{
    const struct worker *w = worker_of(t);

    if (cause == NULL)
        return;
    letter->error = str(cause->text);
    letter->poison = cause->poison;
    letter->failed_task = cause->task;
    letter->component = component_of(w->model, cause->task);
}

static struct dead_letter describe(const struct task *t,
                                   const struct owed_message *m)
{
    const struct worker *w = worker_of(t);
    struct dead_letter letter = {
        .time_us = w->env->ops->wall_us(w->env),
        .topology = str(w->model->name),
        .spout = str(t->component->id),
        .task = t->id,
        .id = m->id,
        .failures = m->failures,
    };

    describe_cause(t, m->cause, &letter);
    return letter;
}

/* What a user can do about it is all that is left: without what was emitted, a
 * letter would be a loss. */
static const char too_large[] =
    "is larger than 1 MiB, which a letter in a file may be at most; let "
    "gale.topology.dead.letter name a bolt, which takes what has up to half of "
    "gale.topology.max.tuple.bytes";

/* NULL: it is not fit to be sent, and so not to be kept. */
static const char *payload_defect(const struct payload *p)
{
    uint64_t size = 0;

    for (uint32_t i = 0; i < p->n; i++) {
        uint64_t tail = value_tail(&p->values[i], 0);

        if (tail == UINT64_MAX)
            return "holds a value that no tuple can hold";
        size += tail;
    }
    if (p->n != p->stream->n_fields)
        return "has another number of fields than its stream";
    return size > DEAD_LETTER_MAX ? too_large : NULL;
}

/* The line, or NULL with what is wrong. */
static char *write_line(struct dead_letter *letter, const struct payload *p,
                        size_t *size, const char **wrong)
{
    gale_str *names;
    char *line;

    *wrong = payload_defect(p);
    if (*wrong != NULL)
        return NULL;
    names = xcalloc(p->n + 1, sizeof(*names));
    for (uint32_t i = 0; i < p->n; i++)
        names[i] = str(p->stream->fields[i]);
    letter->stream = str(p->stream->name);
    letter->has_fields = true;
    letter->names = names;
    letter->values = p->values;
    letter->n = p->n;
    line = dead_letter_write(letter, size);
    free(names);
    if (*size <= DEAD_LETTER_MAX)
        return line;
    *wrong = too_large;
    free(line);
    return NULL;
}

static void report_given_up(struct task *t, const struct owed_message *m)
{
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text),
             "a message was given up after %u failure%s, the last: %s; set "
             "gale.topology.dead.letter to keep such messages",
             m->failures, m->failures > 1 ? "s" : "",
             m->cause != NULL ? m->cause->text : "");
    task_report(t, text);
}

/* It cannot be written, or sent; the message stays failed. */
static enum letter_is unfit(struct task *t, const char *wrong)
{
    char text[TASK_TEXT_MAX];

    snprintf(text, sizeof(text),
             "a message that can be no dead letter stays failed, and is "
             "emitted again: it %s",
             wrong);
    task_report(t, text);
    return LETTER_IS_UNKEPT;
}

static enum letter_is spool(struct task *t, const struct owed_message *m,
                            uint64_t root, const struct payload *payload)
{
    struct dead_letter letter = describe(t, m);
    const char *wrong;
    size_t size;
    char *line = write_line(&letter, payload, &size, &wrong);

    if (line == NULL)
        return unfit(t, wrong);
    letters_put(worker_of(t)->letters, root, line, size);
    return LETTER_IS_UNDER_WAY;
}

static gale_value text_of(gale_str s)
{
    return gale_string(s.data, s.size);
}

/* As a tuple: the fields of topology_letters.c. */
static enum letter_is send(struct task *t, const struct owed_message *m,
                           struct tree *tree, const struct payload *p)
{
    const struct dead_letter l = describe(t, m);
    const gale_value id[] = {gale_int((int64_t)m->id.hi),
                             gale_int((int64_t)m->id.lo)};
    gale_value *names = xcalloc(p->n + 1, sizeof(*names));
    const gale_value values[] = {
        gale_int(l.time_us),        text_of(l.topology),
        text_of(l.spout),           gale_int(l.task),
        gale_list(id, 2),           gale_int(l.failures),
        text_of(l.component),       gale_int(l.failed_task),
        gale_bool(l.poison),        text_of(l.error),
        gale_cstr(p->stream->name), gale_list(names, p->n),
        gale_list(p->values, p->n)};
    struct emission x = {
        .stream = &t->streams[t->n_streams - 1], .trees = tree, .n_trees = 1};

    for (uint32_t i = 0; i < p->n; i++)
        names[i] = gale_cstr(p->stream->fields[i]);
    outbox_emit(t, &x, values, sizeof(values) / sizeof(values[0]));
    free(names);
    return LETTER_IS_SENT;
}

/* NULL, or why the payload cannot be a list of a tuple. */
static const char *list_defect(const struct task *t, const struct payload *p)
{
    const gale_value list = gale_list(p->values, p->n);
    const char *wrong = p->n != p->stream->n_fields
                            ? "has another number of fields than its stream"
                            : NULL;
    uint64_t tail = wrong == NULL ? value_tail(&list, 0) : 0;

    if (tail == UINT64_MAX)
        return "holds a value that no tuple can hold in a list";
    return tail > worker_of(t)->config.max_tuple_bytes / 2
               ? "is larger than half of gale.topology.max.tuple.bytes, which "
                 "a letter for a bolt may be at most; set that higher"
               : wrong;
}

enum letter_is spout_letter(struct task *t, const struct owed_message *m,
                            struct tree *tree, const struct payload *payload)
{
    const char *wrong;

    if (worker_of(t)->letters != NULL)
        return spool(t, m, tree->root, payload);
    if (!t->component->has_letters) {
        report_given_up(t, m);
        return LETTER_IS_DONE;
    }
    wrong = list_defect(t, payload);
    return wrong != NULL ? unfit(t, wrong) : send(t, m, tree, payload);
}

/* A spout that hears of no failure will not emit it again: what is known now is
 * all that can be kept. */
void spout_letter_lost(struct task *t, gale_msgid id, struct cause *cause)
{
    struct owed_message m = {.id = id, .cause = cause, .failures = 1};
    struct dead_letter letter = describe(t, &m);
    struct worker *w = worker_of(t);
    size_t size;

    if (w->letters != NULL) {
        char *line = dead_letter_write(&letter, &size);

        letters_put(w->letters, 0, line, size);
        counter_add(&t->counters.dead, 1);
    }
    free(cause);
}
