/* try_output.c - what `gale try` says of a bolt; see try_output.h. */
#include "cli/try_output.h"
#include "common/json.h"
#include "topology-api/memory.h"

static void end_line(struct json *j)
{
    json_end(j);
    json_finish(j);
    putchar('\n');
}

static void say_emits(struct try_output *o)
{
    uint64_t n = gale_test_n_rows(o->test, NULL, NULL);

    for (uint64_t i = 0; i < n; i++) {
        gale_row row = gale_test_row(o->test, NULL, NULL, i);
        const char *stream = gale_test_row_stream(o->test, NULL, i);
        struct json j;

        json_to_file(&j, stdout);
        json_object(&j);
        json_key(&j, "emit");
        json_value(&j, gale_list(row.values, row.n));
        if (strcmp(stream, "default") != 0) {
            json_key(&j, "stream");
            json_string(&j, stream);
        }
        end_line(&j);
    }
    gale_test_forget(o->test);
}

static bool has_grown(struct try_output *o, uint64_t *known,
                      gale_test_counter counter)
{
    uint64_t now = gale_test_count(o->test, NULL, counter);
    bool grown = now > *known;

    *known = now;
    return grown;
}

static void say_fate(struct try_output *o, uint64_t line, bool acked)
{
    bool dropped = has_grown(o, &o->dropped, GALE_TEST_DROPPED);
    bool poisoned = has_grown(o, &o->poisoned, GALE_TEST_POISONED);
    bool error = has_grown(o, &o->errors, GALE_TEST_ERRORS);
    struct json j;

    json_to_file(&j, stdout);
    json_object(&j);
    json_key(&j, acked ? "ack" : "fail");
    json_uint(&j, line);
    if (dropped || poisoned) {
        json_key(&j, dropped ? "dropped" : "poison");
        json_bool(&j, true);
    }
    if (error) {
        json_key(&j, "error");
        json_string(&j, gale_test_last_error(o->test, NULL));
    }
    end_line(&j);
}

static void say_fates(struct try_output *o)
{
    size_t left = 0;

    for (size_t i = 0; i < o->n_open; i++) {
        gale_test_fate fate = gale_test_fate_of(o->test, o->open[i].number);

        if (fate == GALE_TEST_IS_PENDING)
            o->open[left++] = o->open[i];
        else
            say_fate(o, o->open[i].line, fate == GALE_TEST_IS_ACKED);
    }
    o->n_open = left;
}

/* What the bolt has logged since. */
void try_output_log(struct try_output *o)
{
    const char *log = gale_test_log(o->test);

    if (log == NULL)
        return;
    fputs(log + o->logged, stderr);
    o->logged += strlen(log + o->logged);
}

void try_output_all(struct try_output *o)
{
    try_output_log(o);
    say_emits(o);
    say_fates(o);
    fflush(stdout);
}

void try_output_expect(struct try_output *o, uint64_t line, uint64_t number)
{
    o->open = xreallocarray(o->open, o->n_open + 1, sizeof(*o->open));
    o->open[o->n_open++] = (struct try_open){line, number};
}
