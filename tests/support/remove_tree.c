/* remove_tree.c - a directory and all below it; see remove_tree.h. */
#include "tests/support/remove_tree.h"
#include <ftw.h>
#include <stdio.h>

enum { OPEN_MAX_AT_ONCE = 8 };

static int remove_one(const char *path, const struct stat *status, int type,
                      struct FTW *at)
{
    (void)status, (void)type, (void)at;
    return remove(path);
}

int remove_tree(const char *directory)
{
    return nftw(directory, remove_one, OPEN_MAX_AT_ONCE, FTW_DEPTH | FTW_PHYS);
}
