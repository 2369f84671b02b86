/* env_session.h - what a process has started, and left behind. Of
 * env_process.c alone. */
#ifndef GALE_ENV_SESSION_H
#define GALE_ENV_SESSION_H

#include <stdint.h>

/*
 * Kills all processes of the session that this one leads or has led, but not
 * itself; none if it is the leader of none. Who has begun another session is
 * not found. To be called when its end is seen, or before: later its number may
 * be another's.
 */
void env_session_end(int leader, uint64_t start);

#endif
