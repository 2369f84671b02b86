/*
 * stream_decl.h - declared streams, checked and copied out of the plugin.
 */
#ifndef GALE_STREAM_DECL_H
#define GALE_STREAM_DECL_H

#include "topology-api/model.h"

#define STREAM_DECL_STREAMS_MAX 255u
#define STREAM_DECL_FIELDS_MAX 255u

struct stream_decl_list {
    uint32_t n;
    struct stream_decl *items;
};

/* Hears of something that is wrong; it may change error. */
typedef void stream_decl_wrong_fn(void *arg, gale_err *error);

/* Append a copy, if nothing is wrong with it; each thing that is, is told. 0,
 * or -1. */
int stream_decl_add_told(struct stream_decl_list *list,
                         const gale_stream *stream, const char *owner,
                         stream_decl_wrong_fn *wrong, void *arg);

/* The same with the first error alone; owner (`bolt "x"`) is named by it. 0, or
 * -1. */
int stream_decl_add(struct stream_decl_list *list, const gale_stream *stream,
                    const char *owner, gale_err *error);

/* All streams of a descriptor's table, which may come from a newer header. */
int stream_decl_add_all(struct stream_decl_list *list,
                        const gale_streams *streams, const char *owner,
                        gale_err *error);

void stream_decl_free(struct stream_decl_list *list);

#endif
