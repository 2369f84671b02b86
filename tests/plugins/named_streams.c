/* named_streams.c - sends (name, value) to the stream of that name; which ones
 * there are is an option. */
#include <gale/bolt.h>
#include <stdlib.h>

struct switchboard {
    gale_str names; /* option: one a line */
};

static gale_result declare(gale_outputs *out, const void *instance)
{
    static const char *const fields[] = {"value"};
    const struct switchboard *s = instance;
    char *names = strdup(s->names.data), *rest = names, *name;
    gale_result result = GALE_OK;

    while (result == GALE_OK && (name = strsep(&rest, "\n"))) {
        gale_stream stream = {name, .fields = {fields, 1, sizeof(fields[0])}};

        result = gale_declare_stream(out, &stream);
    }
    free(names);
    return result;
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    gale_str name = gale_get_str(in, 0);
    char text[256] = "";
    uint32_t stream;

    if (name.size > 0)
        memcpy(text, name.data, name.size < 255 ? name.size : 255);
    stream = gale_stream_of(task, text);
    if (stream == GALE_NO_STREAM)
        return gale_error(task, GALE_POISON, "there is no stream %s", text);
    return gale_emit_to(task, stream, gale_get(in, 1));
}

GALE_BOLT(named_streams, .summary = "sends values to the stream they name",
          .declare = declare, .execute = execute,
          .instance_size = sizeof(struct switchboard),
          .options = GALE_OPTIONS(GALE_OPTION_STR(struct switchboard, names,
                                                  "names", NULL,
                                                  "the streams")));
