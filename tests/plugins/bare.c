/*
 * bare.c - a bolt written from the structs alone, as a binding for another
 * language would: no macro, no inline function, nothing linked.
 */
#include <gale/bolt.h>

/* The manifest: one line a descriptor. */
__attribute__((used, aligned(1),
               section("gale_manifest"))) static const char manifest[] =
    "gale:0:bolt:bare";

static const char *const field_names[] = {"length"};
static const gale_stream stream = {"default", 0, 0, {field_names, 1, 8}, 0};

/* Emits the length of its first field. */
static gale_result execute(gale_task *task, const gale_tuple *in)
{
    gale_str text = in->host->get_str(in, 0);
    gale_value length;

    length.kind = 2; /* an int */
    length.size = 0;
    length.as.i = text.size;
    return task->host->emit(task, &length, 1);
}

extern const gale_bolt gale_bolt_bare;
__attribute__((visibility("default"))) const gale_bolt gale_bolt_bare = {
    .abi = 0,
    .size = sizeof(gale_bolt),
    .host_needs = sizeof(gale_task_host),
    .name = "bare",
    .summary = "the length of a text",
    .streams = {&stream, 1, sizeof(stream)},
    .execute = execute,
};
