# k_look.sh - what those see who look at a cluster: logs, errors, counters; what
# workers log; and what it says to those who ask for what cannot be.
. tests/support/scenario.sh
. tests/support/own_cluster.sh

# -- logs -------------------------------------------------------------------------

what_workers_have_written_is_shown_wherever_they_are() {
    # shellcheck disable=SC2016 # backquotes are shown as they are
    _up
    echo 'the cow jumped over the moon' >text
    run "$GALE" submit --files text -c topology.workers=2 "$PLUGINS/wordcount.so" text
    expect_status 0
    _submit_endless words
    _until _tells '2 the' "$GALE" logs wordcount
    _until _lists wordcount FINISHED
    run "$GALE" list
    expect_stdout 'wordcount: all is done; it is listed until `gale kill wordcount`, or until its name is submitted again'
    run "$GALE" logs wordcount # its logs outlive its workers
    expect_status 0
    expect_silence err
    expect_stdout '==> worker 0 on '
    expect_stdout '==> worker 1 on '
    expect_stdout '2 the'
    _until sh -c '"$GALE" logs -c print words | grep -q "{cow: "'
    run "$GALE" logs --json -n 1 -c print words
    expect_status 0
    expect_equal "$(wc -l <out)" 1 'how many workers print'
    worker=$(grep -o '"worker":[01]' out | cut -d: -f2)
    run "$GALE" logs -n 1 -w $((1 - worker)) words
    expect_status 0
    ! grep -q cow out || fail 'the other worker prints, too'
    for words in 'nothing' '-c nothing words' '-w 3 words'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" logs $words
        expect_status 1
        expect_silence out
    done
    run "$GALE" logs -c print wordcount # which runs nowhere any more
    expect_status 0
    expect_silence err
    expect_stdout '2 the'
    expect_equal "$(grep -c '^==> worker' out)" 1 'how many workers had print'
    for words in '' '-n x words' '-w -1 words' '-n' 'a b' '--bad words'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" logs $words
        expect_status 2
    done
}

_log() { # the file that the worker of the test's topology writes now
    echo c/supervisor-1/supervisor/logs/words-*/0/worker.log
}

_log_has() {
    [ -s "$(_log)" ]
}

_log_is_another_than() { # INODE
    [ "$(stat -c %i "$(_log)")" != "$1" ]
}

_has_followed() { # more lines than that; they are in the file `lines`
    sed 's/.*"text":"//; s/"}$//; s/\\n/\n/g' followed | grep . >lines
    [ "$(wc -l <lines)" -gt "$1" ]
}

a_log_is_followed_from_file_to_file() {
    _up --supervisors 1
    "$GALE" cluster down --keep c
    echo 'gale.worker.log.bytes: 8192' >>c/gale.yaml
    "$GALE" cluster up c
    run "$GALE" submit --name words "$PLUGINS/rolling_top_words.so" 100000000 500 600 10
    expect_status 0
    _until _log_has
    "$GALE" logs --json -f -n 0 words >followed 2>err &
    follower=$!
    _until test -s followed
    for _i in 1 2; do # two more files
        _until _log_is_another_than "$(stat -c %i "$(_log)")"
    done
    _until _has_followed 200 # more than a file has
    kill "$follower"
    wait "$follower" || :
    expect_silence err
    _has_followed 200
    for file in 4 3 2 1; do
        cat "$(_log).$file" 2>/dev/null || :
    done >whole
    cat "$(_log)" >>whole
    sed -n "$(grep -nxF "$(head -n 1 lines)" whole | head -n 1 | cut -d: -f1),\$p" whole |
        head -n "$(wc -l <lines)" >expected
    expect_same lines expected
}

_submit_text() { # NAME TEXT: it says each of its words and how often
    echo "$2" >"$1.text"
    run "$GALE" submit --name "$1" --files "$1.text" "$PLUGINS/wordcount.so" "$1.text"
    expect_status 0
    _until _tells "${2%% *}" "$GALE" logs "$1"
    _until _lists "$1" FINISHED
    sed -n 's/.* is submitted as \([^ ;]*\).*/\1/p' out >"$1.id"
}

_is_gone() {
    ! "$GALE" list | grep -q "^$1 "
}

logs_of_a_topology_that_is_gone_are_there_by_its_name_and_its_id() {
    _up --supervisors 2
    _submit_text old 'apple'
    run "$GALE" kill old
    expect_status 0
    _until _is_gone old
    mv old.id first.id
    for name in old "$(cat first.id)"; do
        run "$GALE" logs -c print "$name"
        expect_status 0
        expect_silence err
        expect_stdout '==> worker 0 on '
        expect_stdout 'apple'
    done
    run "$GALE" logs -f old
    expect_status 0
    expect_stdout 'apple'
    expect_equal "$(cat err)" "gale logs: topology $(cat first.id) is gone; that was all" \
        'the end'
    _submit_text old 'banana' # the name is that of the newest
    run "$GALE" logs old
    ! grep -q apple out || fail 'the log of the one before is shown'
    run "$GALE" logs "$(cat first.id)"
    expect_stdout 'apple'
    ! grep -q banana out || fail 'the log of the new one is shown'
    run "$GALE" kill old
    _until _is_gone old
    run "$GALE" logs old
    expect_stdout 'banana'
    run "$GALE" logs -w 7 old
    expect_status 1
    expect_stderr 'there is no such log of "old"'
}

_says_that_one_is_missing() { # TEXT
    run "$GALE" logs words
    [ "$status" = 3 ] && grep -E "^gale logs: supervisor [0-9a-f]+ $1" err
}

a_supervisor_that_cannot_be_asked_for_its_logs_is_named() {
    _up --supervisors 2
    _submit_endless words
    _until _run_workers 2
    run "$GALE" logs words
    expect_status 0
    kill -KILL "$(_pid supervisor-1)"
    _until _says_that_one_is_missing 'of [^ ]+: .*Connection refused'
    expect_equal "$(wc -l <err)" 1 'how many lines it says'
    expect_equal "$(grep -c '^==> worker' out)" 1 'how many logs are shown'
    _until _says_that_one_is_missing 'is not registered: the logs that it has are not shown'
    expect_equal "$(wc -l <err)" 1 'how many lines it says'
    expect_equal "$(grep -c '^==> worker' out)" 1 'how many logs are shown'
    run "$GALE" cluster up c
    expect_status 0
    _until sh -c '"$GALE" logs words >out'
    expect_equal "$(grep -c '^==> worker' out)" 2 'how many logs are shown'
}

who_follows_a_log_hears_that_its_topology_is_gone() {
    _up --supervisors 1
    _submit_endless words
    "$GALE" logs -f words >followed 2>err &
    follower=$!
    _until test -s followed
    run "$GALE" kill -w 0 words
    expect_status 0
    wait "$follower" || fail "the follower's status is $?"
    expect_equal "$(wc -l <err)" 1 'how many lines it says'
    expect_stderr ' is gone; that was all'
}

# -- submissions ------------------------------------------------------------------

how_much_of_large_files_is_sent_is_said_on_a_terminal_alone() {
    command -v script >/dev/null || skip 'there is no script here'
    _up --supervisors 1
    head -c 5000000 /dev/urandom >first
    head -c 5000000 /dev/urandom >second
    run script -qec "'$GALE' submit --inactive --name typed --files first '$PLUGINS/wordcount.so' first" typescript
    expect_status 0
    grep -aE 'sent [0-9.]+ [kM] of 5\.[0-9]+ M bytes' typescript ||
        fail "it says: $(cat -v typescript)"
    run "$GALE" submit --inactive --name plain --files second "$PLUGINS/wordcount.so" second
    expect_status 0
    ! grep -qF ' bytes' out err || fail "it says: $(cat out err)"
}

# -- errors and counters ----------------------------------------------------------

errors_of_components_are_kept_and_outlive_the_leader() {
    _up --supervisors 1
    printf 'good\nbad apple\n' >lines
    printf 'poison ivy\npoison oak\npoison sumac\n' >plants
    run "$GALE" submit --name plants --files plants "$TEST_PLUGINS/picky.so" plants
    expect_status 0
    _until _tells ': "poison sumac" cannot be eaten' "$GALE" get-errors plants
    run "$GALE" get-errors plants # told at once, all of them
    expect_stdout ': "poison ivy" cannot be eaten'
    expect_stdout ': "poison oak" cannot be eaten'
    run "$GALE" submit --files lines "$TEST_PLUGINS/picky.so" lines
    expect_status 0
    _until _tells '"Comp-Errors":{"picky":"\"bad apple\" tastes bad"}' \
        "$GALE" get-errors --json picky
    run "$GALE" get-errors picky
    expect_status 0
    expect_stdout 'picky:'
    expect_stdout ', worker 0 on '
    expect_stdout ': "bad apple" tastes bad'
    ! grep -q 'print:' out || fail 'a component without errors is shown'
    "$GALE" deactivate picky >deactivated
    _until grep -rqF 'tastes bad' c/zookeeper/data
    kill -KILL "$(_pid nimbus-1)" "$(_pids worker)"
    _until "$GALE" cluster up c
    run "$GALE" get-errors picky # from ZooKeeper: no worker tells it again
    expect_status 0
    expect_stdout ': "bad apple" tastes bad'
    run "$GALE" submit "$PLUGINS/exclamation.so"
    run "$GALE" get-errors exclamation
    expect_status 0
    expect_stdout 'there are no errors'
}

what_has_ended_workers_is_among_the_errors() {
    _up --supervisors 1
    mkdir ledger
    run "$GALE" submit --name ledger -c source.count=100000 -c source.rate=10 \
        -c pass.crash="$PWD/crime" "$TEST_PLUGINS/bookkeeper.so" "$PWD/ledger"
    expect_status 0
    _until _lists ledger ACTIVE
    _until _run_workers 1
    _until sh -c 'ls ledger | grep -q .'
    echo segfault >crime.part
    mv crime.part crime
    _until _tells 'segmentation fault in bolt "pass"' "$GALE" get-errors ledger
    run "$GALE" get-errors ledger
    expect_equal "$(grep -c '^[^ ]' out)" 1 'how many components have errors'
    expect_equal "$(head -n 1 out)" 'pass:' 'the component'
    expect_stdout ' ago, worker 0 on '
    _until _run_workers 1
    kill -KILL "$(_pids worker)"
    _until _tells 'the worker was ended by signal 9 (Killed)' "$GALE" get-errors ledger
    run "$GALE" get-errors ledger
    expect_stdout '(workers):'
    run "$GALE" get-errors --json ledger
    expect_stdout '"workers":[{"at_us":'
    _until grep -rqF 'ended by signal 9 (Killed)' c/zookeeper/data
    _until _run_workers 1
    run "$GALE" kill_workers -c storm.local.dir="$PWD/c/supervisor-1"
    expect_status 0
    expect_stdout ' that were ended: 1'
    _until _tells 'told to end with SIGTERM' "$GALE" status
    run "$GALE" get-errors ledger
    ! grep -q SIGTERM out || fail 'a worker that was told to end is an error'
}

a_topology_that_cannot_start_waits_for_nothing() {
    _up --supervisors 1
    run "$GALE" submit --name unopened "$PLUGINS/wordcount.so" /nowhere
    expect_status 0
    _until _tells 'cannot read /nowhere' "$GALE" get-errors unopened
    _until _tells 'it is started again in ' "$GALE" status
    run "$GALE" rebalance -w 100000 -n 1 unopened
    expect_status 0
    _until _lists unopened ACTIVE
    run "$GALE" kill -w 100000 unopened
    expect_status 0
    expect_stdout 'no worker of it is up, and it goes at once'
    _until _is_gone unopened
}

# Its pause is long enough then to be seen by two commands.
_fallen() {
    for _p in $(_pids worker); do
        kill -KILL "$_p" 2>/dev/null
    done
    "$GALE" status | grep -qE 'it is started again in ([4-9]|[1-3][0-9]) s'
}

a_topology_that_ends_again_and_again_waits_for_nothing() {
    _up --supervisors 1
    run "$GALE" submit --name words \
        "$PLUGINS/rolling_top_words.so" 100000000 200 1000 500
    expect_status 0
    _until _run_workers 1
    _until _fallen
    run "$GALE" kill -w 100000 words
    expect_status 0
    expect_stdout 'no worker of it is up, and it goes at once'
    _until _is_gone words
}

a_supervisor_that_was_ended_says_so() {
    _up --supervisors 2 --slots 1
    kill "$(_pid supervisor-2)"
    _until _tells ' ended, heard ' "$GALE" status
    run "$GALE" status
    ! grep -q 'what is wrong' out || fail 'it is wrong to end a supervisor'
    run "$GALE" submit --name words \
        "$PLUGINS/rolling_top_words.so" 100000000 200 1000 500
    expect_status 0
    _until _run_workers 1
    worker=$(_pids worker)
    kill "$(_pid supervisor-1)"
    _until _tells 'was ended, and 1 worker on it goes on without it: start it again' \
        "$GALE" status
    run "$GALE" cluster up c
    expect_status 0
    _until _run_workers 1
    expect_equal "$(_pids worker)" "$worker" 'the worker'
    run "$GALE" status
    ! grep -q ' ended' out || fail 'they run again'
}

what_a_command_has_no_use_for_is_said() {
    _up --supervisors 1
    run "$GALE" list -c supervisor.slots.ports=[1]
    expect_status 0
    expect_stderr 'warning: -c supervisor.slots.ports: it is not used here, being a key of the cluster'
    run "$GALE" list -c topology.workers=3
    expect_status 0
    expect_stderr 'warning: -c topology.workers: it is not used here, being a key of topologies: '
    run "$GALE" list -c nimbus.thrift.port=1
    expect_silence err
}

what_components_emit_is_shown_again_and_again() {
    _up --supervisors 1
    _submit_endless words
    _until sh -c '"$GALE" monitor -n 1 words | grep -q "^count  *default  *4  *4  "'
    run "$GALE" monitor -n 2 -i 1 words
    expect_status 0
    expect_equal "$(grep -c '^component' out)" 2 'how many tables there are'
    _until sh -c '"$GALE" monitor -n 1 -m numbers -w transferred --json words | grep "transferred\":[1-9]"'
    run "$GALE" monitor -n 1 -m numbers -w transferred --json words
    expect_status 0
    expect_equal "$(sed 's/"transferred":[1-9][0-9]*/#/' out)" \
        '{"component":"numbers","stream":"default","executors":1,"tasks":1,#,"per_second":null}' 'the line'
    run "$GALE" monitor -n 1 -m nothing words
    expect_status 1
    expect_stderr 'the topology "words" has no component "nothing"'
    run "$GALE" monitor -n 1 -s nothing words
    expect_status 1
    expect_silence out
    expect_stderr 'no component of the topology "words" has a stream "nothing"'
    run "$GALE" monitor -n 1 -m count -s nothing words
    expect_status 1
    expect_stderr 'the component "count" of the topology "words" has no stream "nothing"'
    for words in '' '-i 0 words' '-w executed words' '-n x words' 'a b' '-m'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" monitor $words
        expect_status 2
    done
}

_metric() { # COMPONENT NAME: its line, blanks squeezed
    awk -v component="$1" -v name="$2" \
        '$1 == component && $2 == name { $1 = $1; print }' out
}

what_plugins_measure_is_added_up_over_workers() {
    _up --supervisors 1
    for _i in 1 2 3 4 5 6 7 8 9 10; do
        printf 'four\nfour\nfour\neleven char\n'
    done >text
    run "$GALE" submit --files text -c topology.workers=2 \
        "$TEST_PLUGINS/metered.so" 4 text
    expect_status 0
    _until _tells '"name":"lines","kind":"counter","tasks":4,"value":40}' \
        "$GALE" metrics --json metered
    run "$GALE" metrics metered
    expect_status 0
    expect_silence err
    expect_equal "$(_metric metered index)" 'metered index gauge 4 1.50 0 3' \
        'mean, least and greatest of the tasks'
    expect_equal "$(_metric metered sizes)" \
        'metered sizes histogram 4 5.75 40 4 11 11 11' \
        'mean, number, quantiles and greatest of all tasks together'
    run "$GALE" metrics --json -m metered metered # its workers have gone
    expect_stdout '{"component":"metered","name":"lines","kind":"counter","tasks":4,"value":40}'
    expect_stdout '"p50":4,"p99":11,"p999":11,"max":11}'
    run "$GALE" metrics --json -m lines metered
    expect_stdout '"cut":[],"metrics":[]'
    run "$GALE" metrics -m nothing metered
    expect_status 1
    expect_stderr 'the topology "metered" has no component "nothing"'
    run "$GALE" submit --name many -c more=100 "$TEST_PLUGINS/metered.so" 1 "$PWD/text"
    expect_status 0
    _until _tells 'metered has more metrics than are shown: of a component 64' \
        "$GALE" metrics many
    run "$GALE" metrics many # those that the plugin has made first
    expect_equal "$(grep -c '^metered .* counter ' out)" 62 'how many counters'
    expect_equal "$(grep -c '^metered .* \(gauge\|histogram\) ' out)" 2 'and others'
    expect_equal "$(_metric metered more-60 | wc -l)" 1 'the 64th'
    for words in '' 'a b' '-m' '--bad words'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" metrics $words
        expect_status 2
    done
}

_streams() { # as TABLE COMPONENT FROM STREAM COUNT…: blanks squeezed
    awk '$1 == "component" { table = "output" } $1 == "bolt" { table = "input" }
        NF == 0 { table = "" }
        table == "output" && $1 != "component" { print table, $1, $2, $3, $4, $5, $6 }
        table == "input" && $1 != "bolt" { print table, $1, $3, $4, $5, $6, $7 }' out
}

# 3000 messages, of which each third is on "slow", where a tuple is some work.
what_each_stream_has_done_is_added_up_over_workers() {
    _up --supervisors 1
    run "$GALE" submit -c topology.workers=2 "$TEST_PLUGINS/uneven.so" 3000 20000
    expect_status 0
    _until _tells '"stream":"slow","executed":1000,"acked":1000,"failed":0,"execute":{"n":1000,' \
        "$GALE" metrics --json uneven
    _until _tells '"stream":"quick","executed":2000,"acked":2000,"failed":0,"execute":{"n":2000,' \
        "$GALE" metrics --json uneven
    _until _tells '"stream":"slow","emitted":1000,"transferred":1000,"acked":1000,"failed":0,"timed_out":0,"pending":0,"complete":{"n":1000,' \
        "$GALE" metrics --json uneven
    run "$GALE" metrics uneven
    expect_status 0
    expect_silence err
    printf '%s\n' >wanted 'output source quick 2000 2000 2000 0' \
        'output source slow 1000 1000 1000 0' \
        'input uneven source quick 2000 2000 0' \
        'input uneven source slow 1000 1000 0'
    _streams | tr -d , >rows
    expect_same rows wanted
    run "$GALE" metrics --json -m uneven uneven
    quick=$(grep -o '"stream":"quick","executed":.*' out | grep -o '"p50_ns":[0-9]*' | head -n 1)
    slow=$(grep -o '"stream":"slow","executed":.*' out | grep -o '"p50_ns":[0-9]*' | head -n 1)
    [ "${slow#*:}" -gt "${quick#*:}" ] || fail "p50 of execute: slow $slow, quick $quick"
    expect_equal "$(grep -o '"id":"[a-z]*","spout"' out)" '"id":"uneven","spout"' 'whose they are'
}

# Two bolts with 250 inputs each, whose names have some 250 bytes: a worker tells at most
# 96 KiB of them.
_wide() {
    long=$(printf '%0230d' 0)
    echo 'name: wide'
    echo "spouts: [{id: source, plugin: $TEST_PLUGINS/uneven.so:uneven_source, config: {n: 0}}]"
    echo 'bolts:'
    echo '  - {id: first, plugin: uneven}'
    echo '  - {id: second, plugin: uneven}'
    echo '  - id: fork'
    echo '    plugin: named_streams'
    echo '    config:'
    echo '      names:'
    for i in $(seq 250); do
        echo "        - of_$long$i"
    done
    echo 'streams:'
    echo '  - {from: source, to: fork, grouping: {type: SHUFFLE, streamId: quick}}'
    for i in $(seq 250); do
        for bolt in first second; do
            echo "  - {from: fork, to: $bolt, grouping: {type: SHUFFLE, streamId: of_$long$i}}"
        done
    done
}

more_streams_than_a_worker_tells_of_are_named() {
    export GALE_PLUGIN_PATH="$TEST_PLUGINS"
    _up --supervisors 1
    _wide >wide.yaml
    run "$GALE" submit -c topology.workers=1 wide.yaml
    expect_status 0
    _until _tells '"streams_cut":["second"]' "$GALE" metrics --json wide
    run "$GALE" metrics wide
    expect_status 0
    expect_stdout 'second has more streams, or times, than are shown'
    expect_equal "$(grep -c '^first ' out)" 250 'inputs of the first bolt'
    second=$(grep -c '^second ' out)
    [ "$second" -gt 50 ] && [ "$second" -lt 250 ] || fail "$second inputs of the second bolt"
}

_say_so() { # N TEXT: how often it is in the logs of workers
    [ "$("$GALE" logs -n 1000 words | grep -cF -e "$2")" -ge "$1" ]
}

what_workers_log_is_set_while_they_run_and_kept_for_those_that_start_later() {
    _up --supervisors 1
    _submit_endless words
    _until _tells '2 of 2 workers log DEBUG and above, for 1 s' \
        "$GALE" set_log_level -l DEBUG:1 words
    _until _tells ' log from here on INFO and above' "$GALE" logs words # a second later
    "$GALE" set_log_level -l DEBUG words
    kill -KILL "$(_pid supervisor-1)" # which its workers log at that level
    _until "$GALE" cluster up c
    _until _tells ' DEBUG words-' "$GALE" logs words
    _until _say_so 4 'from here on DEBUG and above' # two workers, twice
    kill -KILL "$(_pids worker | head -n 1)"
    _until _say_so 5 'from here on DEBUG and above' # and the new one
    _until _tells '2 of 2 workers' "$GALE" set_log_level -l DEBUG words
    run "$GALE" set_log_level -r words
    expect_status 0
    expect_equal "$(cat out)" 'topology "words": 2 of 2 workers log INFO and above' \
        'the answer'
    run "$GALE" set_log_level --json -l ROOT=ERROR words
    expect_stdout '"workers":2'
    for words in 'words' '-l LOUD words' '-l DEBUG:x words' '-l DEBUG:0 words' \
        '-r -l INFO words' '-l INFO -r words' '-l DEBUG' '-l'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" set_log_level $words
        expect_status 2
    done
    for seconds in -1 0 86401 1x ''; do
        run "$GALE" set_log_level -l "DEBUG:$seconds" words
        expect_status 2
        expect_stderr "-l: found \"$seconds\", expected seconds from 1 to 86400"
    done
    run "$GALE" set_log_level -l DEBUG nothing
    expect_status 1
    expect_stderr 'there is no topology "nothing"'
}

# -- what is wrong ----------------------------------------------------------------

what_a_cluster_refuses_gets_one_sentence_and_a_status() {
    _up --supervisors 1
    _submit_endless words
    for words in 'kill' 'activate' 'deactivate' 'rebalance' 'logs' 'get-errors' \
        'metrics' 'monitor -n 1'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" $words nothing
        expect_status 1
        expect_equal "$(wc -l <err)" 1 'how many lines it says'
        expect_stderr "gale ${words%% *}: there is no topology \"nothing\""
    done
    for name in -x .x 'a b' "$(printf '%065d' 0)" 'a/b' ''; do
        run "$GALE" submit --name "$name" "$PLUGINS/exclamation.so"
        expect_status 1
        expect_stderr 'is no valid name; expected 1 to 64 letters, digits,'
        [ "$(grep -c . err)" -le 2 ] || fail "too many words: $(_said err)"
    done
    run "$GALE" submit --name words "$PLUGINS/exclamation.so"
    expect_status 1
    expect_stderr '"words"'
    cp c/token token
    tr 0-9a-f 1-9a-f0 <token >other
    chmod 600 other
    for command in list status 'logs words' 'kill words'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" $command -c gale.token.file="$PWD/other"
        expect_status 1
        expect_stderr 'another cluster token'
        # shellcheck disable=SC2086 # words
        run "$GALE" $command -c gale.token.file="$PWD/nowhere"
        expect_status 1
        expect_stderr "$PWD/nowhere"
    done
    kill -KILL "$(_pid nimbus-1)"
    for command in list status 'logs words' 'kill words' 'monitor words' \
        'get-errors words'; do
        # shellcheck disable=SC2086 # words
        run "$GALE" $command --timeout 0.3
        expect_status 3
        expect_equal "$(wc -l <err)" 1 'how many lines it says'
    done
}

scenario
