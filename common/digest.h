/*
 * digest.h - SHA-256 of files and messages, HMAC-SHA-256 of what must be shown
 * to come from who has a key.
 *
 * Over libcrypto, which is asked for nothing else. Any thread; each stream
 * belongs to one at a time. Only memory can fail it, which ends the process.
 */
#ifndef GALE_DIGEST_H
#define GALE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32u
#define DIGEST_HEX (2 * DIGEST_BYTES + 1) /* characters, and a NUL byte */

/* A digest, a MAC, or a key of a MAC. */
struct digest {
    uint8_t bytes[DIGEST_BYTES];
};

struct digest digest_of(const void *data, size_t size);

/* The same of what comes in parts. */
struct digest_stream;

struct digest_stream *digest_begin(void);
void digest_add(struct digest_stream *s, const void *data, size_t size);
struct digest digest_end(struct digest_stream *s); /* frees it */

/* HMAC-SHA-256; a key of at least one byte. */
struct digest digest_mac(const void *key, size_t key_size, const void *data,
                         size_t size);

/* Takes the same time wherever they differ. */
bool digest_equal(const struct digest *a, const struct digest *b);

/* 64 lower-case digits. */
void digest_hex(const struct digest *digest, char text[DIGEST_HEX]);
/* False unless it is exactly 64 digits, of either case. */
bool digest_read_hex(const char *text, size_t size, struct digest *digest);

/* Zeroes memory that held a secret; a compiler does not leave it out. */
void digest_wipe(void *data, size_t size);

#endif
