/* wire_frame.c - frames between two workers; see wire_frame.h. */
#include "worker/wire_frame.h"
#include "common/check.h"
#include "common/crc32c.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "worker/wire_bytes.h"

#define CRC_SIZE 4u /* all behind it is summed */

size_t wire_frame_seal(char *frame, enum wire_kind kind, uint32_t payload,
                       uint32_t *sequence)
{
    size_t size = WIRE_FRAME_HEAD + (size_t)payload;

    wire_put32(frame + 4, payload);
    wire_put32(frame + 8, (*sequence)++);
    wire_put32(frame + 12, kind);
    wire_put32(frame, crc32c(0, frame + CRC_SIZE, size - CRC_SIZE));
    return size;
}

/* -- reading --------------------------------------------------------------- */

void wire_reader_init(struct wire_reader *r, uint32_t payload_max)
{
    *r = (struct wire_reader){.payload_max = payload_max};
}

void wire_reader_fini(struct wire_reader *r)
{
    free(r->data);
    r->data = NULL;
}

/* Memory of this size, for what has come and is no frame yet. */
static void move_to(struct wire_reader *r, size_t capacity)
{
    uint8_t *data = xmalloc(capacity);
    size_t kept = r->to - r->from;

    check(kept <= capacity);
    if (kept > 0)
        memcpy(data, r->data + r->from, kept);
    free(r->data);
    r->data = data;
    r->capacity = capacity;
    r->from = 0;
    r->to = kept;
}

#define WIRE_KEPT_BYTES (4u * WIRE_READ_BYTES) /* more is given back */

/*
 * Usually there is room for a read before and behind the little that is left of
 * the last one. A frame that is larger makes the memory grow, to at most four
 * times what has come of it.
 */
uint8_t *wire_reader_room(struct wire_reader *r, size_t *room)
{
    size_t kept = r->to - r->from;

    if (r->capacity == 0 ||
        (r->capacity > WIRE_KEPT_BYTES && kept <= WIRE_READ_BYTES / 2)) {
        move_to(r, WIRE_READ_BYTES);
    } else if (kept > r->capacity / 2) {
        move_to(r, 2 * r->capacity);
    } else if (r->capacity - r->to < r->capacity / 2) {
        memmove(r->data, r->data + r->from, kept);
        r->from = 0;
        r->to = kept;
    }
    *room = r->capacity - r->to;
    return r->data + r->to;
}

void wire_reader_came(struct wire_reader *r, size_t n)
{
    check(n <= r->capacity - r->to);
    r->to += n;
}

/* What is wrong with a frame that is here as a whole; 0, or -1 with the error.
 */
static int judge(const struct wire_reader *r, const uint8_t *frame,
                 uint32_t payload, gale_err *error)
{
    uint32_t sum = wire_get32(frame), sequence = wire_get32(frame + 8);
    uint32_t crc =
        crc32c(0, frame + CRC_SIZE, WIRE_FRAME_HEAD - CRC_SIZE + payload);

    if (crc != sum)
        return error_set(error,
                         "frame %u has the sum %08x, expected %08x: it was "
                         "changed on the way",
                         r->sequence, sum, crc);
    if (sequence != r->sequence)
        return error_set(error,
                         "a frame has the sequence number %u, expected %u: "
                         "something was lost or came twice",
                         sequence, r->sequence);
    if (frame[12] >= WIRE_KINDS)
        return error_set(error,
                         "frame %u is of kind %u, expected 0 to %u: the other "
                         "worker is of another version",
                         sequence, frame[12], WIRE_KINDS - 1);
    if (wire_get32(frame + 12) >> 8 != 0)
        return error_set(error,
                         "frame %u has flags %06x, expected 0: the other "
                         "worker is of another version",
                         sequence, wire_get32(frame + 12) >> 8);
    return 0;
}

enum wire_read wire_reader_next(struct wire_reader *r, struct wire_frame *f,
                                gale_err *error)
{
    size_t came = r->to - r->from;
    const uint8_t *frame;

    if (came < WIRE_FRAME_HEAD)
        return WIRE_MORE;
    frame = r->data + r->from;
    f->size = wire_get32(frame + 4);
    if (f->size > r->payload_max)
        return error_set(error,
                         "frame %u says that %u bytes follow, expected at most "
                         "%u: what comes are no frames, or no more",
                         r->sequence, f->size, r->payload_max);
    if (came - WIRE_FRAME_HEAD < f->size)
        return WIRE_MORE;
    if (judge(r, frame, f->size, error) != 0)
        return WIRE_BROKEN;
    f->kind = frame[12];
    f->payload = frame + WIRE_FRAME_HEAD;
    r->sequence++;
    r->from += WIRE_FRAME_HEAD + (size_t)f->size;
    return WIRE_READ;
}
