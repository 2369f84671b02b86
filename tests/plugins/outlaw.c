/*
 * outlaw.c - bolt and topology: does what a plugin must not, in the way that
 * its option names. The topology is `outlaw CRIME`; it has a hundred numbers.
 */
#include <gale/bolt.h>
#include <gale/topology.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct outlaw {
    gale_str crime;
};

/* What a thread of its own gets hold of. */
struct loot {
    gale_task *task;
    const gale_tuple *tuple;
};

static gale_result exit_well(void *arg)
{
    (void)arg;
    exit(0);
}

static void ignore(gale_task *task, gale_result result, void *arg)
{
    (void)task;
    (void)result;
    (void)arg;
}

static gale_result exit_in_execute(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    exit(3);
}

static gale_result exit_in_work(gale_task *task, const gale_tuple *in)
{
    (void)in;
    return gale_async(task, exit_well, ignore, NULL);
}

static void *exit_thread(void *arg)
{
    exit_well(arg);
    return NULL;
}

static void *emit_thread(void *arg)
{
    struct loot *loot = arg;

    /* It is noticed when a block is full, at the latest. */
    for (int i = 0; i < 100000; i++)
        (void)gale_emit(loot->task, gale_int(1));
    return NULL;
}

/* The tuple's callback has returned, and no other one is under way. */
static void *get_thread(void *arg)
{
    struct loot *loot = arg;

    (void)gale_get_int(loot->tuple, 0);
    return NULL;
}

static struct loot loot;

static gale_result on_a_thread(void *(*fn)(void *), gale_task *task,
                               const gale_tuple *in)
{
    pthread_t thread;

    loot = (struct loot){task, in};
    if (pthread_create(&thread, NULL, fn, &loot) != 0 ||
        pthread_join(thread, NULL) != 0)
        return gale_error(task, GALE_FATAL, "there are no threads");
    return GALE_OK;
}

static gale_result exit_on_a_thread(gale_task *task, const gale_tuple *in)
{
    return on_a_thread(exit_thread, task, in);
}

static gale_result emit_on_a_thread(gale_task *task, const gale_tuple *in)
{
    return on_a_thread(emit_thread, task, in);
}

static gale_result keep(gale_task *task, const gale_tuple *in)
{
    loot = (struct loot){task, in};
    return GALE_OK;
}

static gale_result loop(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    for (volatile bool forever = true; forever;)
        ;
    return GALE_OK;
}

static gale_result crash(gale_task *task, const gale_tuple *in)
{
    (void)task;
    (void)in;
    abort();
}

static const struct {
    const char *name;
    gale_result (*commit)(gale_task *task, const gale_tuple *in);
} crimes[] = {
    {"exit", exit_in_execute},
    {"exit-in-work", exit_in_work},
    {"exit-on-a-thread", exit_on_a_thread},
    {"emit-on-a-thread", emit_on_a_thread},
    {"get-at-the-end-on-a-thread", keep},
    {"get-at-the-end", keep},
    {"loop", loop},
    {"crash", crash},
};

static bool is(const struct outlaw *o, const char *crime)
{
    return gale_str_eq(o->crime, gale_str_make(crime, strlen(crime)));
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct outlaw *o = gale_instance(task);

    for (size_t i = 0; i < sizeof(crimes) / sizeof(crimes[0]); i++)
        if (is(o, crimes[i].name))
            return crimes[i].commit(task, in);
    return gale_error(task, GALE_FATAL, "there is no such crime");
}

static gale_result end_of_input(gale_task *task)
{
    const struct outlaw *o = gale_instance(task);

    if (is(o, "get-at-the-end-on-a-thread"))
        return on_a_thread(get_thread, loot.task, loot.tuple);
    if (is(o, "get-at-the-end"))
        (void)gale_get_int(loot.tuple, 0);
    return GALE_OK;
}

/* Before anything of gale's knows what is in here. */
__attribute__((constructor)) static void leave(void)
{
    if (getenv("OUTLAW_LEAVES") != NULL)
        exit(0);
}

static gale_result declare(gale_outputs *outputs, const void *instance)
{
    const struct outlaw *o = instance;

    (void)outputs;
    if (is(o, "exit-in-declare"))
        exit(0);
    if (is(o, "crash-in-declare"))
        abort();
    return GALE_OK;
}

GALE_BOLT(
    outlaw, .summary = "does what a plugin must not",
    .instance_size = sizeof(struct outlaw),
    .options = GALE_OPTIONS(GALE_OPTION_STR(struct outlaw, crime, "crime", NULL,
                                            "what it does, see outlaw.c")),
    .streams = GALE_OUTPUTS("n"), .declare = declare, .execute = execute,
    .end_of_input = end_of_input);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *outlaw;

    if (argc != 1)
        return gale_usage(b, "outlaw CRIME");
    if (strcmp(argv[0], "exit-in-build") == 0)
        exit(0);
    if (strcmp(argv[0], "crash-in-build") == 0)
        abort();
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to", gale_int(100));
    outlaw = gale_add_bolt(b, "outlaw", "outlaw", 1);
    gale_shuffle(gale_set(outlaw, "crime", gale_cstr(argv[0])), "numbers");
    gale_global(gale_add_bolt(b, "print", "print", 1), "outlaw");
    return GALE_OK;
}

GALE_TOPOLOGY(outlaw, .summary = "does what a plugin must not",
              .usage = "CRIME", .build = build);
