/* test_file_mark.c - how far a file has been read: connectors/file_mark.c. */
#include "connectors/file_mark.h"
#include "tests/support/cmocka_all.h"
#include <string.h>

static void however_it_is_cut_the_same_bytes_make_the_same_mark(void **state)
{
    struct file_mark whole, parts;
    char data[3 * FILE_MARK_HEAD];

    (void)state;
    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (char)(i * 7 + i / 256);
    for (size_t step = 1; step < sizeof(data); step = step * 3 + 1) {
        file_mark_begin(&whole, 1, 2, 3);
        file_mark_begin(&parts, 1, 2, 3);
        file_mark_pass(&whole, data, sizeof(data));
        for (size_t at = 0; at < sizeof(data); at += step)
            file_mark_pass(&parts, data + at,
                           at + step < sizeof(data) ? step : sizeof(data) - at);
        assert_memory_equal(&whole, &parts, sizeof(whole));
    }
}

static void it_knows_the_first_bytes_that_were_read_and_no_others(void **state)
{
    struct file_mark m;
    char data[2 * FILE_MARK_HEAD] = "the first bytes";

    (void)state;
    file_mark_begin(&m, 1, 2, 3);
    assert_true(file_mark_begins(&m, "")); /* nothing was read */
    file_mark_pass(&m, data, 9);
    assert_int_equal(file_mark_head(&m), 9);
    assert_true(file_mark_begins(&m, "the first line"));
    assert_false(file_mark_begins(&m, "the last bytes"));
    file_mark_pass(&m, data + 9, sizeof(data) - 9);
    assert_int_equal(file_mark_head(&m), FILE_MARK_HEAD);
    assert_int_equal(m.offset, sizeof(data));
    assert_true(file_mark_begins(&m, data));
    data[FILE_MARK_HEAD] = '!'; /* behind what the sum covers */
    assert_true(file_mark_begins(&m, data));
    data[FILE_MARK_HEAD - 1] = '!';
    assert_false(file_mark_begins(&m, data));
}

static void what_is_written_is_read_again(void **state)
{
    struct file_mark m, again;
    char text[FILE_MARK_TEXT];
    size_t size;

    (void)state;
    file_mark_begin(&m, UINT64_MAX, UINT64_MAX, INT64_MIN);
    file_mark_pass(&m, "cow", 3);
    m.offset = INT64_MAX;
    size = file_mark_write(&m, text);
    assert_int_equal(size, strlen(text));
    assert_true(file_mark_read(gale_str_make(text, size), &again));
    assert_memory_equal(&m, &again, sizeof(m));
}

static void what_is_no_mark_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "17",
        "device 1 inode 2 changed 3 offset 4",
        "device 1 inode 2 changed 3 offset -4 sum 0000000000000000",
        "device -1 inode 2 changed 3 offset 4 sum 0000000000000000",
        "device 1 inode 2 changed 3 offset 4 sum 0",
        "device 1 inode 2 changed 3 offset 4 sum 0000000000000000 ",
        " device 1 inode 2 changed 3 offset 4 sum 0000000000000000",
        "device 99999999999999999999999 inode 2 changed 3 offset 4 sum "
        "0000000000000000",
    };
    struct file_mark m;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        assert_false(
            file_mark_read(gale_str_make(texts[i], strlen(texts[i])), &m));
    assert_true(
        file_mark_read(gale_str_make("device 1 inode 2 changed 3 offset 4 sum "
                                     "0000000000000000",
                                     56),
                       &m));
}

#define TEST(name) cmocka_unit_test(name)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(however_it_is_cut_the_same_bytes_make_the_same_mark),
        TEST(it_knows_the_first_bytes_that_were_read_and_no_others),
        TEST(what_is_written_is_read_again),
        TEST(what_is_no_mark_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
