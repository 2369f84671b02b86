/*
 * webhdfs_reply.h - what WebHDFS answers: JSON, read.
 *
 * Pure. Bodies come from a server: nothing in them is trusted.
 */
#ifndef CONNECTORS_WEBHDFS_REPLY_H
#define CONNECTORS_WEBHDFS_REPLY_H

#include "connectors/file_store.h"

enum webhdfs_verdict {
    WEBHDFS_FAILED, /* the problem says how */
    WEBHDFS_ASIDE,  /* this NameNode does not serve; another one may */
    WEBHDFS_HELD,   /* somebody writes the file, or it is being recovered */
    WEBHDFS_ABSENT, /* there is no such file */
};

/* Of an answer with a status of 400 or more. exception: at least 64 bytes, the
 * name of what is wrong ("" if the body has none); text: what the server says
 * of it, one line. */
enum webhdfs_verdict webhdfs_reply_error(long status, const char *body,
                                         size_t size, char *exception,
                                         char *text, size_t text_size,
                                         enum store_class *class);

/* False: the body is not what was expected. */
bool webhdfs_reply_boolean(const char *body, size_t size, bool *value);
bool webhdfs_reply_location(const char *body, size_t size, char *location,
                            size_t location_size);
/* Of GETFILESTATUS; length: of a file. */
bool webhdfs_reply_status(const char *body, size_t size, bool *directory,
                          int64_t *length);
/* Of LISTSTATUS: each file, without directories. */
bool webhdfs_reply_list(const char *body, size_t size, store_name_fn *each,
                        void *arg);

#endif
