/* flat_key.c - a key that was written in parts; see flat_key.h. */
#include "topology-api/flat_key.h"
#include "topology-api/names.h"

enum { DEPTH_MAX = 8 };

/* A text may be a secret. */
static const char *shown(gale_value value, char *text, size_t size)
{
    bool is_plain = value.kind == GALE_BOOL || value.kind == GALE_INT ||
                    value.kind == GALE_FLOAT;

    return is_plain ? value_text(value, text, size) : "…";
}

static bool find(const char *name, gale_value value, settings_known_fn *known,
                 char hint[FLAT_KEY_MAX], int depth)
{
    char near[64], text[64], key[NAMES_MAX + 1];
    bool found = false;

    if (depth > 0 && known(name, near)) {
        snprintf(hint, FLAT_KEY_MAX, "; keys are written flat, as \"%s: %s\"",
                 name, shown(value, text, sizeof(text)));
        return true;
    }
    if (value.kind != GALE_MAP || depth == DEPTH_MAX)
        return false;
    for (uint32_t i = 0; i < value.size && !found; i++) {
        gale_value part = value.as.items[2 * i];

        if (part.kind == GALE_STRING &&
            snprintf(key, sizeof(key), "%s.%.*s", name, (int)part.size,
                     (const char *)part.as.data) < (int)sizeof(key))
            found =
                find(key, value.as.items[2 * i + 1], known, hint, depth + 1);
    }
    return found;
}

bool flat_key_hint(const char *name, gale_value value, settings_known_fn *known,
                   char hint[FLAT_KEY_MAX])
{
    return find(name, value, known, hint, 0);
}
