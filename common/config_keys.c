/*
 * config_keys.c - the table of configuration keys; see config_keys.h.
 *
 * Rows are found through an index in the order of names, made at first use with
 * the defaults' values; both are kept for the life of the process.
 */
#include "common/config_keys.h"
#include "common/check.h"
#include "common/config_scalar.h"
#include "common/config_yaml.h"
#include "common/number.h"
#include "topology-api/memory.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* Why a key of Storm's means nothing here: ends "gale does not use it: …". */
#define REASON_ACCESS "users and their rights are not managed this way"
#define REASON_BLOB "there is no blob store"
#define REASON_CGROUP                                                          \
    "a worker's cgroup is made beside its supervisor's, and there are no "     \
    "containers"
#define REASON_CLASS "a Java class cannot be loaded"
#define REASON_COUNTERS "counters are exact and built in"
#define REASON_JVM "there is no Java virtual machine"
#define REASON_KEYSTORE "there are no Java keystores"
#define REASON_KRYO "tuples have one encoding, which is built in"
#define REASON_NO_ZOOKEEPER "workers do not talk to ZooKeeper"
#define REASON_OTHER "there is nothing here that it could change"
#define REASON_PACEMAKER "there is no Pacemaker"
#define REASON_PROTOCOL "Thrift is not spoken, nor its servers tuned"
#define REASON_QUEUE "queues and batches size themselves"
#define REASON_RETRY "ZooKeeper is asked again for as long as it is needed"
#define REASON_SCHEDULER "the placing of tasks has no such choice"
#define REASON_TRANSPORT "connections between workers are built in"
#define REASON_TRIDENT "there is no Trident"
#define REASON_WAIT "an idle executor sleeps until there is work"

static const struct config_key keys[] = {
#define CONFIG_USED(name_, type_, scope_, fallback_, min_, max_, unit_, help_) \
    {.name = name_,                                                            \
     .type = CONFIG_##type_,                                                   \
     .scope = CONFIG_##scope_,                                                 \
     .status = CONFIG_IS_USED,                                                 \
     .fallback = fallback_,                                                    \
     .min = min_,                                                              \
     .max = max_,                                                              \
     .unit = unit_,                                                            \
     .help = help_},
#define CONFIG_LATER(name_, type_, scope_, fallback_, help_)                   \
    {.name = name_,                                                            \
     .type = CONFIG_##type_,                                                   \
     .scope = CONFIG_##scope_,                                                 \
     .status = CONFIG_IS_LATER,                                                \
     .fallback = fallback_,                                                    \
     .unit = "",                                                               \
     .help = help_},
#define CONFIG_UNUSED(name_, scope_, reason_)                                  \
    {.name = name_,                                                            \
     .type = CONFIG_ANY,                                                       \
     .scope = CONFIG_##scope_,                                                 \
     .status = CONFIG_IS_UNUSED,                                               \
     .unit = "",                                                               \
     .help = REASON_##reason_},
#include "common/config_keys.def"
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

static struct {
    pthread_once_t once;
    const struct config_key *by_name[N_KEYS];
    gale_value fallbacks[N_KEYS];
    struct config_yaml *lists[N_KEYS]; /* what list and map values lie in */
} table = {.once = PTHREAD_ONCE_INIT};

static int compare(const void *a, const void *b)
{
    const struct config_key *const *x = a, *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static void make_default(uint32_t i)
{
    const char *text = keys[i].fallback;
    size_t size = text ? strlen(text) : 0;

    if (!text)
        table.fallbacks[i] = gale_nil();
    else if (keys[i].type == CONFIG_STRING || keys[i].type == CONFIG_WORD)
        table.fallbacks[i] = gale_string(text, size);
    else if (!config_scalar_json(text, size, &table.fallbacks[i]))
        table.lists[i] = config_yaml_read_json(text, size, &table.fallbacks[i]);
    check_msg(config_keys_accepts(&keys[i], table.fallbacks[i]), "%s",
              keys[i].name);
}

static void make_table(void)
{
    for (uint32_t i = 0; i < N_KEYS; i++) {
        table.by_name[i] = &keys[i];
        make_default(i);
    }
    qsort(table.by_name, N_KEYS, sizeof(table.by_name[0]), compare);
}

uint32_t config_keys_n(void)
{
    return N_KEYS;
}

const struct config_key *config_keys_at(uint32_t i)
{
    check(i < N_KEYS);
    return &keys[i];
}

const struct config_key *config_keys_find(const char *name)
{
    struct config_key wanted = {.name = name};
    const struct config_key *key = &wanted, *const * found;

    pthread_once(&table.once, make_table);
    found =
        bsearch(&key, table.by_name, N_KEYS, sizeof(table.by_name[0]), compare);
    return found ? *found : NULL;
}

gale_value config_keys_default(const struct config_key *key)
{
    check(key >= keys && key < keys + N_KEYS);
    pthread_once(&table.once, make_table);
    return table.fallbacks[key - keys];
}

/* -- types and ranges ------------------------------------------------------ */

static bool int_in_range(const struct config_key *key, int64_t i)
{
    return (!key->min || i >= strtoll(key->min, NULL, 10)) &&
           (!key->max || i <= strtoll(key->max, NULL, 10));
}

static bool float_in_range(const struct config_key *key, double f)
{
    return isfinite(f) && (!key->min || f >= number_read(key->min, NULL)) &&
           (!key->max || f <= number_read(key->max, NULL));
}

/* Who obeys a string (a path, a host) takes it as C's. */
static bool is_text(gale_value value)
{
    return value.kind == GALE_STRING &&
           (value.size == 0 || !memchr(value.as.data, 0, value.size));
}

static bool is_word_of(const struct config_key *key, gale_value value)
{
    const char *at = key->min;

    while (is_text(value) && *at != '\0') {
        size_t n = strcspn(at, ",");

        if (n == value.size && memcmp(at, value.as.data, n) == 0)
            return true;
        at += n;
        at += strspn(at, ", ");
    }
    return false;
}

static bool is_list_of(gale_value value, uint32_t kind)
{
    if (value.kind != GALE_LIST)
        return false;
    for (uint32_t i = 0; i < value.size; i++)
        if (kind == GALE_STRING ? !is_text(value.as.items[i])
                                : value.as.items[i].kind != kind)
            return false;
    return true;
}

static bool are_ints_in_range(const struct config_key *key, gale_value value)
{
    if (!is_list_of(value, GALE_INT))
        return false;
    for (uint32_t i = 0; i < value.size; i++)
        if (!int_in_range(key, value.as.items[i].as.i))
            return false;
    return true;
}

static bool accepts_float(const struct config_key *key, gale_value value)
{
    if (value.kind == GALE_INT)
        return float_in_range(key, (double)value.as.i);
    return value.kind == GALE_FLOAT && float_in_range(key, value.as.f);
}

bool config_keys_accepts(const struct config_key *key, gale_value value)
{
    if (value.kind == GALE_NIL)
        return true;
    switch (key->type) {
    case CONFIG_INT:
        return value.kind == GALE_INT && int_in_range(key, value.as.i);
    case CONFIG_FLOAT:
        return accepts_float(key, value);
    case CONFIG_BOOL:
        return value.kind == GALE_BOOL;
    case CONFIG_STRING:
        return is_text(value);
    case CONFIG_WORD:
        return is_word_of(key, value);
    case CONFIG_STRINGS:
        return is_list_of(value, GALE_STRING);
    case CONFIG_INTS:
        return are_ints_in_range(key, value);
    case CONFIG_TEXTS:
        return is_text(value) || is_list_of(value, GALE_STRING);
    case CONFIG_MAP:
        return value.kind == GALE_MAP;
    case CONFIG_ANY:
        return true;
    }
    return false;
}

bool config_keys_is_topologys(const struct config_key *key)
{
    return key->scope != CONFIG_CALLER && key->scope != CONFIG_DAEMON;
}

bool config_keys_is_secret(const struct config_key *key)
{
    static const char end[] = ".payload";
    size_t n = strlen(key->name);

    return n >= sizeof(end) && !strcmp(key->name + n - (sizeof(end) - 1), end);
}

char *config_keys_expected(const struct config_key *key, char *buffer,
                           size_t size)
{
    static const char *const names[] = {
        [CONFIG_INT] = "an integer",
        [CONFIG_FLOAT] = "a number",
        [CONFIG_BOOL] = "true or false",
        [CONFIG_STRING] = "a string",
        [CONFIG_STRINGS] = "a list of strings",
        [CONFIG_INTS] = "a list of integers",
        [CONFIG_TEXTS] = "a string or a list of strings",
        [CONFIG_MAP] = "a map",
        [CONFIG_ANY] = "anything",
    };
    const char *min = key->min, *max = key->max;

    if (key->type == CONFIG_WORD) {
        snprintf(buffer, size, "one of %s", min);
        return buffer;
    }
    snprintf(buffer, size, "%s%s%s%s%s%s%s", names[key->type],
             min ? " from " : "", min ? min : "", min && !max ? " on" : "",
             max ? min ? " to " : " up to " : "", max ? max : "",
             key->type == CONFIG_STRING ? " (in quotes)" : "");
    return buffer;
}
