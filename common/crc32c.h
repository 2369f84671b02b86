/*
 * crc32c.h - CRC-32C (Castagnoli), as iSCSI has it: RFC 3720, B.4.
 */
#ifndef GALE_CRC32C_H
#define GALE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

/* The sum of what `crc` is the sum of and the data behind it; 0 to begin with.
 * By an instruction where the processor has one. Any thread. */
uint32_t crc32c(uint32_t crc, const void *data, size_t size);

/* The same without. */
uint32_t crc32c_portable(uint32_t crc, const void *data, size_t size);

#endif
