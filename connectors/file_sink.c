/* file_sink.c - a bolt that writes records to files of a store; see
 * file_sink.h. */
#include "connectors/file_sink.h"
#include "connectors/message_timeout.h"
#include "connectors/must.h"
#include <poll.h>
#include <string.h>

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
    SLICE_MS = 500,   /* of a pause, at the end */
    START_MS = 10000, /* for a store that does not answer */
    CLOSE_MS = 500,   /* for files that are to be finished, if it is sudden */
    SAID_MS = 1000,   /* a wait that is shorter is not worth a word */
    FAIL = 1,         /* bad.rows */
};

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* -- what became of records ------------------------------------------------ */

/* Their end is known: the batch can be filled again before each has heard. */
static void take_records(struct file_sink *s)
{
    record_batch_take(s->writing, &s->settling);
    s->due = 0;
    back_off_reset(&s->pause);
}

static void note_written(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    const char *name = s->writer.name; /* "" if it is finished by now */

    gale_counter_add(task, s->records, (int64_t)s->writing->held.n);
    gale_counter_add(task, s->bytes, (int64_t)s->round.size);
    outage_ends(&s->away, task, "records are written again%s%s",
                *name != '\0' ? ", to " : "", name);
    take_records(s);
}

static void ack_settled(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    for (size_t i = 0; i < s->settling.n; i++)
        gale_ack(task, s->settling.items[i]);
    s->settling.n = 0;
}

static void fail_records(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    gale_report_error(task,
                      "%zu records have waited for retry.secs and fail: %s",
                      s->writing->held.n, s->round.problem.text);
    take_records(s);
    for (size_t i = 0; i < s->settling.n; i++)
        gale_fail(task, s->settling.items[i]);
    s->settling.n = 0;
    s->gave_up = true;
}

/* Until the next try, or for good if it has taken too long. */
static void put_off(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t now = gale_now(task);
    int64_t ms = back_off_next(&s->pause, gale_random(task));

    gale_counter_add(task, s->retries, 1);
    if (now - s->writing->since >= s->retry_secs * 1000 * MS) {
        fail_records(task);
        return;
    }
    s->due = now + ms * MS;
    outage_fails(&s->away, task, "%s; %zu records wait, next try in %lld ms",
                 s->round.problem.text, s->writing->held.n, (long long)ms);
}

/* -- rounds of the writer -------------------------------------------------- */

/* May wait: on the thread of gale_async(), or, at the end, in the task. */
static gale_result write_round(void *arg)
{
    struct file_sink *s = arg;

    file_writer_round(&s->writer, &s->round);
    return GALE_OK;
}

static void settle_round(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    if (s->round.written)
        note_written(task);
    else if (s->round.size > 0)
        put_off(task);
    s->expected = s->writer.created ? s->writer.length : 0;
    file_writer_tell(&s->writer, task, s->files);
}

static bool batch_is_full(const struct file_sink *s)
{
    int64_t size = (int64_t)s->filling->text.size;

    return s->filling->held.n >= (size_t)s->sync_records ||
           size >= s->sync_bytes ||
           (s->rotation.bytes > 0 && s->expected > 0 &&
            s->expected + size >= s->rotation.bytes);
}

/* When the records that are gathered are to be written, full or not. */
static int64_t filling_due(const struct file_sink *s)
{
    return s->filling->held.n == 0 ? INT64_MAX
                                   : s->filling->since + s->sync_ms * MS;
}

/* What was gathered is written next, and the other batch is filled. */
static void turn_batches(struct file_sink *s)
{
    struct record_batch *full = s->filling;

    s->filling = s->writing;
    s->writing = full;
    s->expected += (int64_t)full->text.size;
    if (file_rotation_due(&s->rotation, s->expected, 0))
        s->expected = 0;
}

/* True if there is something to do now. */
static bool choose_round(gale_task *task, int64_t now, bool all)
{
    struct file_sink *s = gale_instance(task);

    if (s->working)
        return false;
    if (s->writing->held.n == 0 && s->filling->held.n > 0 &&
        (all || batch_is_full(s) || now >= filling_due(s)))
        turn_batches(s);
    s->round = (struct file_round){.now = now,
                                   .wall_ms = gale_wall_us(task) / 1000,
                                   .problem = s->round.problem};
    if (s->writing->held.n > 0 && now >= s->due) {
        s->round.data = s->writing->text.data;
        s->round.size = s->writing->text.size;
    }
    return s->round.size > 0 || now >= file_writer_due(&s->writer);
}

static void wake_up_when_due(gale_task *task, int64_t now)
{
    struct file_sink *s = gale_instance(task);
    int64_t at, ms;

    if (s->working) { /* its end goes on */
        gale_tick_every(task, 0);
        return;
    }
    at = sooner(s->writing->held.n > 0 ? s->due : filling_due(s),
                file_writer_due(&s->writer));
    ms = at == INT64_MAX ? 0 : (at - now + MS - 1) / MS;
    gale_tick_every(task, at == INT64_MAX || ms > 0 ? ms : 1);
}

static void round_done(gale_task *task, gale_result result, void *arg);

/* After anything that may have changed what is to be done next. */
static void go_on(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t now = gale_now(task);

    if (choose_round(task, now, false))
        s->working = gale_async(task, write_round, round_done, s) == GALE_OK;
    if (batch_is_full(s))
        gale_pause_input(task);
    else
        gale_resume_input(task);
    wake_up_when_due(task, now);
}

static void round_done(gale_task *task, gale_result result, void *arg)
{
    struct file_sink *s = arg;

    (void)result; /* the round says more */
    s->working = false;
    settle_round(task);
    go_on(task); /* the next round first: there may be very many inputs */
    ack_settled(task);
}

/* -- records --------------------------------------------------------------- */

/* They count as old as the first of their batch, whose time is looked up. */
static int64_t since(gale_task *task, const struct file_sink *s)
{
    return s->filling->held.n > 0 ? s->filling->since : gale_now(task);
}

static gale_result add_record(gale_task *task, const gale_tuple *in)
{
    struct file_sink *s = gale_instance(task);
    const char *field = record_format_missing(&s->format, in), *why;
    size_t at = s->filling->text.size;

    if (field != NULL)
        return gale_error(task, GALE_FATAL,
                          "the tuples of %s, stream %s, have no field %s: see "
                          "the option fields",
                          gale_source_component(in), gale_source_stream(in),
                          field);
    why = record_format_write(&s->format, &s->filling->text, in, &field);
    if (why == NULL) {
        record_batch_add(s->filling, gale_hold(task, in), since(task, s));
        return GALE_OK;
    }
    s->filling->text.size = at;
    gale_counter_add(task, s->bad, 1);
    return gale_error(task, s->bad_rows == FAIL ? GALE_RETRY : GALE_POISON,
                      "field \"%s\": %s", field, why);
}

/* -- the beginning --------------------------------------------------------- */

gale_result file_sink_declare(gale_outputs *out, const void *instance)
{
    const struct file_sink *s = instance;
    const struct file_names names = {s->prefix, s->extension, ""};
    const char *format = record_format_check(&s->format);
    const char *name = file_names_check(&names);

    if (format != NULL)
        gale_declare_error(out, format);
    if (name != NULL)
        gale_declare_error(out, name);
    message_timeout_declare(out, "retry.secs", s->retry_secs, 1000);
    message_timeout_declare(out, "sync.ms", s->sync_ms, 1);
    return format == NULL && name == NULL ? GALE_OK : GALE_FATAL;
}

static gale_result take_options(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    const char *why = record_format_init(&s->format);

    if (why == NULL)
        why = file_names_check(&s->writer.names);
    if (why != NULL)
        return gale_error(task, GALE_FATAL, "%s", why);
    if (s->retry_secs == 0)
        s->retry_secs = message_timeout_retry_secs(task);
    return GALE_OK;
}

/* A store that does not answer may be about to start as well. */
static gale_result begin_store(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    struct store *store = s->writer.store;
    int64_t left = START_MS, ms;

    while (!file_writer_begin(&s->writer, gale_now(task))) {
        if (store->problem.class != STORE_TRANSIENT || left <= 0)
            return gale_error(task, GALE_FATAL, "%s", store->problem.text);
        if (s->pause.last == 0) /* once */
            gale_log(task, GALE_LOG_WARN, "%s; it is waited for up to %d s",
                     store->problem.text, START_MS / 1000);
        ms = sooner(back_off_next(&s->pause, gale_random(task)), left);
        poll(NULL, 0, (int)ms);
        left -= ms;
    }
    back_off_reset(&s->pause);
    file_writer_tell(&s->writer, task, s->files);
    return GALE_OK;
}

static void set_up(gale_task *task, struct store *store)
{
    struct file_sink *s = gale_instance(task);

    s->writer = (struct file_writer){
        .store = store,
        .names = {s->prefix, s->extension, gale_component_id(task)},
        .rotation = s->rotation,
        .task = gale_task_index(task),
        .n_tasks = gale_n_tasks(task),
        .chance = gale_random(task)};
    s->pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    s->filling = &s->batches[0];
    s->writing = &s->batches[1];
    s->records = gale_counter(task, "records.written");
    s->bytes = gale_counter(task, "bytes.written");
    s->files = gale_counter(task, "files.finished");
    s->bad = gale_counter(task, "records.bad");
    s->retries = gale_counter(task, "retries");
}

gale_result file_sink_prepare(gale_task *task, struct store *store)
{
    set_up(task, store);
    if (take_options(task) != GALE_OK || begin_store(task) != GALE_OK)
        return GALE_FATAL;
    wake_up_when_due(task, gale_now(task));
    return GALE_OK;
}

/* -- inputs ---------------------------------------------------------------- */

gale_result file_sink_execute(gale_task *task, const gale_tuple *in)
{
    struct file_sink *s = gale_instance(task);
    gale_result result = add_record(task, in);

    if (result == GALE_OK && (batch_is_full(s) || s->filling->held.n == 1))
        go_on(task);
    return result;
}

gale_result file_sink_tick(gale_task *task)
{
    go_on(task);
    return GALE_OK;
}

/* -- the end --------------------------------------------------------------- */

static size_t records_left(const struct file_sink *s)
{
    return s->writing->held.n + s->filling->held.n;
}

/* Without tracking there are records whose end nobody has waited for. Not for
 * ever, whatever the clock says. */
static void write_rest(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t tries = s->retry_secs * 1000 / SLICE_MS + 1;

    while (records_left(s) > 0 && tries-- > 0) {
        int64_t now = gale_now(task), ms;

        if (choose_round(task, now, true) && s->round.size > 0) {
            write_round(s);
            settle_round(task);
            ack_settled(task);
        }
        ms = (s->due - gale_now(task) + MS - 1) / MS;
        if (s->due != 0 && ms > 0)
            poll(NULL, 0, (int)sooner(ms, SLICE_MS));
    }
    while (records_left(s) > 0) {
        if (s->writing->held.n == 0)
            turn_batches(s);
        fail_records(task);
    }
}

/* Whoever waits for the end hears why that takes so long. */
static void close_files(gale_task *task, int64_t ms)
{
    struct file_sink *s = gale_instance(task);
    struct file_writer *w = &s->writer;

    file_writer_close(w, 0);
    file_writer_tell(w, task, s->files);
    if (w->unfinished.n == 0)
        return;
    if (ms >= SAID_MS)
        gale_log(task, GALE_LOG_WARN,
                 "the end waits for up to %lld s (finish.secs) until %u files "
                 "can be finished: %s",
                 (long long)ms / 1000, w->unfinished.n, w->store->problem.text);
    file_writer_close(w, ms);
    file_writer_tell(w, task, s->files);
}

gale_result file_sink_end_of_input(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    s->gave_up = false;
    write_rest(task);
    close_files(task, s->finish_secs * 1000);
    gale_tick_every(task, 0);
    if (s->gave_up)
        return gale_error(task, GALE_RETRY,
                          "the last records are not written: %s",
                          s->round.problem.text);
    return GALE_OK;
}

/* What was not acked is not written. */
void file_sink_cleanup(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    struct file_writer *w = &s->writer;

    if (w->store != NULL) {
        close_files(task, CLOSE_MS);
        for (uint32_t i = 0; i < w->unfinished.n; i++)
            gale_log(task, GALE_LOG_WARN, "%s is left to the next start: %s",
                     w->unfinished.files[i].name, w->store->problem.text);
    }
    file_writer_fini(w);
    record_batch_fini(&s->batches[0]);
    record_batch_fini(&s->batches[1]);
    free(s->settling.items);
    record_format_fini(&s->format);
}
