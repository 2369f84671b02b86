/*
 * base64.h - bytes as text (RFC 4648, with padding). Pure.
 */
#ifndef GALE_BASE64_H
#define GALE_BASE64_H

#include <stdbool.h>
#include <stddef.h>

/* NUL-terminated, the caller's to free. */
char *base64_write(const char *data, size_t size);

/* At most size / 4 * 3 bytes to `to`; false if it is no base64. */
bool base64_read(const char *text, size_t size, char *to, size_t *n);

#endif
