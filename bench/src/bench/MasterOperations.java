package bench;

import alluxio.AlluxioURI;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import alluxio.grpc.CreateDirectoryPOptions;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.DeletePOptions;
import alluxio.grpc.WritePType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Asks a master for one operation after another through the unchanged client, and prints a line of JSON for each:
 * operations a second, and CPU microseconds per operation of the client and of each server.
 *
 * usage: MasterOperations DIRECTORY THREADS SECONDS
 *
 * CreateDir and CreateFile make empty ones for SECONDS, GetFileStatus, ListDir (a directory of 100 files), OpenFile and
 * GetBlockLocations ask for SECONDS, RenameFile and DeleteFile go through the files that CreateFile made, for SECONDS at most. Each operation is warmed up first, for a
 * third of that time, with files of its own.
 */
public final class MasterOperations {
  private static final int LISTED = 100;
  private static final int FILES_PER_DIRECTORY = 1000;
  private static final CreateFilePOptions CREATE =
      CreateFilePOptions.newBuilder().setRecursive(true).setWriteType(WritePType.MUST_CACHE).build();

  private static final CreateDirectoryPOptions DIRECTORY =
      CreateDirectoryPOptions.newBuilder().setRecursive(true).setWriteType(WritePType.MUST_CACHE).build();

  private interface Operation {
    void run(long number) throws Exception;
  }

  private final FileSystem mFs = FileSystem.Factory.create(Configuration.global());
  private final String mDir;
  private final int mThreads;

  private MasterOperations(String dir, int threads) {
    mDir = dir;
    mThreads = threads;
  }

  public static void main(String[] args) throws Exception {
    MasterOperations bench = new MasterOperations(args[0], Integer.parseInt(args[1]));
    double seconds = Double.parseDouble(args[2]);
    bench.run("warm", seconds / 3, false);
    bench.run("run", seconds, true);
    bench.mFs.close();
    System.exit(0);
  }

  private void run(String name, double seconds, boolean print) throws Exception {
    String dir = mDir + "/" + name;
    AlluxioURI listed = new AlluxioURI(dir + "/listed");
    mFs.createDirectory(listed, CreateDirectoryPOptions.newBuilder().setRecursive(true).build());
    for (int i = 0; i < LISTED; i++) {
      mFs.createFile(listed.joinUnsafe("file-" + i), CREATE).close();
    }
    measure("CreateDir", Long.MAX_VALUE, seconds, print, n -> mFs.createDirectory(directory(dir, n), DIRECTORY));
    long made = measure("CreateFile", Long.MAX_VALUE, seconds, print, n -> mFs.createFile(file(dir, n), CREATE).close());
    measure("GetFileStatus", Long.MAX_VALUE, seconds, print, n -> mFs.getStatus(file(dir, n % made)));
    measure("ListDir", Long.MAX_VALUE, seconds, print, n -> {
      if (mFs.listStatus(listed).size() != LISTED) {
        throw new IllegalStateException("a listing is not whole");
      }
    });
    measure("OpenFile", Long.MAX_VALUE, seconds, print, n -> mFs.openFile(file(dir, n % made)).close());
    measure("GetBlockLocations", Long.MAX_VALUE, seconds, print, n -> mFs.getBlockLocations(file(dir, n % made)));
    long renamed = measure("RenameFile", made, seconds, print, n -> mFs.rename(file(dir, n), renamedFile(dir, n)));
    measure("DeleteFile", renamed, seconds, print, n -> mFs.delete(renamedFile(dir, n)));
    mFs.delete(new AlluxioURI(dir), DeletePOptions.newBuilder().setRecursive(true).setUnchecked(true).build());
  }

  private static AlluxioURI file(String dir, long number) {
    return new AlluxioURI(dir + "/" + number / FILES_PER_DIRECTORY + "/file-" + number);
  }

  private static AlluxioURI directory(String dir, long number) {
    return new AlluxioURI(dir + "/directories/" + number / FILES_PER_DIRECTORY + "/directory-" + number);
  }

  private static AlluxioURI renamedFile(String dir, long number) {
    return new AlluxioURI(file(dir, number) + "-renamed");
  }

  /** Runs an operation with the numbers 0, 1, 2 ... below `limit`, in all threads, and answers how many ended in time. */
  private long measure(String name, long limit, double seconds, boolean print, Operation operation) throws Exception {
    AtomicLong next = new AtomicLong();
    ExecutorService threads = Executors.newFixedThreadPool(mThreads);
    Cpu cpu = new Cpu();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    List<Future<?>> running = new ArrayList<>();
    for (int i = 0; i < mThreads; i++) {
      running.add(threads.submit(() -> {
        while (System.nanoTime() < end) {
          long number = next.getAndIncrement();
          if (number >= limit) {
            break;
          }
          operation.run(number);
        }
        return null;
      }));
    }
    for (Future<?> thread : running) {
      thread.get();
    }
    long done = Math.min(next.get(), limit);
    double took = (System.nanoTime() - start) / 1e9;
    threads.shutdown();
    if (print) {
      System.out.printf("{\"operation\":\"%s\",\"rate\":%.1f,\"count\":%d,\"cpu\":%s}%n", name, done / took, done, cpu.since(1e6 / done));
    }
    return done;
  }
}
