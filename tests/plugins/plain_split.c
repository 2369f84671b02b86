/* plain_split.c - one tuple per word, in as little code as it takes. */
#include <gale/bolt.h>

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static gale_result execute(gale_task *task, const gale_tuple *in)
{
    gale_str text = gale_get_str(in, 0);
    size_t start = 0;

    for (size_t i = 0; i <= text.size; i++) {
        if (i < text.size && !is_blank(text.data[i]))
            continue;
        if (i > start)
            gale_emit(task, gale_string(text.data + start, i - start));
        start = i + 1;
    }
    return GALE_OK;
}

GALE_BOLT(plain_split, .summary = "one tuple per word", .execute = execute,
          .streams = GALE_OUTPUTS("word"));
