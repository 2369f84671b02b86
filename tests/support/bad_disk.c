/* bad_disk.c - a disk that fails as it is told; see bad_disk.h. */
#include "tests/support/bad_disk.h"
#include <errno.h>

struct bad_disk bad_disk;

static int fails(int error)
{
    errno = error;
    return -1;
}

static int create_file(struct env *env, const char *path)
{
    return bad_disk.create ? fails(bad_disk.create)
                           : env_posix()->ops->file_create(env, path);
}

/* A part of it goes to the disk. */
static int write_file(struct env *env, int handle, const void *data,
                      size_t size)
{
    env_posix()->ops->file_write(env, handle, data,
                                 bad_disk.write ? size / 2 : size);
    return bad_disk.write ? fails(bad_disk.write) : 0;
}

static int sync_file(struct env *env, int handle)
{
    return bad_disk.sync ? fails(bad_disk.sync)
                         : env_posix()->ops->file_sync(env, handle);
}

static int rename_file(struct env *env, const char *from, const char *to)
{
    return bad_disk.rename ? fails(bad_disk.rename)
                           : env_posix()->ops->file_rename(env, from, to);
}

static int link_file(struct env *env, const char *from, const char *to)
{
    return bad_disk.link ? fails(bad_disk.link)
                         : env_posix()->ops->file_link(env, from, to);
}

struct env *bad_disk_new(void)
{
    static struct env_ops ops;
    static struct env env = {.ops = &ops};

    bad_disk = (struct bad_disk){0, 0, 0, 0, 0};
    ops = *env_posix()->ops;
    ops.file_create = create_file;
    ops.file_write = write_file;
    ops.file_sync = sync_file;
    ops.file_rename = rename_file;
    ops.file_link = link_file;
    return &env;
}
