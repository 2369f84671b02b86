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

static bool are_at_one_address(const struct nimbus_record *a,
                               const struct nimbus_record *b)
{
    return strcmp(a->address, b->address) == 0 && a->port == b->port;
}

/* One that was killed is registered until its session is over; who was started
 * after it where it was shows that it is gone. */
static bool is_gone(const struct copies *c, uint64_t alive, uint32_t number)
{
    const struct nimbus_record *n = peers_record(c->peers, number);

    for (uint32_t i = 0; i < PEERS_MAX; i++) {
        const struct nimbus_record *other = peers_record(c->peers, i);

        if (i != number && (alive & UINT64_C(1) << i) != 0 &&
            are_at_one_address(n, other) && other->started_us > n->started_us)
            return true;
    }
    return false;
}

static uint64_t shown(const struct copies *c)
{
    uint64_t alive = peers_alive(c->peers), all = alive;

    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if ((alive & UINT64_C(1) << i) != 0 && is_gone(c, alive, i))
            all &= ~(UINT64_C(1) << i);
    return all;
}

void copies_pack_nimbuses(const struct copies *c, const char *leader,
                          struct pack *p)
{
    uint64_t all = shown(c);

    pack_text(p, "nimbuses");
    pack_array(p, (uint32_t)__builtin_popcountll(all));
    for (uint32_t i = 0; i < PEERS_MAX; i++)
        if ((all & UINT64_C(1) << i) != 0) {
            const struct nimbus_record *n = peers_record(c->peers, i);

            pack_nimbus(c, n, strcmp(n->id, leader) == 0, p);
        }
}
