/* pack_json.h - MessagePack that was read, as JSON. */
#ifndef GALE_PACK_JSON_H
#define GALE_PACK_JSON_H

#include "common/json.h"
#include "common/pack.h"

/* Bytes as text, what is no text in it as U+FFFD; a key that is no text by its
 * own JSON; NULL: null. */
void pack_json(struct json *j, const msgpack_object *o);

#endif
