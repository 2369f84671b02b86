/*
 * nexmark.c - topology: queries 0 to 3 of NEXMark, about an auction house.
 *
 *     0, 1, 2:  events --bid, shuffle--> query --shuffle--> results
 *     3:        events --person, auction, fields(seller)--> query --> results
 *
 * Of 50 events one is a person who comes, three are auctions, 46 are bids.
 *
 *     0  every bid as it is                          AUCTION BIDDER PRICE
 *     1  every bid, its price in euro cents          AUCTION BIDDER PRICE
 *     2  bids for every 123rd auction                AUCTION PRICE
 *     3  who sells in category 10 in OR, ID or CA    NAME CITY STATE AUCTION
 *
 * The events are a function of their number, so that anybody can answer the
 * queries again: `nexmark events COUNT` prints them, as `person ID NAME CITY
 * STATE`, `auction ID SELLER CATEGORY` and `bid AUCTION BIDDER PRICE`.
 *
 * Queries and proportions: Tucker et al., NEXMark - A Benchmark for Queries
 * over Data Streams, and its form for Apache Beam; numbers of hot and of live
 * auctions are Beam's. Events have the fields that these queries read, and a
 * text that makes them 200, 500 and 100 bytes long.
 */
#include "examples/event_source.h"
#include <gale/bolt.h>
#include <gale/spout.h>
#include <gale/topology.h>
#include <stdlib.h>

enum stream { PERSON, AUCTION, BID };

enum {
    PROPORTION = 50, /* events, of which the first is a person … */
    AUCTIONS = 3,    /* … and these follow */
    FIRST_ID = 1000,
    LIVE_PEOPLE = 1000, /* the last ones, who sell and bid */
    LIVE_AUCTIONS = 100,
    HOT = 100, /* the one with a multiple of this as its number is */
    FIRST_CATEGORY = 10,
    CATEGORIES = 5,
};

/* -- events ---------------------------------------------------------------- */

struct events {
    int64_t count; /* options */
    bool tracked;

    struct event_source source;
};

static const char *const places[][2] = {
    {"Phoenix", "AZ"}, {"Los Angeles", "CA"}, {"San Francisco", "CA"},
    {"Boise", "ID"},   {"Portland", "OR"},    {"Bend", "OR"},
    {"Seattle", "WA"}, {"Kent", "WA"},        {"Cheyenne", "WY"},
};

/* What makes an event as long as it is to be. */
static gale_value filling(size_t size)
{
    static const char text[] =
        "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do "
        "eiusmod tempor incididunt ut labore et dolore magna aliqua. Ut enim "
        "ad minim veniam, quis nostrud exercitation ullamco laboris nisi ut "
        "aliquip ex ea commodo consequat. Duis aute irure dolor in "
        "reprehenderit in voluptate velit esse cillum dolore eu fugiat nulla "
        "pariatur. Excepteur sint occaecat cupidatat non proident, sunt in "
        "culpa qui officia deserunt mollit anim id est laborum. ";

    return gale_string(text, size < sizeof(text) ? size : sizeof(text) - 1);
}

/* Numbers of people and of auctions among the events up to n, which are 0 …
 * this. */
static uint64_t last_person(uint64_t n)
{
    return n / PROPORTION;
}

static uint64_t last_auction(uint64_t n)
{
    uint64_t in = n % PROPORTION, before = n / PROPORTION * AUCTIONS;

    if (in == 0)
        return before ? before - 1 : 0;
    return before + (in < AUCTIONS ? in : AUCTIONS) - 1;
}

/* One of the last `live`, or with the chance (hot - 1) / hot the hot one. */
static int64_t one_of(uint64_t last, uint64_t live, uint32_t hot, uint64_t r)
{
    uint64_t first = last >= live ? last - live + 1 : 0;

    if ((uint32_t)(r & 0xff) % hot)
        return (int64_t)(FIRST_ID + last / HOT * HOT);
    return (int64_t)(FIRST_ID + first + (r >> 8) % (last - first + 1));
}

static gale_result emit(gale_task *task, const struct events *s, uint64_t k,
                        enum stream stream, const gale_value *values,
                        uint32_t n)
{
    gale_msgid id = {0, k};
    gale_emit_opts opts = {
        .size = sizeof(opts), .stream = stream, .id = s->tracked ? &id : NULL};

    return gale_emit_values_with(task, &opts, values, n);
}

static gale_result emit_person(gale_task *task, const struct events *s,
                               uint64_t k, uint64_t n, uint64_t r)
{
    const char *const *place = places[r % (sizeof(places) / sizeof(*places))];
    int64_t id = (int64_t)(FIRST_ID + last_person(n));
    char name[32];
    int size = snprintf(name, sizeof(name), "person-%lld", (long long)id);

    return emit(task, s, k, PERSON,
                GALE_VALUES(gale_int(id), gale_string(name, (size_t)size),
                            gale_cstr(place[0]), gale_cstr(place[1]),
                            filling(170)));
}

static gale_result emit_auction(gale_task *task, const struct events *s,
                                uint64_t k, uint64_t n, uint64_t r)
{
    int64_t seller = one_of(last_person(n), LIVE_PEOPLE, 4, r);

    return emit(
        task, s, k, AUCTION,
        GALE_VALUES(gale_int((int64_t)(FIRST_ID + last_auction(n))),
                    gale_int(seller),
                    gale_int(FIRST_CATEGORY + (int64_t)(r >> 40) % CATEGORIES),
                    filling(476)));
}

/* Prices of all sizes, from 1.00 to 10 000 000.00. */
static int64_t price(uint64_t r)
{
    int64_t p = 100 + (int64_t)(r & 0xffff) % 900;

    for (uint64_t i = 0; i < (r >> 16) % 6; i++)
        p *= 10;
    return p;
}

static gale_result emit_bid(gale_task *task, const struct events *s, uint64_t k,
                            uint64_t n, uint64_t r)
{
    uint64_t r2 = event_mixed(r);

    return emit(
        task, s, k, BID,
        GALE_VALUES(gale_int(one_of(last_auction(n), LIVE_AUCTIONS, 2, r)),
                    gale_int(one_of(last_person(n), LIVE_PEOPLE, 4, r2)),
                    gale_int(price(r2 >> 32)), filling(76)));
}

/* Event k of this task. */
static gale_result emit_event(gale_task *task, uint64_t k)
{
    const struct events *s = gale_instance(task);
    uint64_t n = event_number(task, k);
    uint64_t r = event_mixed(n);

    if (n % PROPORTION == 0)
        return emit_person(task, s, k, n, r);
    if (n % PROPORTION <= AUCTIONS)
        return emit_auction(task, s, k, n, r);
    return emit_bid(task, s, k, n, r);
}

static gale_result open_events(gale_task *task)
{
    struct events *s = gale_instance(task);

    event_source_open(&s->source, task, (uint64_t)s->count);
    return GALE_OK;
}

static void close_events(gale_task *task, gale_close_reason reason)
{
    struct events *s = gale_instance(task);

    (void)reason;
    event_source_close(&s->source);
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

GALE_SPOUT(auction_events, .summary = "people, auctions and bids",
           .open = open_events, .close = close_events, .next = next_events,
           .fail = fail_event, .instance_size = sizeof(struct events),
           .streams = GALE_STREAMS(
               GALE_STREAM("person", "id", "name", "city", "state", "extra"),
               GALE_STREAM("auction", "id", "seller", "category", "extra"),
               GALE_STREAM("bid", "auction", "bidder", "price", "extra")),
           .options = GALE_OPTIONS(
               GALE_OPTION_INT(struct events, count, "count", "0", 0, INT64_MAX,
                               "how many, by all tasks together; 0: for ever"),
               GALE_OPTION_BOOL(struct events, tracked, "tracked", "true",
                                "emit with message ids, to be acked")));

/* -- queries 0 to 2 -------------------------------------------------------- */

enum { IN_AUCTION, IN_BIDDER, IN_PRICE };

static gale_result pass_bid(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, IN_AUCTION), gale_get(in, IN_BIDDER),
                     gale_get(in, IN_PRICE));
}

GALE_BOLT(bids, .summary = "query 0: every bid", .execute = pass_bid,
          .streams = GALE_OUTPUTS("auction", "bidder", "price"));

static gale_result convert(gale_task *task, const gale_tuple *in)
{
    return gale_emit(task, gale_get(in, IN_AUCTION), gale_get(in, IN_BIDDER),
                     gale_int(gale_get_int(in, IN_PRICE) * 908 / 1000));
}

GALE_BOLT(bids_in_euro, .summary = "query 1: 0.908 euro for a dollar",
          .execute = convert,
          .streams = GALE_OUTPUTS("auction", "bidder", "price"));

static gale_result choose(gale_task *task, const gale_tuple *in)
{
    int64_t auction = gale_get_int(in, IN_AUCTION);

    if (auction % 123 != 0)
        return GALE_OK;
    return gale_emit(task, gale_int(auction), gale_get(in, IN_PRICE));
}

GALE_BOLT(chosen_bids, .summary = "query 2: bids for every 123rd auction",
          .execute = choose, .streams = GALE_OUTPUTS("auction", "price"));

/* -- query 3: a join of two streams that both grow ------------------------- */

struct waiting { /* an auction whose seller has not come yet */
    int64_t auction;
    struct waiting *next;
};

/* By the number of a person. Where nobody of interest sells, name is "". */
struct seller {
    int64_t id; /* 0: the slot is free */
    bool known;
    char name[24], city[16], state[3];
    struct waiting *waiting;
};

struct items {
    struct seller *slots;
    size_t n_slots, n_used; /* n_slots: a power of two */
};

static void *zeroed(size_t n, size_t size)
{
    void *memory = calloc(n, size);

    if (!memory)
        abort();
    return memory;
}

static size_t slot_of(const struct items *t, int64_t id)
{
    size_t i = event_mixed((uint64_t)id) & (t->n_slots - 1);

    while (t->slots[i].id != 0 && t->slots[i].id != id)
        i = (i + 1) & (t->n_slots - 1);
    return i;
}

static void grow(struct items *t)
{
    struct seller *old = t->slots;
    size_t n = t->n_slots;

    t->n_slots = n ? 2 * n : 1024;
    t->slots = zeroed(t->n_slots, sizeof(*t->slots));
    for (size_t i = 0; i < n; i++)
        if (old[i].id != 0)
            t->slots[slot_of(t, old[i].id)] = old[i];
    free(old);
}

static struct seller *seller_of(struct items *t, int64_t id)
{
    struct seller *s;

    if (t->n_used >= t->n_slots / 2)
        grow(t);
    s = &t->slots[slot_of(t, id)];
    t->n_used += s->id == 0;
    s->id = id;
    return s;
}

static gale_result emit_item(gale_task *task, const struct seller *s,
                             int64_t auction)
{
    if (!s->name[0])
        return GALE_OK;
    return gale_emit(task, gale_cstr(s->name), gale_cstr(s->city),
                     gale_cstr(s->state), gale_int(auction));
}

static void copy(char *to, size_t size, gale_str text)
{
    snprintf(to, size, "%.*s", (int)text.size, text.data);
}

/* One that comes again, since it was not acked, has nothing waiting. */
static gale_result person_comes(gale_task *task, struct items *t,
                                const gale_tuple *in)
{
    struct seller *s = seller_of(t, gale_get_int(in, 0));
    gale_result result = GALE_OK;

    copy(s->state, sizeof(s->state), gale_get_str(in, 3));
    copy(s->city, sizeof(s->city), gale_get_str(in, 2));
    if (strcmp(s->state, "OR") == 0 || strcmp(s->state, "ID") == 0 ||
        strcmp(s->state, "CA") == 0)
        copy(s->name, sizeof(s->name), gale_get_str(in, 1));
    s->known = true;
    while (s->waiting) {
        struct waiting *w = s->waiting;

        if (result == GALE_OK)
            result = emit_item(task, s, w->auction);
        s->waiting = w->next;
        free(w);
    }
    return result;
}

static gale_result auction_comes(gale_task *task, struct items *t,
                                 const gale_tuple *in)
{
    struct seller *s;
    struct waiting *w;

    if (gale_get_int(in, 2) != FIRST_CATEGORY)
        return GALE_OK;
    s = seller_of(t, gale_get_int(in, 1));
    if (s->known)
        return emit_item(task, s, gale_get_int(in, 0));
    w = zeroed(1, sizeof(*w));
    *w = (struct waiting){gale_get_int(in, 0), s->waiting};
    s->waiting = w;
    return GALE_OK;
}

static gale_result join(gale_task *task, const gale_tuple *in)
{
    struct items *t = gale_instance(task);

    return strcmp(gale_source_stream(in), "person") == 0
               ? person_comes(task, t, in)
               : auction_comes(task, t, in);
}

static void free_items(gale_task *task)
{
    struct items *t = gale_instance(task);

    for (size_t i = 0; i < t->n_slots; i++)
        while (t->slots[i].waiting) {
            struct waiting *w = t->slots[i].waiting;

            t->slots[i].waiting = w->next;
            free(w);
        }
    free(t->slots);
}

GALE_BOLT(local_items, .summary = "query 3: what is sold in some states",
          .execute = join, .cleanup = free_items,
          .instance_size = sizeof(struct items),
          .streams = GALE_OUTPUTS("name", "city", "state", "auction"));

/* -- the topology ---------------------------------------------------------- */

#define USAGE "QUERY | events COUNT [EXECUTORS]"

static void add_print(gale_builder *b, const char *stream, const char *format)
{
    gale_declarer *print = gale_add_bolt(b, stream, "print", 1);

    gale_set(print, "format", gale_cstr(format));
    gale_shuffle_stream(print, "events", stream);
}

static void print_events(gale_builder *b)
{
    add_print(b, "person", "person {id} {name} {city} {state}");
    add_print(b, "auction", "auction {id} {seller} {category}");
    add_print(b, "bid", "bid {auction} {bidder} {price}");
}

static void add_query(gale_builder *b, int query, long executors)
{
    static const char *const bolts[] = {"bids", "bids_in_euro", "chosen_bids",
                                        "local_items"};
    gale_declarer *q = gale_add_bolt(b, "query", bolts[query], executors);

    if (query < 3) {
        gale_shuffle_stream(q, "events", "bid");
    } else {
        gale_by_fields_stream(q, "events", "person", "id");
        gale_by_fields_stream(q, "events", "auction", "seller");
    }
    gale_set(gale_shuffle(gale_add_bolt(b, "results", "print", 1), "query"),
             "separator", gale_cstr(" "));
}

static gale_result build(gale_builder *b, int argc, char **argv)
{
    bool print = argc > 0 && strcmp(argv[0], "events") == 0;
    bool query =
        argc > 0 && argv[0][0] >= '0' && argv[0][0] <= '3' && argv[0][1] == 0;
    long long count = argc > 1 ? strtoll(argv[1], NULL, 10) : 0;
    long executors = argc > 2 ? strtol(argv[2], NULL, 10) : 1;

    if (argc < 2 || argc > 3 || !(query || print) || count < 1 || executors < 1)
        return gale_usage(b, "nexmark " USAGE);
    gale_set(gale_add_spout(b, "events", "auction_events", executors), "count",
             gale_int(count));
    if (print)
        print_events(b);
    else
        add_query(b, argv[0][0] - '0', executors);
    return GALE_OK;
}

GALE_TOPOLOGY(nexmark,
              .summary = "NEXMark's queries 0 to 3 of an auction house",
              .usage = USAGE "  (0, 1, 2, 3, or the events themselves; 1 "
                             "executor of each component)",
              .build = build);
