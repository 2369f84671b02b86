/* listed_nimbuses.c - what copies.h answers about who takes part, as text. */
#include "tests/support/listed_nimbuses.h"
#include "tests/support/cmocka_all.h"
#include "common/pack.h"
#include <stdio.h>
#include <string.h>

static void put_one(const msgpack_object *nimbus, char *text, size_t size)
{
    gale_str host = unpack_str(unpack_key(nimbus, "host"));
    bool leads = unpack_bool(unpack_key(nimbus, "leads"), false);

    snprintf(text + strlen(text), size - strlen(text), "%.*s%s ",
             (int)host.size, host.data, leads ? "!" : "");
}

void listed_nimbuses(struct copies *c, const char *leader, char *text,
                     size_t size)
{
    struct unpacked u;
    struct pack p;
    const msgpack_object *list;

    pack_init(&p);
    pack_map(&p, 1);
    copies_pack_nimbuses(c, leader, &p);
    assert_int_equal(unpack(&u, p.buffer.data, p.buffer.size,
                            (struct pack_limits){1000, 100}, "it", NULL),
                     0);
    list = unpack_key(u.root, "nimbuses");
    *text = '\0';
    for (uint32_t i = 0; i < unpack_n(list); i++)
        put_one(unpack_at(list, i), text, size);
    unpacked_free(&u);
    pack_free(&p);
}
