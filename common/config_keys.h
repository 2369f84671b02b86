/*
 * config_keys.h - the table of configuration keys (config_keys.def), to ask.
 */
#ifndef GALE_CONFIG_KEYS_H
#define GALE_CONFIG_KEYS_H

#include <gale/value.h>
#include <stdbool.h>

enum config_type {
    CONFIG_INT,
    CONFIG_FLOAT, /* an integer will do */
    CONFIG_BOOL,
    CONFIG_STRING,
    CONFIG_WORD, /* a string, of those that `min` lists */
    CONFIG_STRINGS,
    CONFIG_INTS,
    CONFIG_TEXTS, /* a string or a list of strings */
    CONFIG_MAP,
    CONFIG_ANY, /* of keys that are not used */
};

enum config_scope {
    CONFIG_COMPONENT, /* of a topology or of one component */
    CONFIG_TOPOLOGY,
    CONFIG_WORKER,
    CONFIG_CALLER, /* of the daemons of a cluster, and of who talks to them */
    CONFIG_DAEMON, /* of the daemons alone */
};

enum config_status {
    CONFIG_IS_USED,
    CONFIG_IS_LATER, /* checked and kept; this version does not use it */
    CONFIG_IS_UNUSED,
};

/* A row of the table. */
struct config_key {
    const char *name;
    enum config_type type;
    enum config_scope scope;
    enum config_status status;
    const char *fallback;  /* the default, as in a file; NULL: none */
    const char *min, *max; /* of numbers, both inclusive; NULL: no bound. min
                              of a word: "one, or, another" */
    const char *unit;      /* "" if there is none */
    const char *help;      /* a sentence; CONFIG_IS_UNUSED: why, in a clause */
};

uint32_t config_keys_n(void);
const struct config_key *config_keys_at(uint32_t i); /* as in the file */

/* NULL if there is no such key. */
const struct config_key *config_keys_find(const char *name);

/* The default as a value; nil if there is none. Lives for ever. */
gale_value config_keys_default(const struct config_key *key);

/* Is the value of the key's type and in its range? nil is, for every key. The
 * strings of keys in use hold no NUL byte. */
bool config_keys_accepts(const struct config_key *key, gale_value value);

/* It concerns topologies, and what runs them. Any other is for daemons: it may
 * be a secret of theirs, and is in no model, description or worker. */
bool config_keys_is_topologys(const struct config_key *key);

/* Its value is to be shown to nobody. */
bool config_keys_is_secret(const struct config_key *key);

/* "an integer from 1 to 65535", for messages; returns buffer. */
char *config_keys_expected(const struct config_key *key, char *buffer,
                           size_t size);

#endif
