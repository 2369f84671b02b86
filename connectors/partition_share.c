/* partition_share.c - see partition_share.h. */
#include "connectors/partition_share.h"
#include "connectors/must.h"
#include <string.h>

static int compare(const void *a, const void *b)
{
    const struct partition_name *x = a, *y = b;
    int topics = strcmp(x->topic, y->topic);

    return topics != 0 ? topics
                       : (x->number > y->number) - (x->number < y->number);
}

size_t partition_share(struct partition_name *all, size_t n, uint32_t index,
                       uint32_t tasks)
{
    size_t share = 0;

    must(index < tasks);
    if (n > 1)
        qsort(all, n, sizeof(*all), compare);
    for (size_t i = index; i < n; i += tasks, share++) {
        struct partition_name own = all[i];

        all[i] = all[share];
        all[share] = own;
    }
    return share;
}
