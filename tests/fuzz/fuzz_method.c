/*
 * fuzz_method.c - what those ask who have proved who they are: the methods of a
 * nimbus that leads, and those of a supervisor for who reads logs, with
 * parameters of any form.
 *
 * Two supervisors and two topologies are simulated (cli/scale_world.h). The
 * bytes are calls, one after the other: which method, its parameters, and how
 * much time goes by after it. Each call is answered once: when the nimbus ends,
 * at the latest.
 */
#include "cli/scale_nimbus.h"
#include "cli/scale_records.h"
#include "cli/scale_supervisor.h"
#include "common/rpc_dispatch.h"
#include "nimbus/candidate.h"
#include "supervisor/supervisor_in.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>

enum { CALLS = 32, DEPTH = 5, PIECE = 300 };

struct desk {
    struct scale_world *world;
    struct scale_nimbus *nimbus;
    struct supervisor supervisor; /* whose logs are read */
    struct rpc_peer peer;
    struct rpc_dispatch nimbus_calls, log_calls;
    bool waits[CALLS + 1]; /* by the id of the call */
    uint32_t n_calls;
};

/* -- words ----------------------------------------------------------------- */

/* Of the first topology and of its files. */
static char name[64], id[64], description[DIGEST_HEX], plugin[DIGEST_HEX];

static const char *const words[] = {
    name,          id,
    description,   plugin,
    "source",      "supervisor0",
    "nimbus0",     "DEBUG",
    "name",        "topology",
    "worker",      "workers",
    "birth",       "version",
    "report",      "supervisor",
    "ends",        "size",
    "offset",      "id",
    "data",        "hash",
    "hashes",      "nimbus",
    "wait",        "level",
    "secs",        "inactive",
    "have",        "description",
    "conf",        "files",
    "file",        "replace",
    "executors",   "components",
    "component",   "streams",
    "why",         "ended",
    "runs",        "active",
    "opened",      "quiet",
    "exhausted",   "hangs",
    "pid",         "again_ns",
    "anyway",      "recent",
    "errors",      "error_us",
    "metrics",     "acked",
    "failed",      "executed",
    "incarnation", "number",
    "round",       "stage",
    "pending",     "sent",
    "received",    "links_up",
    "topology.so",
};

/* -- parameters ------------------------------------------------------------ */

static const char *word(struct fuzz *f)
{
    return words[fuzz_number(f, 1) % (sizeof(words) / sizeof(words[0]))];
}

static void pack_piece(struct fuzz *f, struct pack *p, bool text)
{
    size_t n = fuzz_number(f, 2) % PIECE;
    char *bytes = fuzz_bytes(f, n);

    if (text)
        pack_text_n(p, bytes, n);
    else
        pack_bytes(p, bytes, n);
    free(bytes);
}

static void pack_any(struct fuzz *f, struct pack *p, uint32_t depth);

static void pack_pairs(struct fuzz *f, struct pack *p, uint32_t depth)
{
    uint32_t n = fuzz_number(f, 1) % 16;

    pack_map(p, n);
    for (uint32_t i = 0; i < n; i++) {
        pack_text(p, word(f));
        pack_any(f, p, depth + 1);
    }
}

static void pack_list(struct fuzz *f, struct pack *p, uint32_t depth)
{
    uint32_t n = fuzz_number(f, 1) % 8;

    pack_array(p, n);
    for (uint32_t i = 0; i < n; i++)
        pack_any(f, p, depth + 1);
}

static void pack_any(struct fuzz *f, struct pack *p, uint32_t depth)
{
    uint64_t kind = fuzz_number(f, 1) % 10;

    if (kind == 0 || (kind > 7 && depth == DEPTH))
        pack_nil(p);
    else if (kind == 1)
        pack_bool(p, fuzz_bit(f));
    else if (kind == 2)
        pack_uint(p, fuzz_number(f, 1));
    else if (kind == 3)
        pack_int(p, (int64_t)fuzz_number(f, 8));
    else if (kind == 4)
        pack_float(p, (double)(int64_t)fuzz_number(f, 8) / 1000);
    else if (kind == 5)
        pack_text(p, word(f));
    else if (kind < 8)
        pack_piece(f, p, kind == 6);
    else if (kind == 8)
        pack_list(f, p, depth);
    else
        pack_pairs(f, p, depth);
}

/* -- calls ----------------------------------------------------------------- */

static bool answered(void *to, const struct pack *message)
{
    const struct pack_limits limits = {1u << 23, RPC_ELEMENTS_TO_CLIENT};
    struct desk *d = to;
    struct rpc_message answer;
    struct unpacked u;

    fuzz_must(unpack(&u, message->buffer.data, message->buffer.size, limits,
                     "it", NULL) == 0);
    fuzz_must(rpc_message_read(u.root, &answer) == NULL);
    fuzz_must(answer.kind == RPC_RESPONSE && answer.id <= d->n_calls);
    fuzz_must(d->waits[answer.id]);
    d->waits[answer.id] = false;
    unpacked_free(&u);
    return true;
}

/* Somebody who may. */
static void be_allowed(struct desk *d, const struct rpc_method *m)
{
    d->peer.role = 0;
    while ((m->roles & RPC_ROLE(d->peer.role)) == 0)
        d->peer.role++;
}

static void call(struct desk *d, struct rpc_dispatch *to, uint64_t which,
                 const msgpack_object *params)
{
    const struct rpc_method *m = &to->methods[which % to->n_methods];
    const struct rpc_message message = {
        .kind = RPC_REQUEST,
        .id = ++d->n_calls,
        .method = gale_str_make(m->name, strlen(m->name)),
        .params = params,
    };

    d->waits[message.id] = true;
    be_allowed(d, m);
    fuzz_must(rpc_dispatch(to, &message));
}

/* The first byte: to whom; reports come by a connection, which nobody has
 * here. */
static void take_call(struct desk *d, struct fuzz *f)
{
    const struct pack_limits limits = {1u << 16, RPC_ELEMENTS_TO_SERVER};
    uint64_t whom = fuzz_number(f, 1) % 4, which = fuzz_number(f, 1);
    struct unpacked u;
    struct pack p;

    pack_init(&p);
    pack_pairs(f, &p, 0);
    if (unpack(&u, p.buffer.data, p.buffer.size, limits, "it", NULL) == 0) {
        if (whom == 0)
            call(d, &d->log_calls, which, u.root);
        else if (whom == 1 && scale_nimbus_leads(d->nimbus))
            scale_nimbus_report(d->nimbus, &p);
        else
            call(d, &d->nimbus_calls, which, u.root);
        unpacked_free(&u);
    }
    pack_free(&p);
    scale_world_run(d->world,
                    (int64_t)(fuzz_number(f, 1) % 8) * (SCALE_SECOND / 4));
}

/* -- the world ------------------------------------------------------------- */

static void begin_world(struct desk *d)
{
    const struct scale_size size = {
        .supervisors = 2, .topologies = 2, .tasks = 4, .slots = 2};
    struct scale_world *w = scale_world_new(&size);

    d->world = w;
    scale_records_write(w);
    for (uint32_t i = 0; i < size.supervisors; i++)
        scale_supervisor_begin(w, i);
    scale_world_run(w, SCALE_SECOND);
    d->nimbus = scale_nimbus_begin(w, 0);
    for (uint32_t i = 0; i < 60 && scale_supervisors_sum(w).running < 2; i++)
        scale_world_run(w, SCALE_SECOND);
    fuzz_must(scale_nimbus_leads(d->nimbus));
}

static void know_words(struct desk *d)
{
    struct scale_places places = scale_places_read(d->world);
    struct topology_record t;
    char text[SCALE_FILE_SIZE];
    struct digest hash = digest_of(text, scale_description(0, text));

    scale_topology(d->world, 0, &t);
    snprintf(name, sizeof(name), "%s", t.name);
    snprintf(id, sizeof(id), "%s", t.id);
    digest_hex(&hash, description);
    hash = digest_of(text, scale_plugin(0, text));
    digest_hex(&hash, plugin);
    snprintf(d->peer.topology, sizeof(d->peer.topology), "%s", t.id);
    if (places.topologies[0].n > 0)
        d->peer.birth = places.topologies[0].workers[0].birth;
    topology_record_free(&t);
    scale_places_free(&places);
}

static void begin_supervisor(struct desk *d)
{
    static const char line[] = "a line\n";
    const struct slot_wanted worker = {.topology = "a-1-9"};
    struct env *env = scale_clock_env(d->world->clock);
    gale_err error;

    d->supervisor.daemon.env = env;
    fuzz_must(local_directory_open(&d->supervisor.local, env, "/supervisor",
                                   &error) == 0);
    fuzz_must(local_directory_make(&d->supervisor.local, &worker, &error) == 0);
    fuzz_must(env->ops->file_replace(
                  env, "/supervisor/supervisor/logs/a-1-9/0/worker.log", line,
                  sizeof(line) - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    struct desk *d = xcalloc(1, sizeof(*d));
    const struct rpc_dispatch calls = {
        .peer = &d->peer, .calls_max = CALLS, .send = answered, .to = d};

    begin_world(d);
    know_words(d);
    begin_supervisor(d);
    d->nimbus_calls = d->log_calls = calls;
    d->nimbus_calls.methods = candidate_methods;
    d->nimbus_calls.n_methods = candidate_n_methods;
    d->nimbus_calls.arg = scale_nimbus_candidate(d->nimbus);
    d->log_calls.methods = log_methods;
    d->log_calls.n_methods = log_methods_n;
    d->log_calls.arg = &d->supervisor;
    while (f.left > 0 && d->n_calls < CALLS)
        take_call(d, &f);
    local_directory_close(&d->supervisor.local);
    scale_world_free(d->world);
    for (uint32_t i = 0; i <= d->n_calls; i++)
        fuzz_must(!d->waits[i]);
    free(d);
    return 0;
}
