/* workers_end.h - all workers of a supervisor of this machine are ended,
 * whether it runs or not. */
#ifndef GALE_WORKERS_END_H
#define GALE_WORKERS_END_H

#include "common/loop.h"

/*
 * Those of the supervisor with that storm.local.dir: SIGTERM, upon which a
 * worker drains for two seconds, and SIGKILL later; then what they have started
 * is killed, which is its supervisor's to do where one runs.
 * How many there were; -1: some could not be ended, which has been said by that
 * command. *unread: it may have others, for something that it has kept cannot
 * be read, which has been said, too.
 */
int32_t workers_end(struct loop *loop, const char *command, const char *local,
                    bool *unread);

/*
 * The workers of several supervisors, none of which runs, are ended side by
 * side as far as that goes; workers_end() of each does the rest. One that
 * drains may wait for what another one has to do, and is not to find it gone.
 */
void workers_end_together(struct loop *loop, char *const *locals, uint32_t n);

/* Returns when their logs are written, unless a supervisor runs that starts
 * them again. False: somebody still has one open, which has been said. */
bool workers_end_logs(struct loop *loop, const char *command,
                      const char *local);

#endif
