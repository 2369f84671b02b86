/*
 * crc32c.c - CRC-32C; see crc32c.h.
 *
 * Bits are reflected, as everywhere: the polynomial is 0x82f63b78.
 */
#include "common/crc32c.h"
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size)
{
    /* What four bits do to the sum. */
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
        0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
        0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
    };
    const uint8_t *p = data;

    crc = ~crc;
    for (size_t i = 0; i < size; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

#ifdef __x86_64__

#define WITH_INSTRUCTIONS __attribute__((target("sse4.2,pclmul")))

/* Each step waits three cycles for the one before it. Three sums side by side,
 * of so many bytes each, are nearly three times as fast. */
#define LANE 256u
#define X_BY_LANE 0xb9e02b86u    /* x^(8 LANE - 33) in the field … */
#define X_BY_2_LANES 0xdd7e3b0cu /* … x^(16 LANE - 33) */

static uint64_t word_at(const uint8_t *p)
{
    uint64_t word;

    memcpy(&word, p, sizeof(word));
    return word;
}

/* What the sum becomes by so many bytes of 0: a product, which the instruction
 * itself brings back into the field. */
WITH_INSTRUCTIONS static uint64_t moved_on(uint64_t crc, uint32_t factor)
{
    __m128i product = _mm_clmulepi64_si128(_mm_cvtsi64_si128((int64_t)crc),
                                           _mm_cvtsi64_si128(factor), 0);

    return _mm_crc32_u64(0, (uint64_t)_mm_cvtsi128_si64(product));
}

WITH_INSTRUCTIONS static uint64_t three_lanes(uint64_t crc, const uint8_t *p)
{
    uint64_t second = 0, third = 0;

    for (uint32_t i = 0; i < LANE; i += 8, p += 8) {
        crc = _mm_crc32_u64(crc, word_at(p));
        second = _mm_crc32_u64(second, word_at(p + LANE));
        third = _mm_crc32_u64(third, word_at(p + 2 * LANE));
    }
    return moved_on(crc, X_BY_2_LANES) ^ moved_on(second, X_BY_LANE) ^ third;
}

WITH_INSTRUCTIONS static uint32_t by_instruction(uint32_t crc, const void *data,
                                                 size_t size)
{
    const uint8_t *p = data;
    uint64_t sum = ~crc;

    for (; size >= 3 * LANE; size -= 3 * LANE, p += 3 * LANE)
        sum = three_lanes(sum, p);
    for (; size >= 8; size -= 8, p += 8)
        sum = _mm_crc32_u64(sum, word_at(p));
    for (; size > 0; size--, p++)
        sum = _mm_crc32_u8((uint32_t)sum, *p);
    return ~(uint32_t)sum;
}

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    if (__builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul"))
        return by_instruction(crc, data, size);
    return crc32c_portable(crc, data, size);
}

#else

uint32_t crc32c(uint32_t crc, const void *data, size_t size)
{
    return crc32c_portable(crc, data, size);
}

#endif
