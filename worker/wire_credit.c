/* wire_credit.c - CREDIT frames; see wire_credit.h. */
#include "worker/wire_credit.h"
#include "worker/wire_bytes.h"

void wire_credit_encode(const struct wire_credit *c, char *out)
{
    wire_put32(out, c->executor);
    wire_put32(out + 4, c->tuples);
    wire_put64(out + 8, c->bytes);
    wire_put32(out + 16, c->limits.tuples);
    wire_put32(out + 20, c->limits.bytes);
    wire_put32(out + 24, c->limits.slice);
    wire_put32(out + 28, c->limits.each_tuple);
    wire_put32(out + 32, c->limits.cost_ns);
}

void wire_credit_decode(const void *data, uint32_t i, struct wire_credit *c)
{
    const uint8_t *p = (const uint8_t *)data + (size_t)i * WIRE_CREDIT_SIZE;

    c->executor = wire_get32(p);
    c->tuples = wire_get32(p + 4);
    c->bytes = wire_get64(p + 8);
    c->limits.tuples = wire_get32(p + 16);
    c->limits.bytes = wire_get32(p + 20);
    c->limits.slice = wire_get32(p + 24);
    c->limits.each_tuple = wire_get32(p + 28);
    c->limits.cost_ns = wire_get32(p + 32);
}

uint32_t wire_credit_n(size_t size)
{
    return size % WIRE_CREDIT_SIZE == 0 ? (uint32_t)(size / WIRE_CREDIT_SIZE)
                                        : UINT32_MAX;
}
