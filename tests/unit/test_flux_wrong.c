/*
 * test_flux_wrong.c - topologies in YAML: all that is wrong with a file, with
 * its place. The plugins are those of tests/plugins/bad/parts.c.
 */
#include "common/flux.h"
#include "tests/support/cmocka_all.h"
#include "tests/unit/flux_files.h"

static const struct flux_options nothing = {.filter = NULL};

/* Each finding a line. */
static void put_finding(void *arg, bool is_error, const char *text)
{
    fprintf(arg, "%s%s\n", is_error ? "" : "warning: ", text);
}

static char *found_in(const char *path, const struct flux_options *options)
{
    gale_builder *b = builder_new();
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    flux_load(b, path, options, put_finding, out);
    fclose(out);
    gale_builder_free(b);
    return text;
}

#define HEAD "name: a\nspouts: [{id: in, plugin: numbers}]\n"
#define BOLT HEAD "bolts: [{id: out, plugin: sink}]\n"
#define STREAM "streams: [{from: in, to: out, grouping: SHUFFLE}]\n"
#define PASS(what_)                                                            \
    HEAD "bolts:\n  - {id: out, plugin: pass, " what_ "}\n" STREAM
#define PICKER(what_)                                                          \
    HEAD "bolts:\n  - {id: out, plugin: picker, config: {" what_ "}}\n" STREAM
#define NOT_DECLARED                                                           \
    ", which the stream \"default\" of \"in\" does not declare: it has "       \
    "\"number\", \"name\""
#define GROUPING(what_)                                                        \
    BOLT "streams:\n  - {from: in, to: out, grouping: " what_ "}\n"
#define EXPECTED_KEYS                                                          \
    "; expected name, config, spouts, bolts, streams, includes\n"

static const struct {
    const char *text, *found;
} wrong[] = {
    {BOLT STREAM, ""},
    /* no topology at all */
    {"", "f: found no map, expected that of a topology: name, spouts, bolts, "
         "streams\n"},
    {"- a\n", "f: found no map, expected that of a topology: name, spouts, "
              "bolts, streams\n"},
    {"a: [\n", "f:2:1: not valid YAML: did not find expected node content "
               "while parsing a flow node\n"},
    {"name: a\n", "f: the topology has no spout; expected at least one\n"},
    {"spouts: [{id: in, plugin: numbers}]\n",
     "f:1:1: a topology without \"name\"\n"},
    {"name: a b\nspouts: [{id: in, plugin: numbers}]\n",
     "f:1:7: a topology's name \"a b\" is no valid name; expected 1 to 64 "
     "letters, digits, '_' and '-', beginning with a letter or digit\n"},
    /* keys */
    {BOLT STREAM "blots: []\nzzz: 1\n",
     "f:5:1: a topology has no key \"blots\"; did you mean \"bolts\"?\n"
     "f:6:1: a topology has no key \"zzz\"" EXPECTED_KEYS},
    {BOLT STREAM "streams: []\n",
     "f:5:1: \"streams\" is there twice, first in line 4\n"},
    {"name: a\nspouts: {id: in}\nconfig: []\n",
     "f: the topology has no spout; expected at least one\n"
     "f:2:9: \"spouts\": found a map, expected a list\n"
     "f:3:9: \"config\": found a list, expected a map\n"},
    {BOLT STREAM "components: []\ntopologySource: x\n",
     "f:5:1: \"components\" means nothing here: there are no objects that "
     "others refer to: write the options of a plugin under its \"config\", and "
     "what several share as an anchor (&)\n"
     "f:6:1: \"topologySource\" means nothing here: a topology that code "
     "builds is a shared object: gale local FILE.so\n"},
    {HEAD "bolts:\n  - {id: out, plugin: sink, className: sink}\n" STREAM,
     "f:4:29: \"className\" and \"plugin\" in line 4 say the same: give one of "
     "them\n"},
    {HEAD "bolts:\n  - 7\n  - {[a]: 1, id: out, plugin: sink}\n" STREAM,
     "f:4:5: found a single value, expected a bolt: a map\n"
     "f:5:6: expected a key that is a word\n"},
    /* components */
    {HEAD "bolts:\n  - {}\n",
     "f:4:5: a bolt without \"id\"\nf:4:5: a bolt without \"plugin\"\n"},
    {HEAD "bolts:\n  - {id: a b, plugin: sink}\n  - {id: [x], plugin: ''}\n",
     "f:4:10: a component's id \"a b\" is no valid name; expected 1 to 255 "
     "letters, digits, '.', '_' and '-', not beginning with '.' or \"__\"\n"
     "f:5:10: \"id\": found a list, expected a text\n"
     "f:5:23: \"plugin\": found nothing, expected a text\n"},
    {HEAD "bolts:\n  - {id: in, plugin: sink}\n",
     "f:4:10: the id \"in\" is there twice, first at f:2:27\n"},
    {HEAD "bolts:\n  - {id: out, plugin: sink}\n",
     "f:4:23: component \"out\" is a bolt without an input; subscribe it to a "
     "stream\n"},
    {PASS("parallelism: 0, tasks: many"),
     "f:4:42: \"parallelism\": found 0, expected a whole number from 1 to "
     "32767\n"
     "f:4:52: \"tasks\": found \"many\", expected a whole number from 1 to "
     "32767\n"},
    {PASS("parallelism: 32768, tasks: 1.5"),
     "f:4:42: \"parallelism\": found 32768, expected a whole number from 1 to "
     "32767\n"
     "f:4:56: \"tasks\": found 1.5, expected a whole number from 1 to 32767\n"},
    {PASS("parallelism: 99999999999999999999, tasks: 0xffffffffffffffff"),
     "f:4:42: \"parallelism\": found 99999999999999999999, expected a whole "
     "number from 1 to 32767\n"
     "f:4:71: \"tasks\": found 0xffffffffffffffff, expected a whole number "
     "from 1 to 32767\n"},
    {PASS("parallelism: 3, tasks: 2"),
     "f:4:23: component \"out\" has 3 executors for 2 tasks; expected at least "
     "as many tasks as executors\n"},
    {PASS("parallelism: 20000, tasks: 32767"),
     "f: the topology has 32768 tasks in all, expected at most 32767\n"
     "f:4:23: component \"out\" makes more than 32767 tasks in all\n"},
    /* options, of all components at once */
    {PASS("config: {keep: 0, share: much, color: pink, loud: 1, lable: x}"),
     "f:4:38: component \"out\": the option \"keep\" is 0, expected an integer "
     "from 1 to 1000\n"
     "f:4:47: component \"out\": the option \"share\" is \"much\", expected a "
     "number\n"
     "f:4:60: component \"out\": the option \"color\" is \"pink\", expected "
     "one "
     "of red, green, blue\n"
     "f:4:73: component \"out\": the option \"loud\" is 1, expected true or "
     "false\n"
     "f:4:82: component \"out\" sets \"lable\", which is neither an option of "
     "bolt \"pass\" nor a configuration key; did you mean \"label\"?\n"},
    {PASS("config: {keep: 99999999999999999999, loud: 9223372036854775809}"),
     "f:4:38: component \"out\": the option \"keep\" is "
     "99999999999999999999, expected an integer from 1 to 1000\n"
     "f:4:66: component \"out\": the option \"loud\" is "
     "9223372036854775809, expected true or false\n"},
    {PASS("config: {keep: \"7\", share: '0.5', loud: \"true\"}"),
     "f:4:38: component \"out\": the option \"keep\" is \"7\", expected an "
     "integer from 1 to 1000; in quotes it is a text: take them away\n"
     "f:4:49: component \"out\": the option \"share\" is \"0.5\", expected a "
     "number; in quotes it is a text: take them away\n"
     "f:4:63: component \"out\": the option \"loud\" is \"true\", expected "
     "true or false; in quotes it is a text: take them away\n"},
    {PASS("config: {keep: \"007\", share: \"+5\"}"),
     "f:4:38: component \"out\": the option \"keep\" is \"007\", expected an "
     "integer from 1 to 1000; numbers are written as in JSON, without a plus "
     "or zeros in front\n"
     "f:4:51: component \"out\": the option \"share\" is \"+5\", expected a "
     "number; numbers are written as in JSON, without a plus or zeros in "
     "front\n"},
    {PASS("config: {keep: 010}"),
     "f:4:44: 010 may be octal or not: write it without a zero in front, with "
     "0o if it is octal, or in quotes if it is a text\n"},
    {PASS("config: {keep: \"1001\", label: \"7\"}"),
     "f:4:38: component \"out\": the option \"keep\" is \"1001\", expected an "
     "integer from 1 to 1000\n"},
    {HEAD "bolts:\n  - {id: out, plugin: needy}\n" STREAM,
     "f:4:23: component \"out\": the option \"file\" of bolt \"needy\" is "
     "missing, expected a string or a list of strings without line breaks; the "
     "topology or -c file=VALUE gives it\n"},
    {HEAD
     "bolts:\n  - {id: out, plugin: needy, config: {file: \"${a}\"}}\n" STREAM,
     "f:4:45: this value has ${a}, but no file is given that sets it (--filter "
     "FILE); the characters ${ themselves are written $${\n"},
    {PASS("config: {keep: 1, keep: 2}, properties: [{name: keep, value: 3}]"),
     "f:4:47: \"keep\" is set twice, first at f:4:38\n"
     "f:4:77: \"keep\" is set twice, first at f:4:38\n"},
    {PASS("properties: [{name: keep}, {name: keep, ref: x}, {value: 1}, 7]"),
     "f:4:42: a property without \"value\"\n"
     "f:4:56: a property without \"value\"\n"
     "f:4:69: \"ref\" means nothing here: there are no objects to refer to: "
     "write a \"value\"\n"
     "f:4:78: a property without \"name\"\n"
     "f:4:90: found a single value, expected a property: a map\n"},
    {PASS("config: {<<: 1, '': 2, label: !x 3, keep: {a: 1, a: 2}}"),
     "f:4:38: merge keys (<<) are not supported\n"
     "f:4:45: found a key that is empty, has more than 255 bytes or a NUL "
     "byte\n"
     "f:4:59: the tag !x is not supported\n"
     "f:4:78: the key a is there twice\n"},
    /* configuration */
    {BOLT STREAM "config:\n  topology.worker: 1\n  topology.workers: 0\n"
                 "  nimbus.seeds: [a]\n  topology.debug: 1\n",
     "f:6:3: topology.worker: unknown key; did you mean \"topology.workers\"?\n"
     "f:7:3: topology.workers: found 0, expected an integer from 1 to 1024\n"
     "f:8:3: nimbus.seeds: found a key of the daemons of a cluster, expected "
     "one of topologies: it belongs into the daemons' files\n"
     "f:9:3: topology.debug: found 1, expected true or false\n"},
    {PASS("config: {topology.workers: 2, topology.debug: 7}"),
     "f:4:38: topology.workers: found a key of the whole topology, expected "
     "one that a single component may have\n"
     "f:4:59: topology.debug: found 7, expected true or false\n"},
    {BOLT STREAM "config: {my.key: 1, topology.kryo.factory: x}\n",
     "warning: f:5:10: the topology sets \"my.key\", which is neither a "
     "configuration key nor an option of a component\n"
     "warning: f:5:21: topology.kryo.factory: gale does not use this key: "
     "tuples have one encoding, which is built in\n"},
    /* streams */
    {BOLT "streams:\n  - {}\n",
     "f:3:27: component \"out\" is a bolt without an input; subscribe it to a "
     "stream\n"
     "f:5:5: a stream without \"from\"\nf:5:5: a stream without \"to\"\n"
     "f:5:5: a stream without \"grouping\"\n"},
    {BOLT "streams:\n  - {from: ni, to: out, grouping: SHUFFLE}\n"
          "  - {from: in, to: uot, grouping: SHUFFLE}\n"
          "  - {from: in, to: in, grouping: SHUFFLE}\n",
     "f:5:12: component \"out\" subscribes to \"ni\", but there is no such "
     "component; did you mean \"in\"?\n"
     "f:6:20: a stream goes to \"uot\", but there is no such bolt; did you "
     "mean "
     "\"out\"?\n"
     "f:7:20: a stream goes to \"in\", which is a spout and takes no input\n"},
    {BOLT "streams:\n  - &s {from: in, to: out, grouping: SHUFFLE}\n  - *s\n",
     "f:6:5: component \"out\" subscribes to the stream \"default\" of \"in\" "
     "twice by the same grouping\n"},
    {GROUPING("SHUFLE"),
     "f:5:35: found \"SHUFLE\", expected a grouping: SHUFFLE, FIELDS, ALL, "
     "GLOBAL, NONE, DIRECT, LOCAL_OR_SHUFFLE, PARTIAL_KEY or CUSTOM; did you "
     "mean \"SHUFFLE\"?\n"},
    {GROUPING("[]"), "f:5:35: found a list, expected a grouping: a map\n"},
    {GROUPING("{type: FIELDS, args: [nmae]}"),
     "f:5:56: component \"out\" groups by the field \"nmae\", which the stream "
     "\"default\" of \"in\" does not declare: it has \"number\", \"name\"; did "
     "you mean \"name\"?\n"},
    {GROUPING("FIELDS"), "f:5:35: a grouping by fields without \"args\", the "
                         "names of the fields\n"},
    {GROUPING("{type: FIELDS, args: name}"),
     "f:5:56: \"args\": found a single value, expected a list\n"},
    {GROUPING("{type: FIELDS, args: [name, [x]]}"),
     "f:5:63: \"args\": found a list, expected a text\n"},
    {GROUPING("{type: ALL, args: [name]}"),
     "f:5:53: \"args\" names fields, which only FIELDS and PARTIAL_KEY take\n"},
    {GROUPING("{type: ALL, streamId: lat}"),
     "f:5:57: component \"out\" subscribes to the stream \"lat\" of \"in\", "
     "which declares \"default\", \"late\", \"orders\"; did you mean "
     "\"late\"?\n"},
    {GROUPING("{type: ALL, streamId: orders}"),
     "f:5:57: component \"out\" subscribes to the stream \"orders\" of \"in\" "
     "by another grouping than direct, but it is declared direct; expected "
     "direct grouping\n"},
    {GROUPING("{type: DIRECT}"),
     "f:5:5: component \"out\" subscribes to the stream \"default\" of \"in\" "
     "by direct grouping, but it is not declared direct; expected "
     "GALE_DIRECT_STREAM where it is declared, or another grouping\n"},
    {GROUPING("{type: CUSTOM}"),
     "f:5:35: a CUSTOM grouping without \"plugin\"\n"},
    {GROUPING("{type: CUSTOM, plugin: x, customClass: {clas: y}}"),
     "f:5:74: \"customClass\" and \"plugin\" say the same: give one of them\n"
     "f:5:74: a custom class without \"plugin\"\n"
     "f:5:75: a custom class has no key \"clas\"; expected plugin\n"},
    {GROUPING("{type: ALL, plugin: odd_even}"),
     "f:5:35: a plugin is named for a grouping that is not CUSTOM\n"},
    /* one thing wrong hides nothing else, and nothing follows from it */
    {HEAD "bolts:\n  - {id: out, plugin: fork, config: {streams: 7}}\n"
          "  - {id: end, plugin: sink}\n" STREAM
          "  # comes from what is not known\n",
     "f:4:38: component \"out\": the option \"streams\" is 7, expected a "
     "string "
     "or a list of strings without line breaks\n"
     "f:5:23: component \"end\" is a bolt without an input; subscribe it to a "
     "stream\n"},
    {HEAD "bolts:\n  - {id: out, plugin: fork, config: {streams: 7, kep: 1}}\n"
          "streams:\n  - {from: in, to: out, grouping: ALL}\n",
     "f:4:38: component \"out\": the option \"streams\" is 7, expected a "
     "string "
     "or a list of strings without line breaks\n"
     "f:4:50: component \"out\" sets \"kep\", which is neither an option of "
     "bolt \"fork\" nor a configuration key\n"},
    {HEAD "bolts:\n  - {id: out, plugin: fork, config: {streams: none}}\n"
          "streams:\n  - {from: in, to: out, grouping: ALL}\n",
     "f:4:38: component \"out\": option streams: it wants some\n"},
    {HEAD "bolts:\n  - {id: out, plugin: fork, config: {streams: refuse, "
          "steams: a}}\n"
          "streams:\n  - {from: in, to: out, grouping: ALL}\n",
     "f:4:23: component \"out\": it does not like these streams\n"
     "f:4:55: component \"out\" sets \"steams\", which is neither an option of "
     "bolt \"fork\" nor a configuration key; did you mean \"streams\"?\n"},
    {HEAD "bolts:\n  - {id: out, plugin: fork, config: {streams: [a, wrong, b "
          "c, rest, a, wrong, d]}}\n"
          "streams:\n  - {from: in, to: out, grouping: ALL}\n",
     "f:4:23: component \"out\": a stream \"b c\" is no valid name; expected 1 "
     "to 255 letters, digits, '.', '_' and '-', not beginning with \"__\"\n"
     "f:4:23: component \"out\" declares the stream \"rest\" twice\n"
     "f:4:23: component \"out\" declares the stream \"a\" twice\n"
     "f:4:38: component \"out\": option streams: wrong is no name\n"
     "f:4:38: component \"out\": option streams: wrong is no name\n"},
    {HEAD "bolts:\n  - {id: mid}\n  - {id: out, plugin: sink}\n"
          "streams:\n  - {from: in, to: mid, grouping: ALL}\n"
          "  - {from: mid, to: out, grouping: {type: ALL, streamId: any}}\n",
     "f:4:5: a bolt without \"plugin\"\n"},
    /* options that name fields of the input */
    {PICKER("field: name, fields: [number, name], pairs: [number, a=name], "
            "format: \"{{x}} {name}\""),
     ""},
    {PICKER("field: nmae, fields: [number, '', x], pairs: [name, name=nam], "
            "format: \"{number} {n}\""),
     "f:4:40: component \"out\": the option \"field\" names the field "
     "\"nmae\"" NOT_DECLARED "; did you mean \"name\"?\n"
     "f:4:53: component \"out\": the option \"fields\" names the field "
     "\"\"" NOT_DECLARED "\n"
     "f:4:53: component \"out\": the option \"fields\" names the field "
     "\"x\"" NOT_DECLARED "\n"
     "f:4:78: component \"out\": the option \"pairs\" names the field "
     "\"nam\"" NOT_DECLARED "; did you mean \"name\"?\n"
     "f:4:103: component \"out\": the option \"format\" names the field "
     "\"n\"" NOT_DECLARED "\n"},
    {PICKER("field: \"${ENV-X}\", fields: \"${ENV-X}\""),
     "f:4:47: this value has ${ENV-X}, which only --env-filter replaces\n"
     "f:4:67: this value has ${ENV-X}, which only --env-filter replaces\n"},
    {HEAD "bolts:\n  - {id: mid, plugin: fork, config: {streams: some}}\n"
          "  - {id: out, plugin: picker}\n"
          "streams:\n  - {from: in, to: mid, grouping: SHUFFLE}\n"
          "  - {from: in, to: out, grouping: ALL}\n"
          "  - {from: mid, to: out, grouping: {type: ALL, streamId: some}}\n"
          "  - {from: mid, to: out, grouping: {type: NONE, streamId: some}}\n"
          "  - {from: mid, to: out, grouping: {type: ALL, streamId: rest}}\n",
     "f:5:23: component \"out\": the option \"field\" is not given, and its "
     "default names the field \"number\", which the stream \"some\" of \"mid\" "
     "does not declare: it has \"value\"\n"
     "f:5:23: component \"out\": the option \"field\" is not given, and its "
     "default names the field \"number\", which the stream \"rest\" of \"mid\" "
     "does not declare: it has \"value\"\n"},
    {HEAD "bolts:\n  - {id: mid, plugin: fork, config: {streams: none}}\n"
          "  - {id: out, plugin: picker, config: {field: x}}\n"
          "streams:\n  - {from: in, to: mid, grouping: SHUFFLE}\n"
          "  - {from: mid, to: out, grouping: {type: ALL, streamId: rest}}\n",
     "f:4:38: component \"mid\": option streams: it wants some\n"},
    {HEAD "bolts:\n  - {id: mid, plugin: picker, config: {field: x}}\n"
          "  - {id: out, plugin: picker, config: {field: name}}\n"
          "streams:\n  - {from: mid, to: out, grouping: ALL}\n"
          "  - {from: in, to: mid, grouping: ALL}\n",
     "f:4:40: component \"mid\": the option \"field\" names the field "
     "\"x\"" NOT_DECLARED "\n"},
    /* what is missing may stand under a key that is not known */
    {"name: a\nspout: [{id: in, plugin: numbers}]\n"
     "bolts: [{id: out, plugin: sink}]\n" STREAM,
     "f:2:1: a topology has no key \"spout\"; did you mean \"spouts\"?\n"},
    {HEAD "bolt: [{id: out, plugin: sink}]\n" STREAM,
     "f:3:1: a topology has no key \"bolt\"; did you mean \"bolts\"?\n"},
    {BOLT "steams:\n  - {from: in, to: out, grouping: SHUFFLE}\n",
     "f:4:1: a topology has no key \"steams\"; did you mean \"streams\"?\n"},
    {HEAD "bolts: [{idd: out, plugin: sink}]\n" STREAM,
     "f:3:9: a bolt without \"id\"\n"
     "f:3:10: a bolt has no key \"idd\"; did you mean \"id\"?\n"},
    {"name: a\nincludes: [{file: nowhere}]\n"
     "bolts: [{id: out, plugin: sink}]\n" STREAM,
     "f:2:19: cannot read the topology nowhere: No such file or directory\n"},
    {BOLT "streams: [{from: in, to: ot, grouping: SHUFFLE}]\n",
     "f:4:26: a stream goes to \"ot\", but there is no such bolt; did you mean "
     "\"out\"?\n"},
    {PASS("config: {color: geren}"),
     "f:4:38: component \"out\": the option \"color\" is \"geren\", expected "
     "one of red, green, blue; did you mean \"green\"?\n"},
    {"name: a\nconfig:\n\ta: 1\n",
     "f:3:1: not valid YAML: found a tab; lines are indented with blanks\n"},
    {"name: a\nconfig: {é: 1,\t@}\n", "f:2:16: not valid YAML: found character "
                                      "that cannot start any token while "
                                      "scanning for the next token\n"},
    /* values from outside */
    {PASS("config: {label: '${a} ${b}', color: \"${ENV-X}\"}"),
     "f:4:45: this value has ${a}, but no file is given that sets it (--filter "
     "FILE); the characters ${ themselves are written $${\n"
     "f:4:45: this value has ${b}, but no file is given that sets it (--filter "
     "FILE); the characters ${ themselves are written $${\n"
     "f:4:65: this value has ${ENV-X}, which only --env-filter replaces\n"},
    {HEAD "bolts:\n  - {id: out, plugin: needy, config: {keep: 1, "
          "fil: \"${ENV-X}\"}}\n" STREAM,
     "f:4:23: component \"out\": the option \"file\" of bolt \"needy\" is "
     "missing, expected a string or a list of strings without line breaks; the "
     "topology or -c file=VALUE gives it\n"
     "f:4:39: component \"out\" sets \"keep\", which is neither an option of "
     "bolt \"needy\" nor a configuration key\n"
     "f:4:48: component \"out\" sets \"fil\", which is neither an option of "
     "bolt \"needy\" nor a configuration key; did you mean \"file\"?\n"
     "f:4:53: this value has ${ENV-X}, which only --env-filter replaces\n"},
    {HEAD "bolts:\n  - {id: out, plugin: fork, config: {streams: "
          "\"${ENV-X}\"}}\n"
          "  - {id: end, plugin: sink}\n"
          "streams:\n  - {from: in, to: out, grouping: ALL}\n"
          "  - {from: out, to: end, grouping: {type: ALL, streamId: any}}\n",
     "f:4:47: this value has ${ENV-X}, which only --env-filter replaces\n"},
    /* includes */
    {BOLT STREAM "includes:\n  - {}\n  - {file: nowhere}\n  - {file: f}\n"
                 "  - {file: [f], override: maybe}\n"
                 "  - {file: nowhere, resource: true}\n",
     "f:6:5: an include without \"file\"\n"
     "f:7:12: cannot read the topology nowhere: No such file or directory\n"
     "f:8:12: f includes itself\n"
     "f:9:12: \"file\": found a list, expected a text\n"
     "f:9:27: \"override\": found \"maybe\", expected true or false\n"
     "f:10:12: cannot read the topology nowhere: No such file or directory\n"
     "f:10:31: \"resource\": there are no resources of a jar: name a file, and "
     "leave it out\n"},
};

static void all_that_is_wrong_is_said_with_its_place(void **state)
{
    uint32_t n_failed = 0;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        char *found;

        write_file("f", wrong[i].text);
        found = found_in("f", &nothing);
        if (strcmp(found, wrong[i].found) != 0) {
            print_error("%s\nfound:\n%s\nexpected:\n%s", wrong[i].text, found,
                        wrong[i].found);
            n_failed++;
        }
        free(found);
    }
    assert_int_equal(n_failed, 0);
}

static void files_that_are_too_much_in_all_are_refused(void **state)
{
    FILE *many = fopen("many.yaml", "w");
    char *found;

    (void)state;
    fputs("config:\n", many);
    for (int i = 0; i < 4990; i++)
        fprintf(many, "  k%d: 1\n", i);
    fclose(many);
    write_file("f", BOLT STREAM
               "includes: [&i {file: many.yaml}, *i, *i, *i, *i]\n");
    found = found_in("f", &nothing);
    if (strstr(found, "f:5:22: many.yaml: the files of a topology have more "
                      "than 40000 values in all\n") == NULL)
        fail_msg("%s", found);
    free(found);
}

struct count {
    uint32_t told;
};

static void count_finding(void *arg, bool is_error, const char *text)
{
    struct count *count = arg;

    (void)is_error;
    (void)text;
    count->told++;
}

static void of_thousands_of_mistakes_the_first_are_told_and_all_counted(
    void **state)
{
    FILE *many = fopen("f", "w");
    gale_builder *b = builder_new();
    struct count count = {0};

    (void)state;
    fputs(BOLT STREAM, many);
    for (int i = 0; i < 2000; i++)
        fprintf(many, "k%d: 1\n", i);
    fclose(many);
    assert_int_equal(flux_load(b, "f", &nothing, count_finding, &count), 2000);
    assert_int_equal(count.told, FLUX_FOUND_MAX);
    gale_builder_free(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_is_wrong_is_said_with_its_place),
        cmocka_unit_test(files_that_are_too_much_in_all_are_refused),
        cmocka_unit_test(
            of_thousands_of_mistakes_the_first_are_told_and_all_counted),
    };

    return cmocka_run_group_tests(tests, flux_files_here, NULL);
}
