/*
 * bolt_host.h - the members of gale_task_host that are for bolts alone; private
 * to task_host.c. What they promise is said in gale/task_ack.h, and in
 * gale/task.h of ticks and pauses.
 */
#ifndef GALE_BOLT_HOST_H
#define GALE_BOLT_HOST_H

#include <gale/task.h>

gale_handle bolt_host_hold(gale_task *public, const gale_tuple *in);
void bolt_host_ack(gale_task *public, gale_handle handle);
void bolt_host_fail(gale_task *public, gale_handle handle);
void bolt_host_poison(gale_task *public, gale_handle handle);
const gale_tuple *bolt_host_retain(gale_task *public, const gale_tuple *in);
void bolt_host_release(gale_task *public, const gale_tuple *retained);
void bolt_host_tick_every(gale_task *public, int64_t ms);
void bolt_host_pause_input(gale_task *public);
void bolt_host_resume_input(gale_task *public);

#endif
