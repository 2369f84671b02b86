/* Spouts.java - the sources: one value, or five sentences in turn. */
import java.util.Arrays;
import java.util.Map;
import org.apache.storm.spout.SpoutOutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichSpout;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Values;

final class Spouts {
    static final String[] SENTENCES = {
        "the cow jumped over the moon",
        "an apple a day keeps the doctor away",
        "four score and seven years ago",
        "snow white and the seven dwarfs",
        "i am at two with nature",
    };

    private Spouts() {
    }

    /* The words of the first so many. */
    static long words(long sentences) {
        long words = 0;

        for (int i = 0; i < SENTENCES.length; i++) {
            long times = sentences / SENTENCES.length
                + (i < sentences % SENTENCES.length ? 1 : 0);
            words += times * SENTENCES[i].split(" ").length;
        }
        return words;
    }

    /* One tuple a call. */
    abstract static class Counted extends BaseRichSpout {
        protected transient Counts counts;
        private transient SpoutOutputCollector out;
        private boolean acked;
        private long heard;

        @Override
        public void open(Map<String, Object> conf, TopologyContext task,
                         SpoutOutputCollector out) {
            this.out = out;
            acked = (Boolean) conf.get("bench.acked");
            counts = Counts.of(conf, task);
        }

        protected abstract void next();

        /* Once told to rest: one tuple for each time that it is told. */
        @Override
        public void nextTuple() {
            long told = counts.told();

            if (told == 0 || told != heard)
                next();
            heard = told;
        }

        /* Message n, from 1. */
        protected void emit(Values values) {
            long n = counts.add(Counts.EMITTED);

            if (acked)
                out.emit(values, n);
            else
                out.emit(values);
        }

        @Override
        public void ack(Object id) {
            counts.add(Counts.ACKED);
        }

        @Override
        public void fail(Object id) {
            counts.add(Counts.FAILED);
        }

        @Override
        public void declareOutputFields(OutputFieldsDeclarer declarer) {
            declarer.declare(new Fields("value"));
        }
    }

    static class Const extends Counted {
        @Override
        protected void next() {
            emit(new Values(1L));
        }
    }

    static class Sentences extends Counted {
        private int turn;

        @Override
        protected void next() {
            emit(new Values(SENTENCES[turn]));
            turn = turn + 1 < SENTENCES.length ? turn + 1 : 0;
        }
    }

    /*
     * Sentence n is due at start + (n - 1) / rate, whatever became of those
     * before, and each is measured from then until its ack, but for those of
     * the warm-up. All of a call that are due are emitted.
     */
    static class Due extends Counted {
        private double interval; /* ns */
        private long start, n, first; /* n are emitted, first is measured */
        private transient long[] took; /* ns, of n % took.length */

        @Override
        public void open(Map<String, Object> conf, TopologyContext task,
                         SpoutOutputCollector out) {
            double rate = ((Number) conf.get("bench.rate")).doubleValue();
            double warm = ((Number) conf.get("bench.warm")).doubleValue();
            double s = ((Number) conf.get("bench.seconds")).doubleValue();

            super.open(conf, task, out);
            interval = 1e9 / rate;
            first = (long) (rate * warm);
            took = new long[(int) (rate * s)];
            Arrays.fill(took, -1);
            Measure.latencies = took;
        }

        private long due(long i) {
            return start + (long) (i * interval);
        }

        @Override
        protected void next() {
            long now = System.nanoTime();

            if (start == 0)
                start = now;
            for (int i = 0; i < 64 && due(n) <= now; i++, n++)
                emit(new Values(SENTENCES[(int) (n % SENTENCES.length)]));
        }

        @Override
        public void ack(Object id) {
            long i = (Long) id - 1 - first;

            super.ack(id);
            if (i >= 0 && i < took.length)
                took[(int) i] = System.nanoTime() - due(i + first);
        }
    }

    /* One sentence; says when it is acked. */
    static class Once extends Counted {
        private boolean done;

        @Override
        protected void next() {
            if (!done)
                emit(new Values(SENTENCES[0]));
            done = true;
        }

        @Override
        public void ack(Object id) {
            Measure.say("acked");
        }
    }

    /* Nothing comes. */
    static class Idle extends Counted {
        @Override
        protected void next() {
        }
    }
}
