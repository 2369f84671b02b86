/*
 * file.c - bolt: tuples as lines of files in a directory of this machine.
 *
 * The file that is written has a leading underscore, which goes when it is
 * finished. An input is acked when its record is on the disk; with `fsync:
 * false`, when the system has it, which outlives the process and not the
 * machine. connectors/file_sink.h has what happens when a write fails.
 *
 * Writing may block: the bolt has a thread of its own.
 */
#include "connectors/file_sink.h"

struct file {
    struct file_sink sink;
    gale_str directory; /* options */
    bool fsync;
};

static gale_result prepare(gale_task *task)
{
    struct file *f = gale_instance(task);

    return file_sink_prepare(task,
                             store_local_make(f->directory.data, f->fsync));
}

GALE_BOLT(file,
          .summary = "tuples as lines of files: delimited or JSON, rotated",
          .flags = GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK,
          .declare = file_sink_declare, .prepare = prepare,
          .cleanup = file_sink_cleanup, .execute = file_sink_execute,
          .tick = file_sink_tick, .end_of_input = file_sink_end_of_input,
          .instance_size = sizeof(struct file),
          .options = GALE_OPTIONS(
              GALE_OPTION_STR(struct file, directory, "directory", NULL,
                              "where the files are; it is made if need be"),
              GALE_OPTION_BOOL(struct file, fsync, "fsync", "true",
                               "a record is on the disk before its input is "
                               "acked"),
              FILE_SINK_OPTIONS(struct file, sink, "delimited", "\t", "1048576",
                                "15")));
