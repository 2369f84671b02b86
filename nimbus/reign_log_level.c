/*
 * reign_log_level.c - what the workers of a topology log from now on; see
 * reign.h.
 *
 *     set_log_level  {name, level, secs} → {text}
 *     log_level      {topology, worker, level, secs}     to each worker
 *
 * Nobody writes it down: a worker that starts later logs as usual.
 */
#include "nimbus/reign_in.h"
#include "topology-api/memory.h"
#include <stdlib.h>

#define SECS_MAX 86400u

static const char *const levels[] = {"DEBUG", "INFO", "WARN", "ERROR"};

static const char *level_of(const msgpack_object *params)
{
    gale_str text = unpack_str(unpack_key(params, "level"));

    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (text.size == strlen(levels[i]) &&
            memcmp(text.data, levels[i], text.size) == 0)
            return levels[i];
    return NULL;
}

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
    rpc_reply(call, &p);
    pack_free(&p);
}

void reign_set_log_level(struct reign *r, struct rpc_call *call,
                         const msgpack_object *params)
{
    struct topology *t = reign_asked_for(r, call, params);
    uint64_t secs = unpack_uint(unpack_key(params, "secs"), 0);
    const char *level = level_of(params);

    if (t == NULL)
        return;
    if (level == NULL || secs > SECS_MAX) {
        rpc_fail(call, RPC_BAD_REQUEST,
                 "expected \"level\" to be DEBUG, INFO, WARN or ERROR, "
                 "and \"secs\" at most %u",
                 SECS_MAX);
        return;
    }
    log_info(r->options.log, t->record.id, "its workers log %s", level);
    answer(t, call, level, secs, tell_all(t, level, secs));
}
