/* fiber.c - stacks and switches; see fiber.h. */
#include "simulator/fiber.h"
#include "common/check.h"
#include "topology-api/memory.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <ucontext.h>
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

enum { STACK_BYTES = 8 << 20, GUARD_BYTES = 4096 };

struct fiber {
    ucontext_t context;
    void (*run)(void *arg);
    void *arg;
    char *stack; /* with the guard below it; NULL: adopted */
    /* For AddressSanitizer, which must know on which stack it is. */
    struct fiber *came_from;
    void *fake;
    const void *bottom;
    size_t size;
};

static void begin_switch(struct fiber *from, struct fiber *to)
{
    to->came_from = from;
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_start_switch_fiber(&from->fake, to->bottom, to->size);
#endif
}

static void end_switch(struct fiber *to)
{
#ifdef __SANITIZE_ADDRESS__
    __sanitizer_finish_switch_fiber(to->fake, &to->came_from->bottom,
                                    &to->came_from->size);
#endif
    to->came_from = NULL;
}

/* makecontext() passes integers alone. */
static void begin(unsigned int high, unsigned int low)
{
    struct fiber *f = (struct fiber *)((uintptr_t)high << 16 << 16 | low);

    end_switch(f);
    f->run(f->arg);
    check(!"a fiber does not return");
}

struct fiber *fiber_adopt(void)
{
    return xcalloc(1, sizeof(struct fiber));
}

static char *new_stack(void)
{
    char *stack = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    check_msg(stack != MAP_FAILED, "no memory for a stack: %s",
              strerror(errno));
    check(mprotect(stack, GUARD_BYTES, PROT_NONE) == 0);
    return stack;
}

struct fiber *fiber_new(void (*run)(void *arg), void *arg)
{
    struct fiber *f = xcalloc(1, sizeof(*f));
    uintptr_t bits = (uintptr_t)f;

    f->run = run;
    f->arg = arg;
    f->stack = new_stack();
    f->bottom = f->stack + GUARD_BYTES;
    f->size = STACK_BYTES;
    check(getcontext(&f->context) == 0);
    f->context.uc_stack.ss_sp = f->stack + GUARD_BYTES;
    f->context.uc_stack.ss_size = STACK_BYTES;
    f->context.uc_link = NULL;
    makecontext(&f->context, (void (*)(void))begin, 2,
                (unsigned int)(bits >> 16 >> 16), (unsigned int)bits);
    return f;
}

/* Functions may still be on it, whose variables AddressSanitizer guards. */
static void free_stack(char *stack)
{
#ifdef __SANITIZE_ADDRESS__
    __asan_unpoison_memory_region(stack + GUARD_BYTES, STACK_BYTES);
#endif
    munmap(stack, STACK_BYTES + GUARD_BYTES);
}

void fiber_free(struct fiber *f)
{
    if (f == NULL)
        return;
    if (f->stack != NULL)
        free_stack(f->stack);
    free(f);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
    check(from != to);
    begin_switch(from, to);
    check(swapcontext(&from->context, &to->context) == 0);
    end_switch(from);
}
