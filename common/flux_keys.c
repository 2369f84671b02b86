/* flux_keys.c - the keys of a topology in YAML; see flux_keys.h. */
#include "common/flux_keys.h"

#include <stddef.h>
#include <string.h>

static const struct flux_key keys[] = {
#define FLUX_KEY(in_, name_, type_, needed_, help_)                            \
    {.in = FLUX_IN_##in_,                                                      \
     .name = name_,                                                            \
     .type = FLUX_##type_,                                                     \
     .needed = needed_,                                                        \
     .help = help_},
#define FLUX_ALSO(in_, name_, of_)                                             \
    {.in = FLUX_IN_##in_, .name = name_, .of = of_},
#define FLUX_NOT(in_, name_, instead_)                                         \
    {.in = FLUX_IN_##in_, .name = name_, .instead = instead_},
#include "common/flux_keys.def"
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

uint32_t flux_keys_n(void)
{
    return N_KEYS;
}

const struct flux_key *flux_keys_at(uint32_t i)
{
    return &keys[i];
}

const struct flux_key *flux_keys_find(enum flux_in in, const char *name)
{
    for (uint32_t i = 0; i < N_KEYS; i++)
        if (keys[i].in == in && !strcmp(keys[i].name, name))
            return &keys[i];
    return NULL;
}

const struct flux_key *flux_keys_meant(const struct flux_key *key)
{
    return key->of == NULL ? key : flux_keys_find(key->in, key->of);
}
