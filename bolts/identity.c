/* identity.c - bolt: passes on what it gets, under names of its own. */
#include "bolts/pass.h"

struct identity {
    gale_str fields; /* option */
    uint32_t n;
};

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct identity *s = instance;

    return pass_declare(out, s->fields);
}

static gale_result prepare(gale_task *task)
{
    struct identity *s = gale_instance(task);

    s->n = pass_count(s->fields);
    return GALE_OK;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    const struct identity *s = gale_instance(task);

    return pass_emit(task, in, s->n);
}

GALE_BOLT(identity, .summary = "passes on what it gets", .declare = declare,
          .prepare = prepare, .execute = execute,
          .instance_size = sizeof(struct identity),
          .options = GALE_OPTIONS(
              GALE_OPTION_LIST(struct identity, fields, "fields", NULL,
                               "names for the values that are passed on, from "
                               "the first on")));
