/*
 * fault_point.c - arms one fault point, and lets it happen; see fault_point.h.
 *
 * It is armed before main(), and not changed afterwards: threads only read it.
 */
#include "topology-api/fault_point.h"

#ifdef GALE_FAULTS

#include "topology-api/memory.h"
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define SLEEP_MS 30

/* Where the linker has put them. */
extern const struct fault_point __start_gale_faults[], __stop_gale_faults[];

enum action { CRASH, ERROR, SLEEP, PAUSE, N_ACTIONS };

static const char *const action_names[N_ACTIONS] = {"crash", "error", "sleep",
                                                    "pause"};

static struct {
    const struct fault_point *point; /* one of its name; NULL: none is armed */
    enum action action;
    unsigned long at;      /* when it is passed for this time */
    atomic_ulong n_passed; /* a count; pairs with nothing */
} armed = {.at = 1};

/* One write, so that a line stays whole among those of other threads. */
__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    char text[256];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (n > 0 && write(STDERR_FILENO, text, (size_t)n) < 0)
        abort();
}

/* -- what happens ---------------------------------------------------------- */

static void go_to_sleep(void)
{
    const struct timespec time = {0, SLEEP_MS * 1000000};

    nanosleep(&time, NULL);
}

static void wait_for_signal(void)
{
    sigset_t set;
    int number;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigwait(&set, &number);
}

bool fault_point_passed(const struct fault_point *here)
{
    if (armed.point == NULL || strcmp(here->name, armed.point->name) != 0 ||
        atomic_fetch_add(&armed.n_passed, 1) + 1 != armed.at)
        return false;
    say("fault point %s: %s\n", here->name, action_names[armed.action]);
    if (armed.action == CRASH)
        kill(getpid(), SIGKILL);
    else if (armed.action == SLEEP)
        go_to_sleep();
    else if (armed.action == PAUSE)
        wait_for_signal();
    else
        errno = (int)here->error;
    return armed.action == ERROR;
}

/* -- arming ---------------------------------------------------------------- */

static const struct fault_point *find(const char *name, size_t size)
{
    const struct fault_point *p = __start_gale_faults;

    while (p < __stop_gale_faults &&
           (strncmp(p->name, name, size) != 0 || p->name[size] != '\0'))
        p++;
    return p < __stop_gale_faults ? p : NULL;
}

static bool find_action(const char *name, size_t size)
{
    for (armed.action = 0; armed.action < N_ACTIONS; armed.action++)
        if (strlen(action_names[armed.action]) == size &&
            strncmp(action_names[armed.action], name, size) == 0)
            return true;
    return false;
}

/* NULL, or what is wrong with NAME:ACTION[:N]. */
static const char *arm(const char *text)
{
    size_t size = strcspn(text, ":");
    const char *action = text + size + (text[size] == ':');
    const char *count = action + strcspn(action, ":");
    char *end = NULL;

    armed.point = find(text, size);
    if (armed.point == NULL)
        return "there is no such fault point in this program";
    if (!find_action(action, (size_t)(count - action)))
        return "expected NAME:crash, error, sleep or pause";
    if (armed.action == ERROR && armed.point->error == 0)
        return "this step cannot fail";
    if (*count == ':')
        armed.at = strtoul(count + 1, &end, 10);
    return armed.at == 0 || (end != NULL && *end != '\0')
               ? "expected a number from 1 on at its end"
               : NULL;
}

/* A thread that waits for a signal is the only one that gets it. */
static void block_signal(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    sigprocmask(SIG_BLOCK, &set, NULL);
}

__attribute__((constructor)) static void arm_from_environment(void)
{
    const char *text = getenv("GALE_FAULT");
    const char *wrong = text != NULL && *text != '\0' ? arm(text) : NULL;

    if (wrong != NULL) {
        say("gale: GALE_FAULT=%s: %s\n", text, wrong);
        _exit(2);
    }
    block_signal();
}

/* -- the list -------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    const struct fault_point *x = a, *y = b;

    return strcmp(x->name, y->name);
}

void fault_point_list(FILE *to)
{
    size_t n = (size_t)(__stop_gale_faults - __start_gale_faults);
    struct fault_point *all = xreallocarray(NULL, n, sizeof(*all));

    memcpy(all, __start_gale_faults, n * sizeof(*all));
    qsort(all, n, sizeof(*all), compare);
    for (size_t i = 0; i < n; i++)
        if (i == 0 || strcmp(all[i].name, all[i - 1].name) != 0)
            fprintf(to, "%s%s\n", all[i].name, all[i].error ? " error" : "");
    free(all);
}

#endif
