/*
 * ysb.c - topology: how often the ads of each campaign were seen, the Yahoo
 * Streaming Benchmark without Kafka and Redis.
 *
 *     events --shuffle--> [parse --shuffle-->] views --shuffle--> campaigns
 *            --fields(campaign)--> windows --global--> results
 *
 * `events` makes seven fields, or with `json` one text of them; `views` keeps
 * one event in three, `campaigns` looks up to which of 100 campaigns one of
 * 1000 ads belongs, `windows` counts by campaign and ten seconds of the events'
 * own time. `results` prints what it is told each second and at the end; of a
 * campaign and a window the last line holds:
 *
 *     2c9d1f0e-6a43-b7d5-92c4-5f1a0e6d8b37 1577836800000 335
 *
 * The events are a function of their number, and an ad begins with the same
 * eight characters as its campaign, so that anybody can count them again:
 * `ysb COUNT print` prints them. The benchmark's own description is
 * Chintapalli et al., Benchmarking Streaming Computation Engines, 2016.
 */
#include "examples/event_source.h"
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CAMPAIGNS = 100,
    ADS = 10 * CAMPAIGNS,
    PEOPLE = 100, /* and as many pages */
    UUID = 36,    /* characters */
};

#define START_MS INT64_C(1577836800000) /* of the first event */
#define WINDOW_MS 10000

enum field { USER, PAGE, AD, AD_TYPE, EVENT_TYPE, EVENT_TIME, IP, FIELDS };

#define FIELD_NAMES                                                            \
    "user_id", "page_id", "ad_id", "ad_type", "event_type", "event_time",      \
        "ip_address"

/* -- what events are made of ----------------------------------------------- */

struct uuid {
    char text[UUID + 1];
};

static struct uuid uuid_of(enum field kind, uint64_t i)
{
    uint64_t a = event_mixed((uint64_t)kind << 32 | i), b = event_mixed(a);
    struct uuid u;

    snprintf(u.text, sizeof(u.text), "%08x-%04x-%04x-%04x-%012llx",
             (unsigned)(a >> 32), (unsigned)(a >> 16 & 0xffff),
             (unsigned)(a & 0xffff), (unsigned)(b >> 48),
             (unsigned long long)(b & 0xffffffffffff));
    return u;
}

static struct uuid campaign(uint64_t i)
{
    return uuid_of(FIELDS, i);
}

/* It begins as its campaign does, for who counts with other tools. */
static struct uuid ad(uint64_t i)
{
    struct uuid of = campaign(i % CAMPAIGNS), u = uuid_of(AD, i);

    memcpy(u.text, of.text, 8);
    return u;
}

static gale_value uuid_value(const struct uuid *u)
{
    return gale_string(u->text, UUID);
}

/* -- ad_events: the spout -------------------------------------------------- */

struct events {
    int64_t count, per_second; /* options */
    bool json, tracked;

    struct event_source source;
    struct uuid users[PEOPLE], pages[PEOPLE], ads[ADS];
};

static gale_result declare_events(gale_outputs *out, const void *instance)
{
    const gale_stream fields = GALE_STREAM("default", FIELD_NAMES);
    const gale_stream text = GALE_STREAM("default", "json");
    const struct events *s = instance;

    return gale_declare_stream(out, s->json ? &text : &fields);
}

static gale_result open_events(gale_task *task)
{
    struct events *s = gale_instance(task);

    event_source_open(&s->source, task, (uint64_t)s->count);
    for (uint32_t k = 0; k < PEOPLE; k++) {
        s->users[k] = uuid_of(USER, k);
        s->pages[k] = uuid_of(PAGE, k);
    }
    for (uint32_t k = 0; k < ADS; k++)
        s->ads[k] = ad(k);
    return GALE_OK;
}

static void close_events(gale_task *task, gale_close_reason reason)
{
    struct events *s = gale_instance(task);

    (void)reason;
    event_source_close(&s->source);
}

/* Event number n of all. */
static void make(const struct events *s, uint64_t n, gale_value *v)
{
    static const char *const ad_types[] = {
        "banner", "modal", "sponsored-search", "mail", "mobile"};
    static const char *const event_types[] = {"view", "click", "purchase"};
    uint64_t r = event_mixed(n);

    v[USER] = uuid_value(&s->users[(r & 0xffff) % PEOPLE]);
    v[PAGE] = uuid_value(&s->pages[(r >> 16 & 0xffff) % PEOPLE]);
    v[AD] = uuid_value(&s->ads[(r >> 32 & 0xffff) % ADS]);
    v[AD_TYPE] = gale_cstr(ad_types[(r >> 48 & 0xff) % 5]);
    v[EVENT_TYPE] = gale_cstr(event_types[(r >> 56) % 3]);
    v[EVENT_TIME] =
        gale_int(START_MS + (int64_t)(n * 1000 / (uint64_t)s->per_second));
    v[IP] = gale_cstr("1.2.3.4");
}

static char *append(char *to, const char *text, size_t size)
{
    memcpy(to, text, size);
    return to + size;
}

/* Nothing in these texts needs to be escaped. */
static gale_value json_of(const gale_value *v, char *text, size_t size)
{
    static const char *const names[FIELDS] = {FIELD_NAMES};
    char *at = text;

    for (uint32_t i = 0; i < FIELDS; i++) {
        at = append(at, i ? ", \"" : "{\"", i ? 3 : 2);
        at = append(at, names[i], strlen(names[i]));
        if (i == EVENT_TIME) {
            at += snprintf(at, size - (size_t)(at - text), "\": %lld",
                           (long long)v[i].as.i);
            continue;
        }
        at = append(at, "\": \"", 4);
        at = append(at, v[i].as.data, v[i].size);
        *at++ = '"';
    }
    *at++ = '}';
    return gale_string(text, (size_t)(at - text));
}

/* Event k of this task. */
static gale_result emit_event(gale_task *task, uint64_t k)
{
    const struct events *s = gale_instance(task);
    uint64_t n = event_number(task, k);
    gale_value v[FIELDS], *row = v;
    gale_msgid id = {0, k};
    char text[512];
    gale_value json;

    make(s, n, v);
    if (s->json) {
        json = json_of(v, text, sizeof(text));
        row = &json;
    }
    return s->tracked
               ? gale_emit_values_msg(task, id, row, s->json ? 1 : FIELDS)
               : gale_emit_values(task, row, s->json ? 1 : FIELDS);
}

static gale_result next_events(gale_task *task)
{
    struct events *s = gale_instance(task);

    return event_source_next(&s->source, task, emit_event);
}

static void fail_event(gale_task *task, gale_msgid id)
{
    struct events *s = gale_instance(task);

    event_source_failed(&s->source, id.lo);
}

GALE_SPOUT(
    ad_events, .summary = "events of people who see ads",
    .declare = declare_events, .open = open_events, .close = close_events,
    .next = next_events, .fail = fail_event,
    .instance_size = sizeof(struct events),
    .options = GALE_OPTIONS(
        GALE_OPTION_INT(struct events, count, "count", "0", 0, INT64_MAX,
                        "how many, by all tasks together; 0: for ever"),
        GALE_OPTION_INT(struct events, per_second, "per.second", "100000", 1,
                        1000000000, "so many in a second of their own time"),
        GALE_OPTION_BOOL(struct events, json, "json", "false", "one text each"),
        GALE_OPTION_BOOL(struct events, tracked, "tracked", "true",
                         "emit with message ids, to be acked")));

/* -- uuids and their numbers ----------------------------------------------- */

enum { SLOTS = 4 * ADS }; /* a power of two would be no gain */

struct numbers {
    struct slot {
        char text[UUID];
        uint32_t n; /* number + 1; 0: free */
    } slots[SLOTS];
};

static struct slot *slot_of(struct numbers *t, const char *text)
{
    uint64_t hash;
    size_t i;

    memcpy(&hash, text + UUID - 8, sizeof(hash));
    for (i = event_mixed(hash) % SLOTS; t->slots[i].n; i = (i + 1) % SLOTS)
        if (memcmp(t->slots[i].text, text, UUID) == 0)
            break;
    return &t->slots[i];
}

static void enter_number(struct numbers *t, const struct uuid *u, uint32_t n)
{
    struct slot *slot = slot_of(t, u->text);

    memcpy(slot->text, u->text, UUID);
    slot->n = n + 1;
}

/* UINT32_MAX if it is none of them. */
static uint32_t number_of(struct numbers *t, gale_str text)
{
    return text.size == UUID ? slot_of(t, text.data)->n - 1 : UINT32_MAX;
}

/* -- ad_campaign: the join ------------------------------------------------- */

struct join {
    struct uuid campaigns[CAMPAIGNS];
    struct numbers ads;
};

static gale_result prepare_join(gale_task *task)
{
    struct join *j = gale_instance(task);

    for (uint32_t i = 0; i < CAMPAIGNS; i++)
        j->campaigns[i] = campaign(i);
    for (uint32_t i = 0; i < ADS; i++) {
        struct uuid u = ad(i);

        enter_number(&j->ads, &u, i);
    }
    return GALE_OK;
}

static gale_result join(gale_task *task, const gale_tuple *in)
{
    struct join *j = gale_instance(task);
    uint32_t n = number_of(&j->ads, gale_str_of(in, "ad_id"));

    if (n == UINT32_MAX)
        return gale_error(task, GALE_POISON, "an ad of no campaign");
    return gale_emit(task, uuid_value(&j->campaigns[n % CAMPAIGNS]),
                     gale_int(gale_int_of(in, "event_time")));
}

GALE_BOLT(ad_campaign, .summary = "the campaign of an ad",
          .prepare = prepare_join, .execute = join,
          .instance_size = sizeof(struct join),
          .streams = GALE_OUTPUTS("campaign", "event_time"));

/* -- campaign_windows: the counts ------------------------------------------ */

enum { KEPT = 64 }; /* windows of a campaign; what is older comes too late */

struct window {
    int64_t start;    /* ms */
    uint64_t n, told; /* how many, and what was emitted last */
};

struct windows {
    int64_t emit_ms; /* option */

    struct numbers numbers;
    struct uuid campaigns[CAMPAIGNS];
    struct window kept[CAMPAIGNS][KEPT];
};

static gale_result prepare_windows(gale_task *task)
{
    struct windows *w = gale_instance(task);

    for (uint32_t i = 0; i < CAMPAIGNS; i++) {
        w->campaigns[i] = campaign(i);
        enter_number(&w->numbers, &w->campaigns[i], i);
    }
    gale_tick_every(task, w->emit_ms);
    return GALE_OK;
}

static gale_result tell(gale_task *task, struct windows *w, uint32_t c,
                        struct window *of)
{
    if (of->n == of->told)
        return GALE_OK;
    of->told = of->n;
    return gale_emit(task, uuid_value(&w->campaigns[c]), gale_int(of->start),
                     gale_int((int64_t)of->n));
}

static gale_result tell_all(gale_task *task)
{
    struct windows *w = gale_instance(task);
    gale_result result = GALE_OK;

    for (uint32_t i = 0; i < CAMPAIGNS * KEPT && result == GALE_OK; i++)
        result = tell(task, w, i / KEPT, &w->kept[i / KEPT][i % KEPT]);
    return result;
}

static gale_result count_view(gale_task *task, const gale_tuple *in)
{
    struct windows *w = gale_instance(task);
    uint32_t c = number_of(&w->numbers, gale_get_str(in, 0));
    int64_t start = gale_get_int(in, 1) / WINDOW_MS * WINDOW_MS;
    gale_result result = GALE_OK;
    struct window *of;

    if (c == UINT32_MAX || start < 0)
        return gale_error(task, GALE_POISON, "no campaign, or no time");
    of = &w->kept[c][start / WINDOW_MS % KEPT];
    if (of->start > start)
        return gale_error(task, GALE_POISON, "more than %d windows too late",
                          KEPT);
    if (of->start < start) {
        result = tell(task, w, c, of);
        *of = (struct window){.start = start};
    }
    of->n++;
    return result;
}

GALE_BOLT(campaign_windows, .summary = "views of each campaign in ten seconds",
          .prepare = prepare_windows, .execute = count_view, .tick = tell_all,
          .end_of_input = tell_all, .instance_size = sizeof(struct windows),
          .streams = GALE_OUTPUTS("campaign", "window", "count"),
          .options = GALE_OPTIONS(GALE_OPTION_INT(
              struct windows, emit_ms, "emit.ms", "1000", 1, INT32_MAX,
              "how often what has changed is emitted")));

/* -- the topology ---------------------------------------------------------- */

#define USAGE "COUNT [json | print] [EXECUTORS]"

static void print_events(gale_builder *b)
{
    gale_shuffle(gale_add_bolt(b, "results", "print", 1), "events");
}

static void add_windows(gale_builder *b, bool json, long executors)
{
    gale_declarer *views;

    if (json)
        gale_set(
            gale_shuffle(gale_add_bolt(b, "parse", "json_parse", executors),
                         "events"),
            "fields",
            gale_cstr("ad_id:string\nevent_type:string\nevent_time:int"));
    views = gale_add_bolt(b, "views", "filter", executors);
    gale_set(views, "field", gale_cstr("event_type"));
    gale_set(views, "equals", gale_cstr("view"));
    if (json) {
        gale_set(views, "fields", gale_cstr("ad_id\nevent_type\nevent_time"));
        gale_shuffle(views, "parse");
    } else {
        gale_set(views, "fields",
                 gale_cstr("user_id\npage_id\nad_id\nad_type\nevent_type\n"
                           "event_time\nip_address"));
        gale_shuffle(views, "events");
    }
    gale_shuffle(gale_add_bolt(b, "campaigns", "ad_campaign", executors),
                 "views");
    gale_by_fields(gale_add_bolt(b, "windows", "campaign_windows", executors),
                   "campaigns", "campaign");
    gale_set(gale_global(gale_add_bolt(b, "results", "print", 1), "windows"),
             "separator", gale_cstr(" "));
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    long long count = argc > 0 ? strtoll(argv[0], NULL, 10) : 0;
    bool json = argc > 1 && strcmp(argv[1], "json") == 0;
    bool print = argc > 1 && strcmp(argv[1], "print") == 0;
    int left = argc - 1 - (json || print);
    long executors = left > 0 ? strtol(argv[argc - 1], NULL, 10) : 1;
    gale_declarer *events;

    if (argc < 1 || left > 1 || count < 1 || executors < 1)
        return gale_usage(b, "ysb " USAGE);
    events = gale_add_spout(b, "events", "ad_events", executors);
    gale_set(events, "count", gale_int(count));
    gale_set(events, "json", gale_bool(json || print));
    if (print)
        print_events(b);
    else
        add_windows(b, json, executors);
    return GALE_OK;
}

GALE_TOPOLOGY(ysb, .summary = "views of ads by campaign and ten seconds",
              .usage = USAGE "  (events; as texts that are parsed, or only "
                             "printed; 1 executor of each component)",
              .build = build);
