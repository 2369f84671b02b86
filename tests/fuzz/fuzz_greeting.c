/*
 * fuzz_greeting.c - what comes to the port of a worker before the first frame,
 * and what it hears where it calls.
 *
 * The first byte says which side it is, and how many messages are true ones of
 * who has the key, before it has lost it. Whoever lacks it is never let in.
 */
#include "tests/fuzz/fuzz.h"
#include "worker/greeting.h"

static const struct digest key = {{1}};
static const uint8_t nonces[2][GREETING_NONCE] = {{3}, {4}};

/* What the one sends; false: it is done. */
static bool take_true(struct greeting *to, struct greeting_out *message)
{
    struct greeting_out reply = {.size = 0};
    enum greeting_result result =
        greeting_take(to, message->bytes, &reply, NULL);

    *message = reply;
    return result == GREETING_GOES_ON;
}

static void take_false(struct greeting *g, struct fuzz *f)
{
    enum greeting_result result = GREETING_GOES_ON;
    struct greeting_out out;
    uint32_t number;

    while (f->left > 0 && result == GREETING_GOES_ON) {
        uint32_t wants = greeting_wants(g);
        uint8_t *bytes;
        gale_err error = {""};

        fuzz_must(wants > 0 && wants <= GREETING_MAX);
        bytes = fuzz_bytes(f, wants);
        if (g->turn == GREETING_AWAITS_HELLO &&
            greeting_caller(g, bytes, &number))
            greeting_expect(g, number);
        out.size = 0;
        result = greeting_take(g, bytes, &out, &error);
        fuzz_must(out.size <= GREETING_MAX && g->said_size <= sizeof(g->said));
        fuzz_must(result != GREETING_IS_DONE && result != GREETING_REPLACED);
        fuzz_must((result == GREETING_WRONG) == (error.text[0] != '\0'));
        free(bytes);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct greeting_name names[2] = {{0, 5, 7}, {1, 6, 8}};
    struct fuzz f = {data, size};
    uint64_t choice = fuzz_number(&f, 1);
    struct greeting ends[2];
    struct greeting_out message;
    unsigned turn = 1, n_true = choice / 2 % 3;

    greeting_open(&ends[0], &key, &names[0], &names[1], nonces[0], &message);
    greeting_await(&ends[1], &key, &names[1], nonces[1]);
    greeting_expect(&ends[1], names[0].birth);
    for (; n_true > 0 && take_true(&ends[turn], &message); n_true--)
        turn = !turn;
    take_false(&ends[turn], &f);
    return 0;
}
