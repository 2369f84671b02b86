/* reign_waiting.c - submissions whose files are not where they shall be yet:
 * who submits, and who looks, is told what they wait for; see reign.h. */
#include "nimbus/reign_in.h"
#include "common/rpc_server.h"
#include <inttypes.h>

#define SECOND_NS INT64_C(1000000000)

static int64_t seconds_left(const struct reign *r, const struct waiting *w)
{
    int64_t left = w->wait_secs - (reign_now(r) - w->since) / SECOND_NS;

    return left < 0 ? 0 : left;
}

void reign_waiting_text(const struct reign *r, const struct waiting *w,
                        char text[WAITING_TEXT])
{
    char hash[DIGEST_HEX];
    int n;

    digest_hex(&w->description, hash);
    n = snprintf(text, WAITING_TEXT,
                 "waits until %" PRIu32 " nimbuses have its files, %" PRIu32
                 " so far (topology.min.replication.count)",
                 w->copies, copies_count(r->options.copies, hash));
    if (w->wait_secs >= 0)
        snprintf(text + n, WAITING_TEXT - (size_t)n,
                 "; in %" PRId64 " s it goes on with fewer "
                 "(topology.max.replication.wait.time.sec)",
                 seconds_left(r, w));
}

static void tell(struct reign *r, struct waiting *w)
{
    struct rpc_link *link = rpc_call_link(w->call);
    char text[WAITING_TEXT];
    struct pack p;

    w->told = true;
    if (link == NULL)
        return;
    reign_waiting_text(r, w, text);
    pack_init(&p);
    pack_map(&p, 1);
    pack_key_text(&p, "text", text);
    rpc_link_notify(link, "waits", &p);
    pack_free(&p);
}

/* Most have their copies before that. */
void reign_waiting_tick(struct reign *r)
{
    for (struct waiting *w = r->waiting; w != NULL; w = w->next)
        if (!w->told && reign_now(r) - w->since >= SECOND_NS)
            tell(r, w);
}
