/* test_store_sweep.c - a supervisor's store keeps what its topologies name. */
#include "supervisor/store_sweep.h"
#include "common/env.h"
#include "tests/support/cmocka_all.h"
#include "tests/support/store_place.h"

#include <string.h>

enum { PLUGIN, DATA, SHARED, DESCRIPTION, OTHER_DESCRIPTION, ORPHAN, FILES };

static const char *const texts[FILES] = {"plugin", "data",  "shared",
                                         "words",  "rolls", "orphan"};

struct shelf {
    struct store *store;
    struct digest hashes[FILES];
    struct topology_file files[3], other_files[1];
    struct topology_record words, rolls;
};

static void name(struct topology_file *f, const struct digest *hash)
{
    digest_hex(hash, f->hash);
}

static void fill(struct shelf *s)
{
    gale_err error;

    memset(s, 0, sizeof(*s));
    s->store = store_place_open(env_posix());
    for (int i = 0; i < FILES; i++)
        assert_int_equal(store_put(s->store, texts[i], strlen(texts[i]),
                                   &s->hashes[i], &error),
                         0);
    for (int i = PLUGIN; i <= SHARED; i++)
        name(&s->files[i], &s->hashes[i]);
    name(&s->other_files[0], &s->hashes[SHARED]);
    s->words.files = s->files;
    s->words.n_files = 3;
    digest_hex(&s->hashes[DESCRIPTION], s->words.description_hash);
    s->rolls.files = s->other_files;
    s->rolls.n_files = 1;
    digest_hex(&s->hashes[OTHER_DESCRIPTION], s->rolls.description_hash);
}

/* Which files are there: a bit of each. */
static unsigned there(struct shelf *s)
{
    unsigned bits = 0;

    for (int i = 0; i < FILES; i++)
        bits |= (unsigned)store_has(s->store, &s->hashes[i], NULL) << i;
    return bits;
}

static void what_no_topology_names_is_removed(void **state)
{
    enum {
        WORDS = 1 << PLUGIN | 1 << DATA | 1 << SHARED | 1 << DESCRIPTION,
        ROLLS = 1 << SHARED | 1 << OTHER_DESCRIPTION,
    };
    struct shelf s;
    const struct topology_record *both[] = {&s.words, &s.rolls};

    (void)state;
    fill(&s);
    assert_int_equal(store_sweep(s.store, both, 2), 1);
    assert_int_equal(there(&s), WORDS | ROLLS);
    assert_int_equal(store_sweep(s.store, both, 2), 0);
    assert_int_equal(store_sweep(s.store, both + 1, 1), 3);
    assert_int_equal(there(&s), ROLLS);
    assert_int_equal(store_sweep(s.store, NULL, 0), 2);
    assert_int_equal(there(&s), 0);
    store_close(s.store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_no_topology_names_is_removed,
                                        store_place_setup,
                                        store_place_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
