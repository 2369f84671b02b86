/* fuzz_override.c - what follows -c: lines of key=value, into one topology that
 * is then checked, in one of four cases: plugins are looked for then. */
#include "common/config.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/model.h"
#include <gale/topology.h>

static void warned(void *arg, const char *text)
{
    (void)arg;
    fuzz_must(text[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    gale_builder *b = gale_builder_new();
    gale_err error = {""};

    config_register();
    gale_set_name(b, "fuzz");
    gale_add_spout(b, "numbers", "sequence", 1);
    gale_shuffle(gale_add_bolt(b, "print", "print", 2), "numbers");
    while (f.left > 0) {
        char *text = fuzz_text(&f);

        if (text != NULL &&
            gale_builder_override(b, text, warned, NULL, &error) != 0)
            fuzz_must(error.text[0] != '\0');
        free(text);
    }
    if (size % 4 == 0 && gale_builder_check(b, &error) == 0)
        config_check(model_of(b, &error), &error);
    gale_builder_free(b);
    return 0;
}
