/*
 * file_store.h - a directory in which files are written: on this machine, in
 * HDFS, or wherever somebody adds a file for.
 *
 * Each call may block for some seconds, and is tried once. False: *problem says
 * what is wrong, in one sentence, and of what kind it is. What failed may have
 * been done for all that, since an answer may be lost: each call but `append`
 * can be made again, and then has the same effect; whoever has failed to append
 * asks `recover` and `length` what is there.
 *
 * Names are of files in the directory. One thread at a time.
 */
#ifndef CONNECTORS_FILE_STORE_H
#define CONNECTORS_FILE_STORE_H

#include <gale/value.h>

enum store_class {
    STORE_TRANSIENT, /* may work later */
    STORE_NEVER,     /* will not, before somebody has changed something */
    STORE_MISSING,   /* there is no such file */
};

struct store_problem {
    enum store_class class;
    char text[512];
};

typedef void store_name_fn(void *arg, const char *name);

struct store;

struct store_ops {
    /* The directory is there, made if need be. */
    bool (*begin)(struct store *);
    /* A file of these bytes, instead of any that had its name. It is safe, and
     * so is what `append` adds: it outlives a crash of the machine. */
    bool (*create)(struct store *, const char *name, const char *data,
                   size_t size);
    /* at: the length of the file, as far as the caller knows. */
    bool (*append)(struct store *, const char *name, int64_t at,
                   const char *data, size_t size);
    /* Whoever has died while he wrote it writes it no longer. */
    bool (*recover)(struct store *, const char *name);
    bool (*length)(struct store *, const char *name, int64_t *length);
    /* Just these bytes, which the file has. */
    bool (*read)(struct store *, const char *name, int64_t at, char *data,
                 size_t size);
    bool (*truncate)(struct store *, const char *name, int64_t length);
    /* Nothing has the name `to`, or it has been renamed already. */
    bool (*rename)(struct store *, const char *from, const char *to);
    bool (*remove)(struct store *, const char *name);
    bool (*list)(struct store *, store_name_fn *each, void *arg);
    void (*close)(struct store *);
};

struct store {
    const struct store_ops *ops;
    struct store_problem problem;
};

/* What an implementation returns: false. */
__attribute__((format(printf, 3, 4))) bool store_refuse(struct store *s,
                                                        enum store_class class,
                                                        const char *format,
                                                        ...);

/* A directory of this machine; sync: what is written is asked to be on the
 * disk. Nothing is opened before `begin`. */
struct store *store_local_make(const char *path, bool sync);

struct store_webhdfs_login {
    gale_str user;
    int64_t timeout_secs; /* of one request */
};

/* url: webhdfs://HOST:PORT,…/DIRECTORY. NULL, and *why is what is wrong with
 * it: a whole sentence. */
struct store *store_webhdfs_make(const char *url,
                                 const struct store_webhdfs_login *login,
                                 const char **why);

#endif
