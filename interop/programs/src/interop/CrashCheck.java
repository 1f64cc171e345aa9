package interop;

import alluxio.AlluxioURI;
import alluxio.client.file.FileInStream;
import alluxio.client.file.FileSystem;
import alluxio.client.file.URIStatus;
import alluxio.exception.AlluxioException;
import alluxio.grpc.FileSystemMasterCommonPOptions;
import alluxio.grpc.ListStatusPOptions;
import alluxio.grpc.LoadMetadataPType;
import alluxio.grpc.OpenFilePOptions;
import alluxio.grpc.ReadPType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Compares what a server has with what it acknowledged to one writer. */
final class CrashCheck {
  private static final OpenFilePOptions PLAIN = OpenFilePOptions.newBuilder().setReadType(ReadPType.NO_CACHE).build();

  private final FileSystem mFs;
  private final String mBase;
  private final CrashWriter mWriter;
  final List<String> mProblems = Collections.synchronizedList(new ArrayList<>());
  /** Files whose bytes were compared. */
  long mRead;
  /** Found under names whose operation had no answer. */
  final List<String> mFound = new ArrayList<>();

  CrashCheck(FileSystem fs, String base, CrashWriter writer) {
    mFs = fs;
    mBase = base;
    mWriter = writer;
  }

  void run() throws Exception {
    mProblems.addAll(mWriter.mWrongAnswers);
    mWriter.mWrongAnswers.clear();
    Map<String, URIStatus> there = list();
    for (Map.Entry<String, Expected> file : mWriter.mFiles.entrySet()) {
      checkAcknowledged(file.getKey(), file.getValue(), there.remove(file.getKey()));
    }
    for (String directory : mWriter.mDirectories) {
      URIStatus status = there.remove(directory);
      if (status == null || !status.isFolder()) {
        problem("missing directory " + directory);
      }
    }
    for (String[] places : mWriter.mEither) {
      if (there.containsKey(places[0]) == there.containsKey(places[1])) {
        problem((there.containsKey(places[0]) ? "at both places " : "at neither place ") + places[0] + " " + places[1]);
      }
    }
    for (Map.Entry<String, URIStatus> other : there.entrySet()) {
      checkOther(other.getKey(), other.getValue());
    }
    try {
      mWriter.forget(mFound);
    } catch (IOException | AlluxioException e) {
      problem("what was left of operations without an answer cannot be removed: " + e);
    }
  }

  private void checkAcknowledged(String path, Expected expected, URIStatus status) {
    if (status == null) {
      problem("missing " + path + " " + expected.mType);
    } else if (!status.isCompleted()) {
      problem("acknowledged, but incomplete " + path + " " + expected.mType);
    } else if (status.getLength() != expected.mLength) {
      problem("length " + status.getLength() + " instead of " + expected.mLength + " " + path + " " + expected.mType);
    } else {
      readAndCompare(path, expected);
    }
  }

  private void checkOther(String path, URIStatus status) {
    if (!mWriter.mUnknown.containsKey(path)) {
      problem("not asked for, or deleted before: " + path + (status.isCompleted() ? "" : " (incomplete)"));
      return;
    }
    mFound.add(path);
    Expected expected = mWriter.mUnknown.get(path);
    if (expected == null || !status.isCompleted()) {
      return;
    }
    if (status.getLength() != expected.mLength) {
      problem("half there: " + path + " has " + status.getLength() + " of " + expected.mLength + " bytes and is complete, " + expected.mType);
    } else {
      readAndCompare(path, expected);
    }
  }

  private void readAndCompare(String path, Expected expected) {
    byte[] got = new byte[expected.mLength];
    try (FileInStream in = mFs.openFile(new AlluxioURI(path), PLAIN)) {
      int done = 0;
      for (int n = 0; done < got.length && n >= 0; done += Math.max(n, 0)) {
        n = in.read(got, done, got.length - done);
      }
      if (done < got.length || !Arrays.equals(got, expected.bytes())) {
        problem("wrong bytes in " + path + " " + expected.mType + ", " + done + " of " + got.length + " read");
      }
      mRead++;
    } catch (Throwable e) {
      problem("unreadable " + path + " " + expected.mType + ": " + e);
    }
  }

  private Map<String, URIStatus> list() throws Exception {
    ListStatusPOptions options = ListStatusPOptions.newBuilder().setRecursive(true).setLoadMetadataType(LoadMetadataPType.NEVER)
        .setCommonOptions(FileSystemMasterCommonPOptions.newBuilder().setSyncIntervalMs(-1)).build();
    Map<String, URIStatus> there = new TreeMap<>();
    for (URIStatus status : mFs.listStatus(new AlluxioURI(mBase), options)) {
      there.put(status.getPath(), status);
    }
    return there;
  }

  /** Waits until what was to be persisted is, and compares the under store with it. Answers the other files there. */
  List<String> checkStore(Path store, long untilMs) throws Exception {
    Map<String, URIStatus> there = list();
    while (there.values().stream().anyMatch(s -> s.getPersistenceState().equals("TO_BE_PERSISTED")) && System.currentTimeMillis() < untilMs) {
      Thread.sleep(500);
      there = list();
    }
    for (Map.Entry<String, Expected> file : mWriter.mFiles.entrySet()) {
      URIStatus status = there.get(file.getKey());
      boolean cacheOnly = file.getValue().mType == alluxio.grpc.WritePType.MUST_CACHE;
      if (status == null || (!cacheOnly && !status.isPersisted())) {
        problem("not persisted: " + file.getKey() + " " + file.getValue().mType + " " + (status == null ? "missing" : status.getPersistenceState()));
      } else if (!cacheOnly) {
        compareWithStore(store, file.getKey(), file.getValue());
      }
    }
    return others(store, there);
  }

  private void compareWithStore(Path store, String path, Expected expected) {
    try {
      if (!Arrays.equals(Files.readAllBytes(Paths.get(store + path)), expected.bytes())) {
        problem("wrong bytes in the under store: " + path + " " + expected.mType);
      }
    } catch (IOException e) {
      problem("not in the under store: " + path + " " + expected.mType);
    }
  }

  private List<String> others(Path store, Map<String, URIStatus> there) throws IOException {
    try (Stream<Path> files = Files.walk(Paths.get(store + mBase))) {
      return files.filter(Files::isRegularFile).map(file -> file.toString().substring(store.toString().length()))
          .filter(path -> !there.containsKey(path)).collect(Collectors.toList());
    }
  }

  private void problem(String text) {
    mProblems.add(text);
  }
}
