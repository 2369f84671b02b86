/*
 * metrics_streams.c - outputs of components, inputs of bolts; see
 * metrics_streams.h and, for the answer, nimbus/stream_sums.c.
 */
#include "cli/metrics_streams.h"
#include "cli/human.h"
#include "cli/table.h"
#include <stdlib.h>
#include <string.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void add_text(struct table *t, const msgpack_object *o)
{
    char *text = unpack_text(o, 300);

    table_add(t, "%s", text == NULL ? "-" : text);
    free(text);
}

/* Blank if there is none: of an output of a bolt it is not known who acked. */
static void add_count(struct table *t, const msgpack_object *stream,
                      const char *key)
{
    const msgpack_object *o = unpack_key(stream, key);
    char text[HUMAN_MAX];

    table_add(t, "%s", o == NULL ? "" : human_count(text, unpack_uint(o, 0)));
}

/* Nothing of a bolt's output; a dash if nothing was measured, or told. */
static void add_times(struct table *t, const msgpack_object *stream,
                      const char *key)
{
    static const char *const quantiles[] = {"p50_ns", "p99_ns", "p999_ns"};
    const msgpack_object *times = unpack_key(stream, key);
    bool any = unpack_uint(unpack_key(times, "n"), 0) > 0;
    char text[HUMAN_MAX];

    for (size_t i = 0; i < COUNT_OF(quantiles); i++) {
        double ns = unpack_float(unpack_key(times, quantiles[i]), 0);

        table_add(t, "%s",
                  times == NULL ? ""
                  : any         ? human_time(text, ns)
                                : "-");
    }
}

static void add_output(struct table *t, const msgpack_object *id,
                       const msgpack_object *stream)
{
    static const char *const counts[] = {"emitted", "transferred", "acked",
                                         "failed",  "timed_out",   "pending"};

    add_text(t, id);
    add_text(t, unpack_key(stream, "stream"));
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        add_count(t, stream, counts[i]);
    add_times(t, stream, "complete");
}

static void add_input(struct table *t, const msgpack_object *component,
                      const msgpack_object *stream)
{
    static const char *const counts[] = {"executed", "acked", "failed"};

    add_text(t, unpack_key(component, "id"));
    table_add(t, "%.2f", unpack_float(unpack_key(component, "capacity"), 0));
    add_text(t, unpack_key(stream, "component"));
    add_text(t, unpack_key(stream, "stream"));
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        add_count(t, stream, counts[i]);
    add_times(t, stream, "execute");
    add_times(t, stream, "process");
}

static bool is_wanted(const msgpack_object *component, const char *wanted)
{
    gale_str id = unpack_str(unpack_key(component, "id"));

    return wanted == NULL ||
           (id.size == strlen(wanted) && memcmp(id.data, wanted, id.size) == 0);
}

static bool print_and_free(struct table *t, FILE *out)
{
    bool any = table_rows(t) > 0;

    if (any) {
        table_print(t, out);
        fputc('\n', out);
    }
    table_free(t);
    return any;
}

static void add_component(struct table *outputs, struct table *inputs,
                          const msgpack_object *component)
{
    const msgpack_object *list = unpack_key(component, "outputs");

    for (uint32_t i = 0; i < unpack_n(list); i++)
        add_output(outputs, unpack_key(component, "id"), unpack_at(list, i));
    list = unpack_key(component, "inputs");
    for (uint32_t i = 0; i < unpack_n(list); i++)
        add_input(inputs, component, unpack_at(list, i));
}

bool metrics_streams_print(const msgpack_object *components,
                           const char *component, FILE *out)
{
    static const char *const of_outputs[] = {
        "component",    "stream", "emitted",   "transferred",
        "acked",        "failed", "timed out", "pending",
        "complete p50", "p99",    "p99.9"};
    static const char *const of_inputs[] = {
        "bolt",        "capacity", "from",        "stream", "executed",
        "acked",       "failed",   "execute p50", "p99",    "p99.9",
        "process p50", "p99",      "p99.9"};
    struct table *outputs = table_new(of_outputs, COUNT_OF(of_outputs));
    struct table *inputs = table_new(of_inputs, COUNT_OF(of_inputs));
    bool any;

    for (uint32_t i = 0; i < unpack_n(components); i++)
        if (is_wanted(unpack_at(components, i), component))
            add_component(outputs, inputs, unpack_at(components, i));
    any = print_and_free(outputs, out);
    return print_and_free(inputs, out) || any;
}
