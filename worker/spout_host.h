/*
 * spout_host.h - the members of gale_task_host that are for spouts alone;
 * private to task_host.c. What they promise is said in gale/task.h.
 */
#ifndef GALE_SPOUT_HOST_H
#define GALE_SPOUT_HOST_H

#include <gale/task.h>

void spout_host_wait_fd(gale_task *public, int fd, uint32_t events);
void spout_host_wait_until(gale_task *public, int64_t ns);
void spout_host_wait_wakeup(gale_task *public);
void spout_host_exhausted(gale_task *public);
void spout_host_give_up(gale_task *public, gale_msgid id);
uint64_t spout_host_n_pending(gale_task *public);
gale_result spout_host_position_set(gale_task *public, gale_str split,
                                    gale_str position);
gale_str spout_host_position_get(gale_task *public, gale_str split);

#endif
