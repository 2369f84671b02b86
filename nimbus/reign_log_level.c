/*
 * reign_log_level.c - what the workers of a topology log from now on; see
 * reign.h.
 *
 *     set_log_level  {name, level, secs} → {text}
 *     log_level      {topology, worker, level, secs}     to each worker
 *
 * It is kept in the topology's record: a worker that starts later gets it with
 * its plan.
 */
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

static uint32_t tell_all(struct topology *t, const char *level, uint64_t secs)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < t->n_seen; i++) {
        struct pack p;

        if (t->seen[i].link == NULL)
            continue;
        pack_init(&p);
        pack_map(&p, 4);
        pack_key_text(&p, "topology", t->record.id);
        pack_key_uint(&p, "worker", i);
        pack_key_text(&p, "level", level);
        pack_key_uint(&p, "secs", secs);
        rpc_link_notify(t->seen[i].link, "log_level", &p);
        pack_free(&p);
        n++;
    }
    return n;
}

static void keep(struct topology *t, gale_log_level level, uint64_t secs)
{
    t->record.log_level = 1 + (unsigned)level;
    t->record.log_until_us =
        secs == 0 ? 0
                  : reign_wall_us(t->reign) + (int64_t)secs * INT64_C(1000000);
    reign_want_record(t);
}

/* When it is kept. */
static void answer(struct topology *t, struct rpc_call *call, const char *level,
                   uint64_t secs, uint32_t n)
{
    struct pack p;
    char text[200], time[40] = "";

    if (secs > 0)
        snprintf(time, sizeof(time), ", for %u s", (unsigned)secs);
    snprintf(text, sizeof(text),
             "topology \"%s\": %u of %u workers log %s and above%s",
             t->record.name, n, t->n_seen, level, time);
    pack_init(&p);
    pack_map(&p, 2);
    pack_key_text(&p, "text", text);
    pack_key_uint(&p, "workers", n);
    reign_reply_later(t->reign, call, &p);
}

void reign_set_log_level(struct reign *r, struct rpc_call *call,
                         const msgpack_object *params)
{
    struct topology *t = reign_commanded(r, call, params);
    uint64_t secs = unpack_uint(unpack_key(params, "secs"), 0);
    gale_str name = unpack_str(unpack_key(params, "level"));
    gale_log_level level;

    if (t == NULL)
        return;
    if (!log_level_read(name.data, name.size, &level) ||
        secs > TOPOLOGY_LOG_SECS_MAX) {
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected \"level\" to be DEBUG, INFO, WARN or ERROR, "
                 "and \"secs\" at most %u",
                 TOPOLOGY_LOG_SECS_MAX);
        return;
    }
    log_info(r->options.log, t->record.id, "its workers log %s",
             log_level_name(level));
    keep(t, level, secs);
    answer(t, call, log_level_name(level), secs,
           tell_all(t, log_level_name(level), secs));
}
