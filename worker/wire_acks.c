/* wire_acks.c - ACKS and FAILS frames; see wire_acks.h. */
#include "worker/wire_acks.h"
#include "worker/cause.h"
#include "worker/wire_bytes.h"

/* A record is written as an anchor is. */
_Static_assert(sizeof(struct ack_record) == sizeof(struct anchor) &&
                   offsetof(struct ack_record, value) ==
                       offsetof(struct anchor, edge),
               "root and value");

size_t wire_acks_encode(const struct ack_record *records, uint32_t n, char *out)
{
    struct anchor last = {0, 0};
    char *at = out + 4;

    wire_put32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        struct anchor a = {records[i].root, records[i].value};

        at = wire_put_anchor(at, &last, &a);
    }
    return (size_t)(at - out);
}

uint32_t wire_acks_n(const void *data, size_t size)
{
    uint32_t n;

    if (size < sizeof(n))
        return UINT32_MAX;
    n = wire_get32(data);
    return n <= size - sizeof(n) ? n : UINT32_MAX;
}

const char *wire_acks_decode(const void *data, size_t size,
                             struct ack_record *records)
{
    const uint8_t *at = (const uint8_t *)data + 4;
    const uint8_t *end = (const uint8_t *)data + size;
    struct anchor last = {0, 0};
    uint32_t n = wire_acks_n(data, size);

    check(n != UINT32_MAX);
    for (uint32_t i = 0; i < n; i++) {
        at = wire_get_anchor_of(at, end, &last);
        if (at == NULL)
            return "has a record that is cut off or none";
        records[i] = (struct ack_record){last.root, last.edge};
    }
    return at == end ? NULL : "goes on behind its records";
}

/* -- fails ----------------------------------------------------------------- */

enum { HAS_CAUSE = 1, POISON = 2 };

#define FAIL_HEAD 16u

_Static_assert(WIRE_FAIL_ROOM == FAIL_HEAD + CAUSE_TEXT_MAX, "a fail's bytes");

size_t wire_fail_encode(uint64_t root, const struct cause *cause, char *out)
{
    size_t size = cause != NULL ? strnlen(cause->text, CAUSE_TEXT_MAX) : 0;

    memset(out, 0, FAIL_HEAD);
    wire_put64(out, root);
    if (cause == NULL)
        return FAIL_HEAD;
    wire_put32(out + 8, (uint32_t)cause->task);
    out[12] = (char)(HAS_CAUSE | (cause->poison ? POISON : 0));
    wire_put16(out + 14, (uint16_t)size);
    memcpy(out + FAIL_HEAD, cause->text, size);
    return FAIL_HEAD + size;
}

/* The text is copied up to its first NUL byte. */
static struct cause *cause_at(const uint8_t *p, uint32_t size)
{
    char text[CAUSE_TEXT_MAX + 1];

    memcpy(text, p + FAIL_HEAD, size);
    text[size] = '\0';
    return cause_new((int32_t)wire_get32(p + 8), p[12] & POISON, text);
}

const char *wire_fail_decode(const uint8_t **at, const uint8_t *end,
                             uint64_t *root, struct cause **cause)
{
    const uint8_t *p = *at;
    size_t left = (size_t)(end - p);
    uint32_t size;

    if (left < FAIL_HEAD)
        return "ends in the middle of a fail";
    size = wire_get16(p + 14);
    if ((p[12] & ~(HAS_CAUSE | POISON)) != 0 || p[13] != 0)
        return "has a fail with unknown flags";
    if (size > CAUSE_TEXT_MAX || size > left - FAIL_HEAD)
        return "has a fail with a text that is too long";
    *root = wire_get64(p);
    *cause = p[12] & HAS_CAUSE ? cause_at(p, size) : NULL;
    *at = p + FAIL_HEAD + size;
    return NULL;
}
