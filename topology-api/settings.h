/*
 * settings.h - configuration as an ordered map from key to value, owned.
 *
 * One object holds one layer (a file, a topology, a component). Layers are
 * looked up strongest first by settings_find(). Values are deep copies; a value
 * that comes back is borrowed until the key is set again or the settings are
 * freed. Not thread-safe while being written.
 */
#ifndef GALE_SETTINGS_H
#define GALE_SETTINGS_H

#include <gale/value.h>

struct settings;

struct settings *settings_new(void);
void settings_free(struct settings *s); /* NULL is fine */

/* Copies key and value; replaces an earlier value of the key. */
void settings_set(struct settings *s, const char *key, gale_value value);

/* For messages; copied. NULL: not known. */
struct settings_source {
    const char *place;   /* where it was written, as "gale.yaml:3" */
    const char *written; /* the value as it was written: kept of a number that
                            is no integer, or too large to be one */
};

/* The same, and where the value is from. */
void settings_set_at(struct settings *s, const char *key, gale_value value,
                     const char *place);
void settings_set_from(struct settings *s, const char *key, gale_value value,
                       const struct settings_source *source);

/* That place; "" if it is not known or the key is not set. */
const char *settings_place(const struct settings *s, const char *key);
/* Both; NULL where it is not known. */
struct settings_source settings_source(const struct settings *s,
                                       const char *key);

/* NULL if the key is not set. */
const gale_value *settings_get(const struct settings *s, const char *key);

/* The first layer of `layers` (strongest first, NULLs skipped) that has it. */
const gale_value *settings_find(const struct settings *const *layers,
                                size_t n_layers, const char *key);

size_t settings_size(const struct settings *s);
/* i-th entry in the order of first setting; asserts i < settings_size(). */
const char *settings_at(const struct settings *s, size_t i, gale_value *value);

/* Deep copy of any value / its end; text gets a NUL byte behind its size. */
gale_value value_copy(gale_value value);
void value_free(gale_value value);

/* The value as JSON into buffer (cut with "…" if it does not fit), for
 * messages; returns buffer. */
char *value_text(gale_value value, char *buffer, size_t size);
/* The same of what was found where something else was expected: an integer that
 * is too large to be one, and so is a float, has all its digits. */
char *value_found(gale_value value, char *buffer, size_t size);
/* The same, of a number as it was written, if that is known (or NULL). */
char *value_found_as(gale_value value, const char *written, char *buffer,
                     size_t size);

/* "an integer", "a string" …, for messages. */
const char *value_kind_name(uint32_t kind);

#endif
