/* file_sink.c - a bolt that writes records to files of a store; see
 * file_sink.h. */
#include "connectors/file_sink.h"
#include "connectors/must.h"
#include <poll.h>
#include <string.h>

enum {
    MS = 1000000, /* nanoseconds */
    PAUSE_FIRST_MS = 100,
    PAUSE_MOST_MS = 10000,
    SLICE_MS = 500,   /* of a pause in which an input waits */
    START_MS = 10000, /* for a store that does not answer */
    CLOSE_MS = 500,   /* for files that are to be finished, if it is sudden */
    SAID_MS = 1000,   /* a wait that is shorter is not worth a word */
    FAIL = 1,         /* bad.rows */
};

static const char *problem(const struct file_sink *s)
{
    return s->store->problem.text;
}

/* -- when to wake up ------------------------------------------------------- */

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* When something is to be done without an input; INT64_MAX: never. */
static int64_t next_due(const struct file_sink *s)
{
    int64_t at = INT64_MAX;

    if (s->n_held > 0)
        at = s->due != 0 ? s->due : s->since + s->sync_ms * MS;
    if (s->created && s->rotation.secs > 0 && s->due == 0)
        at = sooner(at, s->begun + s->rotation.secs * 1000 * MS);
    if (s->unfinished.n > 0)
        at = sooner(at, s->finish_due);
    return at;
}

static void wake_up_when_due(gale_task *task)
{
    int64_t at = next_due(gale_instance(task)), ms;

    if (at == INT64_MAX) {
        gale_tick_every(task, 0);
        return;
    }
    ms = (at - gale_now(task) + MS - 1) / MS;
    gale_tick_every(task, ms > 0 ? ms : 1);
}

/* -- files that are to be finished ----------------------------------------- */

static void finish_later(gale_task *task, int64_t good)
{
    struct file_sink *s = gale_instance(task);

    if (s->unfinished.n == 0)
        s->finish_due = gale_now(task);
    if (!unfinished_add(&s->unfinished, s->name, good))
        gale_report_error(task,
                          "%u files are to be finished already: %s is left to "
                          "the next start",
                          s->unfinished.n, s->name);
    s->name[0] = '\0';
    s->created = false;
}

static void say_finished(gale_task *task, const char *name, int64_t missing)
{
    struct file_sink *s = gale_instance(task);

    if (missing > 0)
        gale_report_error(task,
                          "%lld bytes at the end of %s are gone from the "
                          "store, which had said that they were safe",
                          (long long)missing, name + 1);
    gale_counter_add(task, s->files, 1);
    gale_log(task, GALE_LOG_INFO,
             "%s is finished, which a write that failed "
             "or a task that died had left",
             name + 1);
}

static void say_end(gale_task *task, const char *name, enum unfinished_end end,
                    int64_t missing)
{
    if (end == UNFINISHED_DONE)
        say_finished(task, name, missing);
    else if (end == UNFINISHED_EMPTY)
        gale_log(task, GALE_LOG_INFO,
                 "%s is removed: it had no whole record that was acked", name);
    else
        gale_report_error(task,
                          "%s was removed by somebody before it was finished: "
                          "%lld bytes that were safe went with it",
                          name, (long long)missing);
}

/* False: it has to be tried again. */
static bool finish_one(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    char name[FILE_NAME_SIZE];
    enum unfinished_end end;
    int64_t missing;

    memcpy(name, s->unfinished.files[0].name, sizeof(name));
    end = unfinished_finish(&s->unfinished, s->store, &missing);
    if (end == UNFINISHED_NOT) {
        gale_log(task,
                 s->finish_pause.last == 0 ? GALE_LOG_WARN : GALE_LOG_DEBUG,
                 "%s is not finished yet: %s", name, problem(s));
        s->finish_due = gale_now(task) +
                        back_off_next(&s->finish_pause, gale_random(task)) * MS;
        return false;
    }
    back_off_reset(&s->finish_pause);
    say_end(task, name, end, missing);
    return true;
}

static void finish_files(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    while (s->unfinished.n > 0 && finish_one(task))
        ;
}

/* -- the file that is written ---------------------------------------------- */

static void finish_file(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    if (!s->created)
        return;
    if (!s->store->ops->rename(s->store, s->name, s->name + 1)) {
        finish_later(task, s->length);
        return;
    }
    gale_counter_add(task, s->files, 1);
    s->name[0] = '\0';
    s->created = false;
}

static void rotate_if_due(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    if (s->created &&
        file_rotation_due(&s->rotation, s->length, gale_now(task) - s->begun))
        finish_file(task);
}

static bool is_free(struct file_sink *s, const char *name, bool *is)
{
    int64_t length;

    *is = !s->store->ops->length(s->store, name, &length);
    return !*is || s->store->problem.class == STORE_MISSING;
}

/* A clock that was set back may come to a name again. */
static bool choose_name(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    char name[FILE_NAME_SIZE];
    bool open_is_free, finished_is_free;

    do {
        file_names_make(&s->names, gale_task_index(task), s->n_files++,
                        gale_wall_us(task) / 1000, name);
        if (!is_free(s, name, &open_is_free) ||
            !is_free(s, name + 1, &finished_is_free))
            return false;
    } while (!open_is_free || !finished_is_free);
    memcpy(s->name, name, sizeof(name));
    s->length = 0;
    s->begun = gale_now(task);
    return true;
}

/* One that could not be created keeps its name: the next try is instead of it.
 * */
static bool write_records(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    if (s->created)
        return s->store->ops->append(s->store, s->name, s->length, s->data,
                                     s->size);
    s->created = (s->name[0] != '\0' || choose_name(task)) &&
                 s->store->ops->create(s->store, s->name, s->data, s->size);
    return s->created;
}

/* -- the batch ------------------------------------------------------------- */

static void forget_records(struct file_sink *s)
{
    s->n_held = 0;
    rewind(s->out);
    s->due = 0;
    back_off_reset(&s->pause);
}

static void ack_records(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    for (size_t i = 0; i < s->n_held; i++)
        gale_ack(task, s->held[i]);
    gale_counter_add(task, s->records, (int64_t)s->n_held);
    gale_counter_add(task, s->bytes, (int64_t)s->size);
    if (s->due != 0)
        gale_log(task, GALE_LOG_INFO, "records are written again, to %s",
                 s->name);
    s->length += (int64_t)s->size;
    forget_records(s);
}

static void fail_records(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    gale_report_error(task,
                      "%zu records have waited for retry.secs and fail: "
                      "%s",
                      s->n_held, problem(s));
    for (size_t i = 0; i < s->n_held; i++)
        gale_fail(task, s->held[i]);
    s->gave_up = true;
    forget_records(s);
}

/* An error once they begin to wait, for people who do not read the log. */
static void say_waiting(gale_task *task, int64_t ms, bool first)
{
    struct file_sink *s = gale_instance(task);

    if (first)
        gale_report_error(task, "%s; %zu records wait, next try in %lld ms",
                          problem(s), s->n_held, (long long)ms);
    else
        gale_log(task, GALE_LOG_WARN,
                 "%s; %zu records wait, next try in %lld ms", problem(s),
                 s->n_held, (long long)ms);
}

/* Until the next try, or for good if it has taken too long. */
static void put_off(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t now = gale_now(task);
    bool first = s->pause.last == 0;
    int64_t ms = back_off_next(&s->pause, gale_random(task));

    gale_counter_add(task, s->retries, 1);
    if (now - s->since >= s->retry_secs * 1000 * MS) {
        fail_records(task);
        return;
    }
    s->due = now + ms * MS;
    say_waiting(task, ms, first);
}

static void write_batch(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    if (s->n_held == 0)
        return;
    fflush(s->out);
    if (write_records(task)) {
        ack_records(task);
        rotate_if_due(task);
        return;
    }
    put_off(task);
    if (s->created)
        finish_later(task, s->length);
}

/* While the store is away, each input takes its time: so they wait before the
 * bolt, and a stop is not held up for long. */
static void write_when_due(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t ms = s->due == 0 ? 0 : (s->due - gale_now(task) + MS - 1) / MS;

    if (ms > 0)
        poll(NULL, 0, (int)sooner(ms, SLICE_MS));
    if (ms <= SLICE_MS)
        write_batch(task);
    wake_up_when_due(task);
}

/* -- records --------------------------------------------------------------- */

static void hold(gale_task *task, const gale_tuple *in)
{
    struct file_sink *s = gale_instance(task);

    if (s->n_held == s->held_capacity) {
        s->held_capacity = 2 * s->held_capacity + 64;
        s->held = must_alloc(s->held, s->held_capacity * sizeof(*s->held));
    }
    if (s->n_held == 0)
        s->since = gale_now(task);
    s->held[s->n_held++] = gale_hold(task, in);
}

static gale_result add_record(gale_task *task, const gale_tuple *in)
{
    struct file_sink *s = gale_instance(task);
    const char *field = record_format_missing(&s->format, in), *why;
    off_t at = ftello(s->out);

    if (field != NULL)
        return gale_error(task, GALE_FATAL,
                          "the tuples of %s, stream %s, have no field %s: see "
                          "the option fields",
                          gale_source_component(in), gale_source_stream(in),
                          field);
    why = record_format_write(&s->format, s->out, in, &field);
    if (why == NULL) {
        hold(task, in);
        return GALE_OK;
    }
    fseeko(s->out, at, SEEK_SET);
    gale_counter_add(task, s->bad, 1);
    return gale_error(task, s->bad_rows == FAIL ? GALE_RETRY : GALE_POISON,
                      "field \"%s\": %s", field, why);
}

static bool batch_is_full(const struct file_sink *s)
{
    int64_t size = ftello(s->out);

    return s->n_held >= (size_t)s->sync_records || size >= s->sync_bytes ||
           (s->rotation.bytes > 0 && s->created &&
            s->length + size >= s->rotation.bytes);
}

/* -- callbacks ------------------------------------------------------------- */

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
    return format == NULL && name == NULL ? GALE_OK : GALE_FATAL;
}

/* What fails is emitted again before its spout would miss it. */
static gale_result check_options(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    gale_value timeout = gale_config(task, "topology.message.timeout.secs");
    int64_t secs = timeout.kind == GALE_INT ? timeout.as.i : 30;
    const char *why = record_format_init(&s->format);

    s->names =
        (struct file_names){s->prefix, s->extension, gale_component_id(task)};
    if (why == NULL)
        why = file_names_check(&s->names);
    if (why != NULL)
        return gale_error(task, GALE_FATAL, "%s", why);
    if (s->retry_secs == 0)
        s->retry_secs = secs * 2 / 3 > 0 ? secs * 2 / 3 : 1;
    if (s->retry_secs > secs || s->sync_ms > secs * 1000)
        return gale_error(task, GALE_FATAL,
                          "retry.secs is %lld and sync.ms %lld, expected no "
                          "more than topology.message.timeout.secs, which is "
                          "%lld",
                          (long long)s->retry_secs, (long long)s->sync_ms,
                          (long long)secs);
    return GALE_OK;
}

static void take_over(void *arg, const char *name)
{
    gale_task *task = arg;
    struct file_sink *s = gale_instance(task);
    int64_t of = file_names_task(&s->names, name);

    if (of != FILE_NOBODYS && strlen(name) < FILE_NAME_SIZE &&
        of % gale_n_tasks(task) == gale_task_index(task) &&
        !unfinished_add(&s->unfinished, name, UNFINISHED_UNKNOWN))
        gale_log(task, GALE_LOG_WARN,
                 "%u files are to be finished already: %s is left to the next "
                 "start",
                 s->unfinished.n, name);
}

static bool begin(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    s->unfinished.n = 0;
    return s->store->ops->begin(s->store) &&
           s->store->ops->list(s->store, take_over, task);
}

/* A store that does not answer may be about to start as well. */
static gale_result begin_store(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t left = START_MS, ms;

    while (!begin(task)) {
        if (s->store->problem.class != STORE_TRANSIENT || left <= 0)
            return gale_error(task, GALE_FATAL, "%s", problem(s));
        if (s->pause.last == 0) /* once */
            gale_log(task, GALE_LOG_WARN, "%s; it is waited for up to %d s",
                     problem(s), START_MS / 1000);
        ms = sooner(back_off_next(&s->pause, gale_random(task)), left);
        poll(NULL, 0, (int)ms);
        left -= ms;
    }
    back_off_reset(&s->pause);
    return GALE_OK;
}

gale_result file_sink_prepare(gale_task *task, struct store *store)
{
    struct file_sink *s = gale_instance(task);

    s->store = store;
    s->pause = s->finish_pause =
        (struct back_off){.first = PAUSE_FIRST_MS, .most = PAUSE_MOST_MS};
    s->records = gale_counter(task, "records.written");
    s->bytes = gale_counter(task, "bytes.written");
    s->files = gale_counter(task, "files.finished");
    s->bad = gale_counter(task, "records.bad");
    s->retries = gale_counter(task, "retries");
    s->out = open_memstream(&s->data, &s->size);
    must(s->out != NULL);
    if (check_options(task) != GALE_OK || begin_store(task) != GALE_OK)
        return GALE_FATAL;
    finish_files(task);
    wake_up_when_due(task);
    return GALE_OK;
}

/* Until they are finished, or it has taken ms: not on gale_now(), which stands
 * still meanwhile in a simulated world. */
static void finish_all(gale_task *task, int64_t ms)
{
    struct file_sink *s = gale_instance(task);

    finish_files(task);
    if (s->unfinished.n > 0 && ms >= SAID_MS)
        gale_log(task, GALE_LOG_WARN,
                 "the end waits for up to %lld s (finish.secs) until %u files "
                 "can be finished: %s",
                 (long long)ms / 1000, s->unfinished.n, problem(s));
    while (s->unfinished.n > 0 && ms > 0) {
        int64_t pause = sooner(s->finish_pause.last, ms);

        poll(NULL, 0, (int)pause);
        ms -= pause;
        finish_files(task);
    }
}

/* What was not acked is not written. */
static void close_files(gale_task *task, int64_t ms)
{
    struct file_sink *s = gale_instance(task);

    finish_file(task);
    if (s->name[0] != '\0')
        finish_later(task, 0); /* it may have been created */
    finish_all(task, ms);
}

void file_sink_cleanup(gale_task *task)
{
    struct file_sink *s = gale_instance(task);

    if (s->out != NULL) {
        close_files(task, CLOSE_MS);
        for (uint32_t i = 0; i < s->unfinished.n; i++)
            gale_log(task, GALE_LOG_WARN, "%s is left to the next start: %s",
                     s->unfinished.files[i].name, problem(s));
        fclose(s->out);
    }
    if (s->store != NULL)
        s->store->ops->close(s->store);
    record_format_fini(&s->format);
    free(s->data);
    free(s->held);
}

gale_result file_sink_execute(gale_task *task, const gale_tuple *in)
{
    struct file_sink *s = gale_instance(task);
    gale_result result = add_record(task, in);

    if (result != GALE_OK)
        return result;
    if (batch_is_full(s))
        write_when_due(task);
    else if (s->n_held == 1)
        wake_up_when_due(task);
    return GALE_OK;
}

gale_result file_sink_tick(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t now = gale_now(task);

    if (s->n_held > 0 &&
        now >= (s->due != 0 ? s->due : s->since + s->sync_ms * MS))
        write_batch(task);
    rotate_if_due(task);
    if (s->unfinished.n > 0 && now >= s->finish_due)
        finish_files(task);
    wake_up_when_due(task);
    return GALE_OK;
}

/* Not for ever, whatever the clock says. */
static void write_rest(gale_task *task)
{
    struct file_sink *s = gale_instance(task);
    int64_t tries = s->retry_secs * 1000 / SLICE_MS + 1;

    while (s->n_held > 0 && tries-- > 0)
        write_when_due(task);
    if (s->n_held > 0)
        fail_records(task);
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
                          "the last records are not written: %s", problem(s));
    return GALE_OK;
}
