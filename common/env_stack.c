/*
 * env_stack.c - where another thread of this process is; see env_stack.h.
 *
 * One thread is asked at a time. The question goes from IDLE to ASKED by who
 * asks, to TAKEN by the handler; who has waited too long takes it back, and a
 * handler that comes after that does nothing. So the handler stays installed
 * once it was.
 */
#include "common/env_stack.h"
#include "common/check.h"
#include <errno.h>
#include <execinfo.h>
#include <semaphore.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

#define STACK_MAX 64
#define PATIENCE_S 1

enum { IDLE, ASKED, TAKEN };

static struct {
    pthread_mutex_t lock; /* of who asks */
    pthread_once_t once;
    sem_t answered;
    atomic_int state;
    void *addresses[STACK_MAX];
    int n;
} question = {.lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT};

int env_stack_signal(void)
{
    return SIGRTMAX - 3;
}

static void answer(int number)
{
    int saved = errno, asked = ASKED;

    (void)number;
    if (!atomic_compare_exchange_strong(&question.state, &asked, TAKEN))
        return;
    question.n = backtrace(question.addresses, STACK_MAX);
    sem_post(&question.answered);
    errno = saved;
}

/* backtrace() asks for memory when it is first called, which a handler must
 * not. */
static void install(void)
{
    struct sigaction action;

    backtrace(question.addresses, 1);
    check(!sem_init(&question.answered, 0, 0));
    memset(&action, 0, sizeof(action));
    action.sa_handler = answer;
    action.sa_flags = SA_ONSTACK | SA_RESTART;
    sigfillset(&action.sa_mask);
    check(!sigaction(env_stack_signal(), &action, NULL));
}

/* False: there was no answer, and there will be none. */
static bool await(void)
{
    struct timespec until;
    int asked = ASKED;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (sem_timedwait(&question.answered, &until) != 0) {
        if (errno == EINTR)
            continue;
        if (atomic_compare_exchange_strong(&question.state, &asked, IDLE))
            return false;
        until.tv_sec += PATIENCE_S; /* it is about to answer */
        asked = ASKED;
    }
    return true;
}

int env_stack_of(pthread_t thread, void **addresses, int max)
{
    int n = 0;

    pthread_once(&question.once, install);
    pthread_mutex_lock(&question.lock);
    atomic_store(&question.state, ASKED);
    if (pthread_kill(thread, env_stack_signal()) == 0 && await()) {
        n = question.n < max ? question.n : max;
        memcpy(addresses, question.addresses, (size_t)n * sizeof(*addresses));
    }
    atomic_store(&question.state, IDLE);
    pthread_mutex_unlock(&question.lock);
    return n;
}
