/*
 * test_readable.c - memory is looked at before a pointer is followed:
 * readable.c.
 */
#include "tests/support/cmocka_all.h"
#include "topology-api/memory.h"
#include "topology-api/readable.h"
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096u
#define PAGES (READABLE_TEXT_MAX / PAGE + 1)

/* Pages of x, and behind them one that nobody may read. */
static char *map(void)
{
    char *at = mmap(NULL, (PAGES + 1) * PAGE, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(at != MAP_FAILED);
    memset(at, 'x', PAGES * PAGE);
    assert_int_equal(mprotect(at + PAGES * PAGE, PAGE, PROT_NONE), 0);
    return at;
}

static void unmap(char *at)
{
    munmap(at, (PAGES + 1) * PAGE);
}

static void all_bytes_must_be_readable(void **state)
{
    char *at = map(), *end = at + PAGES * PAGE;
    char *heap = xmalloc(100);

    (void)state;
    assert_true(readable_bytes(at, PAGES * PAGE));
    assert_true(readable_bytes(end - 1, 1));
    assert_false(readable_bytes(end - 1, 2));
    assert_false(readable_bytes(at, PAGES * PAGE + 1));
    assert_false(readable_bytes(end, 1));
    assert_true(readable_bytes(end, 0));
    assert_true(readable_bytes(heap, 100));
    assert_true(readable_bytes("constant", 8));
    assert_false(readable_bytes(NULL, 1));
    assert_false(readable_bytes((void *)(UINTPTR_MAX - 7), 8));
    assert_false(readable_bytes((void *)(UINTPTR_MAX - 7), 16));
    free(heap);
    unmap(at);
}

static void a_text_ends_before_what_cannot_be_read(void **state)
{
    char *at = map(), *end = at + PAGES * PAGE;

    (void)state;
    assert_false(readable_text(end - 10));
    end[-1] = '\0';
    assert_true(readable_text(end - 10));
    assert_true(readable_text(end - 1));
    assert_true(readable_text(end - PAGE - 10));
    assert_false(readable_text(end));
    assert_true(readable_text(NULL));
    unmap(at);
}

static void a_text_ends_within_64_kib(void **state)
{
    char *at = map();

    (void)state;
    at[100 + READABLE_TEXT_MAX] = '\0';
    assert_false(readable_text(at + 100));
    assert_true(readable_text(at + 101));
    unmap(at);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_bytes_must_be_readable),
        cmocka_unit_test(a_text_ends_before_what_cannot_be_read),
        cmocka_unit_test(a_text_ends_within_64_kib),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
