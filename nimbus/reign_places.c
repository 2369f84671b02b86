/*
 * reign_places.c - where a topology's workers are, for those who look closer:
 *
 *     workers  {name} → {id, name, components: [id …],
 *                        workers: [{worker, supervisor, components: [id …]} …],
 *                        supervisors: [{id, host, address, port} …]}
 *
 * A topology that runs nowhere has no workers; supervisors are all that are
 * registered, since any may have logs of it. port: where a supervisor answers;
 * 0 if it does not.
 */
#include "nimbus/reign_in.h"

static void pack_components(const struct topology *t, struct pack *p)
{
    pack_text(p, "components");
    pack_array(p, t->record.n_components);
    for (uint32_t i = 0; i < t->record.n_components; i++)
        pack_text(p, t->record.components[i].id);
}

/* Ranges of a component follow each other. */
static bool is_first(const struct assigned_worker *w, uint32_t i)
{
    return i == 0 || w->executors[i].component != w->executors[i - 1].component;
}

static void pack_worker(const struct topology *t, uint32_t number,
                        struct pack *p)
{
    const struct assigned_worker *w = &t->assignment.workers[number];
    uint32_t n = 0;

    for (uint32_t i = 0; i < w->n_executors; i++)
        n += is_first(w, i);
    pack_map(p, 3);
    pack_key_uint(p, "worker", number);
    pack_key_text(p, "supervisor", w->supervisor);
    pack_text(p, "components");
    pack_array(p, n);
    for (uint32_t i = 0; i < w->n_executors; i++)
        if (is_first(w, i))
            pack_text(p, t->record.components[w->executors[i].component].id);
}

static void pack_supervisors(const struct reign *r, struct pack *p)
{
    uint32_t n = 0;

    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next)
        n += s->registered;
    pack_text(p, "supervisors");
    pack_array(p, n);
    for (struct known_supervisor *s = r->supervisors; s != NULL; s = s->next) {
        if (!s->registered)
            continue;
        pack_map(p, 4);
        pack_key_text(p, "id", s->record.id);
        pack_key_text(p, "host", s->record.host);
        pack_key_text(p, "address", s->record.address);
        pack_key_uint(p, "port", s->record.port);
    }
}

void reign_workers(struct reign *r, struct rpc_call *call,
                   const msgpack_object *params)
{
    struct topology *t = reign_asked_for(r, call, params);
    uint32_t n = t != NULL && t->assigned ? t->assignment.n_workers : 0;
    struct pack p;

    if (t == NULL)
        return;
    pack_init(&p);
    pack_map(&p, 5);
    pack_key_text(&p, "id", t->record.id);
    pack_key_text(&p, "name", t->record.name);
    pack_components(t, &p);
    pack_text(&p, "workers");
    pack_array(&p, n);
    for (uint32_t i = 0; i < n; i++)
        pack_worker(t, i, &p);
    pack_supervisors(r, &p);
    rpc_reply(call, &p);
    pack_free(&p);
}
