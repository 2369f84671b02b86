/* topology_table.c - topologies of a cluster as a table; see topology_table.h.
 */
#include "cli/topology_table.h"
#include "cli/human.h"
#include "cli/table.h"
#include "topology-api/memory.h"

#define TEXT_MAX 2000u

static void add_text(struct table *t, const msgpack_object *o)
{
    char *text = unpack_text(o, TEXT_MAX);

    table_add(t, "%s", text == NULL ? "-" : text);
    free(text);
}

static void add_number(struct table *t, const msgpack_object *o)
{
    table_add(t, "%lld", (long long)unpack_int(o, 0));
}

static void add_row(struct table *t, const msgpack_object *topology)
{
    char uptime[HUMAN_MAX];

    add_text(t, unpack_key(topology, "name"));
    add_text(t, unpack_key(topology, "status"));
    add_number(t, unpack_key(topology, "workers"));
    add_number(t, unpack_key(topology, "executors"));
    add_number(t, unpack_key(topology, "tasks"));
    human_time(uptime,
               unpack_float(unpack_key(topology, "uptime_secs"), 0) * 1e9);
    table_add(t, "%s", uptime);
    add_text(t, unpack_key(topology, "id"));
}

void put_foreign_text(FILE *out, const msgpack_object *o)
{
    gale_str text = unpack_str(o);

    for (size_t i = 0; i < text.size && i < TEXT_MAX; i++) {
        unsigned char c = (unsigned char)text.data[i];

        if (c < 0x20 || c == 0x7f)
            fprintf(out, "\\x%02x", c);
        else
            putc(c, out);
    }
}

static void put_reasons(FILE *out, const msgpack_object *topologies)
{
    for (uint32_t i = 0; i < unpack_n(topologies); i++) {
        const msgpack_object *topology = unpack_at(topologies, i);
        const msgpack_object *why = unpack_key(topology, "why");

        if (unpack_str(why).size == 0)
            continue;
        fputc('\n', out);
        put_foreign_text(out, unpack_key(topology, "name"));
        fputs(": ", out);
        put_foreign_text(out, why);
        fputc('\n', out);
    }
}

/* Nothing takes it off the list by itself: who looks later wants to see it. */
static void put_finished(FILE *out, const msgpack_object *topologies)
{
    for (uint32_t i = 0; i < unpack_n(topologies); i++) {
        const msgpack_object *topology = unpack_at(topologies, i);
        const msgpack_object *name = unpack_key(topology, "name");
        gale_str status = unpack_str(unpack_key(topology, "status"));

        if (status.size != 8 || memcmp(status.data, "FINISHED", 8) != 0)
            continue;
        fputc('\n', out);
        put_foreign_text(out, name);
        fputs(": all is done; it is listed until `gale kill ", out);
        put_foreign_text(out, name);
        fputs("`, or until its name is submitted again\n", out);
    }
}

void topology_table(FILE *out, const msgpack_object *topologies)
{
    static const char *const titles[] = {
        "name", "status", "workers", "executors", "tasks", "uptime", "id"};
    struct table *t;

    if (unpack_n(topologies) == 0) {
        fputs("there is no topology\n", out);
        return;
    }
    t = table_new(titles, sizeof(titles) / sizeof(titles[0]));
    for (uint32_t i = 0; i < unpack_n(topologies); i++)
        add_row(t, unpack_at(topologies, i));
    table_print(t, out);
    table_free(t);
    put_reasons(out, topologies);
    put_finished(out, topologies);
}
