/*
 * file_sink.h - a bolt that writes records to files of a store: its memory and
 * its callbacks. `file` and `hdfs_bolt` are this, with a store each.
 *
 * Records are gathered and written together: when enough are there, when the
 * oldest has waited long enough, and at the end. One batch is written, by
 * gale_async(), while the next one is gathered; when that is full, too, no more
 * input is taken. An input is held until its record is safe in the store. What
 * becomes of files when a write fails: connectors/file_writer.h. What cannot be
 * written for too long fails, and its spout emits it again.
 *
 * A start of the bolt finishes what tasks before it have left, those of a task
 * with another number as well, if there are fewer tasks now.
 */
#ifndef CONNECTORS_FILE_SINK_H
#define CONNECTORS_FILE_SINK_H

#include "connectors/back_off.h"
#include "connectors/file_store.h"
#include "connectors/file_writer.h"
#include "connectors/outage.h"
#include "connectors/record_batch.h"
#include "connectors/record_format.h"
#include <gale/bolt.h>

/* First in the memory of a task, whose callbacks are those below. */
struct file_sink {
    struct record_format format; /* options */
    struct file_rotation rotation;
    gale_str prefix, extension;
    int64_t sync_records, sync_bytes, sync_ms, retry_secs, finish_secs;
    int32_t bad_rows;

    struct record_batch batches[2];
    struct record_batch *filling, *writing;
    struct held_inputs settling; /* what becomes of them is known */
    bool working; /* a round is under way: `writing`, the writer and the round
                     are those of the thread that writes */
    struct file_writer writer;
    struct file_round round;
    int64_t expected; /* length of the file when all is written that is there */
    bool gave_up;     /* some records have failed */
    struct back_off pause;
    struct outage away;
    int64_t due; /* of the next try; 0: nothing has failed */
    gale_metric *records, *bytes, *files, *bad, *retries;
};

/* For `declare`: what is wrong with the options is said. There are no streams.
 */
gale_result file_sink_declare(gale_outputs *out, const void *instance);

/* From `prepare`, which has made the store: it is the sink's from here on. */
gale_result file_sink_prepare(gale_task *task, struct store *store);
void file_sink_cleanup(gale_task *task);
gale_result file_sink_execute(gale_task *task, const gale_tuple *in);
gale_result file_sink_tick(gale_task *task);
gale_result file_sink_end_of_input(gale_task *task);

/* type_: of the task's memory, member_: the sink in it; then defaults. That of
 * finish.secs is longer than the store keeps a dead writer's file for him. */
#define FILE_SINK_OPTIONS(type_, member_, format_, delimiter_, sync_bytes_,    \
                          finish_)                                             \
    GALE_OPTION_ENUM(type_, member_.format.kind, "format", format_,            \
                     "delimited json",                                         \
                     "a record: fields between delimiters, or a JSON object"), \
        GALE_OPTION_FIELDS(                                                    \
            type_, member_.format.fields, "fields", "",                        \
            "names of the fields to write, in this order; none: "              \
            "all"),                                                            \
        GALE_OPTION_STR(type_, member_.format.delimiter, "delimiter",          \
                        delimiter_, "text between two fields"),                \
        GALE_OPTION_ENUM(type_, member_.format.escape, "escape", "refuse",     \
                         "refuse backslash blank",                             \
                         "what becomes of a delimiter or an end of line in a " \
                         "value: the record is bad, a backslash before it, a " \
                         "blank instead of it"),                               \
        GALE_OPTION_STR(type_, member_.format.null, "null", "\\N",             \
                        "the text of a nil"),                                  \
        GALE_OPTION_ENUM(type_, member_.bad_rows, "bad.rows", "poison",        \
                         "poison fail",                                        \
                         "what becomes of the input of a bad record"),         \
        GALE_OPTION_STR(type_, member_.prefix, "prefix", "",                   \
                        "what names of files begin with; bolts that write to " \
                        "one directory need one each"),                        \
        GALE_OPTION_STR(type_, member_.extension, "extension", ".txt",         \
                        "what they end with"),                                 \
        GALE_OPTION_INT(type_, member_.sync_records, "sync.records", "1000",   \
                        1, 1000000, "records that are written at once"),       \
        GALE_OPTION_INT(type_, member_.sync_bytes, "sync.bytes", sync_bytes_,  \
                        1, 1073741824, "the same in bytes, about"),            \
        GALE_OPTION_INT(type_, member_.sync_ms, "sync.ms", "1000", 1, 3600000, \
                        "how long a record waits for others"),                 \
        GALE_OPTION_INT(type_, member_.rotation.bytes, "rotate.bytes",         \
                        "134217728", 0, INT64_MAX,                             \
                        "a file of so many bytes is finished, and a new one "  \
                        "begins; 0: not by size"),                             \
        GALE_OPTION_INT(type_, member_.rotation.secs, "rotate.secs", "0", 0,   \
                        31536000, "the same by its age; 0: not by age"),       \
        GALE_OPTION_INT(type_, member_.retry_secs, "retry.secs", "0", 0,       \
                        86400,                                                 \
                        "how long records are tried before their inputs "      \
                        "fail; 0: two thirds of "                              \
                        "topology.message.timeout.secs"),                      \
        GALE_OPTION_INT(type_, member_.finish_secs, "finish.secs", finish_, 0, \
                        3600,                                                  \
                        "how long the end of a run waits for files that "      \
                        "cannot be finished yet; then the next start does")

#endif
