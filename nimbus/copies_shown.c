/* copies_shown.c - the nimbuses, as `gale status` shows them; see copies.h. */
#include "nimbus/copies_in.h"
#include <stdio.h>
#include <string.h>

static void pack_nimbus(const struct copies *c, const struct nimbus_record *n,
                        bool leads, struct pack *p)
{
    struct env *env = loop_env(c->options.loop);
    char address[RECORD_HOST_SIZE + 16];

    snprintf(address, sizeof(address),
             strchr(n->address, ':') != NULL ? "[%s]:%u" : "%s:%u", n->address,
             n->port);
    pack_map(p, 5);
    pack_key_text(p, "address", address);
    pack_key_text(p, "host", n->host);
    pack_key_text(p, "version", n->gale);
    pack_text(p, "uptime_secs");
    pack_float(p, (double)(env->ops->wall_us(env) - n->started_us) / 1e6);
    pack_key_bool(p, "leads", leads);
}

void copies_pack_nimbuses(const struct copies *c, const char *leader,
                          struct pack *p)
{
    uint64_t alive = peers_alive(c->peers);

    pack_text(p, "nimbuses");
    pack_array(p, (uint32_t)__builtin_popcountll(alive));
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if ((alive & UINT64_C(1) << i) != 0) {
            const struct nimbus_record *n = peers_record(c->peers, i);

            pack_nimbus(c, n, strcmp(n->id, leader) == 0, p);
        }
}
