/*
 * mysql_rows.c - topologies that write to MySQL, with options from the command
 * line.
 *
 *     mysql_rows FILE…   lines --shuffle--> rows
 *     mysql_kinds        kinds --shuffle--> rows
 *
 * `kinds` emits values of each kind, one of them per row, and then what no
 * column can hold.
 */
#include <gale/spout.h>
#include <gale/topology.h>
#include <math.h>
#include <stdlib.h>

/* -- kinds ----------------------------------------------------------------- */

struct kinds {
    bool hostile; /* option */
    int64_t next;
};

static gale_result next(gale_task *task)
{
    static const char broken[] = "broken \xff\xfe utf-8";
    struct kinds *k = gale_instance(task);
    gale_value pair[] = {gale_cstr("a \"b\" \\ ü"), gale_int(-1)};
    gale_value items[] = {gale_int(1), gale_float(0.1), gale_nil(),
                          gale_bool(true), gale_map(pair, 1)};
    gale_value fine[] = {
        gale_nil(),        gale_bool(true),          gale_int(INT64_MIN),
        gale_int(7),       gale_float(1e300),        gale_float(0.1),
        gale_cstr("ü 🐄"),  gale_bytes("\0\xff'", 3), gale_cstr(""),
        gale_bytes("", 0), gale_list(items, 5),      gale_map(pair, 1),
    };
    gale_value bad[] = {gale_float(NAN), gale_float(INFINITY),
                        gale_string(broken, sizeof(broken) - 1),
                        gale_list(&bad[0], 1)};
    const gale_value *values = k->hostile ? bad : fine;
    size_t n = k->hostile ? sizeof(bad) / sizeof(bad[0])
                          : sizeof(fine) / sizeof(fine[0]);
    gale_result result = GALE_OK;

    for (; k->next < (int64_t)n && result == GALE_OK; k->next++)
        result = gale_emit_msg(task, ((gale_msgid){0, (uint64_t)k->next}),
                               gale_int(k->next), values[k->next]);
    gale_exhausted(task);
    return result;
}

static void fail(gale_task *task, gale_msgid id)
{
    gale_give_up(task, id);
}

GALE_SPOUT(kinds, .summary = "values of each kind", .next = next, .fail = fail,
           .instance_size = sizeof(struct kinds),
           .streams = GALE_OUTPUTS("id", "value"),
           .options = GALE_OPTIONS(
               GALE_OPTION_BOOL(struct kinds, hostile, "hostile", "false",
                                "emit what no column can hold")));

static gale_result build_kinds(gale_builder *b, int argc, char **argv)
{
    (void)argv;
    if (argc != 0)
        return gale_usage(b, "mysql_kinds");
    gale_add_spout(b, "kinds", "kinds", 1);
    gale_shuffle(gale_add_bolt(b, "rows", "mysql_insert", 1), "kinds");
    return GALE_OK;
}

GALE_TOPOLOGY(mysql_kinds, .summary = "values of each kind into a table",
              .build = build_kinds);

/* -- lines ----------------------------------------------------------------- */

static gale_result build_rows(gale_builder *b, int argc, char **argv)
{
    gale_value *files;

    if (argc < 1)
        return gale_usage(b, "mysql_rows FILE…");
    files = calloc((size_t)argc, sizeof(*files));
    if (files == NULL)
        return gale_build_error(b, "no memory for %d files", argc);
    for (int i = 0; i < argc; i++)
        files[i] = gale_cstr(argv[i]);
    gale_set(gale_add_spout(b, "lines", "lines", 1), "files",
             gale_list(files, (uint32_t)argc));
    free(files);
    gale_shuffle(gale_add_bolt(b, "rows", "mysql_insert", 1), "lines");
    return GALE_OK;
}

GALE_TOPOLOGY(mysql_rows, .summary = "lines into a table", .usage = "FILE…",
              .build = build_rows);
