/* check_yaml.c - all that is wrong with a topology in YAML, a line for each. */
#include "cli/check_yaml.h"
#include "cli/command.h"
#include <stdio.h>

/* A plugin may be quoted, or a value of the file: it stays on its line. */
static void say(void *arg, bool is_error, const char *text)
{
    uint32_t *warnings = arg;

    *warnings += !is_error;
    if (!is_error)
        fputs("warning: ", stdout);
    for (; *text != '\0'; text++)
        putchar((unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
    putchar('\n');
}

static void put_count(const char *before, uint32_t n, const char *what)
{
    printf("%s%u %s%s", before, n, what, n == 1 ? "" : "s");
}

/* A gale_warn_fn. */
static void warn(void *arg, const char *text)
{
    say(arg, false, text);
}

int check_yaml(const char *file, const struct flux_options *options,
               const char *const *overrides, uint32_t n_overrides, bool named)
{
    gale_builder *b = gale_builder_new();
    uint32_t errors, warnings = 0;
    int status = EXIT_OK;
    gale_err error;

    gale_local_name_crashes();
    for (uint32_t i = 0; i < n_overrides && status == EXIT_OK; i++)
        if (gale_builder_override(b, overrides[i], warn, &warnings, &error))
            status = command_error("check", "%s", error.text);
    if (status == EXIT_OK) {
        errors = flux_load(b, file, options, say, &warnings);
        if (named)
            printf("%s: ", file);
        put_count("", errors, "error");
        put_count(", ", warnings, "warning");
        putchar('\n');
        status = command_finish("check", errors > 0 ? EXIT_ERROR : EXIT_OK);
    }
    gale_builder_free(b);
    return status;
}
