/*
 * outlaw.c - bolt and topology: does what a plugin must not, in the way that
 * its option names. The topology is `outlaw CRIME`; it has a hundred numbers.
 *
 * A crime may be one of its own kind, or WAY-PLACE: one of the ways to end a
 * process or a thread, and where: in execute (no PLACE), in-work, on-a-thread,
 * in-declare, in-build, on-a-thread-in-build, in-prepare, in-choose or
 * in-cleanup of its grouping. OUTLAW_LEAVES=WAY does it in a constructor,
 * OUTLAW_SENDS=WAY on a thread that a constructor waits for, OUTLAW_ENDS=WAY in
 * a destructor. One that hangs says so to the file
 * OUTLAW_TELLS.
 */
#include <gale/bolt.h>
#include <gale/grouping.h>
#include <gale/topology.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct outlaw {
    gale_str crime;
};

/* What a thread of its own gets hold of. */
struct loot {
    gale_task *task;
    const gale_tuple *tuple;
};

/* -- ways to end ----------------------------------------------------------- */

static void leave(void)
{
    exit(0);
}

static void leave_at_once(void)
{
    _exit(0);
}

static void leave_as_c_does(void)
{
    _Exit(0);
}

static void leave_quickly(void)
{
    quick_exit(0);
}

static void end_thread(void)
{
    pthread_exit(NULL);
}

/* No page is there. */
static void fault(void)
{
    static volatile uintptr_t nowhere = 64;

    *(volatile int *)nowhere = 1;
}

/* For ever, which the compiler must not know. */
static int deeper(volatile char *above)
{
    volatile char here[1024];

    here[0] = *above;
    return here[0] != 0 ? 0 : deeper(here) + here[0];
}

static void overflow(void)
{
    volatile char top = 0;

    (void)deeper(&top);
}

/* Whoever waits for that is told. */
static void hang(void)
{
    const char *path = getenv("OUTLAW_TELLS");
    int fd = path == NULL ? -1 : open(path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0)
        dprintf(fd, "hangs\n");
    for (;;)
        pause();
}

/* As daemons do. */
static void close_all(void)
{
    for (int fd = 0; fd < 256; fd++)
        close(fd);
}

static void close_all_and_abort(void)
{
    close_all();
    abort();
}

static void close_errors(void)
{
    close(STDERR_FILENO);
}

/* No file can be opened any more. */
static void hoard(void)
{
    while (open("/dev/null", O_RDONLY) >= 0)
        ;
}

static const struct {
    const char *name;
    void (*commit)(void);
} ways[] = {
    {"exit", leave},
    {"_exit", leave_at_once},
    {"_Exit", leave_as_c_does},
    {"quick_exit", leave_quickly},
    {"pthread_exit", end_thread},
    {"abort", abort},
    {"fault", fault},
    {"overflow", overflow},
    {"hang", hang},
    {"hoard", hoard},
    {"close-errors", close_errors},
    {"close-all", close_all},
    {"close-all-abort", close_all_and_abort},
};

/* The way of a crime WAY + place; NULL: it is another one. */
static void (*way_of(const char *crime, const char *place))(void)
{
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        size_t n = strlen(ways[i].name);

        if (strncmp(crime, ways[i].name, n) == 0 &&
            strcmp(crime + n, place) == 0)
            return ways[i].commit;
    }
    return NULL;
}

static void do_it(const char *crime, const char *place)
{
    void (*commit)(void) = way_of(crime, place);

    if (commit != NULL)
        commit();
}

static void *on_its_thread(void *arg)
{
    void (*const *commit)(void) = arg;

    (*commit)();
    return NULL;
}

/* Wait for it, unless it is not there. */
static void send_a_thread(const char *crime, const char *place)
{
    void (*commit)(void) = way_of(crime, place);
    pthread_t thread;

    if (commit != NULL &&
        pthread_create(&thread, NULL, on_its_thread, &commit) == 0)
        pthread_join(thread, NULL);
}

/* -- where ----------------------------------------------------------------- */

static gale_result work(void *arg)
{
    do_it(arg, "-in-work");
    return GALE_OK;
}

static void ignore(gale_task *task, gale_result result, void *arg)
{
    (void)task;
    (void)result;
    (void)arg;
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

/* No crime. */
static gale_result fork_some(gale_task *task, const gale_tuple *in)
{
    void (*const ends[])(void) = {leave, leave_at_once};

    (void)in;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        pid_t child = fork();
        int status = -1;

        if (child == 0)
            ends[i]();
        if (waitpid(child, &status, 0) != child || status != 0)
            return gale_error(task, GALE_FATAL, "a child: %d", status);
    }
    return GALE_OK;
}

static const struct {
    const char *name;
    gale_result (*commit)(gale_task *task, const gale_tuple *in);
} crimes[] = {
    {"fork", fork_some},
    {"emit-on-a-thread", emit_on_a_thread},
    {"get-at-the-end-on-a-thread", keep},
    {"get-at-the-end", keep},
    {"loop", loop},
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
    do_it(o->crime.data, "");
    send_a_thread(o->crime.data, "-on-a-thread");
    if (way_of(o->crime.data, "-in-work") != NULL)
        return gale_async(task, work, ignore, (void *)(uintptr_t)o->crime.data);
    if (way_of(o->crime.data, "-in-choose") != NULL)
        return gale_emit(task, gale_int(1));
    if (way_of(o->crime.data, "-in-cleanup") != NULL)
        return GALE_OK;
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
__attribute__((constructor)) static void construct(void)
{
    const char *leaves = getenv("OUTLAW_LEAVES");
    const char *sends = getenv("OUTLAW_SENDS");

    if (leaves != NULL)
        do_it(leaves, "");
    if (sends != NULL)
        send_a_thread(sends, "");
}

/* When the results are out. */
__attribute__((destructor)) static void destruct(void)
{
    const char *ends = getenv("OUTLAW_ENDS");

    if (ends != NULL)
        do_it(ends, "");
}

static gale_result declare(gale_outputs *outputs, const void *instance)
{
    const struct outlaw *o = instance;

    (void)outputs;
    do_it(o->crime.data, "-in-declare");
    return GALE_OK;
}

GALE_BOLT(
    outlaw, .summary = "does what a plugin must not",
    .instance_size = sizeof(struct outlaw),
    .options = GALE_OPTIONS(GALE_OPTION_STR(struct outlaw, crime, "crime", NULL,
                                            "what it does, see outlaw.c")),
    .streams = GALE_OUTPUTS("n"), .declare = declare, .execute = execute,
    .end_of_input = end_of_input);

/* -- of the whole topology ------------------------------------------------- */

static const char *crime;

static gale_result prepare(gale_router *r)
{
    (void)r;
    do_it(crime, "-in-prepare");
    return GALE_OK;
}

static void cleanup(gale_router *r)
{
    (void)r;
    do_it(crime, "-in-cleanup");
}

static uint32_t choose(gale_router *r, const gale_value *values, uint32_t n,
                       uint32_t *targets)
{
    (void)r;
    (void)values;
    (void)n;
    do_it(crime, "-in-choose");
    targets[0] = 0;
    return 1;
}

GALE_GROUPING(outlaws, .summary = "everything to the first, or a crime",
              .prepare = prepare, .cleanup = cleanup, .choose = choose);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *outlaw;

    if (argc != 1)
        return gale_usage(b, "outlaw CRIME");
    crime = argv[0];
    do_it(crime, "-in-build");
    send_a_thread(crime, "-on-a-thread-in-build");
    gale_set(gale_add_spout(b, "numbers", "sequence", 1), "to", gale_int(100));
    outlaw = gale_add_bolt(b, "outlaw", "outlaw", 1);
    gale_shuffle(gale_set(outlaw, "crime", gale_cstr(argv[0])), "numbers");
    gale_custom(gale_add_bolt(b, "print", "print", 1), "outlaw", "outlaws");
    return GALE_OK;
}

GALE_TOPOLOGY(outlaw, .summary = "does what a plugin must not",
              .usage = "CRIME", .build = build);
