/*
 * fuzz_try.c - the standard input of `gale try`: lines of JSON that somebody
 * has typed in, for one declared stream, or for that of the first tuple.
 *
 * What was read can be written, and that be read again.
 */
#include "cli/json_read.h"
#include "cli/try_input.h"
#include "common/json.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/values.h"

static void write_and_read(gale_value v)
{
    gale_value again;
    struct json j;
    char *text;

    json_to_memory(&j);
    json_value(&j, v);
    text = json_take(&j);
    fuzz_must(json_read(text, strlen(text), &again, NULL) == 0);
    fuzz_must(again.kind == v.kind && again.size == v.size);
    value_free(again);
    free(text);
}

static uint32_t n_fields(const struct try_input *input, const char *stream)
{
    size_t i = 0;

    while (strcmp(input->streams[i].name, stream))
        fuzz_must(++i < input->n_streams);
    return input->streams[i].n_fields;
}

static void look_at(const struct try_input *input, const struct try_item *item)
{
    if (item->kind == TRY_WRONG)
        fuzz_must(item->error.text[0] != '\0');
    if (item->kind == TRY_ADVANCE)
        fuzz_must(item->ms >= 0);
    if (item->kind != TRY_TUPLE)
        return;
    fuzz_must(item->values.kind == GALE_LIST);
    fuzz_must(item->values.size == n_fields(input, item->stream));
    fuzz_must(values_defect(item->values) == NULL);
    write_and_read(item->values);
}

static void read_lines(struct try_input *input)
{
    struct try_item item;

    do {
        try_input_next(input, &item);
        look_at(input, &item);
        try_item_free(&item);
    } while (item.kind != TRY_END);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    char *stream = fuzz_text(&f);
    size_t left = f.left;
    char *lines = fuzz_bytes(&f, left);
    struct try_input input = {.in = fmemopen(lines, left, "r")};
    gale_err error = {""};

    check(input.in != NULL);
    if (stream != NULL && try_input_declare(&input, stream, &error) != 0)
        fuzz_must(error.text[0] != '\0');
    read_lines(&input);
    fclose(input.in);
    try_input_free(&input);
    free(lines);
    free(stream);
    return 0;
}
