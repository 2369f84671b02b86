/* checks.c - what the checks of all kinds of plugins share; see checks.h. */
#include "testing/checks.h"
#include "common/check.h"
#include "common/env.h"
#include "topology-api/memory.h"
#include "topology-api/option_table.h"
#include <dirent.h>
#include <errno.h>
#include <malloc.h>
#include <math.h>
#include <unistd.h>

enum { LONG_TEXT = 256 << 10, LONG_LIST = 10000, LONG_BYTES = 4 << 20 };
enum { RUNS = 16, ROUNDS = 40 };

/* -- texts ----------------------------------------------------------------- */

void checks_texts(const char *summary, const gale_options *options,
                  struct trial *trial)
{
    if (summary == NULL || *summary == '\0')
        trial_found(trial, "there is no .summary");
    for (uint32_t i = 0; options != NULL && i < options->n; i++) {
        const gale_option *o = option_at(options, i);

        if (o->help == NULL || *o->help == '\0')
            trial_found(trial, "option \"%s\" has no sentence of help",
                        o->name);
    }
}

/* -- tests ----------------------------------------------------------------- */

static gale_test *with_overrides(const struct checked *c, gale_test *t)
{
    for (size_t i = 0; i < c->options->n_overrides; i++)
        gale_test_override(t, c->options->overrides[i]);
    return t;
}

gale_test *checks_bolt(const struct checked *c)
{
    return with_overrides(c, gale_test_bolt(c->name));
}

gale_test *checks_spout(const struct checked *c)
{
    return with_overrides(c, gale_test_spout(c->name));
}

void checks_fine(gale_test *t, struct trial *trial)
{
    const char *error = gale_test_error(t);

    if (t->world != NULL && world_refused_watch(t->world))
        trial_skip(trial, "it waits for a descriptor that is no regular file, "
                          "and a simulated world cannot say when that is "
                          "ready");
    else if (*error != '\0')
        trial_found(trial, "%s", error);
}

/* -- what is left behind --------------------------------------------------- */

struct traces {
    size_t memory, descriptors, threads;
};

static size_t entries_of(const char *directory)
{
    DIR *d = opendir(directory);
    size_t n = 0;

    while (d != NULL && readdir(d) != NULL)
        n++;
    if (d != NULL)
        closedir(d);
    return n;
}

static struct traces traces(void)
{
    struct mallinfo2 info = mallinfo2();

    return (struct traces){info.uordblks + info.hblkhd,
                           entries_of("/proc/self/fd"),
                           entries_of("/proc/self/task")};
}

struct one_run {
    const struct checked *checked;
    struct trial *trial;
    void (*run)(const struct checked *c, struct trial *trial);
};

static void run_in_thread(void *arg)
{
    const struct one_run *r = arg;

    r->run(r->checked, r->trial);
}

/* Of what a thread frees, the C library keeps some pieces of each size for the
 * same thread, and counts them as used until the thread ends. So each run has a
 * thread of its own, and after it only what was not freed is counted. */
static void run_apart(const struct one_run *r)
{
    struct env *env = env_posix();
    struct env_thread *thread =
        env->ops->thread_start(env, "check", -1, run_in_thread, (void *)r);

    check_msg(thread != NULL, "cannot start a thread: %s", strerror(errno));
    env->ops->thread_join(env, thread);
}

/* What runs leave behind each time, and not only once or now and then, as what
 * grows with use: 0 if a round of them has left nothing. The thread that starts
 * the others still has pieces of its own, at most seven of each of the few
 * sizes that this takes: far fewer than rounds. */
static size_t grows_by(const struct one_run *r)
{
    int64_t before = (int64_t)traces().memory, least = INT64_MAX;

    for (int i = 0; i < ROUNDS && least > 0; i++) {
        int64_t after;

        for (int k = 0; k < RUNS; k++)
            run_apart(r);
        after = (int64_t)traces().memory;
        least = after - before < least ? after - before : least;
        before = after;
    }
    return least > 0 ? ((size_t)least + RUNS - 1) / RUNS : 0;
}

/* A thread that was joined is seen for a moment longer, and nothing tells when
 * it is not. */
static bool has_more_threads(size_t before)
{
    int looks = 1000;

    while (traces().threads > before && --looks > 0)
        usleep(1000);
    return looks == 0;
}

void checks_leave_nothing(const struct checked *c, struct trial *trial,
                          void (*run)(const struct checked *c,
                                      struct trial *trial))
{
    const struct one_run r = {c, trial, run};
    size_t threads = traces().threads, descriptors, grown;

    mallopt(M_ARENA_MAX, 1);
    /* Without one, and without /etc/localtime, the C library looks for a time
     * zone with each line of the log, and keeps some memory. */
    setenv("TZ", "UTC0", 0);
    run_apart(&r);
    descriptors = traces().descriptors;
    grown = grows_by(&r);
    if (traces().descriptors > descriptors)
        trial_found(trial, "it leaves descriptors open each time");
    if (has_more_threads(threads))
        trial_found(trial, "it leaves threads behind each time");
    if (grown > 0)
        trial_found(trial, "it leaves %zu bytes of memory behind each time",
                    grown);
}

/* -- two runs -------------------------------------------------------------- */

static bool same(const struct emitted *a, const struct emitted *b)
{
    return a->component == b->component && a->stream == b->stream &&
           kit_equal(a->values, b->values);
}

void checks_equal(gale_test *a, gale_test *b, struct trial *trial)
{
    size_t n = a->n_emitted < b->n_emitted ? a->n_emitted : b->n_emitted, i = 0;

    checks_fine(a, trial);
    checks_fine(b, trial);
    while (i < n && same(&a->emitted[i], &b->emitted[i]))
        i++;
    if (i < n || a->n_emitted != b->n_emitted)
        trial_found(trial,
                    "tuple %zu differs in two runs of one seed: it keeps state "
                    "in globals, asks the real clock, or takes chance from "
                    "elsewhere than gale_random()",
                    i + 1);
    else if (a->world != NULL && b->world != NULL &&
             world_hash(a->world) != world_hash(b->world))
        trial_found(trial, "two runs of one seed emit the same, but at other "
                           "times: it asks the real clock, or starts threads");
    gale_test_free(a);
    gale_test_free(b);
}

/* -- values ---------------------------------------------------------------- */

static gale_rows rows_of(const gale_value *values, uint32_t n, gale_row *rows)
{
    for (uint32_t i = 0; i < n; i++)
        rows[i] = (gale_row){&values[i], 1};
    return gale_rows_make(rows, n);
}

gale_rows checks_values(void)
{
    static const gale_value items[] = {{GALE_STRING, 1, {.data = "k"}},
                                       {GALE_INT, 0, {.i = 7}}};
    static gale_value values[20];
    static gale_row rows[20];
    const gale_value all[] = {
        gale_nil(),           gale_bool(true),     gale_int(0),
        gale_int(-1),         gale_int(INT64_MIN), gale_int(INT64_MAX),
        gale_float(0.5),      gale_float(-0.0),    gale_float(NAN),
        gale_float(INFINITY), gale_cstr(""),       gale_cstr("the cow"),
        gale_string("\0", 1), gale_cstr("\xff"),   gale_bytes("\1\2", 2),
        gale_bytes("", 0),    gale_list(NULL, 0),  gale_list(items, 2),
        gale_map(NULL, 0),    gale_map(items, 1)};

    memcpy(values, all, sizeof(all));
    return rows_of(values, 20, rows);
}

static gale_value long_text(void)
{
    char *text = xmalloc(LONG_TEXT);

    for (size_t i = 0; i < LONG_TEXT; i++)
        text[i] = i % 6 == 5 ? ' ' : (char)('a' + i % 26);
    return gale_string(text, LONG_TEXT);
}

static gale_value deep_list(void)
{
    gale_value v = gale_int(1);

    for (int i = 0; i < 15; i++) {
        gale_value *item = xmalloc(sizeof(*item));

        *item = v;
        v = gale_list(item, 1);
    }
    return v;
}

/* In a process that ends soon: nothing is freed. */
gale_rows checks_huge_values(void)
{
    static gale_value values[4];
    static gale_row rows[4];
    gale_value *items = xcalloc(LONG_LIST, sizeof(*items));

    values[0] = long_text();
    values[1] = gale_bytes(xcalloc(1, LONG_BYTES), LONG_BYTES);
    values[2] = gale_list(items, LONG_LIST);
    values[3] = deep_list();
    return rows_of(values, 4, rows);
}
