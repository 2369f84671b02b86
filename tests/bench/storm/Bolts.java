/* Bolts.java - what becomes of it: nothing, itself, words and their counts. */
import java.util.HashMap;
import java.util.Map;
import org.apache.storm.task.OutputCollector;
import org.apache.storm.task.TopologyContext;
import org.apache.storm.topology.OutputFieldsDeclarer;
import org.apache.storm.topology.base.BaseRichBolt;
import org.apache.storm.tuple.Fields;
import org.apache.storm.tuple.Tuple;
import org.apache.storm.tuple.Values;

final class Bolts {
    private Bolts() {
    }

    abstract static class Counted extends BaseRichBolt {
        protected transient OutputCollector out;
        private transient Counts counts;

        @Override
        public void prepare(Map<String, Object> conf, TopologyContext task,
                            OutputCollector out) {
            this.out = out;
            counts = Counts.of(conf, task);
        }

        protected abstract void take(Tuple in);

        @Override
        public void execute(Tuple in) {
            take(in);
            out.ack(in);
            counts.add(Counts.EXECUTED);
        }

        @Override
        public void declareOutputFields(OutputFieldsDeclarer declarer) {
            declarer.declare(new Fields("value"));
        }
    }

    static class Null extends Counted {
        @Override
        protected void take(Tuple in) {
        }
    }

    static class Id extends Counted {
        @Override
        protected void take(Tuple in) {
            out.emit(in, new Values(in.getValue(0)));
        }
    }

    static class Split extends Counted {
        @Override
        protected void take(Tuple in) {
            String text = in.getString(0);
            int from = 0, to;

            for (; (to = text.indexOf(' ', from)) >= 0; from = to + 1)
                out.emit(in, new Values(text.substring(from, to)));
            out.emit(in, new Values(text.substring(from)));
        }
    }

    static class Count extends Counted {
        private static class N {
            long n;
        }

        private final HashMap<String, N> words = new HashMap<>();

        @Override
        protected void take(Tuple in) {
            words.computeIfAbsent(in.getString(0), word -> new N()).n++;
        }
    }
}
