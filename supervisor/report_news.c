/* report_news.c - what the leader waits for; see report_news.h. */
#include "supervisor/report_news.h"

static bool differ(const msgpack_object *before, const msgpack_object *now,
                   const char *const *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const msgpack_object *a = unpack_key(before, keys[i]);
        const msgpack_object *b = unpack_key(now, keys[i]);

        if (a == NULL || b == NULL || !msgpack_object_equal(*a, *b))
            return true;
    }
    return false;
}

/* What was sent and received is nothing new while spouts emit; when they rest,
 * the leader waits until it is the same. */
bool report_is_news(const msgpack_object *before, const msgpack_object *now)
{
    static const char *const always[] = {
        "round", "stage", "opened", "quiet", "exhausted", "version", "active"};
    static const char *const at_rest[] = {"pending", "sent", "received"};

    return differ(before, now, always, sizeof(always) / sizeof(always[0])) ||
           (unpack_uint(unpack_key(now, "stage"), 0) > 0 &&
            differ(before, now, at_rest, sizeof(at_rest) / sizeof(at_rest[0])));
}
