/* workers_end.h - all workers of a supervisor of this machine are ended,
 * whether it runs or not. */
#ifndef GALE_WORKERS_END_H
#define GALE_WORKERS_END_H

#include "common/loop.h"

/*
 * Those of the supervisor with that storm.local.dir: SIGTERM, upon which a
 * worker drains for two seconds, and SIGKILL later. Returns when all have ended
 * and, unless a supervisor runs that starts them again, their logs are written.
 * How many there were; -1: some could not be ended, which has been said by that
 * command. *unread: it may have others, for something that it has kept cannot
 * be read, which has been said, too.
 */
int32_t workers_end(struct loop *loop, const char *command, const char *local,
                    bool *unread);

#endif
