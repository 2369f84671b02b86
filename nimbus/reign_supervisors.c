/*
 * reign_supervisors.c - the supervisors that a leader knows, and how they are
 * shown; see reign.h.
 *
 * One that is gone is shown for SHOWN_NS, and as long as workers are placed on
 * it. It is known for longer, for its record of slots goes on where it was,
 * should it return; but of all those that are gone at most GONE_MAX are.
 */
#include "nimbus/by_id.h"
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SHOWN_NS INT64_C(600000000000)
#define GONE_MAX 1024u

/* -- what is known --------------------------------------------------------- */

static struct known_supervisor *known(const struct reign *r, const char *id)
{
    char *found = by_id_find(&r->supervisors_by_id, id);

    if (found == NULL)
        return NULL;
    found -= offsetof(struct known_supervisor, record.id);
    return (struct known_supervisor *)(void *)found;
}

static struct known_supervisor *make(struct reign *r, const char *id)
{
    struct known_supervisor **link = &r->supervisors;
    struct known_supervisor *s = xcalloc(1, sizeof(*s));

    while (*link != NULL)
        link = &(*link)->next;
    *link = s;
    snprintf(s->record.id, sizeof(s->record.id), "%s", id);
    by_id_add(&r->supervisors_by_id, s->record.id);
    return s;
}

struct known_supervisor *reign_supervisor(struct reign *r, const char *id)
{
    struct known_supervisor *s = known(r, id);

    return s != NULL ? s : make(r, id);
}

void reign_supervisor_free(struct reign *r, struct known_supervisor *s)
{
    by_id_remove(&r->supervisors_by_id, s->record.id);
    slots_record_free(&s->wanted);
    slots_record_free(&s->coming);
    supervisor_record_free(&s->record);
    free(s);
}

void reign_supervisor_there(struct reign *r, struct known_supervisor *s)
{
    s->there_ns = reign_now(r);
}

void reign_supervisor_heard(struct reign *r, struct known_supervisor *s)
{
    s->heard_ns = s->there_ns = reign_now(r);
}

void reign_count_used(struct reign *r)
{
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        s->used = 0;
    for (struct topology *t = r->topologies; t != NULL; t = t->next)
        for (uint32_t i = 0; t->assigned && i < t->assignment.n_workers; i++) {
            struct known_supervisor *s =
                known(r, t->assignment.workers[i].supervisor);

            if (s != NULL)
                s->used++;
        }
}

static bool is_there(const struct known_supervisor *s)
{
    return s->registered || s->link != NULL;
}

static bool is_gone(const struct known_supervisor *s)
{
    return !is_there(s) && s->used == 0;
}

/* -- those that are gone --------------------------------------------------- */

static void forget(struct reign *r, struct known_supervisor *gone)
{
    struct known_supervisor **link = &r->supervisors, *s;

    while ((s = *link) != gone)
        link = &s->next;
    *link = s->next;
    reign_supervisor_free(r, gone);
}

static uint32_t count_away(const struct reign *r)
{
    uint32_t n = 0;

    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        n += !is_there(s);
    return n;
}

void reign_forget_supervisors(struct reign *r)
{
    struct known_supervisor *first = NULL;
    uint32_t n = 0;

    if (count_away(r) <= GONE_MAX)
        return;
    reign_count_used(r);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next) {
        if (!is_gone(s))
            continue;
        n++;
        if (first == NULL || s->there_ns < first->there_ns)
            first = s;
    }
    if (n > GONE_MAX)
        forget(r, first);
}

/* -- how they are shown ---------------------------------------------------- */

bool reign_supervisor_is_shown(const struct reign *r,
                               const struct known_supervisor *s)
{
    return !is_gone(s) ||
           (s->there_ns != 0 && reign_now(r) - s->there_ns < SHOWN_NS);
}

const char *reign_supervisor_state(const struct reign *r,
                                   const struct known_supervisor *s)
{
    if (s->ended)
        return "ended";
    if (liveness_is_dead(&r->liveness, s->record.id))
        return "dead";
    if (!s->registered)
        return "not registered";
    if (s->link != NULL)
        return "alive";
    return s->heard_ns == 0 ? "not heard yet" : "silent";
}

/* When it ran, as far as that is known. */
static int64_t last_ns(const struct reign *r, const struct known_supervisor *s)
{
    if (s->link != NULL)
        return reign_now(r);
    if (s->heard_ns != 0)
        return s->heard_ns;
    return s->registered ? reign_now(r) : s->there_ns;
}

static double uptime_of(const struct reign *r, const struct known_supervisor *s)
{
    int64_t gone_us = (reign_now(r) - last_ns(r, s)) / 1000;
    int64_t us = reign_wall_us(r) - gone_us - s->record.started_us;

    return s->record.started_us > 0 && us > 0 ? (double)us / 1e6 : 0;
}

static void pack_supervisor(struct reign *r, const struct known_supervisor *s,
                            struct pack *p)
{
    pack_map(p, 10);
    pack_key_text(p, "id", s->record.id);
    pack_key_text(p, "host", s->record.host);
    pack_key_text(p, "address", s->record.address);
    pack_key_uint(p, "port", s->record.port);
    pack_key_text(p, "version", s->record.gale);
    pack_text(p, "uptime_secs");
    pack_float(p, uptime_of(r, s));
    pack_key_uint(p, "slots", s->record.n_ports);
    pack_key_uint(p, "used", s->used);
    pack_key_text(p, "state", reign_supervisor_state(r, s));
    pack_text(p, "heard_secs_ago");
    if (s->heard_ns == 0)
        pack_nil(p);
    else
        pack_float(p, (double)(reign_now(r) - s->heard_ns) / 1e9);
}

void reign_pack_supervisors(struct reign *r, struct pack *p)
{
    uint32_t n = 0;

    reign_count_used(r);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        n += reign_supervisor_is_shown(r, s);
    pack_text(p, "supervisors");
    pack_array(p, n);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        if (reign_supervisor_is_shown(r, s))
            pack_supervisor(r, s, p);
}
