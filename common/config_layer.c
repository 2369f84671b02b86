/*
 * config_layer.c - files and -c into a layer of settings; see config_layer.h.
 *
 * Whether a key that is not in the table is an option of some component, only
 * the check of a topology knows.
 */
#include "common/config_layer.h"
#include "common/config_keys.h"
#include "common/config_scalar.h"
#include "common/config_yaml.h"
#include "common/env.h"
#include "topology-api/flat_key.h"
#include "topology-api/memory.h"
#include "topology-api/names.h"

#include <errno.h>
#include <string.h>

/* Where something was written, and who wants to hear of it. */
struct source {
    char place[1200];    /* "file:line" */
    const char *written; /* the value, to be quoted as it is; NULL: not known */
    const struct config_listener *listener;
    gale_err *error;
};

static int check_entry(const struct source *source, const char *name,
                       gale_value value)
{
    const struct config_key *key = config_keys_find(name);
    char found[128], expected[128];

    if (!key)
        return 0;
    if (config_keys_accepts(key, value))
        return 0;
    value_found_as(value, source->written, found, sizeof(found));
    return error_set(source->error, "%s: %s: found %s, expected %s",
                     source->place, name,
                     config_keys_is_secret(key) ? "something else" : found,
                     config_keys_expected(key, expected, sizeof(expected)));
}

/* -- warnings -------------------------------------------------------------- */

/* Among all keys. */
static void find_nearest(const char *name, struct names_nearest *nearest)
{
    long length = (long)strlen(name);

    names_start(nearest, name);
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const char *known = config_keys_at(i)->name;

        /* Lengths alone say that most are too far away. */
        if (labs((long)strlen(known) - length) < (long)nearest->distance)
            names_consider(nearest, known);
    }
}

bool config_layer_known(const char *name, char near[64])
{
    struct names_nearest nearest;

    near[0] = '\0';
    if (config_keys_find(name))
        return true;
    find_nearest(name, &nearest);
    snprintf(near, 64, "%.63s", nearest.best);
    return false;
}

GALE_PRINTF(2, 3)
static void warn(const struct source *source, const char *format, ...)
{
    char text[1024];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    source->listener->warn(source->listener->arg, text);
}

static void warn_of_unknown(const struct source *source, const char *name,
                            gale_value value)
{
    char near[64], flat[FLAT_KEY_MAX];

    if (!source->listener->of_unknown)
        return;
    config_layer_known(name, near);
    if (flat_key_hint(name, value, config_layer_known, flat))
        warn(source, "%s: %s: unknown key%s", source->place, name, flat);
    else
        warn(source, "%s: %s: unknown key%s%s%s", source->place, name,
             *near ? "; did you mean \"" : "", near, *near ? "\"?" : "");
}

static void warn_of_entry(const struct source *source, const char *name,
                          gale_value value)
{
    const struct config_key *key = config_keys_find(name);

    if (!source->listener->warn)
        return;
    if (!key)
        warn_of_unknown(source, name, value);
    else if (key->status == CONFIG_IS_LATER)
        warn(source, "%s: %s: gale " GALE_VERSION " does not use this key yet",
             source->place, name);
    else if (key->status == CONFIG_IS_UNUSED)
        warn(source, "%s: %s: gale does not use this key: %s", source->place,
             name, key->help);
}

/* -- whose it is ----------------------------------------------------------- */

static bool is_left_out(const struct source *source, const char *name)
{
    const struct config_key *key = config_keys_find(name);

    return source->listener->of_topology && key != NULL &&
           !config_keys_is_topologys(key);
}

/* -- of a topology itself -------------------------------------------------- */

/* No option of a plugin is called like this. */
static bool is_gales(const char *name)
{
    return !strncmp(name, "topology.", 9) || !strncmp(name, "gale.", 5);
}

static int refuse_unknown(const struct source *source, const char *name)
{
    char near[64];

    config_layer_known(name, near);
    return error_set(source->error, "%s: %s: unknown key%s%s%s", source->place,
                     name, *near ? "; did you mean \"" : "", near,
                     *near ? "\"?" : "");
}

static int check_scope(const struct source *source,
                       const struct config_key *key, bool of_component)
{
    if (!config_keys_is_topologys(key))
        return error_set(source->error,
                         "%s: %s: found a key of the daemons of a cluster, "
                         "expected one of topologies: it belongs into the "
                         "daemons' files",
                         source->place, key->name);
    if (of_component && key->status == CONFIG_IS_USED &&
        key->scope != CONFIG_COMPONENT)
        return error_set(source->error,
                         "%s: %s: found a key of the whole topology, expected "
                         "one that a single component may have",
                         source->place, key->name);
    return 0;
}

int config_layer_check(const struct settings_source *from, const char *name,
                       gale_value value, bool of_component,
                       const struct config_listener *listener, gale_err *error)
{
    struct source source = {
        .written = from->written, .listener = listener, .error = error};
    const struct config_key *key = config_keys_find(name);

    snprintf(source.place, sizeof(source.place), "%s", from->place);
    if (key == NULL && !of_component && is_gales(name))
        return refuse_unknown(&source, name);
    if (key == NULL)
        return 0;
    if (check_scope(&source, key, of_component) ||
        check_entry(&source, name, value))
        return -1;
    warn_of_entry(&source, name, value);
    return 0;
}

/* -- files ----------------------------------------------------------------- */

/* The caller's to free; NULL with the error. */
static char *read_text(const char *path, size_t *size, gale_err *error)
{
    struct env *env = env_posix();
    void *text;

    if (!env->ops->file_read(env, path, CONFIG_YAML_SIZE_MAX, &text, size))
        return text;
    if (errno == EFBIG)
        error_set(error,
                  "%s: larger than %d bytes, the most that a "
                  "configuration file may have",
                  path, CONFIG_YAML_SIZE_MAX);
    else
        error_set(error, "%s: cannot read this configuration file: %s", path,
                  strerror(errno));
    return NULL;
}

static void place_entry(struct source *source, const char *path,
                        const struct config_entry *entry)
{
    snprintf(source->place, sizeof(source->place), "%.250s:%u", path,
             entry->line);
    source->written = entry->written;
}

static int take_file(struct source *source, const char *path,
                     const struct config_yaml *y, struct settings *to)
{
    for (uint32_t i = 0; i < y->n; i++) {
        place_entry(source, path, &y->entries[i]);
        if (check_entry(source, y->entries[i].key, y->entries[i].value))
            return -1;
    }
    for (uint32_t i = 0; i < y->n; i++) {
        place_entry(source, path, &y->entries[i]);
        if (is_left_out(source, y->entries[i].key))
            continue;
        warn_of_entry(source, y->entries[i].key, y->entries[i].value);
        settings_set_from(
            to, y->entries[i].key, y->entries[i].value,
            &(struct settings_source){source->place, source->written});
    }
    return 0;
}

int config_layer_file(struct settings *to, const char *path,
                      const struct config_listener *listener, gale_err *error)
{
    struct source source = {.listener = listener, .error = error};
    struct config_yaml *y;
    char *text;
    size_t size;
    int result;

    text = read_text(path, &size, error);
    if (!text)
        return -1;
    y = config_yaml_read(path, text, size, error);
    result = y ? take_file(&source, path, y, to) : -1;
    config_yaml_free(y);
    free(text);
    return result;
}

/* -- the command line ------------------------------------------------------ */

static const char *json_of(const char *text)
{
    return text + strspn(text, " \t\r\n");
}

/* What it begins as: a list, a map or a string; or NULL. */
static const char *begins_as(const char *text)
{
    switch (*json_of(text)) {
    case '[':
        return "list";
    case '{':
        return "map";
    case '"':
        return "string";
    default:
        return NULL;
    }
}

/* JSON if it is any, else a string. *lists: what the value lies in, to free. */
static gale_value read_override(const char *text, struct config_yaml **lists)
{
    size_t size = strlen(text);
    gale_value value;

    *lists = NULL;
    if (config_scalar_json(text, size, &value))
        return value;
    if (begins_as(text) != NULL)
        *lists = config_yaml_read_json(text, size, &value);
    return *lists ? value : gale_string(text, size);
}

/* [::1], [fe80::1%eth0]:2181 */
static bool is_address(const char *text)
{
    const char *colon, *end;

    if (*text != '[')
        return false;
    text++;
    end = text + strspn(text, "0123456789abcdefABCDEF:.");
    colon = memchr(text, ':', (size_t)(end - text));
    return colon != NULL && (*end == ']' || *end == '%');
}

/* {word}={count}, as a format begins; or {{. */
static bool is_format(const char *text)
{
    size_t n;

    if (*text != '{')
        return false;
    n = 1 + strcspn(text + 1, "{}\":,");
    return text[n] == '{' || (text[n] == '}' && n > 1);
}

/* Who begins so meant JSON, but for these. */
static int check_json(const struct source *source, const char *name,
                      const struct config_yaml *lists)
{
    const struct config_key *key = config_keys_find(name);
    const char *text = source->written, *as = begins_as(text);
    char found[128] = "something else", quoted[128] = "\"…\"";

    if (as == NULL || lists != NULL || is_address(text) || is_format(text))
        return 0;
    if (key == NULL || !config_keys_is_secret(key)) {
        value_found(gale_cstr(text), found, sizeof(found));
        if (strlen(text) < sizeof(quoted) / 4)
            snprintf(quoted, sizeof(quoted), "%s", found);
    }
    return error_set(source->error,
                     "%s: %s: found %s, which begins as a %s and is no JSON; "
                     "as a text it is written in quotes: -c '%s=%s'",
                     source->place, name, found, as, name, quoted);
}

static void take_override(const struct source *source, const char *key,
                          gale_value value, struct settings *to)
{
    if (!is_left_out(source, key)) {
        warn_of_entry(source, key, value);
        settings_set_from(to, key, value,
                          &(struct settings_source){NULL, source->written});
    } else if (source->listener->warn) {
        warn(source,
             "%s: %s: it is not used here, being a key of the cluster's "
             "daemons: it belongs into their files, and not to a topology",
             source->place, key);
    }
}

int config_layer_override(struct settings *to, const char *text,
                          const struct config_listener *listener,
                          gale_err *error)
{
    struct source source = {
        .place = "command line", .listener = listener, .error = error};
    const char *equals = strchr(text, '=');
    struct config_yaml *lists;
    gale_value value;
    char *key;
    int result;

    if (!equals || equals == text)
        return error_set(error, "-c %s: expected key=value", text);
    if (strlen(equals + 1) > CONFIG_YAML_SIZE_MAX)
        return error_set(error, "-c %.255s: a value longer than %d bytes", text,
                         CONFIG_YAML_SIZE_MAX);
    key = xstrndup(text, (size_t)(equals - text));
    value = read_override(equals + 1, &lists);
    source.written = equals + 1;
    result = check_json(&source, key, lists);
    if (!result)
        result = check_entry(&source, key, value);
    if (!result)
        take_override(&source, key, value, to);
    config_yaml_free(lists);
    free(key);
    return result;
}
