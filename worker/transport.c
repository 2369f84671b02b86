/* transport.c - the ways between workers; see transport.h. */
#include "worker/transport.h"
#include "common/check.h"
#include "common/rpc_address.h"
#include "worker/plan.h"
#include <string.h>

static const struct {
    const char *word, *name;
} ways[TRANSPORT_N] = {
    [TRANSPORT_AUTO] = {"auto", "any way"},
    [TRANSPORT_TCP] = {"tcp", "TCP"},
    [TRANSPORT_UNIX] = {"unix", "a Unix socket"},
    [TRANSPORT_SHARED] = {"shared-memory", "shared memory"},
};

enum transport transport_of(gale_value word)
{
    uint32_t i = 0;

    while (i < TRANSPORT_N &&
           (strlen(ways[i].word) != word.size ||
            memcmp(ways[i].word, word.as.data, word.size) != 0))
        i++;
    check(i < TRANSPORT_N);
    return (enum transport)i;
}

const char *transport_name(enum transport transport)
{
    return ways[transport].name;
}

#define NAME_DIGITS 40

void transport_unix_address(const struct plan *plan, uint32_t worker,
                            uint16_t port, struct rpc_address *address)
{
    char said[PLAN_ID_MAX + 64], hex[DIGEST_HEX], name[8 + NAME_DIGITS];
    struct digest mac;
    int n = snprintf(said, sizeof(said), "gale link unix v1 %s %u %u",
                     plan->topology, worker, port);

    mac = digest_mac(plan->key.bytes, sizeof(plan->key.bytes), said, (size_t)n);
    digest_hex(&mac, hex);
    snprintf(name, sizeof(name), "gale-%.*s", NAME_DIGITS, hex);
    rpc_address_named(name, address);
}
