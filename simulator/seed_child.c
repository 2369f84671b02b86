/* seed_child.c - a process for a run; see seed_child.h. */
#include "simulator/seed_child.h"
#include "common/check.h"
#include "common/other_time.h"
#include "simulator/witness.h"
#include "topology-api/fault_point.h"
#include "topology-api/memory.h"
#include "worker/culprit.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <malloc.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* -- in the child ---------------------------------------------------------- */

static void write_all(int fd, const void *data, size_t size)
{
    const char *p = data;

    while (size > 0) {
        ssize_t n = write(fd, p, size);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            _exit(1);
        p += n;
        size -= (size_t)n;
    }
}

static void be_quiet(const struct seed_child *c)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    check(null >= 0 && dup2(null, STDOUT_FILENO) >= 0);
    check(dup2(c->said, STDERR_FILENO) >= 0);
    setvbuf(stderr, NULL, _IONBF, 0);
}

/* Of threads, names; the rest as it is. */
static void write_notes(const struct seed_child *c, const struct world *w)
{
    size_t n;
    const struct world_note *notes = world_notes(w, &n);

    write_all(c->notes, notes, n * sizeof(*notes));
}

static void judge(struct seed_outcome *o)
{
    if (o->result.violation[0] != '\0')
        o->verdict = SEED_VIOLATES;
    else if (o->result.state == GALE_LOCAL_FAILED)
        o->verdict = SEED_FAILS;
}

/* What a run makes of memory that it has not written, or of where it lies, is
 * not the same then. */
static void use_other_memory(void)
{
    mallopt(M_PERTURB, 0x5a);
    check(malloc(12345) != NULL); /* for good: the process is a short one */
}

/* Who is told that something is wrong. */
struct listener {
    const struct seed_child *child;
    struct seed_outcome *outcome;
};

/* What comes later means nothing. What the plugins have printed is of use. */
static void end_at_once(void *arg, const struct seeded_result *so_far)
{
    const struct listener *l = arg;

    l->outcome->result = *so_far;
    l->outcome->verdict = SEED_VIOLATES;
    fflush(stdout);
    write_all(l->child->result, l->outcome, sizeof(*l->outcome));
    _exit(0);
}

static void end_with(void *of, const struct seed_outcome *o)
{
    const struct seed_child *c = of;

    fflush(NULL);
    write_all(c->result, o, sizeof(*o));
    _exit(0);
}

static void run_kind(struct seed_child *c, const struct seed_kind *kind)
{
    struct seed_outcome o = {.seed = c->seed};

    kind->run(kind->arg, c->seed, &o, end_with, c);
    end_with(c, &o);
}

static void run(const struct seed_child *c, const struct seed_runs *s,
                bool loud)
{
    struct seed_outcome o = {.seed = c->seed};
    struct seeded_options options = s->run;
    struct listener listener = {c, &o};
    struct seeded_run *r;
    gale_err error;

    options.seed = c->seed;
    options.keep_notes = c->notes >= 0;
    options.wrong = end_at_once;
    options.arg = &listener;
    r = seeded_run_new(s->builder, &options, &error);
    if (r == NULL) {
        o.verdict = SEED_FAILS;
        snprintf(o.result.error, sizeof(o.result.error), "%s", error.text);
    } else {
        o.result = *seeded_run_result(r);
        judge(&o);
        if (loud && s->ended != NULL)
            s->ended(s->arg, r);
        if (c->notes >= 0)
            write_notes(c, seeded_run_world(r));
    }
    fflush(NULL);
    write_all(c->result, &o, sizeof(o));
    _exit(0);
}

/* -- in the parent --------------------------------------------------------- */

static int no_child(struct seed_child *c)
{
    int error = errno;

    seed_child_close(c);
    errno = error;
    return -1;
}

int seed_child_start(struct seed_child *c, const struct seed_runs *s,
                     uint64_t seed, bool again, bool loud)
{
    bool notes = s->run.keep_notes;
    int ends[2] = {-1, -1};

    *c = (struct seed_child){seed, again, 0, -1, -1, -1, 0};
    c->said = memfd_create("said", MFD_CLOEXEC);
    c->notes = notes ? memfd_create("notes", MFD_CLOEXEC) : -1;
    if (c->said < 0 || (notes && c->notes < 0) || pipe2(ends, O_CLOEXEC) != 0)
        return no_child(c);
    fflush(NULL);
    c->result = ends[1];
    c->pid = FAULT_FAILS("seed_fork", EAGAIN) ? -1 : fork();
    if (c->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* nobody else would end it */
        close(ends[0]);
        culprit_forked();
        if (!loud)
            be_quiet(c);
        if (again) {
            use_other_memory();
            other_time = true;
        }
        if (s->kind != NULL)
            run_kind(c, s->kind);
        run(c, s, loud);
    }
    close(ends[1]);
    c->result = ends[0];
    return c->pid > 0 ? 0 : no_child(c);
}

static void reap(struct seed_child *c, int *status)
{
    while (waitpid(c->pid, status, 0) < 0)
        check(errno == EINTR);
    c->pid = 0;
}

void seed_child_stop(struct seed_child *c)
{
    int status;

    if (c->pid <= 0)
        return;
    kill(c->pid, SIGKILL);
    reap(c, &status);
}

/* The last line that it said, without its end. */
static void last_words(const struct seed_child *c, char *text, size_t size)
{
    off_t end = lseek(c->said, 0, SEEK_END);
    off_t from = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
    ssize_t n = pread(c->said, text, size - 1, from);
    char *line;

    text[n > 0 ? n : 0] = '\0';
    while (n > 0 && text[n - 1] == '\n')
        text[--n] = '\0';
    line = strrchr(text, '\n');
    if (line != NULL)
        memmove(text, line + 1, strlen(line + 1) + 1);
}

static void say_how_it_ended(const struct seed_child *c, int status,
                             struct seed_outcome *o)
{
    char words[600];
    size_t n;

    o->verdict = SEED_CRASHES;
    if (WIFSIGNALED(status))
        n = (size_t)snprintf(o->text, sizeof(o->text), "ended by signal %d, %s",
                             WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        n = (size_t)snprintf(o->text, sizeof(o->text),
                             "ended with status %d in the middle of the run",
                             WEXITSTATUS(status));
    last_words(c, words, sizeof(words));
    if (words[0] != '\0')
        snprintf(o->text + n, sizeof(o->text) - n, ": %s", words);
}

void seed_child_finish(struct seed_child *c, struct seed_outcome *o)
{
    ssize_t n;
    int status;

    do
        n = read(c->result, o, sizeof(*o));
    while (n < 0 && errno == EINTR);
    reap(c, &status);
    if (n == (ssize_t)sizeof(*o))
        return;
    memset(o, 0, sizeof(*o));
    o->seed = c->seed;
    say_how_it_ended(c, status, o);
}

void seed_child_close(struct seed_child *c)
{
    const int fds[] = {c->result, c->said, c->notes};

    check(c->pid <= 0);
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
        if (fds[i] >= 0)
            close(fds[i]);
    c->result = c->said = c->notes = -1;
}

/* -- where two runs begin to differ ---------------------------------------- */

static bool note_at(const struct seed_child *c, size_t i,
                    struct world_note *note)
{
    return pread(c->notes, note, sizeof(*note), (off_t)(i * sizeof(*note))) ==
           (ssize_t)sizeof(*note);
}

static void describe(const struct world_note *n, char *text, size_t size)
{
    switch (n->kind) {
    case WORLD_NOTE_RUN:
        snprintf(text, size, "thread %" PRIu64 " goes on", n->a);
        break;
    case WITNESS_NOTE_EXECUTE:
        snprintf(text, size,
                 "task %" PRIu64 " executes a tuple (%016" PRIx64 ")", n->a,
                 n->b);
        break;
    case WITNESS_NOTE_EMIT:
        snprintf(text, size, "task %" PRIu64 " emits message %" PRIx64, n->a,
                 n->b);
        break;
    default:
        snprintf(text, size,
                 "task %" PRIu64 " hears that message %" PRIx64 " %s", n->a,
                 n->b, n->kind == WITNESS_NOTE_ACK ? "is acked" : "fails");
        break;
    }
}

static void describe_at(const struct world_note *n, bool there, char *text,
                        size_t size)
{
    char what[200];

    if (!there) {
        snprintf(text, size, "the run is over");
        return;
    }
    describe(n, what, sizeof(what));
    snprintf(text, size, "after %.6f s, %s", (double)n->now / 1e9 - 1, what);
}

void seed_child_difference(const struct seed_child *a,
                           const struct seed_child *b, char *text, size_t size)
{
    char once[300], again[300];
    struct world_note x, y;
    bool has_x, has_y;
    size_t i = 0;

    do {
        has_x = note_at(a, i, &x);
        has_y = note_at(b, i, &y);
    } while (has_x && has_y && memcmp(&x, &y, sizeof(x)) == 0 && ++i);
    if (!has_x && !has_y) {
        snprintf(text, size, "no two runs that were noted differ");
        return;
    }
    describe_at(&x, has_x, once, sizeof(once));
    describe_at(&y, has_y, again, sizeof(again));
    snprintf(text, size, "event %zu: once, %s; and again, %s", i, once, again);
}
