/* kit.c - a test's beginning and end, its mistakes; see kit.h. */
#include "testing/kit.h"
#include "topology-api/builder.h"
#include "topology-api/memory.h"
#include "topology-api/text_buffer.h"
#include "worker/leave.h"
#include "worker/task_base.h"
#include <errno.h>
#include <math.h>

/* -- mistakes -------------------------------------------------------------- */

void kit_mistake(gale_test *t, const char *format, ...)
{
    struct text_buffer text;
    va_list args;

    if (t->error.text[0] != '\0')
        return;
    text_buffer_init(&text, t->error.text, sizeof(t->error.text));
    va_start(args, format);
    text_buffer_vput(&text, format, args);
    va_end(args);
}

bool kit_is_fine(const gale_test *t)
{
    return t->error.text[0] == '\0' && t->failed.text[0] == '\0';
}

const char *gale_test_error(gale_test *t)
{
    gale_test_settle(t);
    return t->error.text[0] != '\0' ? t->error.text : t->failed.text;
}

gale_test *kit_of(gale_task *task)
{
    return (gale_test *)(void *)between_of(task_of(task));
}

/* -- beginning ------------------------------------------------------------- */

static void read_seed(gale_test *t)
{
    const char *text = getenv("GALE_SEED");
    char *end;

    t->seed = 1;
    if (text == NULL || *text == '\0')
        return;
    errno = 0;
    t->seed = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end != '\0' || errno != 0)
        kit_mistake(t, "GALE_SEED is \"%s\", expected a number from 0 to %llu",
                    text, (unsigned long long)UINT64_MAX);
}

gale_test *gale_test_new(void)
{
    gale_test *t = xcalloc(1, sizeof(*t));

    leave_watch(); /* a plugin that calls exit() fails its test */
    t->builder = gale_builder_new();
    t->active = true;
    t->log = memory_check(open_memstream(&t->log_text, &t->log_size), 1, 1);
    read_seed(t);
    return t;
}

gale_test *gale_test_load(const char *file, int argc, char **argv)
{
    gale_test *t = gale_test_new();
    gale_err error;

    if (gale_builder_load(t->builder, file, argc, argv, &error) != 0)
        kit_mistake(t, "%s", error.text);
    return t;
}

gale_builder *gale_test_builder(gale_test *t)
{
    return t->builder;
}

/* -- before the start ------------------------------------------------------ */

static bool may_still(gale_test *t, const char *what)
{
    if (t->started)
        kit_mistake(t,
                    "%s comes too late: the topology runs already; say it "
                    "before anything is fed or looked at",
                    what);
    return kit_is_fine(t);
}

void gale_test_option(gale_test *t, const char *key, gale_value value)
{
    if (!may_still(t, "gale_test_option()"))
        return;
    if (t->declarer == NULL)
        kit_mistake(t, "gale_test_option() is about a bolt or spout by itself; "
                       "a topology takes gale_test_override()");
    else
        gale_set(t->declarer, key, value);
}

static void warn(void *arg, const char *text)
{
    fprintf((FILE *)arg, "%s\n", text);
}

void gale_test_override(gale_test *t, const char *text)
{
    gale_err error;

    if (!may_still(t, "gale_test_override()"))
        return;
    t->overrides =
        xreallocarray(t->overrides, t->n_overrides + 1, sizeof(*t->overrides));
    t->overrides[t->n_overrides++] = xstrdup(text);
    if (gale_builder_override(t->builder, text, warn, t->log, &error) != 0)
        kit_mistake(t, "%s", error.text);
}

void gale_test_source(gale_test *t, const char *id)
{
    if (may_still(t, "gale_test_source()"))
        sources_add(t, id, true);
}

/* -- end ------------------------------------------------------------------- */

void gale_test_free(gale_test *t)
{
    if (t == NULL)
        return;
    gale_local_free(t->local);
    if (t->waiter != NULL)
        t->env->ops->waiter_free(t->env, t->waiter);
    if (t->world != NULL)
        world_free(t->world);
    gale_builder_free(t->builder);
    capture_free(t);
    sources_free(t);
    feeding_free(t);
    for (size_t i = 0; i < t->n_overrides; i++)
        free(t->overrides[i]);
    free(t->overrides);
    fclose(t->log);
    free(t->log_text);
    free(t->subject);
    free(t->plugin);
    free(t);
}

/* -- values ---------------------------------------------------------------- */

static bool equal_items(gale_value a, gale_value b)
{
    uint32_t n = a.kind == GALE_MAP ? 2 * a.size : a.size;

    for (uint32_t i = 0; i < n; i++)
        if (!kit_equal(a.as.items[i], b.as.items[i]))
            return false;
    return true;
}

bool kit_equal(gale_value a, gale_value b)
{
    if (a.kind != b.kind || a.size != b.size)
        return false;
    switch (a.kind) {
    case GALE_NIL:
        return true;
    case GALE_FLOAT:
        return a.as.f == b.as.f || (isnan(a.as.f) && isnan(b.as.f));
    case GALE_STRING:
    case GALE_BYTES:
        return gale_str_eq(gale_value_str(a), gale_value_str(b));
    case GALE_LIST:
    case GALE_MAP:
        return equal_items(a, b);
    default:
        return a.as.i == b.as.i;
    }
}
