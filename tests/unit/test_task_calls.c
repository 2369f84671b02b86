/*
 * test_task_calls.c - which of the host's functions may be called from where.
 *
 * Places, a letter each. Of the spout: O open, A activate, N next, T ack, P
 * what is posted, C close. Of the bolt: p prepare, x execute, t tick, e
 * end_of_input, d what is posted, c cleanup.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/setting.h"
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define SPOUT "OANTPC"
#define BOLT "pxtedc"

typedef void call_fn(gale_task *task, const gale_tuple *in);

static struct {
    char place;
    call_fn *call;
    _Atomic(bool) done;
} now;

/* A callback of the place is under way: the call comes once. */
static void at(char place, gale_task *task, const gale_tuple *in)
{
    if (place == now.place && !atomic_exchange(&now.done, true))
        now.call(task, in);
}

/* -- the spout ------------------------------------------------------------- */

static gale_result at_open(gale_task *task)
{
    at('O', task, NULL);
    return GALE_OK;
}

static void at_activate(gale_task *task)
{
    at('A', task, NULL);
}

static void at_posted(gale_task *task, void *arg)
{
    (void)arg;
    at('P', task, NULL);
}

/* One message; then it stays until the call has come, unless that comes at the
 * end. */
static gale_result at_next(gale_task *task)
{
    uint32_t *calls = probe_state(task);

    at('N', task, NULL);
    if (++*calls == 1) {
        gale_post(task, at_posted, NULL);
        return gale_emit_msg(task, ((gale_msgid){0, 1}), gale_int(1));
    }
    if (now.done || strchr("TCec", now.place))
        gale_exhausted(task);
    else
        gale_wait_until(task, gale_now(task) + 100000);
    return GALE_OK;
}

static void at_ack(gale_task *task, gale_msgid id)
{
    (void)id;
    at('T', task, NULL);
}

static void at_close(gale_task *task)
{
    at('C', task, NULL);
}

static const struct probe spout = {.state_size = sizeof(uint32_t),
                                   .streams = OUTPUT_N,
                                   .open = at_open,
                                   .activate = at_activate,
                                   .next = at_next,
                                   .ack = at_ack,
                                   .close = at_close};

/* -- the bolt -------------------------------------------------------------- */

static gale_result at_prepare(gale_task *task)
{
    gale_tick_every(task, 1);
    at('p', task, NULL);
    return GALE_OK;
}

static void at_done(gale_task *task, void *arg)
{
    (void)arg;
    at('d', task, NULL);
}

static gale_result at_execute(gale_task *task, const gale_tuple *in)
{
    at('x', task, in);
    gale_post(task, at_done, NULL);
    return GALE_OK;
}

static gale_result at_tick(gale_task *task)
{
    at('t', task, NULL);
    return GALE_OK;
}

static gale_result at_end(gale_task *task)
{
    at('e', task, NULL);
    return GALE_OK;
}

static void at_cleanup(gale_task *task)
{
    at('c', task, NULL);
}

static const struct probe bolt = {.streams = OUTPUT_N,
                                  .open = at_prepare,
                                  .execute = at_execute,
                                  .tick = at_tick,
                                  .end_of_input = at_end,
                                  .close = at_cleanup};

static const struct probe sink = {.execute = setting_take};

/* -- a run ----------------------------------------------------------------- */

static void begin(struct topology_run *r, char place, call_fn *call)
{
    now.place = place;
    now.call = call;
    now.done = false;
    topology_run_begin(r, "calls");
    topology_run_spout(r, "spout", &spout, 1);
    gale_shuffle(topology_run_bolt_as(r, "bolt", "probe_bolt_manual", &bolt, 1),
                 "spout");
    gale_shuffle(topology_run_bolt(r, "sink", &sink, 1), "bolt");
}

static void is_allowed(const char *function, char place, call_fn *call)
{
    struct topology_run r;

    begin(&r, place, call);
    topology_run_complete(&r);
    if (!now.done || *gale_local_error(r.local) != '\0')
        fail_msg("%s at %c: %s", function, place, gale_local_error(r.local));
    topology_run_end(&r);
}

/* What the topology that makes the call fails with. */
static const char *why_refused(struct topology_run *r, char place,
                               call_fn *call)
{
    begin(r, place, call);
    if (strchr("Cec", place)) {
        topology_run_until_complete(r);
        gale_local_stop(r->local, GALE_STOP_DRAIN);
    }
    return topology_run_fails(r);
}

static void is_refused(const char *function, char place, call_fn *call)
{
    struct topology_run r;
    const char *why = why_refused(&r, place, call);

    if (strstr(why, function) == NULL ||
        (strstr(why, ": called from ") == NULL &&
         strstr(why, "only a spout") == NULL))
        fail_msg("%s at %c: %s", function, place, why);
    topology_run_end(&r);
}

/* -- the calls ------------------------------------------------------------- */

#define CALL(name_, ...)                                                       \
    static void name_(gale_task *task, const gale_tuple *in)                   \
    {                                                                          \
        (void)in;                                                              \
        __VA_ARGS__;                                                           \
    }

static int null_device = -1;

static gale_result no_work(void *arg)
{
    (void)arg;
    return GALE_OK;
}

static void no_end(gale_task *task, gale_result result, void *arg)
{
    (void)task, (void)result, (void)arg;
}

static void *make_one(gale_task *task, void *arg)
{
    (void)task;
    return arg;
}

CALL(emit, (void)gale_emit(task, gale_int(1)))
CALL(emit_to, (void)gale_emit_to(task, 0, gale_int(1)))
CALL(emit_rows,
     (void)gale_emit_rows(task, 0, &(gale_value){GALE_INT, 0, {1}}, 1))
CALL(emit_with, gale_emit_opts opts = {.size = sizeof(opts)};
     (void)gale_emit_with(task, &opts, gale_int(1)))
CALL(emit_msg, (void)gale_emit_msg(task, ((gale_msgid){0, 2}), gale_int(1)))
CALL(flush, gale_flush(task))
CALL(hold, gale_ack(task, gale_hold(task, in)))
CALL(ack, gale_ack(task, (gale_handle){0}))
CALL(fail_held, gale_fail(task, (gale_handle){0}))
CALL(poison_held, gale_poison(task, (gale_handle){0}))
CALL(retain, gale_release(task, gale_retain(task, in)))
CALL(release, gale_release(task, NULL))
CALL(tick_on, gale_tick_every(task, 1))
CALL(tick_off, gale_tick_every(task, 0))
CALL(pause_one, gale_pause_input(task); gale_resume_input(task))
CALL(resume_one, gale_resume_input(task))
CALL(wait_fd, gale_wait_fd(task, null_device, 1))
CALL(wait_until, gale_wait_until(task, gale_now(task)))
CALL(wait_wakeup, gale_wait_wakeup(task); gale_wakeup(task))
CALL(exhausted, gale_exhausted(task))
CALL(give_up, gale_give_up(task, (gale_msgid){0, 7}))
CALL(n_pending, (void)gale_n_pending(task))
CALL(set_position, (void)gale_offset_set(task, "", 1))
CALL(get_position, (void)gale_offset_get(task, ""))
CALL(run_async, (void)!gale_async(task, no_work, no_end, NULL))
CALL(wake, gale_wakeup(task))
CALL(context, (void)gale_config(task, "topology.debug");
     (void)gale_random(task); gale_log(task, GALE_LOG_DEBUG, "%d", 1);
     gale_counter_add(task, gale_counter(task, "calls"), 1))

static const struct {
    const char *function;
    call_fn *call;
    const char *allowed; /* places; refused at all others */
} table[] = {
    {"emit", emit,
     "ANTP"
     "xted"},
    {"emit", emit_to,
     "ANTP"
     "xted"},
    {"emit", emit_rows,
     "ANTP"
     "xted"},
    {"emit", emit_with,
     "ANTP"
     "xted"},
    {"emit", emit_msg, "ANTP"},
    {"gale_flush()", flush, SPOUT BOLT},
    {"gale_hold()", hold, "x"},
    {"gale_ack()", ack, BOLT},
    {"gale_fail()", fail_held, BOLT},
    {"gale_poison()", poison_held, BOLT},
    {"gale_retain()", retain, "x"},
    {"gale_release()", release, BOLT},
    {"gale_tick_every()", tick_on, "pxtd"},
    {"gale_tick_every()", tick_off, BOLT},
    {"gale_pause_input()", pause_one, "pxtd"},
    {"gale_resume_input()", resume_one, BOLT},
    {"gale_wait_fd()", wait_fd, "N"},
    {"gale_wait_until()", wait_until, "N"},
    {"gale_wait_wakeup()", wait_wakeup, "N"},
    {"gale_exhausted()", exhausted, "N"},
    {"gale_give_up()", give_up, SPOUT},
    {"gale_n_pending()", n_pending, SPOUT},
    {"gale_position_set()", set_position, "OANTP"},
    {"gale_position_get()", get_position, "O"},
    {"gale_async()", run_async,
     "OANTP"
     "pxted"},
    {"gale_wakeup()", wake, SPOUT},
    {"", context, SPOUT BOLT},
};

static void each_function_is_allowed_where_it_makes_sense(void **state)
{
    static const char places[] = SPOUT BOLT;

    (void)state;
    null_device = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++)
        for (size_t k = 0; places[k] != '\0'; k++)
            (strchr(table[i].allowed, places[k]) ? is_allowed : is_refused)(
                table[i].function, places[k], table[i].call);
    close(null_device);
}

/* What is refused, from where, and the sentence behind the task. */
static const struct {
    call_fn *call;
    char place;
    const char *says;
} sentences[] = {
    {set_position, 'x',
     "gale_position_set(): called from execute, expected: from a callback of a "
     "spout other than close"},
    {set_position, 'C',
     "gale_position_set(): called from close, expected: from a callback of a "
     "spout other than close; positions have been saved already"},
    {tick_on, 'N',
     "gale_tick_every(): called from next, expected: from a callback of a "
     "bolt other than end_of_input and cleanup"},
    {tick_on, 'e',
     "gale_tick_every(): called from end_of_input, expected: from a callback "
     "of a bolt other than end_of_input and cleanup; no tick comes any more"},
    {pause_one, 'e',
     "gale_pause_input(): called from end_of_input, expected: from a callback "
     "of a bolt other than end_of_input and cleanup; no input comes any more"},
    {run_async, 'C',
     "gale_async(): called from close, expected: from a callback other than "
     "close and cleanup; nothing waits for it any more"},
};

static void a_refusal_says_from_where_it_may_be_called(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++) {
        struct topology_run r;
        const char *text = strstr(
            why_refused(&r, sentences[i].place, sentences[i].call), "gale_");

        assert_non_null(text);
        assert_string_equal(text, sentences[i].says);
        topology_run_end(&r);
    }
}

/* -- what is posted -------------------------------------------------------- */

static _Atomic(uint32_t) n_run;

static void note_run(gale_task *task, void *arg)
{
    (void)task, (void)arg;
    n_run++;
}

CALL(post_note, gale_post(task, note_run, NULL))

static void what_is_posted_runs_unless_the_end_has_begun(void **state)
{
    static const char places[] = SPOUT BOLT;

    (void)state;
    for (size_t k = 0; places[k] != '\0'; k++) {
        bool too_late = strchr("Cc", places[k]) != NULL;

        n_run = 0;
        is_allowed("gale_post()", places[k], post_note);
        if (n_run != !too_late)
            fail_msg("posted at %c: ran %u times", places[k], n_run);
    }
}

/* -- what a place alone does not say --------------------------------------- */

CALL(wait_for_nothing, gale_wait_fd(task, -1, 1))

static void a_spout_waits_for_a_descriptor(void **state)
{
    struct topology_run r;

    (void)state;
    begin(&r, 'N', wait_for_nothing);
    assert_says(topology_run_fails(&r), "gale_wait_fd(): -1 is no descriptor");
    topology_run_end(&r);
}

CALL(no_config, (void)gale_config(task, NULL))
CALL(no_stream, (void)gale_stream_of(task, NULL))
CALL(no_tasks, (void)gale_tasks_of(task, NULL, NULL, 0))
CALL(no_component, (void)gale_field_of(task, NULL, "default", 0))
CALL(no_streams_field, (void)gale_field_of(task, "bolt", NULL, 0))
CALL(no_resource, (void)gale_resource(task, NULL, make_one, NULL, NULL))
CALL(no_create, (void)gale_resource(task, "one", NULL, NULL, NULL))
CALL(async_without_work, (void)!gale_async(task, NULL, no_end, NULL))
CALL(async_without_end, (void)!gale_async(task, no_work, NULL, NULL))
CALL(post_nothing, gale_post(task, NULL, NULL))
CALL(ticks_backwards, gale_tick_every(task, -5))

static void what_cannot_be_meant_is_refused_in_a_sentence(void **state)
{
    static const struct {
        call_fn *call;
        const char *says;
    } cases[] = {
        {no_config, "bolt \"bolt\" (task 2), gale_config(): the key is NULL"},
        {no_stream,
         "bolt \"bolt\" (task 2), gale_stream_of(): the name is NULL"},
        {no_tasks,
         "bolt \"bolt\" (task 2), gale_tasks_of(): the component is NULL"},
        {no_component,
         "bolt \"bolt\" (task 2), gale_field_of(): the component is NULL"},
        {no_streams_field,
         "bolt \"bolt\" (task 2), gale_field_of(): the stream is NULL"},
        {no_resource,
         "bolt \"bolt\" (task 2), gale_resource(): the name is NULL"},
        {no_create, "bolt \"bolt\" (task 2), gale_resource(): create is NULL"},
        {async_without_work,
         "bolt \"bolt\" (task 2), gale_async(): work is NULL"},
        {async_without_end,
         "bolt \"bolt\" (task 2), gale_async(): done is NULL"},
        {post_nothing,
         "bolt \"bolt\" (task 2), gale_post(): the function is NULL"},
        {ticks_backwards,
         "bolt \"bolt\" (task 2), gale_tick_every(): found -5 ms, expected a "
         "period, or 0 for no ticks"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_run r;

        begin(&r, 'x', cases[i].call);
        assert_says(topology_run_fails(&r), cases[i].says);
        topology_run_end(&r);
    }
}

static gale_result ask_for_ticks(gale_task *task, const gale_tuple *in)
{
    (void)in;
    gale_tick_every(task, 5);
    return GALE_OK;
}

static void a_bolt_without_tick_gets_none(void **state)
{
    static const struct probe bare = {.execute = ask_for_ticks};
    struct topology_run r;

    (void)state;
    begin(&r, 'x', flush);
    gale_shuffle(topology_run_bolt_as(&r, "bare", "probe_bolt_bare", &bare, 1),
                 "spout");
    assert_says(topology_run_fails(&r),
                "bolt \"bare\" (task 4), gale_tick_every(): the bolt has no "
                "tick");
    topology_run_end(&r);
}

static void a_hook_only_looks_on(void **state)
{
    static const struct {
        const char *hook, *says;
    } cases[] = {
        {"emits",
         "emit: called from a hook; nothing can be emitted from close, "
         "cleanup and hooks, nor before open or prepare has "
         "returned"},
        {"emits_again", "emit: called from a hook; nothing can be emitted"},
        {"acks",
         "gale_ack(): called from a hook, expected: from a callback of"},
        {"exhausts", "gale_exhausted(): called from a hook, expected: from"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct topology_run r;
        char name[64];
        gale_value hook;

        begin(&r, 'x', emit);
        snprintf(name, sizeof(name), "meddler:%s", cases[i].hook);
        hook = gale_cstr(name);
        gale_configure(r.builder, "topology.auto.task.hooks",
                       gale_list(&hook, 1));
        assert_says(topology_run_fails(&r), cases[i].says);
        topology_run_end(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_function_is_allowed_where_it_makes_sense),
        cmocka_unit_test(a_refusal_says_from_where_it_may_be_called),
        cmocka_unit_test(what_is_posted_runs_unless_the_end_has_begun),
        cmocka_unit_test(a_spout_waits_for_a_descriptor),
        cmocka_unit_test(a_bolt_without_tick_gets_none),
        cmocka_unit_test(what_cannot_be_meant_is_refused_in_a_sentence),
        cmocka_unit_test(a_hook_only_looks_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
