/*
 * daemon_config.h - what a key is set to, for daemons and for commands that
 * talk to them: files and -c, without a topology.
 *
 * Keys, types, defaults and ranges are the rows of config_keys.def, of any
 * scope. The command line is stronger than files, a later file stronger than
 * an earlier one, then comes the row's default; a null says "as if it were not
 * set" and ends the search. Types and ranges are checked when something is
 * read, so that the getters cannot fail: asking for a key of another type, for
 * one that gale does not obey (CONFIG_USED), or for the number of a key that
 * has neither value nor default is a failed check().
 *
 *     struct daemon_config *c = daemon_config_new(warn, arg);
 *
 *     if (daemon_config_file(c, "gale.yaml", &error) ||
 *         daemon_config_override(c, "storm.zookeeper.port=2182", &error))
 *         …
 *     port = daemon_config_int(c, "storm.zookeeper.port");
 */
#ifndef GALE_DAEMON_CONFIG_H
#define GALE_DAEMON_CONFIG_H

#include <gale/local.h> /* gale_err, gale_warn_fn */
#include <gale/value.h>
#include <stdbool.h>

struct daemon_config;

/* warn hears of keys that gale does not know or does not use; NULL: nobody. */
struct daemon_config *daemon_config_new(gale_warn_fn *warn, void *arg);
void daemon_config_free(struct daemon_config *c); /* NULL is fine */

/* A file of YAML, as gale.yaml and storm.yaml. It is taken as a whole or not at
 * all: 0, or -1 with file, line, key, found and expected. */
int daemon_config_file(struct daemon_config *c, const char *path,
                       gale_err *error);

/* key=value; the value in JSON, what is no JSON is a string. 0, or -1. */
int daemon_config_override(struct daemon_config *c, const char *text,
                           gale_err *error);

/* By a file, by -c or by its default. */
bool daemon_config_is_set(const struct daemon_config *c, const char *key);
int64_t daemon_config_int(const struct daemon_config *c, const char *key);
bool daemon_config_bool(const struct daemon_config *c, const char *key);

/* What is returned lives as long as c, while nothing more is read. */

/* STRING; NULL if it is not set. */
const char *daemon_config_text(const struct daemon_config *c, const char *key);

/* Lists (STRINGS, INTS; of TEXTS a string is a list of one): how many elements,
 * 0 if it is not set, and each. */
uint32_t daemon_config_n(const struct daemon_config *c, const char *key);
const char *daemon_config_text_at(const struct daemon_config *c,
                                  const char *key, uint32_t i);
int64_t daemon_config_int_at(const struct daemon_config *c, const char *key,
                             uint32_t i);

/* Whatever there is, also for keys that are not in the table; nil if there is
 * nothing. */
gale_value daemon_config_value(const struct daemon_config *c, const char *key);

#endif
