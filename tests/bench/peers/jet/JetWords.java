/*
 * JetWords.java - the word count over five sentences, in turn, in Hazelcast Jet:
 *
 *     JetWords GUARANTEE THREADS WARM SECONDS
 *
 *     sentences --isolated--> split --partitioned(word)--> count
 *
 * GUARANTEE is none, at-least-once or exactly-once. One member, as many threads
 * as THREADS, and a processor of each vertex for each of them. It runs WARM
 * seconds, so that its code is compiled, and then is measured for SECONDS. Then
 * the sentences end, the job completes, and each word must have been counted as
 * often as it was in the sentences. Prints words a second; the exit status is 1
 * if a word is missing, or if there was no snapshot where one was promised.
 */
import com.hazelcast.config.Config;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.jet.Job;
import com.hazelcast.jet.config.JobConfig;
import com.hazelcast.jet.config.ProcessingGuarantee;
import com.hazelcast.jet.core.AbstractProcessor;
import com.hazelcast.jet.core.BroadcastKey;
import com.hazelcast.jet.core.DAG;
import com.hazelcast.jet.core.Edge;
import com.hazelcast.jet.core.Inbox;
import com.hazelcast.jet.core.Partitioner;
import com.hazelcast.jet.core.Processor;
import com.hazelcast.jet.core.Vertex;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;

final class JetWords {
    private static final String[] SENTENCES = {
        "the cow jumped over the moon",
        "an apple a day keeps the doctor away",
        "four score and seven years ago",
        "snow white and the seven dwarfs",
        "i am at two with nature",
    };
    private static final long SNAPSHOT_MS = 1000;

    /* Of this process, which is the whole cluster. */
    static volatile boolean over;
    static final List<Sentences> sources = new CopyOnWriteArrayList<>();
    static final List<Count> counts = new CopyOnWriteArrayList<>();

    private JetWords() {
    }

    /* -- vertices --------------------------------------------------------- */

    /* As many at a time as its outbox takes. */
    static final class Sentences extends AbstractProcessor {
        private BroadcastKey<Integer> key;
        private long emitted;
        private boolean refused; /* the next one; Jet wants it offered again */

        @Override
        protected void init(Processor.Context context) {
            key = BroadcastKey.broadcastKey(context.globalProcessorIndex());
            sources.add(this);
        }

        @Override
        public boolean complete() {
            int turn = (int) (emitted % SENTENCES.length);

            while (refused || !over) {
                refused = !tryEmit(SENTENCES[turn]);
                if (refused)
                    return false;
                emitted++;
                turn = turn == SENTENCES.length - 1 ? 0 : turn + 1;
            }
            return true;
        }

        @Override
        public boolean saveToSnapshot() {
            return tryEmitToSnapshot(key, emitted);
        }

        @Override
        protected void restoreFromSnapshot(Object of, Object value) {
            if (key.equals(of))
                emitted = (Long) value;
        }
    }

    static final class Split extends AbstractProcessor {
        private int begin, end; /* of the word that comes next */
        private String word;    /* it, once it was refused */

        @Override
        public void process(int ordinal, Inbox inbox) {
            for (String of; (of = (String) inbox.peek()) != null;
                 inbox.remove())
                if (!emitWords(of))
                    return;
        }

        private boolean emitWords(String of) {
            for (; begin < of.length(); begin = end + 1) {
                if (word == null) {
                    end = of.indexOf(' ', begin);
                    end = end < 0 ? of.length() : end;
                    word = of.substring(begin, end);
                }
                if (!tryEmit(word))
                    return false;
                word = null;
            }
            begin = 0;
            return true;
        }
    }

    static final class Count extends AbstractProcessor {
        private final Map<String, long[]> of = new HashMap<>();
        private final AtomicLong words = new AtomicLong();
        private BroadcastKey<Integer> key;
        private int snapshots;

        @Override
        protected void init(Processor.Context context) {
            key = BroadcastKey.broadcastKey(context.globalProcessorIndex());
            counts.add(this);
        }

        @Override
        public void process(int ordinal, Inbox inbox) {
            long n = words.getPlain();

            for (String word; (word = (String) inbox.poll()) != null; n++)
                of.computeIfAbsent(word, w -> new long[1])[0]++;
            words.lazySet(n);
        }

        /* One entry for each processor. Those by word would be restored where
         * Jet's own partitioner sends them, which is not the one used here. */
        @Override
        public boolean saveToSnapshot() {
            if (!tryEmitToSnapshot(key, sum(List.of(this))))
                return false;
            snapshots++;
            return true;
        }

        @Override
        @SuppressWarnings("unchecked")
        protected void restoreFromSnapshot(Object of, Object value) {
            if (key.equals(of))
                ((Map<String, Long>) value)
                    .forEach((word, n) -> this.of.put(word, new long[] {n}));
        }

        static HashMap<String, Long> sum(List<Count> counts) {
            HashMap<String, Long> words = new HashMap<>();

            for (Count c : counts)
                c.of.forEach((word, n) -> words.merge(word, n[0], Long::sum));
            return words;
        }
    }

    private static DAG build(int n) {
        DAG dag = new DAG();
        Vertex sentences = dag.newVertex("sentences", Sentences::new);
        Vertex split = dag.newVertex("split", Split::new);
        Vertex count = dag.newVertex("count", Count::new);

        sentences.localParallelism(n);
        split.localParallelism(n);
        count.localParallelism(n);
        return dag.edge(Edge.between(sentences, split).isolated())
            .edge(Edge.between(split, count)
                      .partitioned(word -> word, Partitioner.HASH_CODE));
    }

    /* -- one member, which listens on loopback alone ---------------------- */

    private static Config member(int threads) {
        Config c = new Config();
        NetworkConfig net = c.getNetworkConfig();

        c.setProperty("hazelcast.logging.type", "none");
        c.setProperty("hazelcast.phone.home.enabled", "false");
        c.setProperty("hazelcast.socket.bind.any", "false");
        c.setProperty("hazelcast.shutdownhook.enabled", "false");
        net.setPort(0);
        net.getInterfaces().setEnabled(true).addInterface("127.0.0.1");
        net.getJoin().getMulticastConfig().setEnabled(false);
        net.getJoin().getAutoDetectionConfig().setEnabled(false);
        c.getMetricsConfig().setEnabled(false);
        c.getJetConfig().setEnabled(true).setCooperativeThreadCount(threads);
        return c;
    }

    private static JobConfig job(ProcessingGuarantee guarantee) {
        return new JobConfig().setProcessingGuarantee(guarantee)
            .setSnapshotIntervalMillis(SNAPSHOT_MS)
            .setMetricsEnabled(false);
    }

    /* -- measuring -------------------------------------------------------- */

    private static long words() {
        return counts.stream().mapToLong(c -> c.words.get()).sum();
    }

    private static void sleep(String seconds) throws InterruptedException {
        Thread.sleep((long) (Double.parseDouble(seconds) * 1000));
    }

    private static double rate(String warm, String seconds)
        throws InterruptedException {
        long before, start;

        while (words() == 0)
            Thread.sleep(20);
        sleep(warm);
        before = words();
        start = System.nanoTime();
        sleep(seconds);
        return (words() - before) * 1e9 / (System.nanoTime() - start);
    }

    /* By word: as often as it was in what the sources have emitted. */
    private static Map<String, Long> emitted() {
        Map<String, Long> words = new HashMap<>();

        for (Sentences s : sources)
            for (int i = 0; i < SENTENCES.length; i++) {
                long times = s.emitted / SENTENCES.length
                    + (i < s.emitted % SENTENCES.length ? 1 : 0);

                for (String word : SENTENCES[i].split(" "))
                    words.merge(word, times, Long::sum);
            }
        return words;
    }

    private static void account(ProcessingGuarantee guarantee) {
        Map<String, Long> counted = Count.sum(counts);

        if (!emitted().equals(counted))
            throw new IllegalStateException("of the words " + emitted()
                                            + " these were counted: "
                                            + counted);
        for (Count c : counts)
            if (guarantee != ProcessingGuarantee.NONE && c.snapshots == 0)
                throw new IllegalStateException(
                    "there was no snapshot: BENCH_WARM_SECONDS and "
                    + "BENCH_SECONDS together are to be more than "
                    + SNAPSHOT_MS + " ms");
    }

    private static double measure(String[] args) throws Exception {
        ProcessingGuarantee guarantee = ProcessingGuarantee.valueOf(
            args[0].replace('-', '_').toUpperCase(Locale.ROOT));
        int threads = Integer.parseInt(args[1]);
        Job job = Hazelcast.newHazelcastInstance(member(threads))
                      .getJet()
                      .newJob(build(threads), job(guarantee));
        double rate = rate(args[2], args[3]);

        over = true;
        job.join();
        account(guarantee);
        return rate;
    }

    public static void main(String[] args) {
        int status = 0;

        try {
            System.out.printf("%.0f%n", measure(args));
        } catch (Throwable e) {
            System.err.println("bench-peers: Jet: " + e);
            status = 1;
        }
        System.out.flush();
        Runtime.getRuntime().halt(status);
    }
}
