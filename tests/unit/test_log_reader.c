/* test_log_reader.c - a log that is followed, while its files change their
 * names as supervisor/worker_log.c changes them: one after the other. */
#include "tests/support/cmocka_all.h"
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/free_ports.h"
#include "cli/log_reader.h"
#include "common/rpc_server.h"
#include <stdlib.h>
#include <string.h>

enum { FILES = 4, WORD = 2, SEEN = 200 };

/* -- the files of a worker ------------------------------------------------- */

struct file {
    char text[64];
    int64_t written_us;
};

/* NULL: there is no file of that name. */
static struct {
    struct file all[10], *named[FILES];
    uint32_t n;
    char whole[SEEN]; /* what was ever written */
    int64_t now_us;
} disk;

static void append(char *to, size_t size, const char *text)
{
    size_t used = strlen(to);

    assert_true(used + strlen(text) < size);
    snprintf(to + used, size - used, "%s", text);
}

static void write_word(void)
{
    struct file *f = disk.named[0];
    char word[WORD + 1] = {(char)('a' + disk.now_us % 26), '\n'};

    append(f->text, sizeof(f->text), word);
    append(disk.whole, sizeof(disk.whole), word);
    f->written_us = disk.now_us++;
}

static void create(void)
{
    disk.named[0] = &disk.all[disk.n++];
    disk.named[0]->written_us = disk.now_us++;
}

/* What a change of files consists of. */
enum { CHANGE_STEPS = FILES + 1 };

static void take_step(uint32_t step)
{
    uint32_t to = FILES - 1 - step;

    if (step < FILES - 1) {
        if (disk.named[to - 1] == NULL)
            return;
        disk.named[to] = disk.named[to - 1];
        disk.named[to - 1] = NULL;
    } else if (step == FILES - 1) {
        create();
    } else {
        for (int i = 0; i < 4; i++)
            write_word();
    }
}

static void change_files(void)
{
    for (uint32_t i = 0; i < CHANGE_STEPS; i++)
        take_step(i);
}

/* -- the supervisor -------------------------------------------------------- */

static struct {
    struct cluster_options options;
    struct cluster *cluster;
    struct rpc_server *server;
    struct log_place place;
    uint32_t n_questions;
    uint32_t steps_at;    /* before which of them names change, … */
    uint32_t first, last; /* … by these steps of two changes */
} house;

static void change_now(void)
{
    for (uint32_t i = house.first; i < house.last; i++)
        take_step(i % CHANGE_STEPS);
}

/* As supervisor/log_methods.c has it. */
static int64_t rotated_us(uint64_t file)
{
    if (file + 1 < FILES && disk.named[file + 1] != NULL)
        return disk.named[file + 1]->written_us;
    return file + 2 < FILES && disk.named[file + 2] != NULL ? -1 : 0;
}

static void log_piece(void *arg, struct rpc_call *call,
                      const msgpack_object *params)
{
    uint64_t file = unpack_uint(unpack_key(params, "file"), 0);
    uint64_t offset = unpack_uint(unpack_key(params, "offset"), 0);
    const struct file *f;
    struct pack p;

    (void)arg;
    if (house.n_questions++ == house.steps_at)
        change_now();
    f = file < FILES ? disk.named[file] : NULL;
    if (f == NULL) {
        rpc_fail(call, RPC_NOT_FOUND, "there is no such log");
        return;
    }
    if (offset > strlen(f->text))
        offset = strlen(f->text);
    pack_init(&p);
    pack_map(&p, 2);
    pack_key_bytes(&p, "data", f->text + offset, strlen(f->text) - offset);
    pack_key_int(&p, "rotated_us", rotated_us(file));
    rpc_reply(call, &p);
    pack_free(&p);
}

static int setup(void **state)
{
    static const struct rpc_method methods[] = {
        {"log", RPC_ROLE(TOKEN_READER), log_piece}};
    const struct rpc_server_options options = {
        .who = "supervisor", .methods = methods, .n_methods = 1};
    gale_err error;

    (void)state;
    memset(&disk, 0, sizeof(disk));
    memset(&house, 0, sizeof(house));
    disk.now_us = 1;
    cluster_options_begin(&house.options, "logs");
    daemon_config_override(house.options.config, "gale.insecure=true", &error);
    house.cluster = cluster_open(&house.options, TOKEN_READER);
    assert_non_null(house.cluster);
    cluster_be_quiet(house.cluster);
    rpc_address_parse("127.0.0.1:0", &house.place.address, &error);
    house.server = rpc_server_new(cluster_loop(house.cluster),
                                  &house.place.address, &options, &error);
    house.place.address = *rpc_server_address(house.server);
    create();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rpc_server_free(house.server);
    cluster_close(house.cluster);
    cluster_options_end(&house.options);
    return 0;
}

/* All that is there is known. */
static void follow_from_here(void)
{
    house.place.offset = strlen(disk.named[0]->text);
    house.place.rotated_us = rotated_us(0);
    disk.whole[0] = '\0';
}

/* One look, as `gale logs -f` does: until there is nothing. */
static int look(char *seen)
{
    const struct log_reader reader = {house.cluster, "words-1-2"};
    size_t size = 1;
    int status = EXIT_OK;

    while (size > 0 && status == EXIT_OK) {
        char *text;

        status = log_reader_more(&reader, &house.place, &text, &size);
        if (size > 0)
            append(seen, SEEN, text);
        free(text);
    }
    return status;
}

/* -- tests ----------------------------------------------------------------- */

/* `before` changes have been; then these steps happen at that question, and the
 * others of two changes after the look. */
static void follow_a_change(void **state, uint32_t before, uint32_t steps,
                            uint32_t question)
{
    char seen[SEEN] = "";

    setup(state);
    write_word();
    for (uint32_t i = 0; i < before; i++)
        change_files();
    follow_from_here();
    write_word();
    assert_int_equal(look(seen), EXIT_OK);
    write_word();
    house.steps_at = house.n_questions + question;
    house.last = steps;
    assert_int_equal(look(seen), EXIT_OK);
    if (house.n_questions > house.steps_at)
        house.first = steps;
    house.last = 2 * CHANGE_STEPS;
    change_now();
    house.steps_at = UINT32_MAX;
    for (int i = 0; i < 4; i++)
        assert_int_equal(look(seen), EXIT_OK);
    if (strcmp(seen, disk.whole) != 0)
        fail_msg("after %u changes, %u steps at question %u: seen \"%s\", "
                 "expected \"%s\"",
                 before, steps, question, seen, disk.whole);
    teardown(state);
}

static void each_line_is_shown_once_whenever_files_change_their_names(
    void **state)
{
    for (uint32_t before = 0; before <= FILES; before++)
        for (uint32_t steps = 0; steps <= 2 * CHANGE_STEPS; steps++)
            for (uint32_t question = 0; question < 4; question++)
                follow_a_change(state, before, steps, question);
}

static void what_was_written_faster_than_it_was_read_is_passed_over(
    void **state)
{
    char seen[SEEN] = "";

    setup(state);
    write_word();
    change_files();
    follow_from_here();
    for (uint32_t i = 0; i <= FILES; i++)
        change_files();
    for (uint32_t i = 0; i <= LOG_READER_TRIES; i++)
        assert_int_equal(look(seen), EXIT_OK);
    assert_string_equal(seen, disk.named[0]->text);
    write_word();
    assert_int_equal(look(seen), EXIT_OK);
    assert_string_equal(seen, disk.named[0]->text);
    teardown(state);
}

static void a_log_that_is_gone_is_missed_and_found_when_it_is_back(void **state)
{
    char seen[SEEN] = "";
    struct file *kept;
    int status = EXIT_OK;

    setup(state);
    write_word();
    follow_from_here();
    kept = disk.named[0];
    disk.named[0] = NULL;
    for (uint32_t i = 0; i < LOG_READER_TRIES; i++)
        status = look(seen);
    assert_int_equal(status, EXIT_ERROR);
    assert_non_null(strstr(cluster_why(house.cluster), "no such log"));
    disk.named[0] = kept;
    write_word();
    assert_int_equal(look(seen), EXIT_OK);
    assert_string_equal(seen, disk.whole);
    teardown(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            each_line_is_shown_once_whenever_files_change_their_names),
        cmocka_unit_test(
            what_was_written_faster_than_it_was_read_is_passed_over),
        cmocka_unit_test(
            a_log_that_is_gone_is_missed_and_found_when_it_is_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
