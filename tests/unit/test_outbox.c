/*
 * test_outbox.c - from emit to execute in a running topology: every value
 * arrives as it was sent.
 */
#include "tests/support/cmocka_all.h"
#include "tests/support/number_source.h"
#include "tests/support/parcel.h"
#include "tests/support/topology_run.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static gale_result send_parcel(gale_task *task)
{
    struct parcel *p = probe_arg(task);
    uint32_t *sent = probe_state(task);

    if (*sent == 3) {
        gale_exhausted(task);
        return GALE_OK;
    }
    ++*sent;
    return p->send(task);
}

/* Sent three times each over every kind of route. */
static void arrives(struct parcel *p, uint32_t kind, uint32_t tasks)
{
    struct probe spout = {
        .arg = p,
        .state_size = sizeof(uint32_t),
        .streams = {parcel_streams, 4, sizeof(parcel_streams[0])},
        .next = send_parcel};
    struct probe bolt = {.arg = p, .execute = parcel_check};
    gale_input input = {.size = sizeof(input),
                        .kind = kind,
                        .from = "spout",
                        .stream = parcel_streams[p->stream].name};
    struct topology_run r;

    p->right = p->wrong = 0;
    topology_run_begin(&r, "outbox");
    topology_run_spout(&r, "spout", &spout, 1);
    gale_subscribe(topology_run_bolt(&r, "bolt", &bolt, (int)tasks), &input);
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    assert_int_equal(p->wrong, 0);
    assert_int_equal(p->right, kind == GALE_ALL ? 3 * tasks : 3);
}

static void arrives_everywhere(struct parcel *p)
{
    arrives(p, GALE_SHUFFLE, 1);
    arrives(p, GALE_SHUFFLE, 3);
    arrives(p, GALE_ALL, 3);
    arrives(p, GALE_GLOBAL, 2);
}

static gale_result send_no_field(gale_task *task)
{
    return gale_emit_values_to(task, 2, NULL, 0);
}

static bool check_no_field(const gale_tuple *in)
{
    return gale_n_fields(in) == 0 && gale_field_name(in, 0) == NULL;
}

static void a_tuple_without_fields_arrives(void **state)
{
    struct parcel p = {
        .stream = 2, .send = send_no_field, .check = check_no_field};

    (void)state;
    arrives_everywhere(&p);
}

enum { HUGE = 10000000 };

static char *huge;

static gale_result send_huge(gale_task *task)
{
    return gale_emit_msg(task, ((gale_msgid){0, 1}), gale_string(huge, HUGE));
}

static bool check_huge(const gale_tuple *in)
{
    gale_str s = gale_get_str(in, 0);

    return s.size == HUGE && memcmp(s.data, huge, HUGE) == 0;
}

static void ten_megabytes_arrive(void **state)
{
    struct parcel p = {.send = send_huge, .check = check_huge};

    (void)state;
    huge = malloc(HUGE);
    assert_non_null(huge);
    for (int i = 0; i < HUGE; i++)
        huge[i] = (char)(i * 7919);
    arrives_everywhere(&p);
    free(huge);
}

/* All sizes, side by side, so that blocks end in all places. */
enum { SIZES = 40000 };

static char text[SIZES];

static gale_result send_sizes(gale_task *task)
{
    gale_result result = GALE_OK;

    for (uint32_t size = 0; size < SIZES && result == GALE_OK;
         size += size < 2200 ? 1 : 331)
        result = gale_emit_to(task, 0, gale_string(text, size));
    return result;
}

static gale_result check_sizes(gale_task *task, const gale_tuple *in)
{
    _Atomic(uint32_t) *wrong = probe_arg(task);
    uint32_t *next = probe_state(task);
    gale_str s = gale_get_str(in, 0);

    if (s.size != *next || (s.size > 0 && memcmp(s.data, text, s.size) != 0))
        ++*wrong;
    *next = (uint32_t)s.size + (s.size < 2200 ? 1 : 331);
    if (*next >= SIZES)
        *next = 0;
    return GALE_OK;
}

static void texts_of_all_sizes_arrive_in_order(void **state)
{
    static struct parcel p = {.send = send_sizes};
    static _Atomic(uint32_t) wrong;
    static const struct probe bolt = {
        .arg = &wrong, .state_size = sizeof(uint32_t), .execute = check_sizes};
    struct probe spout = {
        .arg = &p,
        .state_size = sizeof(uint32_t),
        .streams = {parcel_streams, 4, sizeof(parcel_streams[0])},
        .next = send_parcel};
    struct topology_run r;

    (void)state;
    for (int i = 0; i < SIZES; i++)
        text[i] = (char)(i * 31 + i / 256);
    topology_run_begin(&r, "sizes");
    topology_run_spout(&r, "spout", &spout, 1);
    gale_all(topology_run_bolt(&r, "all", &bolt, 3), "spout");
    gale_shuffle(topology_run_bolt(&r, "one", &bolt, 1), "spout");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    assert_int_equal(wrong, 0);
}

static gale_result send_alone(gale_task *task)
{
    return send_sizes(task);
}

/* The same by the short way of one subscriber. */
static void texts_of_all_sizes_arrive_at_a_single_subscriber(void **state)
{
    static const uint32_t kinds[] = {GALE_SHUFFLE, GALE_GLOBAL};
    static struct parcel p = {.send = send_alone};
    static _Atomic(uint32_t) wrong;
    static const struct probe bolt = {
        .arg = &wrong, .state_size = sizeof(uint32_t), .execute = check_sizes};
    struct probe spout = {
        .arg = &p,
        .state_size = sizeof(uint32_t),
        .streams = {parcel_streams, 4, sizeof(parcel_streams[0])},
        .next = send_parcel};

    (void)state;
    for (int i = 0; i < 2; i++) {
        gale_input input = {
            .size = sizeof(input), .kind = kinds[i], .from = "spout"};
        struct topology_run r;

        topology_run_begin(&r, "single");
        topology_run_spout(&r, "spout", &spout, 1);
        gale_subscribe(topology_run_bolt(&r, "bolt", &bolt, 1), &input);
        topology_run_complete(&r);
        assert_balanced(&r);
        topology_run_end(&r);
        assert_int_equal(wrong, 0);
    }
}

static gale_result send_kinds(gale_task *task)
{
    gale_value inner[] = {gale_nil(), gale_bool(true), gale_int(INT64_MIN),
                          gale_float(-0.0), gale_bytes("\0\1", 2)};
    gale_value pairs[] = {
        gale_cstr("list"),  gale_list(inner, 5),
        gale_int(7),        gale_cstr("a text of more than fourteen"),
        gale_cstr("empty"), gale_map(NULL, 0)};
    gale_value list[] = {gale_map(pairs, 3), gale_list(NULL, 0)};

    return gale_emit_to(task, 1, gale_list(list, 2), gale_map(pairs, 3));
}

static bool is_text(gale_value v, const char *expected)
{
    return v.kind == GALE_STRING &&
           gale_str_eq(gale_value_str(v),
                       gale_str_make(expected, strlen(expected)));
}

static bool check_map(const gale_tuple *in, gale_value map)
{
    gale_value list = gale_item(in, map, 1);

    return map.kind == GALE_MAP && map.size == 3 &&
           is_text(gale_item(in, map, 0), "list") && list.kind == GALE_LIST &&
           list.size == 5 && gale_item(in, list, 0).kind == GALE_NIL &&
           gale_item(in, list, 1).as.i == 1 &&
           gale_item(in, list, 2).as.i == INT64_MIN &&
           signbit(gale_item(in, list, 3).as.f) &&
           gale_item(in, list, 4).size == 2 &&
           gale_item(in, map, 2).as.i == 7 &&
           is_text(gale_item(in, map, 3), "a text of more than fourteen") &&
           is_text(gale_item(in, map, 4), "empty") &&
           gale_item(in, map, 5).kind == GALE_MAP &&
           gale_item(in, map, 5).size == 0;
}

static bool check_kinds(const gale_tuple *in)
{
    gale_value list = gale_get(in, 0);

    return list.kind == GALE_LIST && list.size == 2 &&
           check_map(in, gale_item(in, list, 0)) &&
           gale_item(in, list, 1).size == 0 &&
           check_map(in, gale_value_of(in, "two"));
}

static void lists_and_maps_arrive_with_all_that_is_in_them(void **state)
{
    struct parcel p = {.stream = 1, .send = send_kinds, .check = check_kinds};

    (void)state;
    arrives_everywhere(&p);
}

/* Texts that end where their page does. */
static gale_result send_page_ends(gale_task *task)
{
    long page = sysconf(_SC_PAGESIZE);
    char *p = mmap(NULL, 2 * (size_t)page, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    gale_result result = GALE_OK;

    if (p == MAP_FAILED || mprotect(p + page, (size_t)page, PROT_NONE) != 0)
        return GALE_FATAL;
    memset(p, 'p', (size_t)page);
    for (uint32_t size = 0; size <= 40 && result == GALE_OK; size++)
        result = gale_emit(task, gale_string(p + page - size, size));
    munmap(p, 2 * (size_t)page);
    return result;
}

static bool check_page_ends(const gale_tuple *in)
{
    gale_str s = gale_get_str(in, 0);

    for (size_t i = 0; i < s.size; i++)
        if (s.data[i] != 'p')
            return false;
    return s.size <= 40;
}

static void of_a_text_at_the_end_of_its_page_nothing_more_is_read(void **state)
{
    struct parcel p = {.send = send_page_ends, .check = check_page_ends};
    const struct probe spout = {
        .arg = &p,
        .state_size = sizeof(uint32_t),
        .streams = {parcel_streams, 4, sizeof(parcel_streams[0])},
        .next = send_parcel};
    const struct probe bolt = {.arg = &p, .execute = parcel_check};
    static const uint32_t kinds[] = {GALE_SHUFFLE, GALE_ALL, GALE_GLOBAL};

    (void)state;
    for (int i = 0; i < 3; i++) {
        gale_input input = {
            .size = sizeof(input), .kind = kinds[i], .from = "spout"};
        struct topology_run r;

        topology_run_begin(&r, "pages");
        topology_run_spout(&r, "spout", &spout, 1);
        gale_subscribe(topology_run_bolt(&r, "bolt", &bolt, 2), &input);
        topology_run_complete(&r);
        topology_run_end(&r);
    }
    assert_int_equal(p.wrong, 0);
    assert_int_equal(p.right, 3 * 41 * (1 + 2 + 1));
}

/* The long form says where the tuple went. */
static gale_result send_and_ask(gale_task *task)
{
    int32_t ids[8], told[8] = {0};
    uint32_t n = gale_tasks_of(task, "bolt", ids, 8);
    gale_emit_opts opts = {.size = sizeof(opts), .tasks = told, .tasks_max = 2};
    gale_result result = gale_emit_with(task, &opts, gale_int(1));

    if (result == GALE_OK &&
        (opts.n_tasks != n || n != 3 || told[0] != ids[0] ||
         told[1] != ids[1] || told[2] != 0))
        return gale_error(task, GALE_FATAL, "went to %u tasks", opts.n_tasks);
    return result;
}

static bool check_one(const gale_tuple *in)
{
    return gale_get_int(in, 0) == 1;
}

static void emit_says_to_which_tasks_a_tuple_went(void **state)
{
    struct parcel p = {.send = send_and_ask, .check = check_one};

    (void)state;
    arrives(&p, GALE_ALL, 3);
}

static gale_result take(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    return GALE_OK;
}

static void topology_debug_logs_what_is_emitted(void **state)
{
    static const struct probe bolt = {.execute = take};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    number_source_init(&numbers, 3);
    topology_run_begin(&r, "debug");
    gale_configure(r.builder, "topology.debug", gale_bool(true));
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_all(topology_run_bolt(&r, "bolt", &bolt, 2), "numbers");
    topology_run_complete(&r);
    assert_balanced(&r);
    assert_says(topology_run_log(&r), "emit default [2] to 2 tasks");
    topology_run_end(&r);
    number_source_fini(&numbers);
}

/* A bolt that waits, within execute, until what it flushed has arrived. */
static gale_result emit_and_wait(gale_task *task, const gale_tuple *in)
{
    struct tally *arrived = probe_arg(task);
    uint64_t before = tally_get(arrived);
    gale_result result = gale_emit(task, gale_get(in, 0));

    gale_flush(task);
    tally_await(arrived, before + 1,
                "the tuple arrives before its producer "
                "returns");
    return result;
}

static gale_result note_arrival(gale_task *task, const gale_tuple *in)
{
    (void)in;
    tally_add(probe_arg(task), 1);
    return GALE_OK;
}

static void flush_sends_what_is_emitted_at_once(void **state)
{
    static struct tally arrived = TALLY_INIT;
    const struct probe middle = {
        .arg = &arrived,
        .streams = {parcel_streams, 1, sizeof(parcel_streams[0])},
        .execute = emit_and_wait};
    static const struct probe sink = {.arg = &arrived, .execute = note_arrival};
    struct number_source numbers;
    struct topology_run r;

    (void)state;
    number_source_init(&numbers, 100);
    topology_run_begin(&r, "flush");
    topology_run_spout(&r, "numbers", &numbers.probe, 1);
    gale_shuffle(
        topology_run_bolt_as(&r, "middle", "probe_bolt_blocking", &middle, 1),
        "numbers");
    gale_shuffle(topology_run_bolt(&r, "sink", &sink, 1), "middle");
    topology_run_complete(&r);
    assert_balanced(&r);
    topology_run_end(&r);
    number_source_fini(&numbers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tuple_without_fields_arrives),
        cmocka_unit_test(ten_megabytes_arrive),
        cmocka_unit_test(texts_of_all_sizes_arrive_in_order),
        cmocka_unit_test(texts_of_all_sizes_arrive_at_a_single_subscriber),
        cmocka_unit_test(lists_and_maps_arrive_with_all_that_is_in_them),
        cmocka_unit_test(of_a_text_at_the_end_of_its_page_nothing_more_is_read),
        cmocka_unit_test(emit_says_to_which_tasks_a_tuple_went),
        cmocka_unit_test(topology_debug_logs_what_is_emitted),
        cmocka_unit_test(flush_sends_what_is_emitted_at_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
