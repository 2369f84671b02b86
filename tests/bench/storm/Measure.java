/*
 * Measure.java - a topology of Storm, measured:
 *
 *     Measure local|cluster TOPOLOGY COUNTS [KEY=VALUE…]
 *
 * local: a LocalCluster of this process; cluster: what storm.yaml says.
 * TOPOLOGY is one of const-null, const-id-null, word-count: it warms up, is
 * measured, stops, and every tuple is accounted for; latency: sentences at
 * bench.rate; first: one sentence; idle: bolts that have nothing to do. COUNTS
 * is a directory for counters, empty. Keys are Storm's, VALUE in JSON, and:
 *
 *     bench.acked       track every message
 *     bench.warm        seconds until it is measured, and …
 *     bench.seconds     … for how long
 *     bench.executors   of spouts and bolts, but for …
 *     bench.splitters   … those of split
 *     bench.rate        messages a second
 *
 * Figures go to standard output as lines `NAME VALUE`. The exit status is 1 if
 * a tuple is missing.
 */
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.apache.storm.Config;
import org.apache.storm.LocalCluster;
import org.apache.storm.StormSubmitter;
import org.apache.storm.generated.KillOptions;
import org.apache.storm.generated.Nimbus;
import net.minidev.json.JSONValue;
import org.apache.storm.topology.TopologyBuilder;
import org.apache.storm.tuple.Fields;
import org.apache.storm.utils.NimbusClient;
import org.apache.storm.utils.Utils;

final class Measure {
    private static final String NAME = "bench";
    private static final long PATIENCE_NS = 120_000_000_000L;

    /* A machine that is slow for a while has not died. */
    private static final Map<String, Object> PATIENT = Map.of(
        "storm.zookeeper.session.timeout", 120_000L,
        "nimbus.task.timeout.secs", 600L,
        "nimbus.supervisor.timeout.secs", 600L,
        "supervisor.worker.timeout.secs", 600L);

    static volatile long[] latencies;

    private final Path counts;
    private final String topology, last; /* the last bolt */
    private final Config conf = new Config();

    static void say(String text) {
        System.out.println(text);
        System.out.flush();
    }

    private Measure(String[] args) {
        topology = args[1];
        counts = Path.of(args[2]);
        conf.put("bench.counts", args[2]);
        conf.put("bench.acked", true);
        conf.put("bench.executors", 1L);
        conf.put("bench.splitters", 1L);
        for (int i = 3; i < args.length; i++) {
            int at = args[i].indexOf('=');
            String text = args[i].substring(at + 1);
            Object value = JSONValue.parse(text);

            conf.put(args[i].substring(0, at), value != null ? value : text);
        }
        last = topology.startsWith("const") ? "null" : "count";
    }

    private int number(String key) {
        return ((Number) conf.get(key)).intValue();
    }

    /* -- topologies ------------------------------------------------------- */

    private TopologyBuilder build() {
        TopologyBuilder b = new TopologyBuilder();
        int n = number("bench.executors");

        switch (topology) {
        case "const-null":
            b.setSpout("spout", new Spouts.Const(), n);
            b.setBolt("null", new Bolts.Null(), n).shuffleGrouping("spout");
            break;
        case "const-id-null":
            b.setSpout("spout", new Spouts.Const(), n);
            b.setBolt("id", new Bolts.Id(), n).shuffleGrouping("spout");
            b.setBolt("null", new Bolts.Null(), n).shuffleGrouping("id");
            break;
        case "idle":
            b.setSpout("spout", new Spouts.Idle(), 1);
            b.setBolt("null", new Bolts.Null(), n).shuffleGrouping("spout");
            break;
        default:
            words(b, n);
        }
        return b;
    }

    private void words(TopologyBuilder b, int n) {
        b.setSpout("spout",
                   topology.equals("latency") ? new Spouts.Due()
                       : topology.equals("first") ? new Spouts.Once()
                                                  : new Spouts.Sentences(),
                   n);
        b.setBolt("split", new Bolts.Split(), number("bench.splitters"))
            .shuffleGrouping("spout");
        b.setBolt("count", new Bolts.Count(), n)
            .fieldsGrouping("split", new Fields("value"));
    }

    /* -- counters --------------------------------------------------------- */

    private long executed() throws IOException {
        return Counts.sum(counts, last, Counts.EXECUTED);
    }

    private long messages(int what) throws IOException {
        return Counts.sum(counts, "spout", what);
    }

    private long due() throws IOException {
        return last.equals("null")
            ? messages(Counts.EMITTED)
            : Counts.sum(counts, "spout", Counts.EMITTED, Spouts::words);
    }

    private boolean isOver() throws IOException {
        return executed() == due()
            && (!(Boolean) conf.get("bench.acked")
                || messages(Counts.ACKED) + messages(Counts.FAILED)
                    == messages(Counts.EMITTED));
    }

    private long moved() throws IOException {
        return messages(Counts.EMITTED) + executed() + messages(Counts.ACKED);
    }

    /*
     * Spouts rest, until all is over. They stay active: one that is not keeps
     * what it could not send. And they are told again when nothing moves: what
     * had to wait for a queue that was full stays, in a batch that is not, until
     * the next tuple comes (ExecutorTransfer.tryTransferLocal() of 2.8.3).
     */
    private void account() throws Exception {
        long end = System.nanoTime() + PATIENCE_NS, before = -1, now;

        for (int told = 0; (now = moved()) != before || !isOver();
             before = now) {
            if (now == before || told == 0)
                Counts.tell(counts, "spout", ++told);
            Thread.sleep(400);
            if (System.nanoTime() > end)
                throw new IllegalStateException(String.format(
                    "%s: %d tuples were to come to %s, %d did; of %d messages "
                    + "%d were acked, %d failed",
                    topology, due(), last, executed(),
                    messages(Counts.EMITTED), messages(Counts.ACKED),
                    messages(Counts.FAILED)));
        }
        if (messages(Counts.FAILED) > 0)
            System.err.printf("bench-storm: note: %d of %d messages failed%n",
                              messages(Counts.FAILED), due());
    }

    /* -- measuring -------------------------------------------------------- */

    private void until(boolean some) throws Exception {
        long end = System.nanoTime() + PATIENCE_NS;

        while (executed() > 0 != some) {
            if (System.nanoTime() > end)
                throw new IllegalStateException(topology + ": nothing comes");
            Thread.sleep(20);
        }
    }

    /* All tasks count. */
    private void prepared() throws Exception {
        for (int n = 0; n < 1 + number("bench.executors"); Thread.sleep(20))
            n = counts.toFile().list().length;
    }

    private void sleep(String key) throws Exception {
        Thread.sleep(
            (long) (((Number) conf.get(key)).doubleValue() * 1000));
    }

    private void rate() throws Exception {
        long before, start;

        until(true);
        sleep("bench.warm");
        before = executed();
        start = System.nanoTime();
        sleep("bench.seconds");
        say(String.format("rate %.0f", (executed() - before) * 1e9
                                           / (System.nanoTime() - start)));
    }

    /* Of all messages that were due in the time; all are acked by now. */
    private void quantiles() {
        long[] took = latencies.clone();

        if (took.length == 0 || Arrays.stream(took).anyMatch(t -> t < 0))
            throw new IllegalStateException("a message was not measured");
        Arrays.sort(took);
        say(String.format("p50 %.1f", took[took.length / 2] / 1e3));
        say(String.format("p99 %.1f",
                          took[(int) (took.length * 0.99)] / 1e3));
        say(String.format("p99.9 %.1f",
                          took[(int) (took.length * 0.999)] / 1e3));
    }

    /* Message n is due at n / rate, and who is late is waited for. */
    private void latency() throws Exception {
        until(true);
        sleep("bench.warm");
        sleep("bench.seconds");
        while (messages(Counts.EMITTED)
               < ((Number) conf.get("bench.rate")).doubleValue()
                   * (((Number) conf.get("bench.warm")).doubleValue()
                      + ((Number) conf.get("bench.seconds")).doubleValue()))
            Thread.sleep(20);
    }

    private void measure(Nimbus.Iface nimbus) throws Exception {
        KillOptions now = new KillOptions();

        switch (topology) {
        case "first":
            Thread.sleep(Long.MAX_VALUE);
            break;
        case "idle":
            prepared();
            say("ready");
            Thread.sleep(Long.MAX_VALUE);
            break;
        case "latency":
            latency();
            break;
        default:
            rate();
        }
        account();
        if (topology.equals("latency"))
            quantiles();
        now.set_wait_secs(0);
        nimbus.killTopologyWithOpts(NAME, now);
    }

    /* -- where ------------------------------------------------------------ */

    private void local() throws Exception {
        LocalCluster cluster =
            new LocalCluster.Builder().withDaemonConf(PATIENT).build();

        cluster.submitTopology(NAME, conf, build().createTopology());
        measure(cluster.getNimbus());
    }

    private void cluster() throws Exception {
        Map<String, Object> here = Utils.readStormConfig();

        StormSubmitter.submitTopology(NAME, conf, build().createTopology());
        try (NimbusClient nimbus =
                 NimbusClient.Builder.withConf(here).build()) {
            measure(nimbus.getClient());
        }
    }

    public static void main(String[] args) {
        int status = 0;

        try {
            Measure m = new Measure(args);

            if (args[0].equals("local"))
                m.local();
            else
                m.cluster();
        } catch (Throwable e) {
            System.err.println("bench-storm: " + e);
            status = 1;
        }
        System.out.flush();
        Runtime.getRuntime().halt(status);
    }
}
