/* balance.c - a topology with invariants: what a teller takes it gives or
 * keeps, and in the end all was taken. */
#include <gale/bolt.h>
#include <gale/invariant.h>
#include <gale/topology.h>
#include <stdlib.h>

enum { NUMBERS = 60 };

struct teller {
    int64_t loses; /* it forgets this number; an option */
    int64_t taken, given, kept;
};

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    struct teller *t = gale_instance(task);
    int64_t n = gale_get_int(in, 0);

    if (n < 0 || n > NUMBERS)
        return gale_error(task, GALE_POISON, "no teller takes %lld",
                          (long long)n);
    t->taken += n;
    if (n == t->loses)
        return GALE_OK;
    if (n % 3 == 0) {
        t->kept += n;
        return GALE_OK;
    }
    t->given += n;
    return gale_emit(task, gale_int(n));
}

GALE_BOLT(teller, .summary = "gives or keeps", .execute = execute,
          .streams = GALE_OUTPUTS("n"), .instance_size = sizeof(struct teller),
          .options = GALE_OPTIONS(GALE_OPTION_INT(struct teller, loses, "loses",
                                                  "0", 0, NUMBERS,
                                                  "a number")));

static void look_at_tellers(gale_look *look)
{
    for (uint32_t i = 0; i < gale_look_tasks(look, "teller"); i++) {
        const struct teller *t = gale_look_at(look, "teller", i);

        if (t->taken != t->given + t->kept)
            gale_look_wrong(look, "teller %u has taken %lld and lost %lld", i,
                            (long long)t->taken,
                            (long long)(t->taken - t->given - t->kept));
    }
}

GALE_INVARIANT(no_penny, .summary = "nothing is lost at a teller",
               .look = look_at_tellers);

/* A crash takes what was counted, and brings what was acked once more. */
static void look_at_all(gale_look *look)
{
    gale_look_counts numbers = {.size = sizeof(numbers)};
    const struct teller *t;
    int64_t taken = 0;

    if (!gale_look_count(look, "numbers", &numbers) ||
        gale_look_count(look, "nobody", &numbers) ||
        gale_look_at(look, "teller", 99) != NULL)
        gale_look_wrong(look, "the look is askew");
    if (!look->end || look->restarts > 0)
        return;
    for (uint32_t i = 0; (t = gale_look_at(look, "teller", i)) != NULL; i++)
        taken += t->taken;
    if (numbers.pending > 0 || numbers.acked != NUMBERS)
        gale_look_wrong(look, "%llu are acked, %llu pending",
                        (unsigned long long)numbers.acked,
                        (unsigned long long)numbers.pending);
    if (numbers.failed == 0 && taken != NUMBERS * (NUMBERS + 1) / 2)
        gale_look_wrong(look, "%lld were taken", (long long)taken);
}

GALE_INVARIANT(all_come, .summary = "in the end, all was taken",
               .look = look_at_all);

static gale_result build(gale_builder *b, int argc, char **argv)
{
    gale_declarer *numbers = gale_add_spout(b, "numbers", "sequence", 1);
    gale_declarer *teller = gale_add_bolt(b, "teller", "teller", 3);

    gale_set(numbers, "to", gale_int(NUMBERS));
    if (argc > 0)
        gale_set(teller, "loses", gale_int(strtol(argv[0], NULL, 10)));
    gale_shuffle(teller, "numbers");
    gale_shuffle(gale_add_bolt(b, "null", "null", 2), "teller");
    return GALE_OK;
}

GALE_TOPOLOGY(balance, .summary = "numbers and three tellers", .build = build,
              .usage = "[LOSES]");
