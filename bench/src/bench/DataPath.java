package bench;

import alluxio.AlluxioURI;
import alluxio.client.file.FileInStream;
import alluxio.client.file.FileOutStream;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.WritePType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Moves file data through the unchanged client and prints a line of JSON for each operation: MiB a second, and CPU seconds
 * per GiB of the client and of each server.
 *
 * usage: DataPath DIRECTORY THREADS MIB_PER_FILE SECONDS
 *
 * Each thread writes a file of its own (in the cache only), reads it from end to end, and reads 64 KiB at random places for
 * SECONDS. What a small file of the same kind costs is not counted: it warms both sides up.
 */
public final class DataPath {
  private static final int BUFFER = 1 << 20;
  private static final int RANDOM_READ = 64 << 10;
  private static final int WARM_UP_MIB = 64;

  private interface Worker {
    long bytesMovedBy(int thread) throws Exception;
  }

  private final FileSystem mFs = FileSystem.Factory.create(Configuration.global());
  private final String mDir;
  private final int mThreads;

  private DataPath(String dir, int threads) {
    mDir = dir;
    mThreads = threads;
  }

  public static void main(String[] args) throws Exception {
    DataPath bench = new DataPath(args[0], Integer.parseInt(args[1]));
    double seconds = Double.parseDouble(args[3]);
    bench.run(WARM_UP_MIB, seconds / 3, false);
    bench.run(Integer.parseInt(args[2]), seconds, true);
    bench.mFs.close();
    System.exit(0);
  }

  private void run(int mib, double seconds, boolean print) throws Exception {
    long size = (long) mib << 20;
    measure("WriteBlock", print, thread -> write(file(thread), size, thread));
    measure("ReadBlock", print, thread -> readThrough(file(thread), size));
    measure("ReadBlock, 64 KiB at random", print, thread -> readAtRandom(file(thread), size, seconds, thread));
    for (int thread = 0; thread < mThreads; thread++) {
      mFs.delete(file(thread));
    }
  }

  private AlluxioURI file(int thread) {
    return new AlluxioURI(mDir + "/data-" + thread);
  }

  private void measure(String name, boolean print, Worker worker) throws Exception {
    ExecutorService threads = Executors.newFixedThreadPool(mThreads);
    Cpu cpu = new Cpu();
    long start = System.nanoTime();
    List<Future<Long>> running = new ArrayList<>();
    for (int i = 0; i < mThreads; i++) {
      int thread = i;
      running.add(threads.submit(() -> worker.bytesMovedBy(thread)));
    }
    long bytes = 0;
    for (Future<Long> thread : running) {
      bytes += thread.get();
    }
    double took = (System.nanoTime() - start) / 1e9;
    threads.shutdown();
    if (print) {
      System.out.printf("{\"operation\":\"%s\",\"rate\":%.1f,\"cpu\":%s}%n", name, bytes / 1048576.0 / took, cpu.since((1 << 30) / (double) bytes));
    }
  }

  private long write(AlluxioURI file, long size, int seed) throws Exception {
    byte[] buffer = new byte[BUFFER];
    new Random(seed).nextBytes(buffer);
    CreateFilePOptions options = CreateFilePOptions.newBuilder().setRecursive(true).setWriteType(WritePType.MUST_CACHE).build();
    try (FileOutStream out = mFs.createFile(file, options)) {
      for (long done = 0; done < size; done += buffer.length) {
        out.write(buffer);
      }
    }
    return size;
  }

  private long readThrough(AlluxioURI file, long size) throws Exception {
    byte[] buffer = new byte[BUFFER];
    long done = 0;
    try (FileInStream in = mFs.openFile(file)) {
      for (int n = in.read(buffer, 0, buffer.length); n > 0; n = in.read(buffer, 0, buffer.length)) {
        done += n;
      }
    }
    if (done != size) {
      throw new IOException("Cannot read " + file + ": " + done + " bytes of " + size);
    }
    return done;
  }

  private long readAtRandom(AlluxioURI file, long size, double seconds, int seed) throws Exception {
    byte[] buffer = new byte[RANDOM_READ];
    Random random = new Random(seed);
    long end = System.nanoTime() + (long) (seconds * 1e9);
    long bytes = 0;
    try (FileInStream in = mFs.openFile(file)) {
      while (System.nanoTime() < end) {
        long offset = (long) (random.nextDouble() * (size - RANDOM_READ));
        for (int done = 0; done < RANDOM_READ; ) {
          int n = in.positionedRead(offset + done, buffer, done, RANDOM_READ - done);
          if (n <= 0) {
            throw new IOException("Cannot read " + file + " at " + (offset + done));
          }
          done += n;
        }
        bytes += RANDOM_READ;
      }
    }
    return bytes;
  }
}
