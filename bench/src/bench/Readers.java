package bench;

import alluxio.AlluxioURI;
import alluxio.client.file.FileInStream;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import alluxio.grpc.FreePOptions;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads files as fio would and prints a line of JSON for each case: MiB a second, and CPU seconds per GiB of the client and of
 * each server.
 *
 * usage: Readers DIRECTORY SECONDS CASE...
 *
 * A case is warm|cold:sequential|random:BYTES:READERS. Each reader has the file reader-N of DIRECTORY for itself and asks for BYTES
 * at a time, in order from end to end or at random places by positioned reads. A warm case begins with the files in the cache and
 * goes on for SECONDS; a cold one begins with them freed, and ends with the file where it reads in order.
 */
public final class Readers {
  /** What a cold read leaves to be cached in the background is waited for, so that its bytes count here. */
  private static final int SETTLE_MS = 1000;
  private static final int PATIENCE_MS = 20_000;

  private final FileSystem mFs = FileSystem.Factory.create(Configuration.global());
  private final String mDir;
  private final double mSeconds;

  private Readers(String dir, double seconds) {
    mDir = dir;
    mSeconds = seconds;
  }

  public static void main(String[] args) throws Exception {
    Readers bench = new Readers(args[0], Double.parseDouble(args[1]));
    for (int i = 2; i < args.length; i++) {
      bench.run(args[i]);
    }
    bench.mFs.close();
    System.exit(0);
  }

  private void run(String name) throws Exception {
    String[] parts = name.split(":");
    boolean cold = parts[0].equals("cold");
    boolean sequential = parts[1].equals("sequential");
    int bytes = Integer.parseInt(parts[2]);
    int readers = Integer.parseInt(parts[3]);
    for (int i = 0; i < readers; i++) {
      prepare(file(i), cold);
    }
    System.out.printf("{\"begins\":\"%s\"}%n", name);
    if (!cold) {
      // Connections, and code that is still interpreted.
      all(readers, reader -> read(reader, sequential, bytes, mSeconds / 4, false));
    }
    Cpu cpu = new Cpu();
    long start = System.nanoTime();
    long read = all(readers, reader -> read(reader, sequential, bytes, mSeconds, cold));
    double took = (System.nanoTime() - start) / 1e9;
    String used = cpu.since((1 << 30) / (double) read);
    if (cold) {
      Thread.sleep(SETTLE_MS);
    }
    System.out.printf("{\"case\":\"%s\",\"rate\":%.2f,\"bytes\":%d,\"cpu\":%s}%n", name, read / 1048576.0 / took, read, used);
  }

  private interface Reader {
    long bytesReadBy(int reader) throws Exception;
  }

  private static long all(int readers, Reader reader) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(readers);
    List<Future<Long>> running = new ArrayList<>();
    for (int i = 0; i < readers; i++) {
      int number = i;
      running.add(threads.submit(() -> reader.bytesReadBy(number)));
    }
    long bytes = 0;
    for (Future<Long> thread : running) {
      bytes += thread.get();
    }
    threads.shutdown();
    return bytes;
  }

  private AlluxioURI file(int reader) {
    return new AlluxioURI(mDir + "/reader-" + reader);
  }

  private void prepare(AlluxioURI file, boolean cold) throws Exception {
    if (cold) {
      mFs.free(file, FreePOptions.newBuilder().setForced(true).build());
    } else if (cachedPercent(file) < 100) {
      byte[] buffer = new byte[1 << 20];
      try (FileInStream in = mFs.openFile(file)) {
        while (in.read(buffer, 0, buffer.length) > 0) {}
      }
    }
    int wanted = cold ? 0 : 100;
    for (long end = System.nanoTime() + PATIENCE_MS * 1_000_000L; cachedPercent(file) != wanted; Thread.sleep(50)) {
      if (System.nanoTime() > end) {
        throw new IOException(file + " is cached by " + cachedPercent(file) + "%, " + wanted + "% wanted");
      }
    }
  }

  private int cachedPercent(AlluxioURI file) throws Exception {
    return mFs.getStatus(file).getInAlluxioPercentage();
  }

  private long read(int reader, boolean sequential, int bytes, double seconds, boolean once) throws Exception {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    if (!sequential) {
      return readAtRandom(file(reader), bytes, end, reader);
    }
    long done = 0;
    byte[] buffer = new byte[bytes];
    do {
      try (FileInStream in = mFs.openFile(file(reader))) {
        for (int n = in.read(buffer, 0, bytes); n > 0 && (once || System.nanoTime() < end); n = in.read(buffer, 0, bytes)) {
          done += n;
        }
      }
    } while (!once && System.nanoTime() < end);
    return done;
  }

  private long readAtRandom(AlluxioURI file, int bytes, long end, int seed) throws Exception {
    byte[] buffer = new byte[bytes];
    Random random = new Random(seed);
    long total = 0;
    try (FileInStream in = mFs.openFile(file)) {
      long places = mFs.getStatus(file).getLength() / bytes;
      while (System.nanoTime() < end) {
        long offset = (long) (random.nextDouble() * places) * bytes;
        for (int done = 0; done < bytes; ) {
          int n = in.positionedRead(offset + done, buffer, done, bytes - done);
          if (n <= 0) {
            throw new IOException("Cannot read " + file + " at " + (offset + done));
          }
          done += n;
        }
        total += bytes;
      }
    }
    return total;
  }
}
