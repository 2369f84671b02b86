/* flux_streams.c - a stream of a topology in YAML, and its grouping. */
#include "common/flux_in.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"
#include <gale/topology.h>

#include <string.h>
#include <strings.h>

enum { FIELDS_MAX = 255 };

static const struct {
    const char *name;
    uint32_t kind;
} types[] = {
    {"SHUFFLE", GALE_SHUFFLE},
    {"FIELDS", GALE_BY_FIELDS},
    {"ALL", GALE_ALL},
    {"GLOBAL", GALE_GLOBAL},
    {"NONE", GALE_NONE},
    {"DIRECT", GALE_DIRECT},
    {"LOCAL_OR_SHUFFLE", GALE_LOCAL_OR_SHUFFLE},
    {"PARTIAL_KEY", GALE_PARTIAL_KEY},
    {"CUSTOM", GALE_CUSTOM},
};

enum { N_TYPES = sizeof(types) / sizeof(types[0]) };

/* 0, of no grouping, if it is wrong. */
static uint32_t read_type(struct flux *f, struct flux_at at)
{
    struct names_nearest nearest;
    const char *text;
    char found[128];

    if (at.node == NULL || flux_text(f, at, "type", &text))
        return 0;
    names_start(&nearest, text);
    for (size_t i = 0; i < N_TYPES; i++) {
        if (!strcasecmp(types[i].name, text))
            return types[i].kind;
        names_consider(&nearest, types[i].name);
    }
    flux_wrong(f, at,
               "found %s, expected a grouping: SHUFFLE, FIELDS, ALL, GLOBAL, "
               "NONE, DIRECT, LOCAL_OR_SHUFFLE, PARTIAL_KEY or CUSTOM%s",
               value_text(gale_cstr(text), found, sizeof(found)),
               names_hint(&nearest));
    return 0;
}

/* -- fields ---------------------------------------------------------------- */

static bool takes_fields(uint32_t kind)
{
    return kind == GALE_BY_FIELDS || kind == GALE_PARTIAL_KEY;
}

static int read_fields(struct flux *f, struct flux_at at, struct flux_stream *s)
{
    int result = 0;

    if (at.node->n > FIELDS_MAX)
        return flux_wrong(f, at,
                          "\"args\" names %u fields, expected at most %d",
                          at.node->n, FIELDS_MAX);
    s->fields = flux_keep(f, xcalloc(at.node->n, sizeof(*s->fields)));
    for (uint32_t i = 0; i < at.node->n; i++)
        result |= flux_text(f, (struct flux_at){at.file, &at.node->items[i]},
                            "args", &s->fields[i]);
    s->n_fields = result ? 0 : at.node->n;
    return result;
}

static int read_args(struct flux *f, const struct flux_map *map,
                     struct flux_stream *s)
{
    struct flux_at args = flux_map_get(map, "args");

    if (s->kind == 0)
        return -1;
    if (!takes_fields(s->kind))
        return args.node == NULL || args.node->n == 0
                   ? 0
                   : flux_wrong(f, args,
                                "\"args\" names fields, which only FIELDS and "
                                "PARTIAL_KEY take");
    if (args.node != NULL && args.node->n > 0)
        return read_fields(f, args, s);
    return args.node == NULL && flux_map_has(map, "args")
               ? -1
               : flux_wrong(f, map->at,
                            "a grouping by fields without \"args\", the names "
                            "of the fields");
}

/* -- custom ---------------------------------------------------------------- */

/* What names the grouping: the key itself, or Flux's map. */
static struct flux_at plugin_of(struct flux *f, const struct flux_map *map)
{
    struct flux_at plugin = flux_map_get(map, "plugin");
    struct flux_at as_map = flux_map_get(map, "customClass");
    struct flux_map custom;

    if (as_map.node == NULL)
        return plugin;
    if (plugin.node != NULL)
        flux_wrong(f, as_map,
                   "\"customClass\" and \"plugin\" say the same: give "
                   "one of them");
    flux_map_read(f, as_map, FLUX_IN_CUSTOM, "a custom class", &custom);
    return flux_map_get(&custom, "plugin");
}

static int read_custom(struct flux *f, const struct flux_map *map,
                       struct flux_stream *s)
{
    bool given =
        flux_map_has(map, "plugin") || flux_map_has(map, "customClass");
    struct flux_at plugin = plugin_of(f, map);

    if (s->kind != GALE_CUSTOM)
        return given ? flux_wrong(f, map->at,
                                  "a plugin is named for a grouping that is "
                                  "not CUSTOM")
                     : 0;
    if (plugin.node != NULL) {
        if (flux_text(f, plugin, "plugin", &s->custom))
            return -1;
        s->custom = flux_plugin(f, plugin.file, s->custom);
        return 0;
    }
    return given
               ? -1
               : flux_wrong(f, map->at, "a CUSTOM grouping without \"plugin\"");
}

/* -- the stream ------------------------------------------------------------ */

/* The last that is there says where. */
static void place(struct flux *f, const char **to, struct flux_at at)
{
    if (at.node != NULL)
        *to = flux_place(f, at);
}

static void place_grouping(struct flux *f, const struct flux_map *map,
                           struct flux_stream *s)
{
    place(f, &s->places[BUILDER_STREAM], flux_map_get(map, "streamId"));
    place(f, &s->places[BUILDER_KEY], flux_map_get(map, "args"));
    place(f, &s->places[BUILDER_KEY], flux_map_get(map, "plugin"));
    place(f, &s->places[BUILDER_KEY], flux_map_get(map, "customClass"));
}

/* What is wrong makes it one of no kind. */
static void read_grouping(struct flux *f, struct flux_at at,
                          struct flux_stream *s)
{
    struct flux_at stream;
    struct flux_map map = {.at = at};

    if (at.node->kind == YAML_IS_SCALAR) {
        s->kind = read_type(f, at);
        if (s->kind != 0 && (read_args(f, &map, s) || read_custom(f, &map, s)))
            s->kind = 0;
        return;
    }
    if (flux_map_read(f, at, FLUX_IN_GROUPING, "a grouping", &map))
        return;
    place_grouping(f, &map, s);
    s->kind = read_type(f, flux_map_get(&map, "type"));
    stream = flux_map_get(&map, "streamId");
    if (read_args(f, &map, s) | read_custom(f, &map, s) ||
        (stream.node != NULL && flux_text(f, stream, "streamId", &s->stream)) ||
        (stream.node == NULL && flux_map_has(&map, "streamId")))
        s->kind = 0;
}

static void read_end(struct flux *f, const struct flux_map *map,
                     const char *key, const char **id)
{
    struct flux_at at = flux_map_get(map, key);

    if (at.node != NULL && flux_text(f, at, key, id))
        *id = NULL;
}

void flux_read_stream(struct flux *f, struct flux_at at,
                      struct flux_topology *to)
{
    struct flux_stream s = {.to_place = flux_place(f, at)};
    struct flux_at grouping;
    struct flux_map map;

    if (flux_map_read(f, at, FLUX_IN_STREAM, "a stream", &map))
        return;
    read_end(f, &map, "from", &s.from);
    read_end(f, &map, "to", &s.to);
    for (int i = 0; i < BUILDER_INPUT_PLACES; i++)
        s.places[i] = s.to_place;
    place(f, &s.to_place, flux_map_get(&map, "to"));
    place(f, &s.places[BUILDER_FROM], flux_map_get(&map, "from"));
    grouping = flux_map_get(&map, "grouping");
    if (grouping.node != NULL)
        read_grouping(f, grouping, &s);
    flux_add_stream(to, s);
}
