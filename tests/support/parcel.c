/* parcel.c - one tuple, from a spout to a bolt; see parcel.h. */
#include "tests/support/parcel.h"

const gale_stream parcel_streams[PARCEL_STREAMS] = {
    GALE_STREAM("default", "one"),
    GALE_STREAM("two", "one", "two"),
    {"none", 0, 0, {NULL, 0, 8}, NULL},
    GALE_DIRECT_STREAM("direct", "one")};

gale_result parcel_check(gale_task *task, const gale_tuple *in)
{
    struct parcel *p = probe_arg(task);

    if (p->check(in))
        p->right++;
    else
        p->wrong++;
    return GALE_OK;
}
