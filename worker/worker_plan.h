/* worker_plan.h - the plan as a supervisor tells it
 * (supervisor/worker_methods.c has the form), to what the engine takes. Pure.
 */
#ifndef GALE_WORKER_PLAN_H
#define GALE_WORKER_PLAN_H

#include "common/pack.h"
#include "worker/plan.h"

struct token_worker;

/* 0, or -1 with the error; plan_free() it. */
int worker_plan_read(const msgpack_object *told, const struct token_worker *me,
                     struct plan **plan, gale_err *error);

/* Executors of component i; 0: there is no such component. */
uint32_t worker_plan_executors(const msgpack_object *told, uint32_t i);

#endif
