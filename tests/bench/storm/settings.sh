# settings.sh - the settings that Storm is at its best with, of those tried, on two
# processors; docs/benchmarks.md says why. Sourced by the cases.

# One heap for all that is quick; its young part holds what is under way.
STORM_JVM='-XX:+UseParallelGC -Xmx2g -Xmn1536m'
# Code that is compiled stays so, whatever it sees later.
STORM_JVM_ALWAYS='-XX:PerMethodTrapLimit=0 -XX:PerBytecodeTrapLimit=0 -XX:-UsePerfData'

_policy=org.apache.storm.policy
_spout_parks="topology.spout.wait.strategy=$_policy.WaitStrategyPark
    topology.spout.wait.park.microsec=20"
_bolt_parks="topology.bolt.wait.strategy=$_policy.WaitStrategyPark
    topology.bolt.wait.park.microsec=50"

# Of every topology: each task has one place to send to, so no loads are compared;
# one tuple in two thousand is timed; nobody looks at events.
STORM_ALWAYS='topology.disable.loadaware.messaging=true
    topology.stats.sample.rate=0.0005
    topology.eventlogger.executors=0'

_acked='bench.acked=true topology.acker.executors=1 topology.max.spout.pending=5000'
_not='bench.acked=false topology.acker.executors=0'

# storm_settings TOPOLOGY ACKED
storm_settings() {
    case $1.$2 in
    const-null.false) echo "$_not topology.producer.batch.size=100" ;;
    const-null.true) echo "$_acked $_spout_parks topology.producer.batch.size=100" ;;
    const-id-null.false) echo "$_not topology.producer.batch.size=1000" ;;
    const-id-null.true) echo "$_acked $_spout_parks topology.producer.batch.size=100" ;;
    word-count.false)
        echo "$_not topology.producer.batch.size=100 bench.splitters=2" ;;
    word-count.true) echo "$_acked $_bolt_parks topology.producer.batch.size=1" ;;
    esac
}

# Over two workers batches are those that cross. (What comes out of one would stay in
# those that are kept by executor, until there is more of it.)
storm_settings_of_two() { # TOPOLOGY ACKED
    echo "topology.workers=2 $(storm_settings "$1" "$2") bench.splitters=1" \
        topology.producer.batch.size=1 topology.transfer.batch.size=100
}

# Of gale there is nothing to set: executors of each component.
export EXECUTORS=1

# A message that is waited for.
storm_latency_settings() {
    echo "$_acked $_spout_parks $_bolt_parks topology.producer.batch.size=1"
}

# Whoever has nothing to do sleeps this long.
storm_idle_settings() {
    echo topology.bolt.wait.progressive.level3.sleep.millis=100 \
        topology.spout.wait.progressive.level3.sleep.millis=100
}
