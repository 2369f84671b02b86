/* packed_values.c - values as bytes; see packed_values.h. */
#include "connectors/packed_values.h"
#include "connectors/must.h"

void packed_values_fini(struct packed_values *p)
{
    free(p->data);
}

void packed_values_clear(struct packed_values *p)
{
    p->size = 0;
}

gale_str packed_values_bytes(const struct packed_values *p)
{
    return gale_str_make(p->data, p->size);
}

static void add(struct packed_values *p, const void *data, size_t size)
{
    if (p->capacity - p->size < size) {
        p->capacity = 2 * p->capacity + size;
        p->data = must_alloc(p->data, p->capacity);
    }
    if (size > 0)
        memcpy(p->data + p->size, data, size);
    p->size += size;
}

/* What is padding, or a pointer, is 0: equal values are equal bytes. */
void packed_values_add(struct packed_values *p, gale_value v)
{
    gale_value head = gale_make_(v.kind, v.size, v.as.i);

    must(v.kind <= GALE_BYTES);
    if (v.kind >= GALE_STRING)
        head.as.i = 0;
    add(p, &head, sizeof(head));
    if (v.kind >= GALE_STRING)
        add(p, v.as.data, v.size);
}

bool packed_values_next(gale_str bytes, size_t *at, gale_value *v)
{
    if (*at >= bytes.size)
        return false;
    memcpy(v, bytes.data + *at, sizeof(*v));
    *at += sizeof(*v);
    if (v->kind >= GALE_STRING) {
        v->as.data = bytes.data + *at;
        *at += v->size;
    }
    return true;
}
