/* expectations.c - what a test looks at, and what it says when that is not what
 * was expected; see gale/testing.h. */
#include "testing/kit.h"
#include "topology-api/memory.h"
#include "topology-api/settings.h"
#include "topology-api/text_buffer.h"
#include <inttypes.h>

#define ROW_TEXT_MAX 400

/* -- cmocka, if the program has it ----------------------------------------- */

void _fail(const char *const file, const int line) __attribute__((weak));
void print_error(const char *const format, ...) __attribute__((weak));
int _cmocka_run_group_tests(void) __attribute__((weak));

static void fail_here(gale_place at, const char *text)
{
    if (_cmocka_run_group_tests != NULL && _fail != NULL &&
        print_error != NULL) {
        print_error("%s\n", text);
        _fail(at.file, at.line);
    }
    fprintf(stderr, "%s:%d: %s\n", at.file, at.line, text);
    abort();
}

GALE_PRINTF(3, 4)
static void fail(const gale_test *t, gale_place at, const char *format, ...)
{
    char said[2048];
    struct text_buffer text;
    va_list args;

    text_buffer_init(&text, said, sizeof(said));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
    if (t->seed != 1)
        text_buffer_put(&text, " (GALE_SEED=%" PRIu64 ")", t->seed);
    fail_here(at, said);
}

/* Everything that was fed is worked off, and nothing is wrong. */
static void look(gale_test *t, gale_place at)
{
    gale_test_settle(t);
    if (t->error.text[0] != '\0')
        fail(t, at, "%s", t->error.text);
    if (t->failed.text[0] != '\0')
        fail(t, at, "%s", t->failed.text);
}

void gale_test_expect_fine_(gale_test *t, gale_place at)
{
    look(t, at);
}

/* -- tuples ---------------------------------------------------------------- */

/* The first that no expectation has seen. */
static struct emitted *next_unseen(gale_test *t, const char *stream)
{
    uint32_t component = capture_source(t, NULL, stream);
    struct emitted *e;

    for (uint64_t i = 0; component != UINT32_MAX; i++) {
        e = capture_find(t, component, stream, i);
        if (e == NULL || !e->seen)
            return e;
    }
    return NULL;
}

static const char *row_text(gale_row row, char text[ROW_TEXT_MAX])
{
    return value_text(gale_list(row.values, row.n), text, ROW_TEXT_MAX);
}

void gale_test_expect_emit_(gale_test *t, gale_place at, const char *stream,
                            const gale_value *values, uint32_t n)
{
    char found[ROW_TEXT_MAX], expected[ROW_TEXT_MAX];
    struct emitted *e;

    look(t, at);
    e = next_unseen(t, stream);
    look(t, at);
    row_text((gale_row){values, n}, expected);
    if (e == NULL)
        fail(t, at, "\"%s\" emits nothing more%s%s, expected %s", t->subject,
             stream == NULL ? "" : " on stream ", stream == NULL ? "" : stream,
             expected);
    e->seen = true;
    if (!kit_equal(e->values, gale_list(values, n)))
        fail(t, at, "\"%s\" emits %s on stream %s, expected %s", t->subject,
             value_text(e->values, found, sizeof(found)), capture_stream(t, e),
             expected);
}

void gale_test_expect_no_emit_(gale_test *t, gale_place at)
{
    char found[ROW_TEXT_MAX];
    struct emitted *e;

    look(t, at);
    e = next_unseen(t, NULL);
    look(t, at);
    if (e != NULL)
        fail(t, at, "\"%s\" emits %s on stream %s, expected nothing more",
             t->subject, value_text(e->values, found, sizeof(found)),
             capture_stream(t, e));
}

/* -- all tuples of a component --------------------------------------------- */

/* Marks a row that is equal and not marked yet. */
static bool take_equal(gale_value value, gale_rows rows, bool *taken)
{
    for (uint32_t i = 0; i < rows.n; i++) {
        gale_row row = rows.items[i];

        if (taken[i] || !kit_equal(value, gale_list(row.values, row.n)))
            continue;
        return taken[i] = true;
    }
    return false;
}

/* The first of them that nothing is equal to; "" if there is none. */
static void put_missing(gale_rows rows, const bool *taken,
                        char text[ROW_TEXT_MAX])
{
    text[0] = '\0';
    for (uint32_t i = 0; i < rows.n; i++)
        if (!taken[i]) {
            row_text(rows.items[i], text);
            return;
        }
}

void gale_test_expect_rows_(gale_test *t, gale_place at, const char *component,
                            const char *stream, gale_rows rows)
{
    char extra[ROW_TEXT_MAX] = "", missing[ROW_TEXT_MAX];
    struct emitted *e;
    uint64_t n = 0;
    uint32_t c;
    bool *taken;

    look(t, at);
    c = capture_source(t, component, stream);
    look(t, at);
    taken = xcalloc(rows.n, sizeof(*taken));
    for (; (e = capture_find(t, c, stream, n)) != NULL; n++)
        if (!take_equal(e->values, rows, taken) && extra[0] == '\0')
            value_text(e->values, extra, sizeof(extra));
    put_missing(rows, taken, missing);
    free(taken);
    if (extra[0] != '\0' || missing[0] != '\0')
        fail(t, at, "\"%s\" emitted %" PRIu64 " tuples, expected %u;%s%s%s%s%s",
             t->model->components[c].id, n, rows.n,
             extra[0] != '\0' ? " not expected: " : "", extra,
             extra[0] != '\0' && missing[0] != '\0' ? ";" : "",
             missing[0] != '\0' ? " not found: " : "", missing);
}

uint64_t gale_test_n_rows(gale_test *t, const char *component,
                          const char *stream)
{
    uint64_t n = 0;
    uint32_t c;

    gale_test_settle(t);
    c = capture_source(t, component, stream);
    while (c != UINT32_MAX && capture_find(t, c, stream, n) != NULL)
        n++;
    return n;
}

static struct emitted *row_at(gale_test *t, const char *component,
                              const char *stream, uint64_t i)
{
    struct emitted *e;
    uint32_t c;

    gale_test_settle(t);
    c = capture_source(t, component, stream);
    e = c == UINT32_MAX ? NULL : capture_find(t, c, stream, i);
    if (e == NULL)
        kit_mistake(t, "there is no tuple %" PRIu64 " of \"%s\"", i,
                    component != NULL    ? component
                    : t->subject != NULL ? t->subject
                                         : "");
    return e;
}

gale_row gale_test_row(gale_test *t, const char *component, const char *stream,
                       uint64_t i)
{
    const struct emitted *e = row_at(t, component, stream, i);

    if (e == NULL)
        return (gale_row){NULL, 0};
    return (gale_row){e->values.as.items, e->values.size};
}

const char *gale_test_row_stream(gale_test *t, const char *component,
                                 uint64_t i)
{
    const struct emitted *e = row_at(t, component, NULL, i);

    return e == NULL ? "" : capture_stream(t, e);
}

/* -- what became of them --------------------------------------------------- */

void gale_test_expect_fate_(gale_test *t, gale_place at, uint64_t number,
                            gale_test_fate fate)
{
    static const char *const names[] = {"pending", "acked", "failed"};
    gale_test_fate found;

    look(t, at);
    found = gale_test_fate_of(t, number);
    look(t, at);
    if (found != fate)
        fail(t, at, "tuple %" PRIu64 " is %s, expected %s", number,
             names[found], names[fate]);
}

void gale_test_expect_count_(gale_test *t, gale_place at, const char *component,
                             gale_test_counter counter, uint64_t n)
{
    static const char *const names[] = {
        "acked",   "failed",   "pending", "emitted", "executed",
        "dropped", "poisoned", "held",    "ticks",   "errors"};
    uint64_t found;

    look(t, at);
    found = gale_test_count(t, component, counter);
    look(t, at);
    if (found != n)
        fail(t, at, "%s is %" PRIu64 ", expected %" PRIu64 "%s%s",
             names[counter], found, n, component == NULL ? "" : " of ",
             component == NULL ? "" : component);
}

/* -- errors ---------------------------------------------------------------- */

void gale_test_expect_error_(gale_test *t, gale_place at, const char *component,
                             const char *part)
{
    const char *text;

    gale_test_settle(t);
    if (t->error.text[0] != '\0')
        fail(t, at, "%s", t->error.text);
    text = t->failed.text;
    if (*text != '\0' && strstr(text, part) != NULL) {
        t->expected_to_fail = true;
        t->failed.text[0] = '\0';
        return;
    }
    look(t, at);
    text = gale_test_last_error(t, component);
    if (strstr(text, part) == NULL)
        fail(t, at, "the error is \"%s\", expected one with \"%s\"", text,
             part);
}

const char *gale_test_log(gale_test *t)
{
    gale_test_settle(t);
    fflush(t->log);
    return t->log_text;
}
