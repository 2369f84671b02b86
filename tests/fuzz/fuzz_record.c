/*
 * fuzz_record.c - a record of ZooKeeper, as whoever writes there has left it.
 *
 * The first byte says which. Nobody guesses a MAC: where the byte is odd, it is
 * put right. What is read can be written again, and reads as the same.
 */
#include "common/assignment_record.h"
#include "common/epoch_record.h"
#include "common/error_record.h"
#include "common/nimbus_record.h"
#include "common/position_record.h"
#include "common/slots_record.h"
#include "common/supervisor_record.h"
#include "common/topology_record.h"
#include "tests/fuzz/fuzz.h"

static const struct digest key = {{1}};

union any {
    struct topology_record topology;
    struct assignment_record assignment;
    struct slots_record slots;
    struct supervisor_record supervisor;
    struct nimbus_record nimbus;
    struct epoch_record epoch;
    struct error_record error;
    struct {
        struct position_record r;
        struct unpacked u; /* what it points into */
    } position;
};

#define SIGNED(kind_)                                                          \
    static int read_##kind_(const void *data, size_t size, union any *any,     \
                            gale_err *error)                                   \
    {                                                                          \
        return kind_##_record_unpack(data, size, &key, &any->kind_, error);    \
    }                                                                          \
    static int write_##kind_(const union any *any, struct pack *p,             \
                             gale_err *error)                                  \
    {                                                                          \
        return kind_##_record_pack(&any->kind_, &key, p, error);               \
    }                                                                          \
    static void free_##kind_(union any *any)                                   \
    {                                                                          \
        kind_##_record_free(&any->kind_);                                      \
    }
#define PLAIN(kind_)                                                           \
    static int read_##kind_(const void *data, size_t size, union any *any,     \
                            gale_err *error)                                   \
    {                                                                          \
        return kind_##_record_unpack(data, size, &any->kind_, error);          \
    }                                                                          \
    static int write_##kind_(const union any *any, struct pack *p,             \
                             gale_err *error)                                  \
    {                                                                          \
        return kind_##_record_pack(&any->kind_, p, error);                     \
    }                                                                          \
    static void free_##kind_(union any *any)                                   \
    {                                                                          \
        kind_##_record_free(&any->kind_);                                      \
    }
SIGNED(topology)
SIGNED(assignment)
SIGNED(slots)
PLAIN(supervisor)
PLAIN(nimbus)
PLAIN(epoch)
PLAIN(error)

/* It is no record by a form, and has no signature. */
static int read_position(const void *data, size_t size, union any *any,
                         gale_err *error)
{
    if (position_record_read(&any->position.r, &any->position.u, data, size) ==
        0)
        return 0;
    return error_set(error, "it is no position");
}

static int write_position(const union any *any, struct pack *p, gale_err *error)
{
    char name[DIGEST_HEX];

    (void)error;
    position_record_pack(&any->position.r, p);
    position_record_name(&any->position.r, name);
    fuzz_must(position_record_is(name, p->buffer.data, p->buffer.size));
    return 0;
}

static void free_position(union any *any)
{
    unpacked_free(&any->position.u);
}

static const struct kind {
    bool is_signed;
    int (*read)(const void *, size_t, union any *, gale_err *);
    int (*write)(const union any *, struct pack *, gale_err *);
    void (*free)(union any *);
} kinds[] = {
    {true, read_topology, write_topology, free_topology},
    {true, read_assignment, write_assignment, free_assignment},
    {true, read_slots, write_slots, free_slots},
    {false, read_supervisor, write_supervisor, free_supervisor},
    {false, read_nimbus, write_nimbus, free_nimbus},
    {false, read_epoch, write_epoch, free_epoch},
    {false, read_error, write_error, free_error},
    {false, read_position, write_position, free_position},
};

static void write_again(const struct kind *kind, union any *any)
{
    union any again;
    struct pack p, q;
    gale_err error;

    pack_init(&p);
    pack_init(&q);
    /* Too long it may be: numbers are written with as few bytes as they need,
     * texts, too, but what was missing is written as nil. */
    if (kind->write(any, &p, &error) == 0) {
        fuzz_must(kind->read(p.buffer.data, p.buffer.size, &again, &error) ==
                  0);
        fuzz_must(kind->write(&again, &q, &error) == 0);
        fuzz_must(p.buffer.size == q.buffer.size &&
                  !memcmp(p.buffer.data, q.buffer.data, p.buffer.size));
        kind->free(&again);
    }
    pack_free(&p);
    pack_free(&q);
}

static void sign(uint8_t *data, size_t size)
{
    struct digest mac;

    if (size < DIGEST_BYTES)
        return;
    mac = digest_mac(key.bytes, DIGEST_BYTES, data, size - DIGEST_BYTES);
    memcpy(data + size - DIGEST_BYTES, mac.bytes, DIGEST_BYTES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    uint64_t choice = fuzz_number(&f, 1);
    const struct kind *kind =
        &kinds[choice / 2 % (sizeof(kinds) / sizeof(kinds[0]))];
    size_t left = f.left;
    uint8_t *bytes = fuzz_bytes(&f, left);
    union any any;
    gale_err error = {""};

    if (kind->is_signed && (choice & 1))
        sign(bytes, left);
    if (kind->read(bytes, left, &any, &error) == 0) {
        write_again(kind, &any);
        kind->free(&any);
    } else {
        fuzz_must(error.text[0] != '\0');
    }
    free(bytes);
    return 0;
}
