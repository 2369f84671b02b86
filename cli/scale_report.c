/* scale_report.c - a table, then a line for each thing that shall be so; see
 * scale_report.h. */
#include "cli/scale_report.h"
#include "cli/human.h"
#include "cli/table.h"
#include "common/zookeeper.h"
#include <stdarg.h>
#include <inttypes.h>

#define SCHEDULE_NS SCALE_SECOND
#define RACK_NS (2 * SCALE_SECOND)
#define REQUEST_MAX (1000u << 10)
#define ANSWER_MAX (1u << 20) /* ZooKeeper's jute.maxbuffer, by default */
#define WATCHED_MAX ANSWER_MAX

/* -- the phases ------------------------------------------------------------ */

static double a_second(uint64_t n, const struct scale_phase *phase)
{
    return (double)n / ((double)phase->simulated_ns / 1e9);
}

static void add_phase(struct table *t, const char *what,
                      const struct scale_phase *p)
{
    char a[HUMAN_MAX], b[HUMAN_MAX], c[HUMAN_MAX], d[HUMAN_MAX];

    table_add(t, "%s", what);
    table_add(t, "%.0f", (double)p->simulated_ns / 1e9);
    table_add(t, "%s", human_time(a, (double)p->nimbus.total.cpu_ns));
    table_add(t, "%s", human_time(b, (double)p->nimbus.longest.cpu_ns));
    table_add(t, "%s", human_time(c, (double)p->reports.total.cpu_ns));
    table_add(t, "%" PRIu64, p->traffic.reads);
    table_add(t, "%" PRIu64, p->reads_peak);
    table_add(t, "%" PRIu64, p->traffic.writes);
    table_add(t, "%" PRIu64, p->writes_peak);
    table_add(t, "%" PRIu64, p->traffic.events);
    table_add(t, "%s",
              human_number(
                  d, a_second(p->traffic.bytes_up + p->traffic.bytes_down, p)));
}

static void print_phases(const struct scale_result *r, FILE *out)
{
    static const char *const titles[] = {
        "",    "seconds", "nimbus", "at once", "reports", "reads",
        "a s", "writes",  "a s",    "events",  "bytes/s"};
    struct table *t = table_new(titles, sizeof(titles) / sizeof(titles[0]));

    add_phase(t, "all is placed", &r->schedule);
    add_phase(t, "at rest", &r->idle);
    add_phase(t, "a rack is lost", &r->rack);
    add_phase(t, "the leader is lost", &r->leader);
    add_phase(t, "all return at once", &r->storm);
    table_print(t, out);
    table_free(t);
    fprintf(out, "\nnimbus: its time of the processor, and that of its "
                 "longest turn; reports: what it\ntakes to hear supervisors, "
                 "apart. reads, writes, events: of ZooKeeper, and the most\nin "
                 "one simulated second.\n\n");
}

/* -- what shall be so ------------------------------------------------------ */

struct verdict {
    FILE *out;
    bool fine;
};

static void say(struct verdict *v, bool holds, const char *format, ...)
    GALE_PRINTF(3, 4);

static void say(struct verdict *v, bool holds, const char *format, ...)
{
    va_list args;

    fprintf(v->out, "%-7s", holds ? "ok" : "FAILED");
    va_start(args, format);
    vfprintf(v->out, format, args);
    va_end(args);
    fputc('\n', v->out);
    v->fine &= holds;
}

/* A goal that the machine has a part in: nothing fails by it. */
static void say_time(const struct verdict *v, struct scale_time took,
                     int64_t goal_ns, const char *what)
{
    char a[HUMAN_MAX], b[HUMAN_MAX], c[HUMAN_MAX];

    fprintf(v->out, "%-7s%s takes %s (%s of the processor), of %s\n",
            took.clock_ns < goal_ns ? "met" : "missed", what,
            human_time(a, (double)took.clock_ns),
            human_time(b, (double)took.cpu_ns), human_time(c, (double)goal_ns));
}

static void say_moves(struct verdict *v, const struct scale_moves *m,
                      const char *what)
{
    say(v, m->moved_tasks == m->lost_tasks && m->nowhere == 0,
        "%s: of %u tasks that were lost %u are elsewhere, %u workers nowhere",
        what, m->lost_tasks, m->moved_tasks, m->nowhere);
    say(v, m->others == 0, "%s: %u other workers have moved", what, m->others);
}

static void say_idle(struct verdict *v, const struct scale_phase *p)
{
    say(v, p->writes_peak <= SCALE_IDLE_WRITES,
        "at rest: %.1f writes a second, %" PRIu64 " at most, of %u; %.1f reads",
        a_second(p->traffic.writes, p), p->writes_peak, SCALE_IDLE_WRITES,
        a_second(p->traffic.reads, p));
}

static void say_sizes(struct verdict *v, const struct scale_result *r)
{
    const struct zookeeper_traffic *t = &r->all;

    say(v, t->value_max <= ZOOKEEPER_SIZE_MAX,
        "the largest value has %zu bytes, of %u", t->value_max,
        ZOOKEEPER_SIZE_MAX);
    say(v, t->request_max <= REQUEST_MAX,
        "the largest request has %zu bytes, of %u", t->request_max,
        REQUEST_MAX);
    say(v, t->answer_max <= ANSWER_MAX,
        "the largest answer has %zu bytes, of %u", t->answer_max, ANSWER_MAX);
    say(v, r->list_is_read, "the answer to `gale list` has %zu bytes%s",
        r->list_bytes, r->list_is_read ? "" : ": more than a command takes");
    say(v, r->watched_bytes <= WATCHED_MAX,
        "a client watches %u nodes at most, and says so in %zu bytes, of %u",
        r->watched_max, r->watched_bytes, WATCHED_MAX);
}

bool scale_report(const struct scale_result *r, FILE *out)
{
    struct verdict v = {.out = out, .fine = true};
    char a[HUMAN_MAX], b[HUMAN_MAX];

    fprintf(out,
            "%u supervisors of %u slots, %u topologies, %u tasks on %u "
            "workers\n\n",
            r->size.supervisors, r->size.slots, r->size.topologies,
            r->size.tasks, r->workers);
    print_phases(r, out);
    say_time(&v, r->schedule.nimbus.longest, SCHEDULE_NS, "to place all");
    say_time(&v, r->rack.nimbus.total, RACK_NS, "the loss of a rack");
    say_moves(&v, &r->by_rack, "a rack is lost");
    say_moves(&v, &r->by_leader, "the leader is lost");
    say_moves(&v, &r->by_storm, "all return at once");
    say(&v, r->not_running == 0 && r->unsupplied == 0,
        "in the end %u workers do not run, and %u found no records",
        r->not_running, r->unsupplied);
    say_idle(&v, &r->idle);
    say_sizes(&v, r);
    fprintf(out,
            "\nThe leader has %sB of memory, all of this process had "
            "%sB at most.\n",
            human_number(a, (double)r->nimbus_bytes),
            human_number(b, (double)r->process_bytes));
    return v.fine;
}
