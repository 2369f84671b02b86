/*
 * hdfs_bolt.c - bolt: tuples as lines of files in a directory of HDFS, by
 * WebHDFS, or of this machine.
 *
 * The file that is written has a leading underscore, so that Hive does not read
 * it, which goes when it is finished. An input is acked when its record is
 * safe: WebHDFS has no flush, so each `sync.records` of them are one append,
 * which is closed. connectors/file_sink.h has what happens when a write fails.
 *
 * Requests block: the bolt has a thread of its own.
 */
#include "connectors/file_sink.h"
#include "connectors/webhdfs_url.h"

struct hdfs_bolt {
    struct file_sink sink;
    gale_str url; /* options */
    struct store_webhdfs_login login;
};

static bool is_local(const struct hdfs_bolt *h)
{
    return strncmp(h->url.data, "file:", 5) == 0;
}

static gale_result declare(gale_outputs *out, const void *instance)
{
    const struct hdfs_bolt *h = instance;
    struct webhdfs_url url;
    const char *why = is_local(h) ? NULL : webhdfs_url_read(h->url.data, &url);
    gale_result result = file_sink_declare(out, &h->sink);

    return why == NULL ? result : gale_declare_error(out, why);
}

static gale_result prepare(gale_task *task)
{
    struct hdfs_bolt *h = gale_instance(task);
    const char *why = NULL;
    struct store *store;

    if (is_local(h))
        store = store_local_make(h->url.data + 5, true);
    else
        store = store_webhdfs_make(h->url.data, &h->login, &why);
    if (store == NULL)
        return gale_error(task, GALE_FATAL, "%s", why);
    return file_sink_prepare(task, store);
}

GALE_BOLT(
    hdfs_bolt, .summary = "tuples as lines of files in HDFS, by WebHDFS",
    .flags = GALE_BOLT_BLOCKING | GALE_BOLT_MANUAL_ACK,
    .needs = GALE_NEEDS_NETWORK, .declare = declare, .prepare = prepare,
    .cleanup = file_sink_cleanup, .execute = file_sink_execute,
    .tick = file_sink_tick, .end_of_input = file_sink_end_of_input,
    .instance_size = sizeof(struct hdfs_bolt),
    .options = GALE_OPTIONS(
        GALE_OPTION_STR(struct hdfs_bolt, url, "url", NULL,
                        "webhdfs://HOST:PORT,HOST:PORT/DIRECTORY with all "
                        "NameNodes, swebhdfs://… by https, or file:DIRECTORY"),
        GALE_OPTION_STR(struct hdfs_bolt, login.user, "user", "",
                        "whom HDFS takes it for (user.name)"),
        GALE_OPTION_INT(struct hdfs_bolt, login.timeout_secs, "timeout.secs",
                        "20", 1, 3600, "how long one request may take"),
        FILE_SINK_OPTIONS(struct hdfs_bolt, sink, "delimited", "|", "16777216",
                          "75")));
