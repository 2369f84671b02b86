/*
 * fuzz_option.c - the value of an option: a row of a table with a default, and
 * what a configuration says, as JSON.
 *
 * What suits a row is stored in an instance of just the size.
 */
#include "common/config_yaml.h"
#include "tests/fuzz/fuzz.h"
#include "topology-api/option_table.h"
#include "topology-api/option_value.h"

struct instance {
    union {
        int64_t i;
        double f;
        bool b;
        gale_str text;
        int32_t choice;
    } member;
};

static void store(const gale_option *option, gale_value v)
{
    struct instance *instance = xcalloc(1, sizeof(*instance));

    if (option_value_suits(option, v)) {
        option_value_store(option, v, instance);
        fuzz_must(option->type != GALE_OPTION_TYPE_INT ||
                  (instance->member.i >= option->min &&
                   instance->member.i <= option->max));
        fuzz_must(option->type != GALE_OPTION_TYPE_ENUM ||
                  instance->member.choice >= 0);
    }
    free(instance);
}

static void configure(const gale_option *option, const char *text)
{
    gale_value value = gale_nil();
    struct config_yaml *y = config_yaml_read_json(text, strlen(text), &value);

    store(option, y != NULL ? value : gale_cstr(text));
    config_yaml_free(y);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {data, size};
    gale_option option = {.type = (uint32_t)fuzz_number(&f, 1) % 9,
                          .name = "x"};
    gale_options table = {&option, 1, sizeof(option)};
    char expected[200], *texts[3];
    gale_err error;

    option.min = (int64_t)fuzz_number(&f, 8);
    option.max = (int64_t)fuzz_number(&f, 8);
    for (int i = 0; i < 3; i++)
        texts[i] = fuzz_text(&f);
    option.fallback = texts[0];
    option.choices = texts[1];
    if (option_check_table(&table, sizeof(struct instance), "x", &error) == 0) {
        option_value_expected(&option, expected, sizeof(expected));
        if (option.fallback != NULL)
            store(&option, option_value_default(&option));
        if (texts[2] != NULL)
            configure(&option, texts[2]);
    }
    for (int i = 0; i < 3; i++)
        free(texts[i]);
    return 0;
}
