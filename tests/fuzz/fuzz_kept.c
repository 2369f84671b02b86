/*
 * fuzz_kept.c - what a supervisor finds of an earlier one, and what the process
 * of a worker has written about itself: code of users has run there since.
 *
 * Nobody guesses a checksum: where the first byte is odd, it is put right. What
 * is read can be written again, and reads as the same.
 */
#include "supervisor/kept_workers.h"
#include "tests/fuzz/fuzz.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { MAGIC = 8, HEAD = MAGIC + 8 };

static void put_right(uint8_t *data, size_t size)
{
    uint64_t sum;

    if (size < HEAD)
        return;
    sum = XXH3_64bits(data + HEAD, size - HEAD);
    memcpy(data + MAGIC, &sum, sizeof(sum));
}

static void write_again(const struct kept *kept)
{
    struct kept again;
    struct pack p, q;

    pack_init(&p);
    pack_init(&q);
    kept_write(&p, kept);
    fuzz_must(kept_read(&again, p.buffer.data, p.buffer.size, "it", NULL) == 0);
    kept_write(&q, &again);
    fuzz_must(p.buffer.size == q.buffer.size &&
              !memcmp(p.buffer.data, q.buffer.data, p.buffer.size));
    kept_free(&again);
    pack_free(&p);
    pack_free(&q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    bool guessed = fuzz_bit(&f);
    size_t left = f.left;
    uint8_t *bytes = fuzz_bytes(&f, left);
    struct kept kept;
    gale_err error = {""};

    if (guessed)
        put_right(bytes, left);
    if (kept_read(&kept, bytes, left, "it", &error) == 0) {
        for (uint32_t i = 0; i < kept.n; i++)
            fuzz_must(kept_is_topology(kept.workers[i].as.topology));
        write_again(&kept);
        kept_free(&kept);
    } else {
        fuzz_must(error.text[0] != '\0' && kept.n == 0);
    }
    free(bytes);
    return 0;
}
