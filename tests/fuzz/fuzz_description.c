/*
 * fuzz_description.c - the description of a topology, as anybody may submit it:
 * read without code, and built with the plugins that come with gale.
 *
 * Whatever it says, only files of the one directory are loaded; and what can be
 * built can be described again.
 */
#include "common/config.h"
#include "common/description.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/describe.h"
#include "topology-api/settings.h"

#include <stdio.h>
#include <stdlib.h>

/* As nimbus does. */
static void look_at(const struct description *d)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    gale_err error;

    check(out != NULL);
    describe_model(out, d->model);
    check(fclose(out) == 0);
    free(text);
    config_check(d->model, &error);
    for (uint32_t i = 0; i < d->n_files; i++)
        fuzz_must(description_find(d, d->files[i].name) == &d->files[i]);
}

static void look_at_built(gale_builder *b, const struct description *d,
                          const char *directory)
{
    const struct model *m = model_of(b, NULL);
    gale_err error = {""};
    struct pack p;

    for (uint32_t i = 0; i < m->n_components; i++)
        fuzz_must(
            !strncmp(m->components[i].file, directory, strlen(directory)));
    pack_init(&p);
    if (description_pack(m, d->files, d->n_files, &p, &error) == 0) {
        struct description *again =
            description_read(p.buffer.data, p.buffer.size, &error);

        fuzz_must(again != NULL);
        description_free(again);
    }
    pack_free(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *directory = getenv("GALE_PLUGIN_PATH");
    struct fuzz f = {data, size};
    void *bytes = fuzz_bytes(&f, size);
    gale_err error = {""};
    struct description *d = description_read(bytes, size, &error);
    gale_builder *b;

    free(bytes);
    fuzz_must((d == NULL) == (error.text[0] != '\0'));
    if (d == NULL)
        return 0;
    look_at(d);
    check(directory != NULL);
    b = description_build(d, directory, &error);
    fuzz_must((b == NULL) == (error.text[0] != '\0'));
    if (b != NULL)
        look_at_built(b, d, directory);
    gale_builder_free(b);
    description_free(d);
    return 0;
}
