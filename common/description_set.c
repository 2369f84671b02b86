/* description_set.c - what rebalances have set; see description.h. */
#include "common/config_layer.h"
#include "common/description.h"
#include "topology-api/memory.h"
#include "topology-api/settings.h"
#include <stdlib.h>
#include <string.h>

int description_set(struct description *d, const char *lines, gale_err *error)
{
    const struct config_listener nobody = {.warn = NULL};
    struct model *model = d->model;
    int result = 0;

    if (model->overrides == NULL)
        model->overrides = settings_new();
    while (lines != NULL && *lines != '\0' && result == 0) {
        size_t length = strcspn(lines, "\n");
        char *line = xstrndup(lines, length);

        result = config_layer_override(model->overrides, line, &nobody, error);
        free(line);
        lines += length + (lines[length] == '\n');
    }
    return result;
}
