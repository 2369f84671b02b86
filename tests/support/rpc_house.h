/*
 * rpc_house.h - a server of RPC on a loop, for tests: with methods, and with a
 * count of what has happened to it. What a test waits for is an event that ends
 * the loop.
 */
#ifndef RPC_HOUSE_H
#define RPC_HOUSE_H

#include "common/rpc_client.h"
#include "common/rpc_server.h"
#include "common/token.h"

enum { HOUSE_CALLS = 10000 };

struct house {
    struct loop *loop;
    struct token token;
    struct rpc_server *server;
    struct rpc_server_options options;

    uint32_t joined, left, refused;
    char why_left[1024], why_refused[1024]; /* the last */
    struct rpc_link *link; /* the last that has joined and not left */

    /* Calls of "later", which is not answered by itself; `numbers` has what
     * each was called with. */
    struct rpc_call *calls[HOUSE_CALLS];
    int64_t numbers[HOUSE_CALLS];
    uint32_t n_calls;
};

/*
 * Methods: "echo" gives back its params, "fail" does not like them, "later"
 * waits in `calls`, "role" says who calls, "admin" is for admins alone.
 *
 * Options that are to be others than the defaults are set in between.
 */
void house_init(struct house *h);
/* Listens at the address, "127.0.0.1:0" for one; again after house_close(). */
void house_open(struct house *h, const char *address);
void house_close(struct house *h);
void house_fini(struct house *h);

/* Answers the call with twice its number. */
void house_answer(struct house *h, uint32_t call);

/* Runs the loop until the condition holds; the test fails after half a minute.
 */
#define house_wait(h_, condition_)                                             \
    do {                                                                       \
        while (!(condition_))                                                  \
            if (!loop_run_for((h_)->loop, INT64_C(30000000000)))               \
                fail_msg("waited in vain for %s", #condition_);                \
    } while (0)

/* With the right key of the role. */
struct rpc_client_options house_client(const struct house *h,
                                       enum token_role role);
/* A client that is up. */
struct rpc_client *house_visit(struct house *h, enum token_role role);

/* -- a peer that does what it likes ---------------------------------------- */

struct raw {
    struct house *house;
    int fd;
    struct loop_watch readable;
    char got[4096]; /* the first bytes that it has got */
    size_t n_got;
    bool closed; /* by the server */
};

void raw_open(struct raw *r, struct house *h);
/* All of it, in one piece if the system takes that. */
void raw_send(struct raw *r, const void *data, size_t size);
void raw_close(struct raw *r);
/* Whether what it has got says so. */
bool raw_heard(const struct raw *r, const char *text);

#endif
