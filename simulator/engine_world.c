/* engine_world.c - a world, and what the engine keeps per thread; see
 * engine_world.h. */
#include "simulator/engine_world.h"
#include "worker/carrier.h"
#include "worker/crash.h"

#define VARIABLES_MAX 4

struct world *engine_world_new(const struct world_options *options)
{
    struct world *w = world_new(options);
    void *variables[VARIABLES_MAX];
    uint32_t n = crash_thread_variables(variables, VARIABLES_MAX);

    world_thread_variable(w, &carrier_here);
    for (uint32_t i = 0; i < n; i++)
        world_thread_variable(w, variables[i]);
    return w;
}
