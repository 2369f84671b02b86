/* conf_lines.c - configuration of rebalances; see conf_lines.h. */
#include "nimbus/conf_lines.h"
#include "common/config_keys.h"
#include "common/config_layer.h"
#include "topology-api/memory.h"
#include "topology-api/model.h"
#include "topology-api/text_buffer.h"

#define LINE_MAX_ 4000u

static int check_key(const char *line, gale_err *error)
{
    char *key = xstrndup(line, strcspn(line, "="));
    const struct config_key *row = config_keys_find(key);
    int result = 0;

    if (row == NULL || row->status != CONFIG_IS_USED ||
        (row->scope != CONFIG_TOPOLOGY && row->scope != CONFIG_COMPONENT &&
         row->scope != CONFIG_WORKER))
        result = error_set(error,
                           "\"%s\" is no key of a topology's configuration "
                           "that a rebalance can set",
                           key);
    free(key);
    return result;
}

/* Its value is one of the key's. */
static int check_line(const char *line, gale_err *error)
{
    struct config_listener nobody = {.warn = NULL};
    struct settings *settings;
    int result;

    if (strchr(line, '=') == NULL || strchr(line, '\n') != NULL)
        return error_set(error, "\"%.100s\" is no KEY=VALUE", line);
    if (check_key(line, error) != 0)
        return -1;
    settings = settings_new();
    result = config_layer_override(settings, line, &nobody, error);
    settings_free(settings);
    return result;
}

static bool same_key(const char *a, const char *b)
{
    size_t n = strcspn(a, "=");

    return strncmp(a, b, n + 1) == 0;
}

static bool is_replaced(const char *line, char *const *lines, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (same_key(lines[i], line))
            return true;
    return false;
}

/* Lines of `before` that stay, then the new ones. */
static char *join(const char *before, char *const *lines, uint32_t n)
{
    struct text_buffer text;
    size_t size = (before == NULL ? 0 : strlen(before)) + 2;
    char *all;

    for (uint32_t i = 0; i < n; i++)
        size += strlen(lines[i]) + 1;
    all = xmalloc(size);
    text_buffer_init(&text, all, size);
    while (before != NULL && *before != '\0') {
        size_t length = strcspn(before, "\n");

        if (!is_replaced(before, lines, n))
            text_buffer_put(&text, "%.*s\n", (int)length, before);
        before += length + (before[length] == '\n');
    }
    for (uint32_t i = 0; i < n; i++)
        if (!is_replaced(lines[i], lines + i + 1, n - i - 1))
            text_buffer_put(&text, "%s\n", lines[i]);
    return all;
}

static int take_lines(const msgpack_object *list, char **lines, gale_err *error)
{
    for (uint32_t i = 0; i < unpack_n(list); i++) {
        lines[i] = unpack_text(unpack_at(list, i), LINE_MAX_);
        if (lines[i] == NULL)
            return error_set(error,
                             "a text of the configuration is longer "
                             "than %u bytes, or none",
                             LINE_MAX_);
        if (check_line(lines[i], error) != 0)
            return -1;
    }
    return 0;
}

char *conf_lines_merge(const char *before, const msgpack_object *list,
                       gale_err *error)
{
    uint32_t n = unpack_n(list);
    char **lines = xcalloc(n, sizeof(char *));
    char *all = NULL;

    if (take_lines(list, lines, error) == 0)
        all = join(before, lines, n);
    for (uint32_t i = 0; i < n; i++)
        free(lines[i]);
    free(lines);
    return all;
}
