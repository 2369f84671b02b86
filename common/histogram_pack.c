/* histogram_pack.c - a histogram as bytes; see histogram_pack.h. */
#include "common/histogram_pack.h"

enum { NUMBER_MAX = 10 }; /* bytes of 64 bits */

/* -- writing --------------------------------------------------------------- */

static uint8_t *put_number(uint8_t *to, uint64_t n)
{
    for (; n > 0x7f; n >>= 7)
        *to++ = (uint8_t)(n | 0x80);
    *to++ = (uint8_t)n;
    return to;
}

static void pack_buckets(const struct histogram_snapshot *h, struct pack *p)
{
    uint8_t bytes[HISTOGRAM_BUCKETS * (2 + NUMBER_MAX)], *to = bytes;
    uint32_t next = 0;

    for (uint32_t b = 0; b < HISTOGRAM_BUCKETS; b++)
        if (h->counts[b] > 0) {
            to = put_number(to, b - next);
            to = put_number(to, h->counts[b]);
            next = b + 1;
        }
    pack_bytes(p, bytes, (size_t)(to - bytes));
}

void histogram_pack(const struct histogram_snapshot *h, struct pack *p)
{
    pack_float(p, h->sum);
    pack_int(p, h->max);
    pack_buckets(h, p);
}

/* -- reading --------------------------------------------------------------- */

/* False: it does not end, or has more than 64 bits. */
static bool take_number(gale_str *from, uint64_t *n)
{
    uint32_t shift = 0;
    uint8_t byte = 0x80;

    for (*n = 0; (byte & 0x80) != 0; shift += 7) {
        if (from->size == 0 || shift > 63)
            return false;
        byte = (uint8_t)*from->data++;
        from->size--;
        *n |= (uint64_t)(byte & 0x7f) << shift;
    }
    return true;
}

static void add_buckets(struct histogram_snapshot *h, gale_str bytes)
{
    uint64_t skipped, count, next = 0;

    while (take_number(&bytes, &skipped) && take_number(&bytes, &count) &&
           skipped < HISTOGRAM_BUCKETS - next) {
        next += skipped;
        h->counts[next++] += count;
        h->n += count;
    }
}

void histogram_unpack(struct histogram_snapshot *h, const msgpack_object *list,
                      uint32_t at)
{
    int64_t max;

    if (unpack_n(list) < at + HISTOGRAM_PACKED)
        return;
    max = unpack_int(unpack_at(list, at + 1), 0);
    h->sum += unpack_float(unpack_at(list, at), 0);
    if (max > h->max)
        h->max = max;
    add_buckets(h, unpack_str(unpack_at(list, at + 2)));
}
