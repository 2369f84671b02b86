/* position_record.c - positions of spouts as they are kept; see
 * position_record.h. */
#include "common/position_record.h"
#include <stdio.h>
#include <string.h>

#define AROUND_MAX 2048u /* bytes of all but the position */
#define ELEMENTS_MAX 16u

int position_order_compare(struct position_order a, struct position_order b)
{
    if (a.birth != b.birth)
        return a.birth < b.birth ? -1 : 1;
    return a.at < b.at ? -1 : a.at > b.at;
}

uint64_t position_next_at(uint64_t before, int64_t now_us)
{
    uint64_t now = now_us > 0 ? (uint64_t)now_us : 1;

    if (now > before)
        return now;
    return before < POSITION_AT_MAX ? before + 1 : before;
}

void position_record_name(const struct position_record *r,
                          char name[DIGEST_HEX])
{
    struct digest_stream *s = digest_begin();
    struct digest digest;
    char index[16];

    snprintf(index, sizeof(index), "%u", r->index);
    digest_add(s, r->component.data, r->component.size);
    digest_add(s, "", 1);
    digest_add(s, index, strlen(index) + 1);
    digest_add(s, r->split.data, r->split.size);
    digest = digest_end(s);
    digest_hex(&digest, name);
}

void position_record_pack(const struct position_record *r, struct pack *p)
{
    pack_map(p, 6);
    pack_text(p, "component");
    pack_text_n(p, r->component.data, r->component.size);
    pack_key_uint(p, "index", r->index);
    pack_key_bytes(p, "split", r->split.data, r->split.size);
    pack_key_bytes(p, "position", r->position.data, r->position.size);
    pack_key_uint(p, "birth", r->order.birth);
    pack_key_uint(p, "at", r->order.at);
}

static bool take(struct position_record *r, const msgpack_object *map)
{
    uint64_t index = unpack_uint(unpack_key(map, "index"), UINT64_MAX);

    *r = (struct position_record){
        .component = unpack_str(unpack_key(map, "component")),
        .index = (uint32_t)index,
        .split = unpack_str(unpack_key(map, "split")),
        .position = unpack_str(unpack_key(map, "position")),
        .order = {unpack_uint(unpack_key(map, "birth"), 0),
                  unpack_uint(unpack_key(map, "at"), 0)},
    };
    if (r->split.data == NULL)
        r->split = gale_str_make("", 0);
    return r->component.data != NULL && index < UINT32_MAX &&
           memchr(r->component.data, '\0', r->component.size) == NULL &&
           r->position.data != NULL && r->position.size <= POSITION_BYTES_MAX &&
           r->split.size <= POSITION_SPLIT_MAX &&
           r->order.at <= POSITION_AT_MAX;
}

int position_record_read(struct position_record *r, struct unpacked *u,
                         const void *data, size_t size)
{
    const struct pack_limits limits = {POSITION_BYTES_MAX + AROUND_MAX,
                                       ELEMENTS_MAX};

    if (unpack(u, data, size, limits, "a position", NULL) != 0)
        return -1;
    if (take(r, u->root))
        return 0;
    unpacked_free(u);
    return -1;
}

bool position_record_is(const char *name, const void *data, size_t size)
{
    struct position_record r;
    struct unpacked u;
    char right[DIGEST_HEX];

    if (position_record_read(&r, &u, data, size) != 0)
        return false;
    position_record_name(&r, right);
    unpacked_free(&u);
    return strcmp(name, right) == 0;
}

struct position_order position_order_of(const void *data, size_t size)
{
    struct position_order order = {0, 0};
    struct position_record r;
    struct unpacked u;

    if (position_record_read(&r, &u, data, size) != 0)
        return order;
    order = r.order;
    unpacked_free(&u);
    return order;
}
