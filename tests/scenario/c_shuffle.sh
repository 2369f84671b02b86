#!/bin/sh
# c_shuffle.sh - a shuffle to slow bolts that have fewer executors than tasks: the
# tasks of an executor wait for each other, and yet each gets its share.
#
# How quick each executor is, is the machine's affair; so the counts of tasks are
# compared with those of the same executor.
. tests/support/scenario.sh

export GALE_PLUGIN_PATH=$TEST_PLUGINS

# Lines "TASK COUNT" in `tasks`, of so many tuples for each.
_deal() { # PLUGIN MS EXECUTORS TASKS GROUPING TUPLES
    cat >slow.yaml <<-END
		name: slow_tasks
		spouts:
		  - {id: numbers, plugin: sequence, config: {to: $(($4 * $6))}}
		bolts:
		  - {id: slow, plugin: "slow.so:$1", config: {ms: $2},
		     parallelism: $3, tasks: $4}
		  - {id: print, plugin: print, config: {format: "{task}"}}
		streams:
		  - {from: numbers, to: slow, grouping: $5}
		  - {from: slow, to: print, grouping: GLOBAL}
	END
    run "$GALE" local -q slow.yaml
    expect_status 0
    sort -n out | uniq -c | awk '{ print $2, $1 }' >tasks
}

# Tasks of one executor follow each other, as many for each executor.
_expect_turns() { # EXECUTORS TASKS
    echo "figures: $* $(awk '{ printf "%s ", $2 }' tasks)"
    expect_equal "$(wc -l <tasks)" "$2" 'tasks that had anything'
    expect_equal "$(awk -v beside="$(($2 / $1))" '
        { e = int($1 / beside); sum[e] += $2; n[$1] = $2 }
        END {
            for (t in n) {
                share = sum[int(t / beside)] / beside
                if (n[t] < share * 0.9 - 1 || n[t] > share * 1.1 + 1) print t
            }
        }' tasks)" '' 'tasks with more or less than their share'
}

_turns() { # PLUGIN MS EXECUTORS TASKS GROUPING
    _deal "$@" 40
    _expect_turns "$3" "$4"
}

blocking_tasks_take_turns() {
    _turns slow_blocking 5 2 8 SHUFFLE
}

tasks_on_carriers_take_turns() {
    _turns slow 2 4 8 SHUFFLE
}

so_they_do_in_a_local_or_shuffle() {
    _turns slow_blocking 5 3 9 LOCAL_OR_SHUFFLE
}

and_where_the_grouping_is_anything() {
    _turns slow_blocking 5 4 8 NONE
}

scenario
