/* env_family.h - processes, and what they have started. Of env_process.c
 * alone. */
#ifndef GALE_ENV_FAMILY_H
#define GALE_ENV_FAMILY_H

#include "common/env_process.h"

/* env->ops->processes->family. */
struct env_process_id *env_family(struct env *env, env_process_is_one *is_one,
                                  const void *arg, uint32_t *n);

#endif
