/* local_opts.c - what gale_local_start() was asked for; see local_opts.h. */
#include "worker/local_opts.h"
#include "topology-api/model.h"

#define CARRIERS_MAX 4096 /* as gale.worker.carriers */

int local_opts_check(const gale_local_opts *opts, gale_err *error)
{
    if (opts->reserved != 0)
        return error_set(error,
                         "gale_local_opts.reserved is %u: it is reserved and "
                         "must be 0",
                         opts->reserved);
    if (opts->carriers > CARRIERS_MAX)
        return error_set(error,
                         "gale_local_opts.carriers is %u, expected 0 (one per "
                         "CPU) to %d",
                         opts->carriers, CARRIERS_MAX);
    return 0;
}
