/*
 * message_timeout.h - how long a tuple has until its spout misses it; the times
 * of sinks that must be below that.
 *
 * What fails, fails before: else a message that has been emitted again would be
 * written still. It is said while the topology is built, so that `gale check`
 * says it, too.
 */
#ifndef CONNECTORS_MESSAGE_TIMEOUT_H
#define CONNECTORS_MESSAGE_TIMEOUT_H

#include <gale/stream.h>
#include <gale/task.h>

/* topology.message.timeout.secs in ms; INT64_MAX: no tuple times out, or what
 * is set is no number, which is an error of its own. */
int64_t message_timeout_ms(gale_task *task);
int64_t message_timeout_declared_ms(gale_outputs *out);

/* For `declare`: an option that is a time, so many units of unit_ms, is no
 * longer. GALE_FATAL if it is, and that was said. */
gale_result message_timeout_declare(gale_outputs *out, const char *option,
                                    int64_t value, int64_t unit_ms);

/* How long a sink tries, if it was not said: two thirds of it, in seconds. */
int64_t message_timeout_retry_secs(gale_task *task);

#endif
