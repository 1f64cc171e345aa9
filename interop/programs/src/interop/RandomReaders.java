package interop;

import alluxio.AlluxioURI;
import alluxio.client.file.FileInStream;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import java.io.RandomAccessFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Reads pieces of a file at random places in several threads, and compares each with the same piece of a local file.
 *
 * usage: RandomReaders PATH LOCAL_FILE THREADS READS_PER_THREAD
 *
 * Half of the reads are positioned, half are a seek and a read. Lengths go from a byte to 4 MiB, across page and block borders.
 */
public final class RandomReaders {
  private static final int MAX_READ = 4 << 20;

  public static void main(String[] args) throws Exception {
    FileSystem fs = FileSystem.Factory.create(Configuration.global());
    AlluxioURI path = new AlluxioURI(args[0]);
    int threads = Integer.parseInt(args[2]);
    int reads = Integer.parseInt(args[3]);
    ExecutorService executor = Executors.newFixedThreadPool(threads);
    long start = System.nanoTime();
    List<Future<Long>> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int seed = i;
      running.add(executor.submit(() -> read(fs, path, args[1], reads, new Random(seed))));
    }
    long bytes = 0;
    for (Future<Long> reader : running) {
      bytes += reader.get();
    }
    System.out.printf("%d readers, %d reads, %.0f MiB in %.1f s, all equal%n",
        threads, threads * reads, bytes / 1048576.0, (System.nanoTime() - start) / 1e9);
    fs.close();
    System.exit(0);
  }

  private static long read(FileSystem fs, AlluxioURI path, String local, int reads, Random random) throws Exception {
    byte[] got = new byte[MAX_READ];
    byte[] wanted = new byte[MAX_READ];
    long bytes = 0;
    try (FileInStream in = fs.openFile(path); RandomAccessFile reference = new RandomAccessFile(local, "r")) {
      long size = reference.length();
      for (int i = 0; i < reads; i++) {
        int length = (int) Math.min(size, 1 + (int) Math.pow(MAX_READ, random.nextDouble()));
        long offset = (long) (random.nextDouble() * (size - length + 1));
        boolean positioned = random.nextBoolean();
        if (!positioned) {
          in.seek(offset);
        }
        for (int done = 0; done < length; ) {
          int n = positioned ? in.positionedRead(offset + done, got, done, length - done) : in.read(got, done, length - done);
          if (n <= 0) {
            throw new IllegalStateException("Cannot read " + length + " bytes at " + offset + ": " + done + " came");
          }
          done += n;
        }
        reference.seek(offset);
        reference.readFully(wanted, 0, length);
        if (!Arrays.equals(Arrays.copyOf(got, length), Arrays.copyOf(wanted, length))) {
          throw new IllegalStateException("Wrong bytes: " + length + " at " + offset + (positioned ? ", positioned" : ", after a seek"));
        }
        bytes += length;
      }
    }
    return bytes;
  }

  private RandomReaders() {}
}
