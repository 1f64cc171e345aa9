package bench;

import alluxio.AlluxioURI;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.WritePType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes empty files, a thousand to a directory, through the unchanged client, and prints how many it made in a second.
 *
 * usage: Fill DIRECTORY FILES THREADS
 */
public final class Fill {
  private static final int FILES_PER_DIRECTORY = 1000;

  private Fill() {}

  public static void main(String[] args) throws Exception {
    long files = Long.parseLong(args[1]);
    int threads = Integer.parseInt(args[2]);
    FileSystem fs = FileSystem.Factory.create(Configuration.global());
    CreateFilePOptions options = CreateFilePOptions.newBuilder().setRecursive(true).setWriteType(WritePType.MUST_CACHE).build();
    AtomicLong next = new AtomicLong();
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    List<Future<?>> done = new ArrayList<>();
    long began = System.nanoTime();
    for (int i = 0; i < threads; i++) {
      done.add(pool.submit(() -> {
        for (long n = next.getAndIncrement(); n < files; n = next.getAndIncrement()) {
          fs.createFile(new AlluxioURI(args[0] + "/d" + n / FILES_PER_DIRECTORY + "/file-" + n), options).close();
        }
        return null;
      }));
    }
    for (Future<?> thread : done) {
      thread.get();
    }
    System.out.printf("%d files, %.0f a second%n", files, files / ((System.nanoTime() - began) / 1e9));
    System.exit(0);
  }
}
