/*
 * fuzz_wire.c - what another worker may send: frames, and what is in them.
 *
 * The first byte says which reader gets the rest. What is taken for a slice is
 * one that an executor may run, and the same again when it is written. Nobody
 * guesses a checksum: where the second byte is odd, that of the first frame is
 * put right.
 */
#include "common/crc32c.h"
#include "tests/fuzz/fuzz.h"
#include "tests/support/sound_slice.h"
#include "worker/cause.h"
#include "worker/wire_acks.h"
#include "worker/wire_credit.h"
#include "worker/wire_frame.h"

enum { TASKS = 3, MEMORY_MAX = 1 << 20, TUPLE_MAX = 1 << 16 };

/* -- slices ---------------------------------------------------------------- */

static const char *read_slice(struct wire_slice *s, const uint8_t *data,
                              size_t size)
{
    struct wire_limits limits = {0, TASKS, TUPLE_MAX};
    const char *defect;

    *s = (struct wire_slice){0};
    defect = wire_slice_open(s, data, size, MEMORY_MAX);
    if (defect != NULL)
        return defect;
    fuzz_must(s->bytes <= MEMORY_MAX);
    limits.n_fields = s->n_fields;
    s->tuples = xmalloc(s->bytes);
    return wire_slice_decode(s, data, size, &limits);
}

static void same_again(struct wire_slice *s)
{
    uint32_t bytes = s->bytes;
    char *room = xmalloc(wire_slice_room(bytes));
    size_t size = wire_slice_encode(s, room);
    uint8_t *data = xmalloc(size);
    struct wire_slice back;

    memcpy(data, room, size);
    fuzz_must(size + 16 <= wire_slice_room(bytes) && s->bytes == bytes);
    fuzz_must(read_slice(&back, data, size) == NULL);
    fuzz_must(memcmp(back.tuples, s->tuples, bytes) == 0);
    free(back.tuples);
    free(room);
    free(data);
}

static void slice(const uint8_t *data, size_t size)
{
    struct wire_slice s;
    const char *defect = read_slice(&s, data, size);

    if (defect == NULL) {
        fuzz_must(sound_slice(&s, TASKS) == NULL);
        same_again(&s);
    } else {
        fuzz_must(defect[0] != '\0');
    }
    free(s.tuples);
}

/* -- acks, fails, credit --------------------------------------------------- */

static void acks(const uint8_t *data, size_t size)
{
    uint32_t n = wire_acks_n(data, size);
    struct ack_record *records;

    if (n == UINT32_MAX)
        return;
    fuzz_must(n <= size);
    records = xcalloc(n, sizeof(*records));
    wire_acks_decode(data, size, records);
    free(records);
}

static void fails(const uint8_t *data, size_t size)
{
    const uint8_t *at = data, *end = data + size;
    struct cause *cause;
    uint64_t root;

    while (at < end && wire_fail_decode(&at, end, &root, &cause) == NULL)
        free(cause);
    fuzz_must(at <= end);
}

static void credit(const uint8_t *data, size_t size)
{
    uint32_t n = wire_credit_n(size);
    struct wire_credit c;

    for (uint32_t i = 0; n != UINT32_MAX && i < n; i++)
        wire_credit_decode(data, i, &c);
}

/* -- frames ---------------------------------------------------------------- */

static void put_right(uint8_t *data, size_t size)
{
    uint32_t length, crc;

    if (size < WIRE_FRAME_HEAD)
        return;
    memcpy(&length, data + 4, sizeof(length));
    if (length > size - WIRE_FRAME_HEAD)
        return;
    crc = crc32c(0, data + 4, WIRE_FRAME_HEAD - 4 + length);
    memcpy(data, &crc, sizeof(crc));
}

static void read_all(struct wire_reader *r)
{
    struct wire_frame f;
    gale_err error = {""};
    enum wire_read got;

    while ((got = wire_reader_next(r, &f, &error)) == WIRE_READ)
        fuzz_must(f.kind < WIRE_KINDS && f.size <= r->payload_max);
    fuzz_must((got == WIRE_BROKEN) == (error.text[0] != '\0'));
}

static void frames(uint8_t *data, size_t size)
{
    struct wire_reader r;
    size_t step = size > 0 && data[0] > 0 ? data[0] : 1;

    if (size > 0 && (data[0] & 1))
        put_right(data + 1, size - 1);
    wire_reader_init(&r, 1 << 16);
    for (size_t at = 1; at < size; at += step) {
        size_t room, n = size - at < step ? size - at : step;
        uint8_t *to = wire_reader_room(&r, &room);

        fuzz_must(n <= room);
        memcpy(to, data + at, n);
        wire_reader_came(&r, n);
        read_all(&r);
    }
    wire_reader_fini(&r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    uint64_t which = fuzz_number(&f, 1);
    size_t left = f.left;
    uint8_t *bytes = fuzz_bytes(&f, left); /* where reading on is seen */

    switch (which % 8) {
    case 0:
        acks(bytes, left);
        break;
    case 1:
        fails(bytes, left);
        break;
    case 2:
        credit(bytes, left);
        break;
    case 3:
        frames(bytes, left);
        break;
    default:
        slice(bytes, left);
    }
    free(bytes);
    return 0;
}
