#!/bin/sh
# y_cluster.sh - a topology in YAML on a cluster: its plugins travel with it, and
# what it counts is right.
. tests/support/scenario.sh
. tests/support/own_cluster.sh

# A plugin that lies beside the file, and nowhere else.
_topology() {
    mkdir app
    cp "$TEST_PLUGINS/plain_split.so" app/
    cat >app/count.yaml <<'YAML'
name: of_yaml
config: {topology.workers: ${workers}}
spouts:
  - {id: lines, plugin: lines, config: {files: "${text}"}}
bolts:
  - {id: split, plugin: plain_split, parallelism: 2}
  - {id: count, plugin: count, parallelism: 2}
  - {id: print, plugin: print, config: {format: "counted {count} {word}"}}
streams:
  - {from: lines, to: split, grouping: SHUFFLE}
  - {from: split, to: count, grouping: {type: FIELDS, args: [word]}}
  - {from: count, to: print, grouping: GLOBAL}
YAML
    yes 'the cow jumped over the moon' | head -n 1000 >text
    printf 'workers=2\ntext=%s/text\n' "$PWD" >here.properties
}

_counted() {
    "$GALE" logs "$1" | grep -o 'counted .*' | sort >found
    printf 'counted %s\n' '1000 cow' '1000 jumped' '1000 moon' '1000 over' \
        '2000 the' >expected
    cmp found expected
}

a_topology_in_yaml_is_submitted_with_its_values_and_plugins() {
    _topology
    _up
    run "$GALE" submit --filter here.properties app/count.yaml
    expect_status 0
    expect_stdout 'topology "of_yaml" is submitted'
    _until _lists of_yaml FINISHED
    _until _counted of_yaml
    run "$GALE" submit --filter here.properties --name other app/count.yaml
    expect_status 0
    _until _lists other FINISHED
    _until _counted other
}

scenario
