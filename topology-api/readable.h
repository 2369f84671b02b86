/*
 * readable.h - whether what a pointer of a descriptor leads to can be read.
 *
 * A descriptor may come from any language, and be made at run time: nothing
 * but the kernel knows whether its pointers lead anywhere. It is asked before
 * one is followed, so that a wrong one is a sentence and no crash.
 */
#ifndef GALE_READABLE_H
#define GALE_READABLE_H

#include <gale/local.h> /* gale_err */
#include <stdbool.h>
#include <stddef.h>

/* Bytes of a text of a descriptor, with its NUL. */
#define READABLE_TEXT_MAX 65536u

/* No byte is as good as readable. */
bool readable_bytes(const void *at, size_t size);

/* It ends within READABLE_TEXT_MAX; NULL is none and as good as readable. */
bool readable_text(const char *text);

/* 0, or -1 with owner, member and address. */
int readable_check_bytes(const void *at, size_t size, const char *owner,
                         const char *member, gale_err *error);
int readable_check_text(const char *text, const char *owner, const char *member,
                        gale_err *error);

#endif
