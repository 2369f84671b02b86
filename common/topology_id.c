/* topology_id.c - how a topology of a cluster is called; see topology_id.h. */
#include "common/topology_id.h"
#include "common/check.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DIGITS "0123456789"

bool topology_name_valid(const char *name)
{
    return name != NULL && names_topology_valid(name, strlen(name));
}

/* Where "-DIGITS" begins that ends before `end`; NULL: there is none. */
static const char *number_before(const char *id, const char *end)
{
    const char *at = end;

    while (at > id && strchr(DIGITS, at[-1]) != NULL)
        at--;
    if (at == end || end - at > 20 || at == id || at[-1] != '-')
        return NULL;
    return at - 1;
}

/* Bytes of the name in an id, 0 if it is none. */
static size_t name_size(const char *id)
{
    const char *seconds = number_before(id, id + strlen(id));
    const char *number = seconds == NULL ? NULL : number_before(id, seconds);

    return number == NULL ? 0 : (size_t)(number - id);
}

bool topology_id_valid(const char *id)
{
    return id != NULL && names_topology_valid(id, name_size(id));
}

void topology_id_make(const char *name, uint64_t number, uint64_t seconds,
                      char id[TOPOLOGY_ID_SIZE])
{
    check(topology_name_valid(name));
    snprintf(id, TOPOLOGY_ID_SIZE, "%s-%" PRIu64 "-%" PRIu64, name, number,
             seconds);
}

uint64_t topology_id_number(const char *id)
{
    return strtoull(id + name_size(id) + 1, NULL, 10);
}

bool topology_id_is_of(const char *id, const char *name)
{
    size_t size = strlen(name);

    return name_size(id) == size && !memcmp(id, name, size);
}
