/*
 * hooks.h - a task's hooks are called (gale/hook.h).
 *
 * All of it on the task's carrier; task.hooks is NULL where there are none,
 * and who calls asks for that first.
 */
#ifndef GALE_HOOKS_H
#define GALE_HOOKS_H

#include "worker/task_base.h"

/* NULL if the topology has no hooks. */
struct hooks *hooks_new(const struct model *m);
/* The task begins anew: what its hooks knew is gone. NULL is fine. */
void hooks_renew(struct hooks *h);
void hooks_free(struct hooks *h);

void hooks_prepare(struct task *t);
void hooks_cleanup(struct task *t);
void hooks_emitted(struct task *t, const struct emission *x,
                   const gale_value *values, uint32_t n);
void hooks_told(struct task *t, gale_msgid id, bool acked);
/* Of an input that was held. */
void hooks_settled(struct task *t, bool acked);

/* The bolt's execute, with hooks around it. */
gale_result hooks_execute(gale_task *task, const gale_tuple *in);

#endif
