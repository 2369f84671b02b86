/* cmd_get_errors.c - `gale get-errors`: the last errors of each component of a
 * topology. */
#include "cli/cluster_call.h"
#include "cli/command.h"
#include "cli/human.h"
#include "cli/topology_order.h"
#include "cli/topology_table.h"
#include "common/env.h"
#include "common/json.h"
#include "cli/pack_json.h"
#include "topology-api/memory.h"
#include <stdio.h>
#include <stdlib.h>

#define NAME "get-errors"

const char cmd_get_errors_details[] =
    "\nShows the last ten different errors of each component, the latest "
    "first: what its tasks have\nreported, tuples that failed for a reason, "
    "and what has ended a worker: "
    "that is of\nthe component that ran then, or of (workers) if none is "
    "known. They are a few seconds late,\nand are kept until the topology is "
    "gone. With --json also in the form of\nStorm's "
    "command: \"Topology Name\", and in \"Comp-Errors\" the latest of each "
    "component.\n\n" CLUSTER_OPTIONS_HELP;

static const msgpack_object *errors_of(const msgpack_object *component)
{
    return unpack_key(component, "errors");
}

/* -- for people ------------------------------------------------------------ */

static void put_error(const msgpack_object *e)
{
    struct env *env = env_posix();
    int64_t at = unpack_int(unpack_key(e, "at_us"), 0);
    double ago = (double)(env->ops->wall_us(env) - at) * 1e3;
    uint64_t count = unpack_uint(unpack_key(e, "count"), 1);
    char text[HUMAN_MAX];

    printf("  %s ago, worker %llu on ", human_time(text, ago > 0 ? ago : 0),
           (unsigned long long)unpack_uint(unpack_key(e, "worker"), 0));
    put_foreign_text(stdout, unpack_key(e, "host"));
    if (count > 1)
        printf(", %s times", human_count(text, count));
    fputs(": ", stdout);
    put_foreign_text(stdout, unpack_key(e, "text"));
    putchar('\n');
}

static void put_errors(const msgpack_object *errors)
{
    fputs(":\n", stdout);
    for (uint32_t i = 0; i < unpack_n(errors); i++)
        put_error(unpack_at(errors, i));
}

static void put_list(const msgpack_object *answer)
{
    const msgpack_object *components = unpack_key(answer, "components");
    const msgpack_object *workers = unpack_key(answer, "workers");
    bool any = unpack_n(workers) > 0;

    for (uint32_t i = 0; i < unpack_n(components); i++) {
        const msgpack_object *c = unpack_at(components, i);

        if (unpack_n(errors_of(c)) == 0)
            continue;
        any = true;
        put_foreign_text(stdout, unpack_key(c, "id"));
        put_errors(errors_of(c));
    }
    if (unpack_n(workers) > 0) {
        fputs("(workers)", stdout);
        put_errors(workers);
    }
    if (!any)
        puts("there are no errors");
}

/* -- as JSON --------------------------------------------------------------- */

static void put_storms(struct json *j, const msgpack_object *components)
{
    json_key(j, "Comp-Errors");
    json_object(j);
    for (uint32_t i = 0; i < unpack_n(components); i++) {
        const msgpack_object *c = unpack_at(components, i);
        char *id = unpack_text(unpack_key(c, "id"), 300);

        if (id != NULL && unpack_n(errors_of(c)) > 0) {
            json_key(j, id);
            pack_json(j, unpack_key(unpack_at(errors_of(c), 0), "text"));
        }
        free(id);
    }
    json_end(j);
}

static void put_json(const msgpack_object *answer)
{
    const msgpack_object *components = unpack_key(answer, "components");
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, "Topology Name");
    pack_json(&j, unpack_key(answer, "name"));
    put_storms(&j, components);
    json_key(&j, "components");
    pack_json(&j, components);
    json_key(&j, "workers");
    pack_json(&j, unpack_key(answer, "workers"));
    json_end(&j);
    json_finish(&j);
    putchar('\n');
}

/* -- the command ----------------------------------------------------------- */

static int show(const struct cluster_options *o, const char *name)
{
    struct cluster *c = cluster_open(o, TOKEN_READER);
    struct unpacked answer;
    struct pack params;
    int status;

    pack_init(&params);
    pack_map(&params, 1);
    pack_key_text(&params, "name", name);
    status =
        c == NULL ? EXIT_ERROR : cluster_call(c, "errors", &params, &answer);
    pack_free(&params);
    if (status == EXIT_OK) {
        if (o->json)
            put_json(answer.root);
        else
            put_list(answer.root);
        unpacked_free(&answer);
        status = command_finish(NAME, EXIT_OK);
    }
    cluster_close(c);
    return status;
}

int cmd_get_errors(int argc, char **argv)
{
    struct cluster_options o;
    const char *name;
    int rest, status;

    cluster_options_begin(&o, NAME);
    status = cluster_options_parse(&o, argc, argv, &rest);
    if (status == EXIT_OK)
        status = topology_order_name(&o, argc, argv, rest, &name);
    if (status == EXIT_OK)
        status = show(&o, name);
    cluster_options_end(&o);
    return status;
}
