/*
 * test_liveness.c - who is alive, as stories.
 *
 * A story is events at seconds, one behind the other:
 *
 *   lead follow zk- zk+    this nimbus, ZooKeeper
 *   lead<90                it leads, and nobody was heard to since second 90
 *   +a -a                  supervisor a is registered, is no longer
 *   a                      a reports, and has no news
 *   t0=a,b                 workers 0 and 1 of topology t are at a and b, born
 *                          at once; t0= : the topology is gone
 *   t0@a                   worker 0, born at a, reports itself
 *   t0@a~b                 … and says that it is at b
 *   a:t0x2 a:t0ok          a reports that 2 starts of worker 0 have failed,
 *                          that it runs
 *   .                      nothing
 *
 * Time passes as a daemon lets it pass: it asks when liveness_next() says so,
 * but not while it is "held". Grace is 5 s, a retry takes 2 s, listening 3 s,
 * marks 300 s.
 * What comes out is a line of verdicts, each with its second.
 */
#include "tests/support/cmocka_all.h"
#include "nimbus/liveness.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define S INT64_C(1000000000)

static const struct liveness_limits limits = {5 * S, 2 * S, 3 * S, 300 * S};

struct story {
    struct liveness l;
    struct verdicts verdicts;
    char text[2048];
    size_t size;
};

/* -- verdicts -------------------------------------------------------------- */

static void write_down(struct story *s, int64_t now)
{
    static const char *const words[] = {
        [VERDICT_SUPERVISOR_OPEN] = "open", [VERDICT_SUPERVISOR_BACK] = "back",
        [VERDICT_SUPERVISOR_DEAD] = "dead", [VERDICT_WORKER_LOST] = "lost",
        [VERDICT_WORKER_BACK] = "back",     [VERDICT_WORKER_FAILS] = "fails",
        [VERDICT_MARK_OVER] = "over",
    };

    for (uint32_t i = 0; i < s->verdicts.n; i++) {
        const struct verdict *v = &s->verdicts.items[i];

        s->size += (size_t)snprintf(
            s->text + s->size, sizeof(s->text) - s->size, "%s%lld %s %s",
            s->size > 0 ? ", " : "", (long long)(now / S), words[v->kind],
            v->supervisor);
        if (v->topology[0] != '\0')
            s->size +=
                (size_t)snprintf(s->text + s->size, sizeof(s->text) - s->size,
                                 ":%c%u", v->topology[0], (unsigned)v->worker);
        assert_true(s->size < sizeof(s->text));
    }
    s->verdicts.n = 0;
}

static void step(struct story *s, int64_t now, const struct liveness_event *e)
{
    liveness_step(&s->l, e, now, &s->verdicts);
    write_down(s, now);
}

static void pass_time(struct story *s, int64_t until)
{
    static const struct liveness_event time = {.kind = LIVENESS_TIME};

    while (liveness_next(&s->l) <= until) {
        int64_t next = liveness_next(&s->l);

        step(s, next, &time);
        assert_true(liveness_next(&s->l) > next);
    }
}

/* -- events ---------------------------------------------------------------- */

static void assign(struct story *s, int64_t now, const char *text)
{
    struct assigned_worker workers[4] = {{.port = 1}};
    struct assignment_record a = {.assignment_version = 1, .workers = workers};
    char topology[2] = {text[0], '\0'};
    struct liveness_event e = {.kind = LIVENESS_ASSIGNED, .topology = topology};

    for (const char *at = text + 3; *at != '\0'; at += at[1] == ',' ? 2 : 1) {
        workers[a.n_workers].supervisor[0] = *at;
        workers[a.n_workers++].birth = (uint64_t)*at;
    }
    e.assignment = a.n_workers == 0 ? NULL : &a;
    step(s, now, &e);
}

static void report(struct story *s, int64_t now, const char *text)
{
    char supervisor[2] = {text[0], '\0'}, topology[2] = {'\0', '\0'};
    struct worker_news news = {
        .topology = topology, .birth = (uint64_t)text[0], .why = "no library"};
    struct liveness_event e = {
        .kind = LIVENESS_REPORT, .supervisor = supervisor, .news = &news};

    if (text[1] == ':') {
        e.n_news = 1;
        topology[0] = text[2];
        news.worker = (uint32_t)(text[3] - '0');
        news.runs = text[4] == 'o';
        news.failed_starts =
            news.runs ? 0 : (uint32_t)strtoul(text + 5, NULL, 10);
    }
    step(s, now, &e);
}

static void speak(struct story *s, int64_t now, const char *text)
{
    char at[2] = {text[4] == '~' ? text[5] : text[3], '\0'};
    char topology[2] = {text[0], '\0'};
    struct worker_news news = {.topology = topology,
                               .worker = (uint32_t)(text[1] - '0'),
                               .birth = (uint64_t)text[3],
                               .runs = true};
    struct liveness_event e = {
        .kind = LIVENESS_WORKER, .supervisor = at, .n_news = 1, .news = &news};

    step(s, now, &e);
}

static void happen(struct story *s, int64_t now, const char *text)
{
    static const struct {
        const char *text;
        enum liveness_event_kind kind;
    } plain[] = {{"lead", LIVENESS_LEADS},
                 {"follow", LIVENESS_FOLLOWS},
                 {"zk-", LIVENESS_ZOOKEEPER_AWAY},
                 {"zk+", LIVENESS_ZOOKEEPER_BACK},
                 {".", LIVENESS_TIME}};
    struct liveness_event e = {.supervisor = text + 1, .since_ns = now};

    if (!strncmp(text, "lead<", 5)) {
        e.since_ns = strtoll(text + 5, NULL, 10) * S;
        text = "lead";
    }
    for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
        if (!strcmp(text, plain[i].text)) {
            e.kind = plain[i].kind;
            step(s, now, &e);
            return;
        }
    if (text[0] == '+' || text[0] == '-') {
        e.kind = text[0] == '+' ? LIVENESS_REGISTERED : LIVENESS_UNREGISTERED;
        step(s, now, &e);
    } else if (text[1] == '\0' || text[1] == ':') {
        report(s, now, text);
    } else if (text[2] == '=') {
        assign(s, now, text);
    } else {
        speak(s, now, text);
    }
}

/* "SECOND EVENT; SECOND EVENT …"; a second with a ! is one at which the daemon
 * was held up until then. */
static void tell(struct story *s, const char *events)
{
    while (*events != '\0') {
        char event[16], *end;
        int64_t now = strtoll(events, &end, 10) * S;
        size_t size;

        if (*end == '!')
            end++;
        else
            pass_time(s, now);
        size = strcspn(end + 1, ";");
        assert_true(size < sizeof(event));
        memcpy(event, end + 1, size);
        event[size] = '\0';
        happen(s, now, event);
        events = end + 1 + size;
        events += strspn(events, "; ");
    }
}

static void expect(const char *events, const char *verdicts)
{
    struct story *s = xcalloc(1, sizeof(*s));

    liveness_init(&s->l, limits);
    tell(s, events);
    if (strcmp(s->text, verdicts) != 0)
        fail_msg("\"%s\":\n  \"%s\", expected\n  \"%s\"", events, s->text,
                 verdicts);
    liveness_fini(&s->l);
    free(s->verdicts.items);
    free(s);
}

#define BEGIN "0 lead; 0 +a; 0 +b; 0 t0=a,b; "
#define BEGUN "0 open a, 0 open b"

/* -- stories --------------------------------------------------------------- */

static void who_is_registered_is_alive_however_silent(void **state)
{
    (void)state;
    expect(BEGIN "1000 .", BEGUN);
}

static void who_is_heard_is_alive_without_zookeepers_word(void **state)
{
    (void)state;
    expect(BEGIN "10 -a; 11 a; 15 a; 19 a; 23 a; 27 +a; 99 .",
           BEGUN ", 27 open a");
}

static void who_is_neither_for_the_grace_is_dead_with_its_workers(void **state)
{
    (void)state;
    expect(BEGIN "10 a; 10 -a; 14 .", BEGUN);
    expect(BEGIN "10 a; 10 -a; 16 .", BEGUN ", 15 lost a:t0, 15 dead a");
    expect(BEGIN "10 -a; 11 a; 99 .", BEGUN ", 16 lost a:t0, 16 dead a");
    expect(BEGIN "9 a; 10 -a; 99 .", BEGUN ", 14 lost a:t0, 14 dead a");
}

static void who_was_silent_before_its_session_ended_has_the_time_of_a_retry(
    void **state)
{
    (void)state;
    expect(BEGIN "5 a; 20 -a; 21 .", BEGUN);
    expect(BEGIN "5 a; 20 -a; 99 .", BEGUN ", 22 lost a:t0, 22 dead a");
    /* in which it may be there again, or its workers heard */
    expect(BEGIN "5 a; 20 -a; 21 +a; 99 .", BEGUN ", 21 open a");
    expect(BEGIN "5 a; 20 -a; 21 a; 25 .", BEGUN);
    expect(BEGIN "5 a; 20 -a; 21 t0@a; 25 .", BEGUN);
}

static void a_worker_that_is_heard_itself_stays(void **state)
{
    (void)state;
    expect(BEGIN "10 -a; 11 t0@a; 15 t0@a; 19 .", BEGUN);
    expect(BEGIN "10 -a; 11 t0@a; 15 t0@a; 99 .",
           BEGUN ", 20 lost a:t0, 20 dead a");
    /* the other one is not */
    expect("0 lead; 0 +a; 0 t0=a,a; 10 -a; 11 t1@a; 14 t1@a; 18 .",
           "0 open a, 12 lost a:t0");
}

static void a_worker_that_was_replaced_does_not_count(void **state)
{
    (void)state;
    expect(BEGIN "10 -a; 11 t0@b; 11 t0@b~a; 11 t9@a; 11 u0@a; 16 .",
           BEGUN ", 12 lost a:t0, 12 dead a");
}

static void what_returns_is_back(void **state)
{
    (void)state;
    expect(BEGIN "10 -a; 20 a; 21 .",
           BEGUN ", 12 lost a:t0, 12 dead a, 20 back a");
    expect(BEGIN "10 -a; 20 +a; 99 .",
           BEGUN ", 12 lost a:t0, 12 dead a, 20 open a");
    expect(BEGIN "10 -a; 20 t0@a; 99 .",
           BEGUN ", 12 lost a:t0, 12 dead a, 20 back a:t0, 25 lost a:t0, 25 "
                 "dead a");
    /* it was placed elsewhere meanwhile */
    expect(BEGIN "10 -a; 16 t0=b,b; 20 t0@a; 99 .",
           BEGUN ", 12 lost a:t0, 12 dead a");
}

static void a_new_leader_listens_first(void **state)
{
    (void)state;
    /* it knows of a only from the assignment */
    expect("100 t0=a; 100 lead; 102 .", "");
    expect("100 t0=a; 100 lead; 104 .", "103 lost a:t0, 103 dead a");
    expect("100 t0=a; 100 lead; 102 a; 106 .", "");
    expect("100 t0=a; 100 lead; 102 t0@a; 106 .", "");
    /* who does not lead decides nothing */
    expect("0 t0=a; 500 .", "");
    expect(BEGIN "10 -a; 11 follow; 500 .", BEGUN);
    expect(BEGIN "10 -a; 16 follow; 500 lead; 501 a; 504 .",
           BEGUN ", 12 lost a:t0, 12 dead a");
}

/* Who lives has looked for another leader since then. */
static void after_a_leader_that_was_silent_for_long_a_retry_is_enough(
    void **state)
{
    (void)state;
    expect("100 t0=a; 100 lead<90; 101 .", "");
    expect("100 t0=a; 100 lead<90; 103 .", "102 lost a:t0, 102 dead a");
    expect("100 t0=a; 100 lead<90; 101 a; 105 .", "");
    expect("100 t0=a; 100 lead<90; 101 t0@a; 105 .", "");
    expect("100 t0=a; 100 +a; 100 lead<90; 999 .", "100 open a");
    /* its session ended a little later than that of the leader */
    expect("100 +a; 100 t0=a; 100 lead<90; 101 -a; 999 .",
           "100 open a, 103 lost a:t0, 103 dead a");
    /* what was said before is not forgotten for that */
    expect("100 +a; 100 t0=a; 100 lead<90; 101 a; 101 -a; 105 .", "100 open a");
}

static void while_zookeeper_is_away_nobody_dies(void **state)
{
    (void)state;
    expect(BEGIN "10 -a; 11 zk-; 132 .", BEGUN);
    /* then it listens again */
    expect(BEGIN "10 -a; 11 zk-; 132 zk+; 134 .", BEGUN);
    expect(BEGIN "10 -a; 11 zk-; 132 zk+; 134 a; 138 .", BEGUN);
    expect(BEGIN "10 -a; 11 zk-; 132 zk+; 136 .",
           BEGUN ", 135 lost a:t0, 135 dead a");
    /* so it does to who has lost its node meanwhile */
    expect(BEGIN "10 zk-; 132 -a; 132 zk+; 134 .", BEGUN);
    expect(BEGIN "10 zk-; 132 -a; 132 zk+; 138 .",
           BEGUN ", 135 lost a:t0, 135 dead a");
}

static void a_nimbus_that_was_held_up_listens_first(void **state)
{
    (void)state;
    expect(BEGIN "10 -a; 11 a; 40! .; 42 .", BEGUN);
    expect(BEGIN "10 -a; 11 a; 40! .; 42 a; 45 .", BEGUN);
    expect(BEGIN "10 -a; 11 a; 40! .; 44 .", BEGUN ", 43 lost a:t0, 43 dead a");
    /* an event of another kind may come first */
    expect(BEGIN "10 -a; 11 a; 40! b; 42 .", BEGUN);
}

static void three_failed_starts_in_a_minute_are_enough(void **state)
{
    (void)state;
    expect(BEGIN "1 a:t0x1; 2 a:t0x2; 99 .", BEGUN);
    expect(BEGIN "1 a:t0x1; 2 a:t0x2; 4 a:t0x3; 99 .", BEGUN ", 4 fails a:t0");
    /* told twice, it is still the same start */
    expect(BEGIN "1 a:t0x1; 2 a:t0x1; 3 a:t0x1; 4 a:t0x1; 99 .", BEGUN);
    /* reports may get lost */
    expect(BEGIN "5 a:t0x9; 99 .", BEGUN ", 5 fails a:t0");
    /* slowly */
    expect(BEGIN "1 a:t0x1; 31 a:t0x2; 62 a:t0x3; 99 .", BEGUN);
    expect(BEGIN "1 a:t0x1; 31 a:t0x2; 61 a:t0x3; 99 .",
           BEGUN ", 61 fails a:t0");
    /* a supervisor that begins anew counts anew */
    expect(BEGIN "1 a:t0x2; 5 a:t0x1; 99 .", BEGUN ", 5 fails a:t0");
    expect(BEGIN "1 a:t0x2; 90 a:t0x1; 99 .", BEGUN);
    /* it came up in between */
    expect(BEGIN "1 a:t0x2; 2 a:t0ok; 3 a:t0x1; 99 .", BEGUN);
    /* it is not there, it was replaced */
    expect(BEGIN "1 b:t0x3; 1 a:t1x3; 99 .", BEGUN);
}

static void a_mark_is_over_after_some_time(void **state)
{
    (void)state;
    expect(BEGIN "5 a:t0x3; 304 .", BEGUN ", 5 fails a:t0");
    expect(BEGIN "5 a:t0x3; 306 .", BEGUN ", 5 fails a:t0, 305 over a:t0");
    expect(BEGIN "5 a:t0x3; 100 a:t0x6; 306 .",
           BEGUN ", 5 fails a:t0, 100 fails a:t0");
    /* with its topology it goes, too */
    expect(BEGIN "5 a:t0x3; 6 t0=; 400 .", BEGUN ", 5 fails a:t0");
}

/* -- questions ------------------------------------------------------------- */

static void ask(struct story *s, const char *events)
{
    memset(s, 0, sizeof(*s));
    liveness_init(&s->l, limits);
    tell(s, events);
}

static void done(struct story *s)
{
    liveness_fini(&s->l);
    free(s->verdicts.items);
}

static void the_scheduler_hears_what_follows(void **state)
{
    struct story s;

    (void)state;
    ask(&s, BEGIN "10 -a; 11 .");
    assert_false(liveness_is_dead(&s.l, "a"));
    assert_false(liveness_is_open(&s.l, "a"));
    assert_true(liveness_is_open(&s.l, "b"));
    assert_true(liveness_is_dead(&s.l, "c"));
    assert_int_equal(liveness_fate(&s.l, "t", 0), WORKER_STAYS);
    done(&s);
    ask(&s, BEGIN "10 -a; 16 .; 17 b:t1x3");
    assert_true(liveness_is_dead(&s.l, "a"));
    assert_int_equal(liveness_fate(&s.l, "t", 0), WORKER_LOST);
    assert_int_equal(liveness_fate(&s.l, "t", 1), WORKER_FAILS);
    assert_int_equal(liveness_fate(&s.l, "t", 2), WORKER_STAYS);
    assert_int_equal(s.l.n_marks, 1);
    assert_string_equal(s.l.marks[0].supervisor, "b");
    assert_string_equal(s.l.marks[0].why, "no library");
    tell(&s, "18 b:t1ok");
    assert_int_equal(liveness_fate(&s.l, "t", 1), WORKER_STAYS);
    done(&s);
}

static void a_supervisor_that_is_gone_for_good_is_forgotten(void **state)
{
    struct story s;

    (void)state;
    ask(&s, BEGIN "1 c; 10 -a; 20 .");
    assert_int_equal(s.l.n_supervisors, 2); /* c had no workers */
    tell(&s, "21 t0=b,b; 22 .");
    assert_int_equal(s.l.n_supervisors, 1);
    done(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_registered_is_alive_however_silent),
        cmocka_unit_test(who_is_heard_is_alive_without_zookeepers_word),
        cmocka_unit_test(who_is_neither_for_the_grace_is_dead_with_its_workers),
        cmocka_unit_test(
            who_was_silent_before_its_session_ended_has_the_time_of_a_retry),
        cmocka_unit_test(a_worker_that_is_heard_itself_stays),
        cmocka_unit_test(a_worker_that_was_replaced_does_not_count),
        cmocka_unit_test(what_returns_is_back),
        cmocka_unit_test(a_new_leader_listens_first),
        cmocka_unit_test(
            after_a_leader_that_was_silent_for_long_a_retry_is_enough),
        cmocka_unit_test(while_zookeeper_is_away_nobody_dies),
        cmocka_unit_test(a_nimbus_that_was_held_up_listens_first),
        cmocka_unit_test(three_failed_starts_in_a_minute_are_enough),
        cmocka_unit_test(a_mark_is_over_after_some_time),
        cmocka_unit_test(the_scheduler_hears_what_follows),
        cmocka_unit_test(a_supervisor_that_is_gone_for_good_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
