/* status_page.c - the cluster on one page; see status_page.h. */
#include "cli/status_page.h"
#include "cli/human.h"
#include "cli/table.h"
#include "cli/topology_table.h"
#include "topology-api/memory.h"

static void add_text(struct table *t, const msgpack_object *o)
{
    char *text = unpack_text(o, 300);

    table_add(t, "%s", text == NULL || *text == '\0' ? "-" : text);
    free(text);
}

static void add_time(struct table *t, const msgpack_object *seconds)
{
    char text[HUMAN_MAX];

    table_add(t, "%s", human_time(text, unpack_float(seconds, 0) * 1e9));
}

static void put_nimbuses(FILE *out, const msgpack_object *nimbuses)
{
    static const char *const titles[] = {"nimbus", "host", "version", "uptime",
                                         "role"};
    struct table *t = table_new(titles, 5);

    for (uint32_t i = 0; i < unpack_n(nimbuses); i++) {
        const msgpack_object *n = unpack_at(nimbuses, i);

        add_text(t, unpack_key(n, "address"));
        add_text(t, unpack_key(n, "host"));
        add_text(t, unpack_key(n, "version"));
        add_time(t, unpack_key(n, "uptime_secs"));
        table_add(t, "%s",
                  unpack_bool(unpack_key(n, "leads"), false) ? "leads"
                                                             : "stands by");
    }
    table_print(t, out);
    table_free(t);
}

static void put_supervisors(FILE *out, const msgpack_object *supervisors)
{
    static const char *const titles[] = {
        "supervisor", "host", "version", "uptime", "slots", "used", "state"};
    struct table *t = table_new(titles, 7);

    for (uint32_t i = 0; i < unpack_n(supervisors); i++) {
        const msgpack_object *s = unpack_at(supervisors, i);

        add_text(t, unpack_key(s, "id"));
        add_text(t, unpack_key(s, "host"));
        add_text(t, unpack_key(s, "version"));
        add_time(t, unpack_key(s, "uptime_secs"));
        table_add(t, "%lld", (long long)unpack_int(unpack_key(s, "slots"), 0));
        table_add(t, "%lld", (long long)unpack_int(unpack_key(s, "used"), 0));
        add_text(t, unpack_key(s, "state"));
    }
    fputc('\n', out);
    if (unpack_n(supervisors) == 0)
        fputs("there is no supervisor\n", out);
    else
        table_print(t, out);
    table_free(t);
}

static void put_problems(FILE *out, const msgpack_object *problems)
{
    if (unpack_n(problems) > 0)
        fputs("\nwhat is wrong:\n", out);
    for (uint32_t i = 0; i < unpack_n(problems); i++) {
        fputs("  ", out);
        put_foreign_text(out, unpack_at(problems, i));
        fputc('\n', out);
    }
}

static bool was_restarted(const msgpack_object *worker)
{
    return unpack_uint(unpack_key(worker, "restarts"), 0) > 0 &&
           unpack_str(unpack_key(worker, "why")).size > 0;
}

static void put_restart(FILE *out, const msgpack_object *topology,
                        const msgpack_object *worker)
{
    fputs("  ", out);
    put_foreign_text(out, unpack_key(topology, "name"));
    fprintf(out, " worker %llu, restarts %llu: ",
            (unsigned long long)unpack_uint(unpack_key(worker, "worker"), 0),
            (unsigned long long)unpack_uint(unpack_key(worker, "restarts"), 0));
    put_foreign_text(out, unpack_key(worker, "why"));
    fputc('\n', out);
}

/* Of those that are where they are now; why the last time. */
static void put_restarts(FILE *out, const msgpack_object *topologies)
{
    bool any = false;

    for (uint32_t i = 0; i < unpack_n(topologies); i++) {
        const msgpack_object *topology = unpack_at(topologies, i);
        const msgpack_object *workers = unpack_key(topology, "placed");

        for (uint32_t k = 0; k < unpack_n(workers); k++) {
            if (!was_restarted(unpack_at(workers, k)))
                continue;
            if (!any)
                fputs("\nworkers that were started again:\n", out);
            any = true;
            put_restart(out, topology, unpack_at(workers, k));
        }
    }
}

void status_page(FILE *out, const msgpack_object *status)
{
    put_nimbuses(out, unpack_key(status, "nimbuses"));
    /* A nimbus that does not lead knows of neither. */
    if (unpack_key(status, "supervisors") != NULL)
        put_supervisors(out, unpack_key(status, "supervisors"));
    if (unpack_key(status, "topologies") != NULL) {
        fputc('\n', out);
        topology_table(out, unpack_key(status, "topologies"));
    }
    put_restarts(out, unpack_key(status, "topologies"));
    put_problems(out, unpack_key(status, "problems"));
}
