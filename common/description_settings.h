/*
 * description_settings.h - settings as MessagePack: an array of [key, value],
 * or [key, value, place] where it is known which line of which file said it.
 * Private to description_….c.
 */
#ifndef GALE_DESCRIPTION_SETTINGS_H
#define GALE_DESCRIPTION_SETTINGS_H

#include "common/pack.h"
#include "topology-api/settings.h"

/* NULL is as empty settings are. */
void description_settings_pack(struct pack *p, const struct settings *s);

/*
 * What `o` holds, nothing if it is NULL; adds the bytes of keys and values to
 * *bytes. To be freed. NULL: it is no such array, or a value that no
 * configuration can have.
 */
struct settings *description_settings_read(const msgpack_object *o,
                                           size_t *bytes);

#endif
