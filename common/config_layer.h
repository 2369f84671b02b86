/*
 * config_layer.h - what a user writes into files and behind -c, checked against
 * the table of keys and put into a layer (topology-api/settings.h).
 *
 * Topologies (config_file.c) and daemons (daemon_config.c) read theirs with it.
 * A topology gets no key of daemons: what it has comes to its workers.
 * A file is taken as a whole or not at all: errors come first, then the
 * warnings, then the values.
 */
#ifndef GALE_CONFIG_LAYER_H
#define GALE_CONFIG_LAYER_H

#include "topology-api/settings.h"
#include <gale/local.h> /* gale_err, gale_warn_fn */
#include <stdbool.h>

/* Who hears of what is odd, and does not stop anything. */
struct config_listener {
    gale_warn_fn *warn; /* NULL: nobody */
    void *arg;
    bool of_unknown;  /* also of keys that are not in the table: they are not
                        options of a component */
    bool of_topology; /* keys of daemons are left out: files are for both, of -c
                         a warning says so */
};

/* 0, or -1 with file, line, key, found and expected. */
int config_layer_file(struct settings *to, const char *path,
                      const struct config_listener *listener, gale_err *error);

/* text: key=value, the value in JSON; what is no JSON is a string. */
int config_layer_override(struct settings *to, const char *text,
                          const struct config_listener *listener,
                          gale_err *error);

/*
 * An entry that a topology itself has in a file, for all or for one component,
 * is not put anywhere: 0, or -1 with "place: key: …" if it is a key of daemons,
 * one that no single component may have, or one that is gale's by its name and
 * not in the table, or if its value does not suit.
 */
int config_layer_check(const struct settings_source *from, const char *name,
                       gale_value value, bool of_component,
                       const struct config_listener *listener, gale_err *error);

/* Whether the table has the key; if not, the one that is nearest, "" if none
 * is close. */
bool config_layer_known(const char *name, char near[64]);

#endif
