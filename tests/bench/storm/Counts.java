/*
 * Counts.java - what a task has done, in a file that others map, too.
 *
 * A task writes its own four numbers, each with a plain store, after what they
 * count; who measures adds up those of all tasks of a component. So the same
 * works for tasks of this process and for those of workers.
 */
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import org.apache.storm.task.TopologyContext;

final class Counts {
    static final int EMITTED = 0, ACKED = 8, FAILED = 16, EXECUTED = 24;
    private static final int TOLD = 32, SIZE = 64;

    private final ByteBuffer at;

    private Counts(ByteBuffer at) {
        this.at = at.order(ByteOrder.nativeOrder());
    }

    static Counts of(Map<String, Object> conf, TopologyContext task) {
        Path path = Path.of((String) conf.get("bench.counts"),
            task.getThisComponentId() + "." + task.getThisTaskId());

        try (FileChannel file = FileChannel.open(path,
                StandardOpenOption.CREATE, StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            return new Counts(
                file.map(FileChannel.MapMode.READ_WRITE, 0, SIZE));
        } catch (IOException e) {
            throw new IllegalStateException("cannot map " + path, e);
        }
    }

    /* What it is now. */
    long add(int what) {
        long n = at.getLong(what) + 1;

        at.putLong(what, n);
        return n;
    }

    /* What who measures has told; 0: nothing yet. */
    long told() {
        return at.getLong(TOLD);
    }

    static void tell(Path dir, String component, int what) throws IOException {
        try (DirectoryStream<Path> tasks =
                 Files.newDirectoryStream(dir, component + ".*")) {
            for (Path task : tasks)
                try (FileChannel file =
                         FileChannel.open(task, StandardOpenOption.WRITE)) {
                    file.write(ByteBuffer.allocate(8)
                                   .order(ByteOrder.nativeOrder())
                                   .putLong(0, what), TOLD);
                }
        }
    }

    /* Of all tasks of a component. */
    static long sum(Path dir, String component, int what) throws IOException {
        return sum(dir, component, what, n -> n);
    }

    /* The same, of what each comes to. */
    static long sum(Path dir, String component, int what, LongUnaryOperator of)
        throws IOException {
        long sum = 0;

        try (DirectoryStream<Path> tasks =
                 Files.newDirectoryStream(dir, component + ".*")) {
            for (Path task : tasks) {
                byte[] bytes = Files.readAllBytes(task);

                if (bytes.length == SIZE)
                    sum += of.applyAsLong(new Counts(ByteBuffer.wrap(bytes))
                                              .at.getLong(what));
            }
        }
        return sum;
    }
}
