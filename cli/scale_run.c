/* scale_run.c - what a simulated cluster goes through; see scale_run.h. */
#include "cli/scale_run.h"
#include "cli/scale_nimbus.h"
#include "cli/scale_records.h"
#include "cli/scale_supervisor.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#define PATIENCE_SECS 120u
#define LOOKS_SECS 15u /* more than the ten in which all is looked at again */

struct run {
    struct scale_world *world;
    struct scale_result *result;
    FILE *progress;
    struct scale_places places;
};

/* -- a phase --------------------------------------------------------------- */

static uint64_t less(uint64_t a, uint64_t b)
{
    return a - b;
}

static struct zookeeper_traffic since(struct zookeeper_traffic now,
                                      const struct zookeeper_traffic *then)
{
    now.reads = less(now.reads, then->reads);
    now.writes = less(now.writes, then->writes);
    now.operations = less(now.operations, then->operations);
    now.watches = less(now.watches, then->watches);
    now.events = less(now.events, then->events);
    now.bytes_up = less(now.bytes_up, then->bytes_up);
    now.bytes_down = less(now.bytes_down, then->bytes_down);
    return now;
}

static void begin(struct run *r, struct scale_phase *phase, const char *what)
{
    struct scale_world *w = r->world;

    *phase = (struct scale_phase){
        .simulated_ns = scale_world_now(w),
        .traffic = zookeeper_memory_traffic(w->memory),
    };
    w->meter = w->messages = (struct scale_meter){.depth = 0};
    if (r->progress != NULL)
        fprintf(r->progress, "%s\n", what);
}

static void run_a_second(struct scale_world *w)
{
    scale_world_run(w, SCALE_SECOND);
}

static void a_second_of(struct run *r, struct scale_phase *phase,
                        void (*fn)(struct scale_world *w))
{
    struct zookeeper_traffic before =
        zookeeper_memory_traffic(r->world->memory);
    struct zookeeper_traffic then;

    fn(r->world);
    then = since(zookeeper_memory_traffic(r->world->memory), &before);
    if (then.reads > phase->reads_peak)
        phase->reads_peak = then.reads;
    if (then.writes > phase->writes_peak)
        phase->writes_peak = then.writes;
}

static void one_second(struct run *r, struct scale_phase *phase)
{
    a_second_of(r, phase, run_a_second);
}

static void end(struct run *r, struct scale_phase *phase)
{
    struct scale_world *w = r->world;

    phase->simulated_ns = scale_world_now(w) - phase->simulated_ns;
    phase->traffic =
        since(zookeeper_memory_traffic(w->memory), &phase->traffic);
    phase->nimbus = w->meter;
    phase->reports = w->messages;
}

static bool all_run(const struct run *r)
{
    struct scale_supervisor_sums sums = scale_supervisors_sum(r->world);

    return sums.workers == r->result->workers &&
           sums.running == r->result->workers;
}

static void until_all_run(struct run *r, struct scale_phase *phase)
{
    for (uint32_t i = 0; i < PATIENCE_SECS && !all_run(r); i++)
        one_second(r, phase);
}

static void for_secs(struct run *r, struct scale_phase *phase, uint32_t secs)
{
    for (uint32_t i = 0; i < secs; i++)
        one_second(r, phase);
}

/* -- who has moved --------------------------------------------------------- */

static void compare_worker(const struct run *r, const struct scale_place *was,
                           const struct scale_place *is, struct scale_moves *m)
{
    bool lost = !scale_supervisor_is_there(r->world, was->supervisor);
    bool moved = was->supervisor != is->supervisor || was->port != is->port ||
                 was->birth != is->birth;

    m->lost_workers += lost;
    m->lost_tasks += lost ? was->tasks : 0;
    m->others += moved && !lost;
    if (is->supervisor == UINT32_MAX ||
        !scale_supervisor_is_there(r->world, is->supervisor))
        m->nowhere++;
    else if (lost && moved)
        m->moved_tasks += is->tasks;
}

static void compare(struct run *r, struct scale_moves *m)
{
    struct scale_places now = scale_places_read(r->world);

    *m = (struct scale_moves){.others = 0};
    for (uint32_t i = 0; i < now.n_topologies; i++) {
        const struct scale_topology_places *was = &r->places.topologies[i];
        const struct scale_topology_places *is = &now.topologies[i];

        if (is->n != was->n)
            m->nowhere += was->n;
        for (uint32_t k = 0; k < is->n && is->n == was->n; k++)
            compare_worker(r, &was->workers[k], &is->workers[k], m);
    }
    scale_places_free(&r->places);
    r->places = now;
}

/* -- what it goes through -------------------------------------------------- */

static void be_placed(struct run *r)
{
    struct scale_world *w = r->world;
    struct scale_phase *phase = &r->result->schedule;

    scale_records_write(w);
    for (uint32_t i = 0; i < w->size.supervisors; i++)
        scale_supervisor_begin(w, i);
    scale_world_run(w, 2 * SCALE_SECOND);
    begin(r, phase, "all topologies are placed");
    scale_nimbus_begin(w, 0);
    until_all_run(r, phase);
    end(r, phase);
    scale_nimbus_begin(w, 1); /* stands by */
    scale_world_run(w, LOOKS_SECS * SCALE_SECOND);
    r->places = scale_places_read(w);
}

static void be_idle(struct run *r, uint32_t secs)
{
    struct scale_phase *phase = &r->result->idle;

    begin(r, phase, "all is at rest");
    for_secs(r, phase, secs);
    end(r, phase);
}

static uint32_t rack_of(const struct scale_world *w)
{
    return (w->size.supervisors + SCALE_RACKS - 1) / SCALE_RACKS;
}

/* Every SCALE_RACKS-th supervisor, so that it is nothing to the scheduler. */
static void lose_rack(struct run *r)
{
    struct scale_phase *phase = &r->result->rack;
    struct scale_world *w = r->world;

    begin(r, phase, "a rack is lost");
    for (uint32_t i = 0; i < rack_of(w); i++)
        scale_supervisor_kill(w, i * SCALE_RACKS % w->size.supervisors);
    until_all_run(r, phase);
    end(r, phase);
    compare(r, &r->result->by_rack);
}

static uint64_t bytes_in_use(void)
{
    struct mallinfo2 m = mallinfo2();

    return m.uordblks + m.hblkhd;
}

/* Its session takes its time; what it had in memory is what is free then. */
static void lose_leader(struct run *r)
{
    struct scale_phase *phase = &r->result->leader;
    struct scale_world *w = r->world;
    uint64_t before = bytes_in_use();

    scale_nimbus_kill(w, 0);
    r->result->nimbus_bytes = before - bytes_in_use();
    begin(r, phase, "the leader is lost");
    for (uint32_t i = 0; i < PATIENCE_SECS && scale_world_leader(w) == NULL;
         i++)
        one_second(r, phase);
    for_secs(r, phase, LOOKS_SECS);
    end(r, phase);
    compare(r, &r->result->by_leader);
}

/* Within a second, one by one. */
static void all_return(struct scale_world *w)
{
    for (uint32_t i = 0; i < w->size.supervisors; i++) {
        scale_supervisor_begin(w, i);
        scale_world_run(w, SCALE_SECOND / w->size.supervisors);
    }
}

static void return_at_once(struct run *r)
{
    struct scale_phase *phase = &r->result->storm;
    struct scale_world *w = r->world;

    begin(r, phase, "all supervisors return at once");
    for (uint32_t i = 0; i < w->size.supervisors; i++)
        scale_supervisor_kill(w, i);
    one_second(r, phase);
    a_second_of(r, phase, all_return);
    for_secs(r, phase, LOOKS_SECS);
    until_all_run(r, phase);
    end(r, phase);
    compare(r, &r->result->by_storm);
}

/* -- what is left to see --------------------------------------------------- */

static void look_at_watches(struct run *r, const struct zookeeper *z)
{
    size_t bytes;
    uint32_t n = zookeeper_memory_watched(z, &bytes);

    if (n > r->result->watched_max)
        r->result->watched_max = n;
    if (bytes > r->result->watched_bytes)
        r->result->watched_bytes = bytes;
}

static void look_at_clients(struct run *r)
{
    struct scale_world *w = r->world;

    r->result->list_bytes =
        scale_nimbus_list(scale_world_leader(w), &r->result->list_is_read);

    for (uint32_t i = 0; i < SCALE_NIMBUSES; i++)
        look_at_watches(r, scale_nimbus_zookeeper(w->nimbuses[i]));
    for (uint32_t i = 0; i < w->size.supervisors; i++)
        look_at_watches(r, scale_supervisor_zookeeper(w, i));
}

static void look_at_the_rest(struct run *r)
{
    struct scale_supervisor_sums sums = scale_supervisors_sum(r->world);
    struct rusage usage;

    r->result->unsupplied = sums.unsupplied;
    r->result->not_running = r->result->workers - sums.running;
    r->result->all = zookeeper_memory_traffic(r->world->memory);
    getrusage(RUSAGE_SELF, &usage);
    r->result->process_bytes = (uint64_t)usage.ru_maxrss * 1024;
}

static uint32_t count_workers(const struct scale_world *w)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->size.topologies; i++) {
        struct topology_record t;

        scale_topology(w, i, &t);
        n += t.workers;
        topology_record_free(&t);
    }
    return n;
}

void scale_run(const struct scale_options *o, FILE *progress,
               struct scale_result *result)
{
    struct run r = {.result = result, .progress = progress};

    *result = (struct scale_result){.size = {.supervisors = o->supervisors,
                                             .topologies = o->topologies,
                                             .tasks = o->tasks}};
    result->size.slots = scale_slots(&result->size);
    r.world = scale_world_new(&result->size);
    result->workers = count_workers(r.world);
    be_placed(&r);
    be_idle(&r, o->idle_secs);
    look_at_clients(&r);
    lose_rack(&r);
    lose_leader(&r);
    return_at_once(&r);
    look_at_the_rest(&r);
    scale_places_free(&r.places);
    scale_world_free(r.world);
}
