#!/bin/sh
# y_topologies.sh - topologies in YAML do what those in code do, with values from
# outside and with files that include each other; `gale check` says all that is
# wrong with one, and no other command runs it.
. tests/support/scenario.sh

EXAMPLE=$TOP/examples/wordcount.yaml

_text() {
    cat "$TOP"/LICENSE "$TOP"/*.md "$TOP"/common/*.c >text
}

the_word_count_in_yaml_counts_as_that_in_code() {
    _text
    run "$GALE" local -q wordcount text
    expect_status 0
    sort out >expected
    [ "$(wc -l <expected)" -gt 1000 ] || fail 'the text has few words'
    run "$GALE" local -q -c lines.files=text "$EXAMPLE"
    expect_status 0
    expect_silence err
    sort out >found
    expect_same found expected
    run "$GALE" local -q "$EXAMPLE" <text
    expect_status 0
    sort out >found
    expect_same found expected
}

it_counts_the_same_from_a_seed_and_in_a_cluster_of_one_process() {
    echo 'the cow jumped over the moon' >text
    printf '%s\n' '1 cow' '1 jumped' '1 moon' '1 over' '2 the' >expected
    for how in '--seed 7' '--cluster -c topology.workers=2'; do
        run "$GALE" local -q $how -c lines.files="$PWD/text" "$EXAMPLE"
        expect_status 0
        sort -u out >found # a seed runs twice
        expect_same found expected
    done
}

gale_inspect_draws_it() {
    run "$GALE" inspect "$EXAMPLE"
    expect_status 0
    expect_stdout 'topology wordcount: 4 components, 4 executors, 4 tasks'
    expect_stdout '    -> count: fields word'
    expect_silence err
}

# The values of ${…}, with what would be YAML's own in them.
_filtered() {
    echo 'a b a' >'a: {b}'
    printf 'text=a: {b}\nn=2\n' >here.properties
    cat >filtered.yaml <<'YAML'
name: "${ENV-NAME}"
spouts:
  - {id: lines, plugin: lines, config: {files: ${text}}}
bolts:
  - {id: split, plugin: split, parallelism: ${n}}
  - {id: print, plugin: print, config: {separator: "$${n}"}}
streams:
  - {from: lines, to: split, grouping: LOCAL_OR_SHUFFLE}
  - {from: split, to: print, grouping: {type: SHUFFLE}}
YAML
}

values_come_from_a_file_of_properties_and_from_the_environment() {
    _filtered
    NAME=given run "$GALE" local -q --filter here.properties --env-filter filtered.yaml
    expect_status 0
    expect_equal "$(sort out | tr '\n' ' ')" 'a a b ' 'its words'
    NAME=given run "$GALE" inspect --filter here.properties --env-filter filtered.yaml
    expect_stdout 'topology given: 3 components, 4 executors'
}

a_value_that_nobody_sets_is_an_error() {
    _filtered
    run "$GALE" local -q --filter here.properties filtered.yaml
    expect_refusal 'filtered.yaml:1:7: this value has ${ENV-NAME}, which only --env-filter replaces'
    unset NAME
    run "$GALE" local -q --filter here.properties --env-filter filtered.yaml
    expect_refusal 'filtered.yaml:1:7: this value has ${ENV-NAME}, but the variable NAME is not in the environment'
    echo 'txt=1' >other.properties
    NAME=given run "$GALE" check --filter other.properties --env-filter filtered.yaml
    expect_status 1
    expect_stdout 'filtered.yaml:3:48: this value has ${text}, which other.properties does not set; did you mean "txt"?'
    expect_stdout 'filtered.yaml:5:45: this value has ${n}, which other.properties does not set'
    expect_stdout '2 errors, 0 warnings'
    NAME=given run "$GALE" check --filter nowhere --env-filter filtered.yaml
    expect_stdout '--filter: cannot read nowhere: No such file or directory'
    expect_stdout '1 error, 0 warnings'
    NAME=given run "$GALE" local -q --filter '' --env-filter filtered.yaml
    expect_refusal '--filter: found "", expected a file'
}

a_plugin_beside_the_file_is_found_wherever_gale_is_started() {
    mkdir app
    cp "$TEST_PLUGINS/plain_split.so" app/
    cat >app/own.yaml <<'YAML'
name: own
spouts: [{id: lines, plugin: lines}]
bolts:
  - {id: split, plugin: plain_split}
  - {id: print, plugin: print}
streams:
  - {from: lines, to: split, grouping: SHUFFLE}
  - {from: split, to: print, grouping: SHUFFLE}
YAML
    echo 'a b' >text
    run "$GALE" local -q app/own.yaml <text
    expect_status 0
    expect_equal "$(cat out)" 'a
b' 'its words'
}

# In app/ and app/parts/, while gale runs elsewhere.
_apart() {
    mkdir -p app/lib app/parts
    cp "$TEST_PLUGINS/plain_split.so" "$TEST_PLUGINS/odd_even.so" "$TEST_PLUGINS/onlooker.so" app/lib/
    cp "$TEST_PLUGINS/plain_split.so" app/parts/lower_split.so
    cp "$TEST_PLUGINS/plain_count.so" app/parts/
    cat >app/own.yaml <<'YAML'
name: own
config: {topology.auto.task.hooks: [lib/onlooker.so]}
includes: [{file: parts/counts.yaml}]
spouts:
  - {id: lines, plugin: lines, config: {files: /dev/stdin}}
  - {id: numbers, plugin: sequence, config: {to: 3}}
bolts:
  - {id: split, plugin: lib/plain_split.so:plain_split, parallelism: 2}
  - {id: print, plugin: print}
streams:
  - {from: lines, to: split, grouping: SHUFFLE}
  - {from: numbers, to: print, grouping: {type: CUSTOM, plugin: ./lib/odd_even.so}}
YAML
    cat >app/parts/counts.yaml <<'YAML'
bolts:
  - {id: again, plugin: ./lower_split.so}
  - {id: count, plugin: plain_count}
streams:
  - {from: split, to: again, grouping: SHUFFLE}
  - {from: again, to: count, grouping: {type: FIELDS, args: [word]}}
  - {from: count, to: print, grouping: GLOBAL}
YAML
}

paths_of_plugins_are_relative_to_the_file_that_says_them() {
    _apart
    run "$GALE" check app/own.yaml
    expect_status 0
    mkdir elsewhere
    for from in . app app/parts elsewhere; do
        (cd $from && echo 'a b a' | "$GALE" local -q "$OLDPWD/app/own.yaml" >"$OLDPWD/out") ||
            fail "in $from"
        printf '1\n1 a\n1 b\n2\n2 a\n3\n' >expected
        sed 's/\(.*\)\t\(.*\)/\2 \1/' out | sort >found
        expect_same found expected
    done
    (cd app && "$GALE" check own.yaml) || fail 'in its own directory'
}

a_plugin_that_is_not_beside_the_file_is_named_with_its_path() {
    _apart
    mv app/lib lib # as gale's own directory sees them
    run "$GALE" check app/own.yaml
    expect_status 1
    expect_stdout 'app/own.yaml:2:10: topology.auto.task.hooks: cannot open app/lib/onlooker.so'
    expect_stdout 'app/own.yaml:8:25: component "split": cannot open app/lib/plain_split.so'
    expect_stdout 'app/own.yaml:12:65: component "print": cannot open app/lib/odd_even.so'
    expect_stdout '3 errors, 0 warnings'
}

# Files that include each other.
files_that_include_each_other_are_an_error() {
    for i in 1 2 3; do
        echo "includes: [{file: f$((i % 3 + 1)).yaml}]" >f$i.yaml
    done
    run "$GALE" check f1.yaml
    expect_status 1
    expect_stdout 'f3.yaml:1:19: f1.yaml includes itself by way of f3.yaml'
    mkdir d
    echo 'includes: [{file: d/../deep.yaml}]' >deep.yaml
    run "$GALE" check deep.yaml
    expect_status 1
    expect_stdout 'files include each other deeper than 16'
}

files_that_are_too_much_are_refused() {
    _bomb='a: &a [x, x, x, x, x, x, x, x, x, x]'
    for i in b c d e f g h; do
        _bomb="$_bomb
$i: &$i [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]"
    done
    echo "$_bomb" | sed 's/\*a/*%/g' | awk '{
        gsub(/%/, last); last = substr($1, 1, 1); print }' >bomb.yaml
    awk 'BEGIN { for (i = 0; i < 100000; i++) printf "["; }' >deep.yaml
    head -c 1100000 /dev/zero | tr '\0' '#' >large.yaml
    printf 'name: \200\n' >bytes.yaml
    run "$GALE" check bomb.yaml
    expect_status 1
    expect_stdout 'more than 10000 values, aliases counted in full'
    run "$GALE" check deep.yaml
    expect_status 1
    expect_stdout 'deep.yaml:1:33: nested deeper than 32'
    run "$GALE" check large.yaml
    expect_status 1
    expect_stdout 'large.yaml: larger than 1048576 bytes'
    run "$GALE" check bytes.yaml
    expect_status 1
    expect_stdout 'bytes.yaml:1:7: not valid YAML: '
}

_wrong() {
    cat >wrong.yaml <<'YAML'
name: wrong
config: {topology.worker: 2}
spouts:
  - {id: lines, plugin: lins}
bolts:
  - {id: count, plugin: count, config: {emit: sometimes, emit.ms: 0}}
  - {id: print, plugin: print, paralelism: 2}
streams:
  - {from: lines, to: count, grouping: SHUFFLE}
  - {from: count, to: print, grouping: {type: FIELDS, args: [words]}}
  - {from: count, to: pront, grouping: GLOBAL}
YAML
}

gale_check_says_all_that_is_wrong_in_the_order_of_the_file() {
    _wrong
    run "$GALE" check wrong.yaml
    expect_status 1
    expect_silence err
    cat >expected <<'END'
wrong.yaml:2:10: topology.worker: unknown key; did you mean "topology.workers"?
wrong.yaml:4:25: component "lines": spout "lins" is not found; searched
wrong.yaml:6:41: component "count": the option "emit" is "sometimes", expected one of end, tick, each
wrong.yaml:6:58: component "count": the option "emit.ms" is 0, expected an integer from 1 to 86400000
wrong.yaml:7:32: a bolt has no key "paralelism"; did you mean "parallelism"?
wrong.yaml:10:61: component "print" groups by the field "words", which the stream "default" of "count" does not declare: it has "word", "count"; did you mean "word"?
wrong.yaml:11:23: a stream goes to "pront", but there is no such bolt; did you mean "print"?
7 errors, 0 warnings
END
    sed 's/; searched .*/; searched/' out >found
    expect_same found expected
}

several_files_are_checked_one_after_the_other() {
    _wrong
    run "$GALE" check wrong.yaml "$EXAMPLE" split nowhere.yaml
    expect_status 1
    expect_silence err
    expect_stdout 'wrong.yaml:11:23: a stream goes to "pront"'
    grep -v '^wrong.yaml:[0-9]\|^ok ' out >found
    cat >expected <<END
wrong.yaml: 7 errors, 0 warnings
$EXAMPLE: 0 errors, 0 warnings
split: $(grep -c '^ok ' out) held, 0 did not
cannot read the topology nowhere.yaml: No such file or directory
nowhere.yaml: 1 error, 0 warnings
END
    expect_same found expected
}

# Of every bolt that comes with gale.
a_field_that_is_not_there_is_an_error_before_anything_runs() {
    cat >fields.yaml <<'YAML'
name: fields
spouts: [{id: lines, plugin: lines, config: {files: /dev/null}}]
bolts:
  - id: out
    plugin: $plugin
    config: {$needs, $option: $value}
streams: [{from: lines, to: out, grouping: SHUFFLE}]
YAML
    n=0
    while IFS=';' read -r plugin needs option value field; do
        sed "s|\$plugin|$plugin|; s|\$needs|$needs|; s|\$option|$option|; s|\$value|$value|" \
            fields.yaml >one.yaml
        column=$((16 + ${#needs}))
        sentence="one.yaml:6:$column: component \"out\": the option \"$option\" names the field"
        sentence="$sentence \"$field\", which the stream \"default\" of \"lines\" does not declare"
        run "$GALE" check one.yaml
        expect_status 1
        expect_stdout "$sentence: it has \"line\", \"file\", \"offset\""
        expect_stdout '1 error, 0 warnings'
        run "$GALE" local -q one.yaml
        expect_refusal "$sentence"
        run "$GALE" submit one.yaml
        expect_status 1
        expect_stderr "gale submit: $sentence"
        n=$((n + 1))
    done <<'TABLE'
split;topology.debug: false;field;lin;lin
count;emit: end;field;lin;lin
filter;fields: a, min: 1;field;lin;lin
fields_split;fields: a;field;lin;lin
fields_split;fields: a;keep;[line, lin];lin
json_parse;fields: a;field;lin;lin
json_parse;fields: a;keep;[line, lin];lin
json_build;max.bytes: 10;fields;[line, lin];lin
json_build;max.bytes: 10;keep;lin;lin
print;separator: x;fields;[line, lin];lin
print;separator: x;format;"{line} {lin}";lin
kafka_bolt;brokers: b, value.field: line, topic: t;key.field;lin;lin
kafka_bolt;brokers: b, value.field: line;topic.field;lin;lin
kafka_bolt;brokers: b, topic: t;value.field;lin;lin
kafka_bolt;brokers: b, value.field: line, topic: t;headers.field;lin;lin
kafka_bolt;brokers: b, value.field: line, topic: t;partition.field;lin;lin
kafka_bolt;brokers: b, value.field: line, topic: t;timestamp.field;lin;lin
mysql_insert;user: u, database: d, table: t;columns;[line, b=lin];lin
mysql_insert;user: u, database: d, table: t;dedup.key;[line, lin];lin
mysql_lookup;user: u, database: d, query: "? ?", fields: a;params;[line, lin];lin
mysql_lookup;user: u, database: d, query: q, fields: a;pass;[line, lin];lin
file;directory: d;fields;[line, lin];lin
hdfs_bolt;url: "file:d";fields;[line, lin];lin
TABLE
    expect_equal "$n" 23 'options'
}

all_that_a_plugin_finds_wrong_is_said() {
    cat >declared.yaml <<'YAML'
name: declared
spouts:
  - id: k
    plugin: kafka_spout
    config: {brokers: b, topics: "a b^c", fields: [value, valu, offst], assign: group, start: timestamp}
bolts:
  - {id: j, plugin: json_parse, config: {fields: [a:in, b:int, c:strin, "d e"]}}
  - {id: f, plugin: filter, config: {fields: ["a b", c]}}
  - {id: s, plugin: fields_split, config: {fields: [a, b, a], delimiter: ""}}
streams:
  - {from: k, to: j, grouping: SHUFFLE}
  - {from: j, to: f, grouping: SHUFFLE}
  - {from: j, to: s, grouping: SHUFFLE}
YAML
    run "$GALE" check declared.yaml
    expect_status 1
    cat >expected <<'END'
5:26: component "k": option topics: b^c is no name of a topic; a pattern begins with ^
5:43: component "k": option fields: found valu, expected at most 7 of topic partition offset timestamp key value headers
5:43: component "k": option fields: found offst, expected at most 7 of topic partition offset timestamp key value headers
5:73: component "k": option assign is group: partitions come and go, and begin where they are committed; set start to committed, and fallback
5:88: component "k": option start is timestamp: say which by the option timestamp, in milliseconds since 1970
7:21: stream "default" of component "j": a field "d e" is no valid name
7:42: component "j": option fields: the type of "a" is "in", expected any, bool, int, float, string, list or map
7:42: component "j": option fields: the type of "c" is "strin", expected any, bool, int, float, string, list or map
8:21: component "f": no condition: give equals, prefix, contains, min or max
8:21: stream "default" of component "f": a field "a b" is no valid name
9:21: stream "default" of component "s" declares the field "a" twice
9:63: component "s": option delimiter: give 1 to 16 bytes
12 errors, 0 warnings
END
    sed 's/^declared.yaml://; s/; expected 1 to 255 .*//' out >found
    expect_same found expected
}

options_that_do_not_fit_together_are_said_with_their_place() {
    cat >options.yaml <<'YAML'
name: options
spouts:
  - {id: s, plugin: socket, config: {address: localhost}}
  - {id: ta, plugin: tail, config: {file: ""}}
bolts:
  - {id: rec, plugin: kafka_bolt, config: {brokers: b, value.field: line}}
  - {id: two, plugin: kafka_bolt, config: {brokers: b, value.field: line, topic: "a b", key: x, key.field: line}}
  - {id: fi, plugin: file, config: {directory: d, delimiter: "", prefix: _a}}
  - {id: hd, plugin: hdfs_bolt, config: {url: "hdfs://x/y", prefix: a/b}}
  - {id: pr, plugin: print, config: {format: "{line} }"}}
  - {id: my, plugin: mysql_insert, config: {user: u, database: d, table: t, dedup.table: x}}
  - {id: tw, plugin: mysql_insert, config: {user: u, database: d, table: t, columns: [a=line, b=line, A=line]}}
  - {id: lo, plugin: mysql_lookup, config: {user: u, database: d, fields: a, query: "select '?' = ?, ?", params: line}}
  - {id: missing, plugin: kafka_bolt, config: {topic: t, value.field: line}}
  - id: property
    plugin: kafka_bolt
    config: {brokers: "", topic: t, value.field: line, kafka.compresion.type: zstd, kafka.acks: 1}
streams:
YAML
    for to in rec two fi hd pr my tw lo missing property; do
        echo "  - {from: s, to: $to, grouping: SHUFFLE}" >>options.yaml
    done
    echo '  - {from: ta, to: rec, grouping: SHUFFLE}' >>options.yaml
    run "$GALE" check options.yaml
    expect_status 1
    cat >expected <<'END'
3:38: component "s": option address: "localhost" has no port, expected HOST:PORT, [HOST]:PORT or unix:PATH
4:37: component "ta": option file is empty or too long: expected a path of 1 to 255 bytes
6:23: component "rec": options topic and topic.field: found none, expected one of them
7:75: component "two": option topic: "a b" is no name of a topic, expected at most 249 letters, digits, dots, - or _
7:89: component "two": options key and key.field: found both, expected one of them
8:51: component "fi": the option delimiter is empty or too long: expected 1 to 16 bytes
8:66: component "fi": the option prefix begins with _ or a dot, and readers would not see any file: expected another prefix
9:42: component "hd": the option url is none of HDFS: expected webhdfs://HOST:PORT,HOST:PORT/DIRECTORY, with at most 8 NameNodes
9:61: component "hd": the options prefix and extension are parts of the name of a file: expected no slash and no control characters in them
10:38: component "pr": option format, at "}": a field is {name}, a brace is {{ or }}
11:77: component "my": option dedup.table is given, but there is no dedup.key, the fields that name a message
12:77: component "tw": option columns: "A" is there twice
13:78: component "lo": option query: found 2 ?, expected as many as params, which are 1
14:27: component "missing": the option "brokers" of bolt "kafka_bolt" is missing, expected a string or a list of strings without line breaks; the topology or -c brokers=VALUE gives it
17:14: component "property": option brokers is empty, expected host:port, …
17:56: component "property": option kafka.compresion.type is "zstd": No such configuration property: "compresion.type"
17:85: component "property": option kafka.acks cannot be set: an acked record is with all replicas that are in sync
17 errors, 0 warnings
END
    sed 's/^options.yaml://' out >found
    expect_same found expected
    sed -i '/id: \(s\|ta\|rec\|two\|fi\|hd\|pr\|my\|tw\|lo\),/d; /to: \(rec\|two\|fi\|hd\|pr\|my\|tw\|lo\|property\),/d' options.yaml
    sed -i '/id: property/,/config:/d' options.yaml
    sed -i 's/^spouts:/&\n  - {id: s, plugin: lines}/' options.yaml
    run "$GALE" local -q options.yaml
    expect_refusal 'options.yaml:5:27: component "missing": the option "brokers" of bolt "kafka_bolt" is missing'
}

times_that_are_longer_than_a_message_may_take_are_said_with_their_place() {
    cat >times.yaml <<'YAML'
name: times
config: {topology.message.timeout.secs: 20}
spouts: [{id: s, plugin: lines}]
bolts:
  - {id: k, plugin: kafka_bolt, config: {brokers: b, topic: t, value.field: line, kafka.message.timeout.ms: 20000}}
  - {id: m, plugin: mysql_insert, config: {user: u, database: d, table: t, retry.secs: 21, batch.ms: 20001}}
  - {id: f, plugin: file, config: {directory: d, sync.ms: 20001}}
  - {id: h, plugin: hdfs_bolt, config: {url: "file:d", retry.secs: 21}}
streams:
YAML
    for to in k m f h; do
        echo "  - {from: s, to: $to, grouping: SHUFFLE}" >>times.yaml
    done
    run "$GALE" check times.yaml
    expect_status 1
    cat >expected <<'END'
5:83: component "k": option kafka.message.timeout.ms is 20000, expected from 1 to less than topology.message.timeout.secs, which is 20000 ms, or a record could be written after its tuple has been emitted again
6:76: component "m": option retry.secs is 21, expected no more than topology.message.timeout.secs, which is 20
6:92: component "m": option batch.ms is 20001, expected no more than topology.message.timeout.secs, which is 20
7:50: component "f": option sync.ms is 20001, expected no more than topology.message.timeout.secs, which is 20
8:56: component "h": option retry.secs is 21, expected no more than topology.message.timeout.secs, which is 20
5 errors, 0 warnings
END
    sed 's/^times.yaml://' out >found
    expect_same found expected
    for key in topology.message.timeout.secs=21 topology.enable.message.timeouts=false; do
        run "$GALE" check -c $key times.yaml
        expect_status 0
    done
}

what_is_wrong_runs_nowhere_and_every_command_says_all_of_it() {
    _wrong
    "$GALE" check wrong.yaml >checked && fail 'it is not wrong'
    for command in 'local -q' 'local --cluster' submit inspect; do
        run "$GALE" $command wrong.yaml
        expect_status 1
        expect_silence out
        sed "s/^/gale ${command%% *}: /; s/7 errors, 0.*/wrong.yaml has 7 errors/" \
            checked >expected
        expect_same err expected
    done
    echo '- a' >wrong.yaml
    run "$GALE" local -q wrong.yaml # one is not counted
    expect_refusal 'wrong.yaml: found no map, expected that of a topology'
}

what_cannot_start_is_named_with_its_plugin_and_where_it_is_written() {
    cat >start.yaml <<'YAML'
name: start
spouts:
  - id: words
    plugin: lines
    config: {files: /nowhere}
bolts: [{id: print, plugin: print}]
streams: [{from: words, to: print, grouping: SHUFFLE}]
YAML
    run "$GALE" check start.yaml
    expect_status 0
    for how in '' '--cluster --local-ttl 5'; do
        run "$GALE" local -q $how start.yaml
        expect_status 1
        expect_stderr 'start.yaml:4:13: spout "words" (task 1, plugin lines), open: cannot read /nowhere: No such file'
    done
}

the_command_line_may_make_it_right() {
    cat >open.yaml <<'YAML'
name: open
spouts: [{id: lines, plugin: lines}]
bolts: [{id: count, plugin: count, config: {emit.ms: 0}}]
streams: [{from: lines, to: count, grouping: SHUFFLE}]
YAML
    run "$GALE" check open.yaml
    expect_status 1
    run "$GALE" check -c count.emit.ms=5 open.yaml
    expect_status 0
    expect_stdout '0 errors, 0 warnings'
}

# Of Flux's own examples: what means nothing here is named with what to do.
a_file_of_flux_is_told_what_to_change() {
    cat >flux.yaml <<'YAML'
name: "shell-topology"
components:
  - id: "logger"
    className: "org.apache.storm.flux.wrappers.Logger"
config:
  topology.workers: 1
spouts:
  - id: "sentence-spout"
    className: "sentences"
    constructorArgs:
      - ["node", "randomsentence.js"]
    parallelism: 1
bolts:
  - id: "splitsentence"
    className: "split"
    configMethods: []
    parallelism: 1
streams:
  - name: "spout --> split"
    from: "sentence-spout"
    to: "splitsentence"
    grouping:
      type: SHUFFLE
YAML
    run "$GALE" check flux.yaml
    expect_status 1
    expect_stdout 'flux.yaml:2:1: "components" means nothing here: there are no objects that others refer to'
    expect_stdout 'flux.yaml:10:5: "constructorArgs" means nothing here: a plugin has options by name: write them under "config"'
    expect_stdout 'flux.yaml:16:5: "configMethods" means nothing here'
    expect_stdout '3 errors, 0 warnings'
    sed -i '/^components/,/Logger/d; /constructorArgs/,/random/d; /configMethods/d' flux.yaml
    run "$GALE" check flux.yaml
    expect_status 0
}

arguments_and_options_that_make_no_sense_are_refused() {
    run "$GALE" local "$EXAMPLE" --filter here
    expect_status 2
    expect_stderr 'gale local: found "--filter" behind '
    expect_stderr 'options stand before it'
    run "$GALE" local --filter here wordcount
    expect_status 2
    expect_stderr 'gale local: --filter is of a topology in YAML, and wordcount is none'
    run "$GALE" check --env-filter split
    expect_status 2
    expect_stderr 'gale check: --env-filter is of a topology in YAML, and split is none'
    run "$GALE" inspect --filter
    expect_status 2
    expect_stderr 'gale inspect: --filter needs a value'
    run "$GALE" local nowhere.yaml
    expect_refusal 'cannot read the topology nowhere.yaml: No such file or directory'
}

help_names_it() {
    for command in local submit check inspect; do
        run "$GALE" help $command
        expect_stdout 'FILE.yaml'
        expect_stdout '--filter FILE'
        expect_stdout '--env-filter'
    done
}

scenario
