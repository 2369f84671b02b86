/* topology_record.c - what is to run; see topology_record.h. */
#include "common/topology_record.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "topology-api/names.h"

enum { FILES_MAX = 1024, CONF_MAX = 64 * 1024, OWNER_MAX = 255 };

const char *const topology_status_words[] = {
    "ACTIVE", "INACTIVE", "KILLED", "REBALANCING", "FINISHED", NULL,
};
static const char *const action_words[] = {"NONE", "KILL", "REBALANCE", NULL};
static const char *const file_words[] = {"plugin", "data", NULL};

static const char *const log_words[] = {"USUAL", "ERROR", "WARN",
                                        "INFO",  "DEBUG", NULL};

#define STATUS_EXPECTED "one of ACTIVE, INACTIVE, KILLED, REBALANCING, FINISHED"

static const struct record_field file_fields[] = {
    RECORD_TEXT_OF(struct topology_file, name, record_file_valid,
                   RECORD_FILE_RULE),
    RECORD_TEXT_OF(struct topology_file, hash, record_hash_valid,
                   RECORD_HASH_RULE),
    RECORD_NUMBER_OF(struct topology_file, size, 0, INT64_MAX),
    RECORD_WORD_OF(struct topology_file, kind, file_words,
                   "one of plugin, data"),
};

static const struct record_form file_form = {
    .size = sizeof(struct topology_file),
    .n_fields = sizeof(file_fields) / sizeof(file_fields[0]),
    .fields = file_fields,
};

static const struct record_field component_fields[] = {
    RECORD_OWNED_OF(struct topology_component, id, NAMES_MAX, names_valid,
                    NAMES_RULE),
    RECORD_NUMBER_OF(struct topology_component, executors, 1, MODEL_TASKS_MAX),
    RECORD_NUMBER_OF(struct topology_component, tasks, 1, MODEL_TASKS_MAX),
    RECORD_FLAG_OF(struct topology_component, is_spout),
};

static const struct record_form component_form = {
    .size = sizeof(struct topology_component),
    .n_fields = sizeof(component_fields) / sizeof(component_fields[0]),
    .fields = component_fields,
};

#define T struct topology_record
static const struct record_field fields[] = {
    RECORD_TEXT_OF(T, id, topology_id_valid, TOPOLOGY_ID_RULE),
    RECORD_TEXT_OF(T, name, topology_name_valid, TOPOLOGY_NAME_RULE),
    RECORD_WORD_OF(T, status, topology_status_words, STATUS_EXPECTED),
    RECORD_WORD_OF(T, status_back, topology_status_words, STATUS_EXPECTED),
    RECORD_WORD_OF(T, action, action_words, "one of NONE, KILL, REBALANCE"),
    RECORD_NUMBER_OF(T, action_wait_secs, 0, INT32_MAX),
    RECORD_NUMBER_OF(T, action_asked_us, 0, INT64_MAX),
    RECORD_NUMBER_OF(T, wish_workers, 0, RECORD_WORKERS_MAX),
    RECORD_NUMBERS_OF(T, wish_executors, RECORD_COMPONENTS_MAX),
    RECORD_OPTIONAL_OF(T, wish_conf, CONF_MAX, "text of at most 64 KiB"),
    RECORD_TEXT_OF(T, description_hash, record_hash_valid, RECORD_HASH_RULE),
    RECORD_NUMBER_OF(T, description_size, 1, INT64_MAX),
    RECORD_LIST_OF(T, files, FILES_MAX, &file_form),
    RECORD_LIST_OF(T, components, RECORD_COMPONENTS_MAX, &component_form),
    RECORD_NUMBER_OF(T, workers, 1, RECORD_WORKERS_MAX),
    RECORD_NUMBER_OF(T, turns, 1, RECORD_COMPONENTS_MAX),
    RECORD_NUMBER_OF(T, timeout_secs, 0, UINT32_MAX),
    RECORD_OPTIONAL_OF(T, conf, CONF_MAX, "text of at most 64 KiB"),
    RECORD_NUMBER_OF(T, launched_us, 0, INT64_MAX),
    RECORD_OPTIONAL_OF(T, owner, OWNER_MAX, "text of at most 255 bytes"),
    RECORD_TEXT_OF(T, lineage, topology_id_valid, TOPOLOGY_ID_RULE),
    {
        .key = "waits_for",
        .kind = RECORD_TEXT,
        .optional = true,
        .at = offsetof(T, waits_for),
        .max = TOPOLOGY_ID_SIZE - 1,
        .valid = topology_id_valid,
        .expected = TOPOLOGY_ID_RULE,
    },
    RECORD_NUMBER_OF(T, guarantee, 0, UINT32_MAX),
    RECORD_NUMBER_OF(T, assignment_version, 0, INT64_MAX),
    {
        .key = "log_level",
        .kind = RECORD_WORD,
        .optional = true,
        .at = offsetof(T, log_level),
        .words = log_words,
        .expected = "one of USUAL, ERROR, WARN, INFO, DEBUG",
    },
    {
        .key = "log_until_us",
        .kind = RECORD_NUMBER,
        .optional = true,
        .at = offsetof(T, log_until_us),
        .size = sizeof(((T *)0)->log_until_us),
        .max = INT64_MAX,
    },
};
#undef T

/* -- what members say together --------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorts them. */
static bool all_differ(const char **names, uint32_t n)
{
    bool differ = true;

    if (n > 0)
        qsort(names, n, sizeof(*names), by_text);
    for (uint32_t i = 1; i < n; i++)
        differ = differ && strcmp(names[i - 1], names[i]) != 0;
    return differ;
}

static bool ids_differ(const struct topology_record *t)
{
    const char **ids = xcalloc(t->n_components, sizeof(*ids));
    bool differ;

    for (uint32_t i = 0; i < t->n_components; i++)
        ids[i] = t->components[i].id;
    differ = all_differ(ids, t->n_components);
    free(ids);
    return differ;
}

static bool files_differ(const struct topology_record *t)
{
    const char **names = xcalloc(t->n_files, sizeof(*names));
    bool differ;

    for (uint32_t i = 0; i < t->n_files; i++)
        names[i] = t->files[i].name;
    differ = all_differ(names, t->n_files);
    free(names);
    return differ;
}

static const char *components_defect(const struct topology_record *t)
{
    uint64_t tasks = 0;

    if (t->n_components == 0)
        return "has no component";
    for (uint32_t i = 0; i < t->n_components; i++) {
        tasks += t->components[i].tasks;
        if (t->components[i].executors > t->components[i].tasks)
            return "has a component with more executors than tasks";
    }
    if (tasks > MODEL_TASKS_MAX)
        return "has more than 32767 tasks";
    return ids_differ(t) ? NULL : "has two components of the same id";
}

static const char *wishes_defect(const struct topology_record *t)
{
    if (t->n_wish_executors != 0 && t->n_wish_executors != t->n_components)
        return "has wishes for other components than it has";
    for (uint32_t i = 0; i < t->n_wish_executors; i++)
        if (t->wish_executors[i].executors > t->components[i].tasks)
            return "wishes a component more executors than it has tasks";
    return NULL;
}

static const char *defect_of(const void *record)
{
    const struct topology_record *t = record;
    const char *defect = components_defect(t);

    if (defect == NULL)
        defect = wishes_defect(t);
    if (defect == NULL && !files_differ(t))
        defect = "has two files of the same name";
    if (defect == NULL && !topology_id_is_of(t->id, t->name))
        defect = "has an id that is of another name";
    return defect;
}

/* -- the record ------------------------------------------------------------ */

static const struct record_form form = {
    .what = "topology",
    .version = 1,
    .is_signed = true,
    .size = sizeof(struct topology_record),
    .rest = offsetof(struct topology_record, rest),
    .n_fields = sizeof(fields) / sizeof(fields[0]),
    .fields = fields,
    .defect = defect_of,
};

int topology_record_pack(const struct topology_record *t,
                         const struct digest *key, struct pack *p,
                         gale_err *error)
{
    return record_pack(&form, t, key, p, error);
}

int topology_record_unpack(const void *data, size_t size,
                           const struct digest *key, struct topology_record *t,
                           gale_err *error)
{
    return record_unpack(&form, data, size, key, t, error);
}

void topology_record_free(struct topology_record *t)
{
    record_free(&form, t);
}

void topology_record_copy(const struct topology_record *from,
                          struct topology_record *to)
{
    record_copy(&form, from, to);
}

/* -- what it means --------------------------------------------------------- */

const char *topology_log_level(const struct topology_record *t, int64_t now_us,
                               uint64_t *secs)
{
    int64_t left = t->log_until_us - now_us;

    *secs = 0;
    if (t->log_level == 0 || (t->log_until_us != 0 && left <= 0))
        return NULL;
    if (t->log_until_us != 0)
        *secs = ((uint64_t)left + 999999) / 1000000;
    if (*secs > TOPOLOGY_LOG_SECS_MAX) /* clocks differ */
        *secs = TOPOLOGY_LOG_SECS_MAX;
    return log_words[t->log_level];
}
