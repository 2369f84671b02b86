/* fuzz_plan.c - what a worker is told to do, by who has the key of its slot. */
#include "common/token.h"
#include "tests/fuzz/fuzz.h"
#include "worker/worker_plan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct pack_limits limits = {1 << 16, 4096};
    const struct token_worker me = {"words-1-9", 1, 3};
    struct plan *plan = NULL;
    struct unpacked u;
    gale_err error = {""};

    if (unpack(&u, data, size, limits, "a plan", NULL) != 0)
        return 0;
    if (worker_plan_read(u.root, &me, &plan, &error) == 0) {
        fuzz_must(plan->me < plan->n_workers);
        for (uint32_t i = 0; i < plan->n_executors; i++)
            fuzz_must(plan->homes[i] < plan->n_workers);
        plan_free(plan_copy(plan));
    } else {
        fuzz_must(error.text[0] != '\0');
    }
    plan_free(plan); /* also what cannot be read */
    unpacked_free(&u);
    return 0;
}
