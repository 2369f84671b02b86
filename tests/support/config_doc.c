/*
 * config_doc.c - conf/gale.yaml and docs/configuration.md, from the table of
 * keys (common/config_keys.def).
 *
 * tests/unit/test_config_keys.c compares them with the files, and writes these
 * if it is told to.
 */
#include "tests/support/config_doc.h"
#include "common/config_keys.h"

#include <ctype.h>
#include <string.h>

enum { COLUMNS = 80 };

/* text in lines that begin with indent. */
static void put_wrapped(FILE *to, const char *indent, const char *text)
{
    while (*text) {
        size_t room = COLUMNS - strlen(indent), n = strlen(text);

        if (n > room) {
            n = room;
            while (n > 0 && text[n] != ' ')
                n--;
        }
        fprintf(to, "%s%.*s\n", indent, (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
}

/* "an integer from 1 to 7, seconds; per topology" */
static void describe(const struct config_key *key, char *text, size_t size)
{
    static const char *const scopes[] = {
        [CONFIG_COMPONENT] = "per topology or component",
        [CONFIG_TOPOLOGY] = "per topology",
        [CONFIG_WORKER] = "per worker process",
        [CONFIG_CALLER] = "of daemons and commands",
        [CONFIG_DAEMON] = "of daemons",
    };
    char expected[128];

    config_keys_expected(key, expected, sizeof(expected));
    snprintf(text, size, "%s%s%s; %s", expected, key->unit[0] ? ", " : "",
             key->unit, scopes[key->scope]);
}

static const char *default_of(const struct config_key *key)
{
    return key->fallback ? key->fallback : "null";
}

/* -- conf/gale.yaml -------------------------------------------------------- */

static void put_yaml_key(FILE *to, const struct config_key *key)
{
    char text[256], type[260];

    describe(key, text, sizeof(text));
    snprintf(type, sizeof(type), "(%s)", text);
    fputc('\n', to);
    put_wrapped(to, "# ", key->help);
    put_wrapped(to, "# ", type);
    fprintf(to, "#%s: %s\n", key->name, default_of(key));
}

void config_doc_yaml(FILE *to)
{
    fputs(
        "# gale.yaml - every key that gale obeys, commented out at its "
        "default.\n"
        "#\n"
        "# Give the file to gale with --config FILE. What a topology sets "
        "itself is\n"
        "# stronger, and -c key=value on the command line is stronger still. "
        "null says\n"
        "# \"as if it were not set\". docs/configuration.md tells the rest.\n",
        to);
    for (uint32_t i = 0; i < config_keys_n(); i++)
        if (config_keys_at(i)->status == CONFIG_IS_USED)
            put_yaml_key(to, config_keys_at(i));
}

/* -- docs/configuration.md ------------------------------------------------- */

static const char intro[] =
    "# Configuration\n"
    "\n"
    "This page is written from `common/config_keys.def`; change it there.\n"
    "\n"
    "A key has a value from the first of these that sets it:\n"
    "\n"
    "1. the command line: `-c COMPONENT.key=value` for the component of that "
    "id, then\n"
    "   `-c key=value` for all; the value in JSON; what is no JSON is a "
    "string\n"
    "2. a component, by `gale_set()` in the topology\n"
    "3. the topology, by `gale_configure()`\n"
    "4. the files of `--config FILE`, the last one first\n"
    "5. the default\n"
    "\n"
    "The key may be an option of a component, too. `-c key=value` sets it in "
    "every\n"
    "component that has such an option, `-c COMPONENT.key=value` in one, which "
    "must have\n"
    "it: else it is an error. Where the first part names no component, the "
    "whole "
    "is a key\n"
    "that gale does not know, and a warning says so. What can be read as both, "
    "because a\n"
    "component is called as a key begins, is for that component; of several "
    "ids that\n"
    "fit, the longest. In a file, `key: value` and `COMPONENT.key: value` say "
    "the same,\n"
    "for components whose topology does not set it; there, what fits nowhere "
    "is a\n"
    "warning, since a file may be for several topologies.\n"
    "\n"
    "What a topology sets for one component by `gale_set()` must be such an "
    "option, too,\n"
    "or a key. One component may have the keys \"per topology or component\" "
    "below; any\n"
    "other that is set for one alone is an error, in all three ways.\n"
    "\n"
    "`null` says \"as if it were not set\" and ends the search: the default "
    "holds.\n"
    "\n"
    "A file is YAML: one map of keys and values, as Storm's `storm.yaml`, of "
    "at most\n"
    "1 MiB. A value of the wrong type or out of range is an error that names "
    "file,\n"
    "line, key, what was found and what was expected, also where a stronger "
    "value wins;\n"
    "so is a key that is there twice. Words are read as Storm reads them, by "
    "YAML 1.1 (`yes`\n"
    "is true, `0x10` is 16, `1_000` is 1000), but for numbers such as `010`, "
    "which YAML 1.1\n"
    "has as octal and YAML 1.2 has not: they are an error, write `10`, `0o10` "
    "or `\"010\"`.\n"
    "With `-c` a value is JSON, or else a text: numbers have no plus and no "
    "zeros in front.\n"
    "A key that is no option and that gale does not know, or does not use, is "
    "named in a\n"
    "warning; its value is kept all the same, and plugins can ask for it with\n"
    "`gale_config()`.\n"
    "\n"
    "Keys \"of daemons\" are for the daemons of a cluster, those \"of daemons "
    "and\n"
    "commands\" also for commands that talk to them; they come from the "
    "command line,\n"
    "from the files of `--config FILE`, the last one first, and from the "
    "default. One\n"
    "file may hold these and a topology's: a topology has no part in them. "
    "They are not\n"
    "in what `gale submit` gives to the cluster, no worker and no plugin sees "
    "them, a\n"
    "topology that sets one is refused, and with `-c`, where no command or "
    "daemon uses\n"
    "it, a warning says so.\n"
    "\n"
    "`conf/gale.yaml` has every key that gale obeys, ready to be edited.\n";

static void put_used(FILE *to)
{
    fputs("\n## Keys that gale obeys\n", to);
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const struct config_key *key = config_keys_at(i);
        char text[256];

        if (key->status != CONFIG_IS_USED)
            continue;
        describe(key, text, sizeof(text));
        text[0] = (char)toupper((unsigned char)text[0]);
        fprintf(to, "\n### `%s`\n\n", key->name);
        put_wrapped(to, "", key->help);
        fprintf(to, "\n%s. Default: `%s`.\n", text, default_of(key));
    }
}

static void put_later(FILE *to)
{
    fputs("\n## Keys that this version does not use yet\n\n"
          "They are checked and kept, and a warning says that they have no "
          "effect.\n\n"
          "| key | default | |\n|---|---|---|\n",
          to);
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const struct config_key *key = config_keys_at(i);

        if (key->status == CONFIG_IS_LATER)
            fprintf(to, "| `%s` | `%s` | %s |\n", key->name, default_of(key),
                    key->help);
    }
}

static void put_unused(FILE *to)
{
    fputs("\n## Keys of Storm's that gale does not use\n\n"
          "A file may hold them; a warning names each with the reason.\n\n"
          "| key | why |\n|---|---|\n",
          to);
    for (uint32_t i = 0; i < config_keys_n(); i++) {
        const struct config_key *key = config_keys_at(i);

        if (key->status == CONFIG_IS_UNUSED)
            fprintf(to, "| `%s` | %s |\n", key->name, key->help);
    }
}

void config_doc_markdown(FILE *to)
{
    fputs(intro, to);
    put_used(to);
    put_later(to);
    put_unused(to);
}
