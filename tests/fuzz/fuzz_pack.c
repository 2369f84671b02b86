/*
 * fuzz_pack.c - MessagePack from anywhere: a record, a message, a description.
 *
 * What the check lets through the library takes, and it can be looked at and
 * written again.
 */
#include "common/pack.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>

static const struct pack_limits limits = {1 << 16, 4096};

/* Everything that a reader may ask, of everything. */
static void look(const msgpack_object *o)
{
    char *text = unpack_text(o, 100);

    fuzz_must(text == NULL || strlen(text) <= 100);
    free(text);
    unpack_int(o, 0);
    unpack_uint(o, 0);
    unpack_float(o, 0);
    unpack_bool(o, false);
    fuzz_must(unpack_str(o).size <= limits.bytes);
    unpack_key(o, "key");
    for (uint32_t i = 0; i < unpack_n(o); i++)
        look(unpack_at(o, i));
    for (uint32_t i = 0; i < unpack_n_pairs(o); i++) {
        look(&unpack_pair(o, i)->key);
        look(&unpack_pair(o, i)->val);
    }
}

/* Shorter, if it was not written as shortly as may be. */
static void write_again(const msgpack_object *root, size_t size)
{
    struct pack p;

    pack_init(&p);
    pack_object(&p, root);
    fuzz_must(p.buffer.size <= size);
    fuzz_must(pack_defect(p.buffer.data, p.buffer.size, limits) == NULL);
    pack_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    void *bytes = fuzz_bytes(&f, size);
    const char *defect = pack_defect(bytes, size, limits);
    struct unpacked u;
    gale_err error = {""};

    if (unpack(&u, bytes, size, limits, "it", &error) == 0) {
        fuzz_must(defect == NULL);
        look(u.root);
        write_again(u.root, size);
        unpacked_free(&u);
    } else {
        fuzz_must(defect != NULL && strstr(error.text, defect) != NULL);
    }
    free(bytes);
    return 0;
}
