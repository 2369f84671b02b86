/* world_stub.c - until there are machines and processes. */
#include "simulator/world_machine.h"
#include "simulator/world_process.h"
struct world_machine *world_machine_of(struct env *env)
{
    (void)env;
    return 0;
}
uint32_t world_machine_number(const struct world_machine *m)
{
    (void)m;
    return 1;
}
struct world_process *world_process_of(struct env *env)
{
    (void)env;
    return 0;
}
void world_process_tell(struct world_process *p,
                        struct world_process_witness *w)
{
    (void)p, (void)w;
}
static void (*handler)(void *arg, int signal);
static void *handler_arg;
void world_process_handle(struct world_process *p,
                          void (*fn)(void *arg, int signal), void *arg)
{
    (void)p;
    handler = fn;
    handler_arg = arg;
}
int world_process_signal(struct world_process *p, int signal)
{
    (void)p;
    handler(handler_arg, signal);
    return 0;
}
