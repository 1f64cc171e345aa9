package interop;

import alluxio.AlluxioURI;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import alluxio.grpc.CreateDirectoryPOptions;
import alluxio.grpc.WritePType;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;

/**
 * Load on a server that is killed now and then, and a check of what it kept.
 *
 * usage: CrashLoad DIRECTORY THREADS SEED      a command a line on standard input, a line of JSON or a word for each:
 *
 *   run              writers start                                            running
 *   since EPOCH_MS   waits for the first acknowledgement after that time      its time
 *   pause            writers end their operation                              counts
 *   check            what was acknowledged is compared, bytes too             problems
 *   store DIR SECS   waits for persistence, compares the under store          problems
 */
public final class CrashLoad {
  private final List<CrashWriter> mWriters = new ArrayList<>();
  private final List<String> mBases = new ArrayList<>();
  private final FileSystem mFs = FileSystem.Factory.create(Configuration.global());
  private final ExecutorService mThreads;
  private final Object mAcknowledgement = new Object();
  private final List<Future<?>> mRunning = new ArrayList<>();
  private volatile boolean mPaused = true;
  private long mLastMs;

  private CrashLoad(String directory, int threads, long seed) throws Exception {
    mThreads = Executors.newFixedThreadPool(threads);
    for (int i = 0; i < threads; i++) {
      mBases.add(directory + "/t" + i);
      mFs.createDirectory(new AlluxioURI(mBases.get(i)),
          CreateDirectoryPOptions.newBuilder().setRecursive(true).setWriteType(WritePType.CACHE_THROUGH).build());
      mWriters.add(new CrashWriter(mFs, mBases.get(i), seed + i));
    }
  }

  public static void main(String[] args) {
    try {
      obey(args);
      System.exit(0);
    } catch (Throwable e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  private static void obey(String[] args) throws Exception {
    CrashLoad load = new CrashLoad(args[0], Integer.parseInt(args[1]), Long.parseLong(args[2]));
    System.out.println("ready");
    BufferedReader commands = new BufferedReader(new InputStreamReader(System.in));
    for (String line = commands.readLine(); line != null; line = commands.readLine()) {
      String[] words = line.split(" ");
      switch (words[0]) {
        case "run": load.start(); break;
        case "since": System.out.println(load.firstSince(Long.parseLong(words[1]))); break;
        case "pause": load.pause(); break;
        case "check": load.check(null, 0); break;
        case "store": load.check(words[1], System.currentTimeMillis() + 1000 * Long.parseLong(words[2])); break;
        default: throw new IllegalArgumentException(line);
      }
    }
  }

  private void start() {
    mPaused = false;
    for (CrashWriter writer : mWriters) {
      mRunning.add(mThreads.submit(() -> {
        while (!mPaused) {
          if (writer.step()) {
            synchronized (mAcknowledgement) {
              mLastMs = System.currentTimeMillis();
              mAcknowledgement.notifyAll();
            }
          }
        }
        return null;
      }));
    }
    System.out.println("running");
  }

  private long firstSince(long epochMs) throws InterruptedException {
    synchronized (mAcknowledgement) {
      while (mLastMs < epochMs) {
        mAcknowledgement.wait();
      }
      return mLastMs;
    }
  }

  private void pause() throws Exception {
    mPaused = true;
    for (Future<?> thread : mRunning) {
      thread.get();
    }
    mRunning.clear();
    TreeMap<String, Integer> acknowledged = new TreeMap<>();
    TreeMap<String, Integer> failed = new TreeMap<>();
    for (CrashWriter writer : mWriters) {
      writer.mCounts.forEach((name, count) -> acknowledged.merge(name, count, Integer::sum));
      writer.mFailures.forEach((name, count) -> failed.merge(name, count, Integer::sum));
    }
    System.out.println("{\"acknowledged\":" + json(acknowledged) + ",\"unanswered\":" + json(failed) + "}");
  }

  private void check(String store, long untilMs) throws Exception {
    List<CrashCheck> checks = new ArrayList<>();
    List<Callable<List<String>>> work = new ArrayList<>();
    for (int i = 0; i < mWriters.size(); i++) {
      CrashCheck check = new CrashCheck(mFs, mBases.get(i), mWriters.get(i));
      checks.add(check);
      work.add(() -> {
        check.run();
        return store == null ? new ArrayList<String>() : check.checkStore(Paths.get(store), untilMs);
      });
    }
    List<String> leftOver = new ArrayList<>();
    for (Future<List<String>> done : mThreads.invokeAll(work)) {
      leftOver.addAll(done.get());
    }
    long files = mWriters.stream().mapToLong(writer -> writer.mFiles.size()).sum();
    long read = checks.stream().mapToLong(check -> check.mRead).sum();
    List<String> problems = new ArrayList<>();
    checks.forEach(check -> problems.addAll(check.mProblems));
    System.out.printf("{\"files\":%d,\"read\":%d,\"leftOver\":%s,\"problems\":%s}%n", files, read, json(leftOver), json(problems));
  }

  private static String json(List<String> texts) {
    return texts.stream().map(text -> '"' + text.replaceAll("[\"\\\\\\p{Cntrl}]", "'") + '"').collect(Collectors.joining(",", "[", "]"));
  }

  private static String json(TreeMap<String, Integer> counts) {
    StringBuilder text = new StringBuilder();
    counts.forEach((name, count) -> text.append(text.length() == 0 ? "\"" : ",\"").append(name).append("\":").append(count));
    return "{" + text + "}";
  }
}
