/*
 * test_report_news.c - a supervisor tells its leader at once what it waits for:
 * the end of a drain, not each tuple that goes by.
 */
#include "tests/support/cmocka_all.h"
#include "supervisor/report_news.h"

struct report {
    bool opened, quiet, exhausted, active;
    uint64_t round, stage, version, pending, sent, received, executed;
};

/* What is unpacked borrows from the pack. */
static void unpack_report(const struct report *r, struct pack *p,
                          struct unpacked *u)
{
    pack_init(p);
    pack_map(p, 11);
    pack_key_bool(p, "opened", r->opened);
    pack_key_bool(p, "quiet", r->quiet);
    pack_key_bool(p, "exhausted", r->exhausted);
    pack_key_bool(p, "active", r->active);
    pack_key_uint(p, "round", r->round);
    pack_key_uint(p, "stage", r->stage);
    pack_key_uint(p, "version", r->version);
    pack_key_uint(p, "pending", r->pending);
    pack_key_uint(p, "sent", r->sent);
    pack_key_uint(p, "received", r->received);
    pack_key_uint(p, "executed", r->executed);
    assert_int_equal(unpack(u, p->buffer.data, p->buffer.size,
                            (struct pack_limits){4096, 100}, "it", NULL),
                     0);
}

static bool is_news(const struct report *before, const struct report *now)
{
    struct pack of_a, of_b;
    struct unpacked a, b;
    bool news;

    unpack_report(before, &of_a, &a);
    unpack_report(now, &of_b, &b);
    news = report_is_news(a.root, b.root);
    unpacked_free(&a);
    unpacked_free(&b);
    pack_free(&of_a);
    pack_free(&of_b);
    return news;
}

static const struct {
    const char *what;
    struct report before, now;
    bool news;
} cases[] = {
    {"nothing is new", {.stage = 1, .sent = 3}, {.stage = 1, .sent = 3}, false},
    {"its tasks are open", {.opened = false}, {.opened = true}, true},
    {"it is quiet", {.sent = 3}, {.sent = 3, .quiet = true}, true},
    {"another round", {.round = 1}, {.round = 2}, true},
    {"another stage", {.stage = 0}, {.stage = 1}, true},
    {"another plan", {.version = 1}, {.version = 2}, true},
    {"its spouts rest", {.active = true}, {.active = false}, true},
    {"its input is done", {.exhausted = false}, {.exhausted = true}, true},
    {"spouts emit: tuples go by",
     {.active = true, .sent = 1, .received = 1, .pending = 1, .executed = 1},
     {.active = true, .sent = 2, .received = 3, .pending = 4, .executed = 5},
     false},
    {"they rest: one more was sent",
     {.stage = 1, .quiet = true, .sent = 1},
     {.stage = 1, .quiet = true, .sent = 2},
     true},
    {"they rest: one more was received",
     {.stage = 1, .quiet = true, .received = 1},
     {.stage = 1, .quiet = true, .received = 2},
     true},
    {"they rest: one less is pending",
     {.stage = 1, .quiet = true, .pending = 1},
     {.stage = 1, .quiet = true, .pending = 0},
     true},
    {"they rest: what was executed is nobody's concern",
     {.stage = 1, .quiet = true, .executed = 1},
     {.stage = 1, .quiet = true, .executed = 2},
     false},
};

static void the_leader_hears_at_once_of_what_it_waits_for(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (is_news(&cases[i].before, &cases[i].now) != cases[i].news)
            fail_msg("%s: it is %snews", cases[i].what,
                     cases[i].news ? "no " : "");
}

static void what_is_no_report_is_news(void **state)
{
    static const struct report some;
    msgpack_object nil = {.type = MSGPACK_OBJECT_NIL};
    struct pack p;
    struct unpacked u;

    (void)state;
    unpack_report(&some, &p, &u);
    assert_true(report_is_news(&nil, u.root));
    assert_true(report_is_news(u.root, &nil));
    unpacked_free(&u);
    pack_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_leader_hears_at_once_of_what_it_waits_for),
        cmocka_unit_test(what_is_no_report_is_news),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
