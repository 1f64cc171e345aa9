package interop;

import alluxio.AlluxioURI;
import alluxio.client.file.FileOutStream;
import alluxio.client.file.FileSystem;
import alluxio.exception.AlluxioException;
import alluxio.exception.FileAlreadyExistsException;
import alluxio.exception.FileDoesNotExistException;
import alluxio.grpc.CreateDirectoryPOptions;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.DeletePOptions;
import alluxio.grpc.WritePType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Makes, writes, renames and deletes files in a directory of its own, one operation after the other, and keeps what was
 * acknowledged. No name is used twice, so whatever is found under a name that is not expected came back or was never asked for.
 */
final class CrashWriter {
  private static final int MANY_FILES = 150;
  private static final long BLOCK_BYTES = 1 << 20;

  /** Path and what must be there: acknowledged. */
  final TreeMap<String, Expected> mFiles = new TreeMap<>();
  final TreeSet<String> mDirectories = new TreeSet<>();
  /** Path and what may be there: the answer did not come. */
  final Map<String, Expected> mUnknown = new HashMap<>();
  /** A file whose rename was not answered: at one of the two places. */
  final List<String[]> mEither = new ArrayList<>();
  /** Answers that only a server can give that forgot, or repeated, what it had done. */
  final List<String> mWrongAnswers = new ArrayList<>();
  final TreeMap<String, Integer> mCounts = new TreeMap<>();
  final TreeMap<String, Integer> mFailures = new TreeMap<>();

  private final FileSystem mFs;
  private final String mBase;
  private final Random mRandom;
  private long mNames;

  CrashWriter(FileSystem fs, String base, long seed) {
    mFs = fs;
    mBase = base;
    mRandom = new Random(seed);
  }

  /** One operation; true when it was acknowledged. */
  boolean step() {
    int dice = mRandom.nextInt(100);
    boolean many = mFiles.size() > MANY_FILES;
    if (dice < (many ? 20 : 55) || mFiles.isEmpty()) {
      return create();
    }
    if (dice < 60) {
      return makeDirectory();
    }
    if (dice < 75) {
      return renameFile(anyFile());
    }
    if (dice < 95 || mDirectories.isEmpty()) {
      return deleteFile(anyFile());
    }
    String directory = anyDirectory();
    if (mUnknown.keySet().stream().anyMatch(path -> path.startsWith(directory + "/"))) {
      return create(); // what may be in it stays where the check will look
    }
    return dice < 98 ? renameDirectory(directory) : deleteDirectory(directory);
  }

  private boolean create() {
    String path = (mDirectories.isEmpty() || mRandom.nextBoolean() ? mBase : anyDirectory()) + "/f" + mNames++;
    WritePType[] types = {WritePType.MUST_CACHE, WritePType.CACHE_THROUGH, WritePType.THROUGH, WritePType.ASYNC_THROUGH};
    Expected file = new Expected(mRandom.nextLong(), length(), types[mRandom.nextInt(types.length)]);
    CreateFilePOptions options = CreateFilePOptions.newBuilder().setWriteType(file.mType).setBlockSizeBytes(BLOCK_BYTES).build();
    mUnknown.put(path, file);
    try {
      FileOutStream out = mFs.createFile(new AlluxioURI(path), options);
      try {
        out.write(file.bytes());
        out.close();
      } catch (Throwable e) {
        try {
          out.cancel();
        } catch (Throwable again) {
          e.addSuppressed(again);
        }
        throw e;
      }
    } catch (Throwable e) {
      // bytes that the dead server had are the program's to write again: only the answers about names are judged here
      return failed("create", path, e, e instanceof FileAlreadyExistsException);
    }
    mUnknown.remove(path);
    mFiles.put(path, file);
    return done("create " + file.mType);
  }

  private int length() {
    int dice = mRandom.nextInt(100);
    return dice < 10 ? 0 : 1 + mRandom.nextInt(dice < 85 ? 64 << 10 : dice < 98 ? 1 << 20 : 3 << 20);
  }

  private boolean makeDirectory() {
    String path = mBase + "/d" + mNames++;
    try {
      mFs.createDirectory(new AlluxioURI(path), CreateDirectoryPOptions.newBuilder().setWriteType(WritePType.CACHE_THROUGH).build());
    } catch (Throwable e) {
      mUnknown.put(path, null);
      // made in the under store, then killed: the same request, sent again, finds it there
      return failed("mkdir", path, e, e instanceof AlluxioException && !(e instanceof FileAlreadyExistsException));
    }
    mDirectories.add(path);
    return done("mkdir");
  }

  private boolean renameFile(String from) {
    String to = mBase + "/r" + mNames++;
    Expected file = mFiles.remove(from);
    try {
      mFs.rename(new AlluxioURI(from), new AlluxioURI(to));
    } catch (Throwable e) {
      mUnknown.put(from, file);
      mUnknown.put(to, file);
      mEither.add(new String[] {from, to});
      return failed("rename", from, e, e instanceof AlluxioException);
    }
    mFiles.put(to, file);
    return done("rename");
  }

  private boolean renameDirectory(String from) {
    String to = mBase + "/s" + mNames++;
    Map<String, Expected> below = takeBelow(from);
    try {
      mFs.rename(new AlluxioURI(from), new AlluxioURI(to));
    } catch (Throwable e) {
      mUnknown.put(from, null);
      mUnknown.put(to, null);
      below.forEach((name, file) -> {
        mUnknown.put(from + name, file);
        mUnknown.put(to + name, file);
        mEither.add(new String[] {from + name, to + name});
      });
      return failed("rename", from, e, e instanceof AlluxioException);
    }
    mDirectories.add(to);
    below.forEach((name, file) -> mFiles.put(to + name, file));
    return done("rename of a directory");
  }

  private boolean deleteFile(String path) {
    Expected file = mFiles.remove(path);
    try {
      mFs.delete(new AlluxioURI(path));
    } catch (Throwable e) {
      mUnknown.put(path, file);
      return failed("delete", path, e, e instanceof FileDoesNotExistException);
    }
    return done("delete");
  }

  private boolean deleteDirectory(String path) {
    Map<String, Expected> below = takeBelow(path);
    try {
      mFs.delete(new AlluxioURI(path), DeletePOptions.newBuilder().setRecursive(true).build());
    } catch (Throwable e) {
      mUnknown.put(path, null);
      below.forEach((name, file) -> mUnknown.put(path + name, file));
      return failed("delete", path, e, e instanceof FileDoesNotExistException);
    }
    return done("delete of a directory");
  }

  private Map<String, Expected> takeBelow(String directory) {
    mDirectories.remove(directory);
    Map<String, Expected> below = new TreeMap<>();
    mFiles.subMap(directory + "/", directory + "0").forEach((path, file) -> below.put(path.substring(directory.length()), file));
    mFiles.subMap(directory + "/", directory + "0").clear();
    return below;
  }

  private String anyFile() {
    List<String> paths = new ArrayList<>(mFiles.keySet());
    return paths.get(mRandom.nextInt(paths.size()));
  }

  private String anyDirectory() {
    List<String> paths = new ArrayList<>(mDirectories);
    return paths.get(mRandom.nextInt(paths.size()));
  }

  private boolean done(String operation) {
    mCounts.merge(operation, 1, Integer::sum);
    return true;
  }

  private boolean failed(String operation, String path, Throwable e, boolean wrongAnswer) {
    mFailures.merge(operation, 1, Integer::sum);
    if (wrongAnswer) {
      mWrongAnswers.add(operation + " " + path + " was answered with: " + e);
    }
    if (System.getenv("INTEROP_VERBOSE") != null) {
      System.err.println(operation + " " + path + ": " + e);
    }
    return false;
  }

  /** After a check: what is left of operations without an answer is removed, so that the next round starts from what is known. */
  void forget(List<String> found) throws IOException, AlluxioException {
    for (String path : found) {
      if (mFs.exists(new AlluxioURI(path))) {
        mFs.delete(new AlluxioURI(path), DeletePOptions.newBuilder().setRecursive(true).build());
      }
    }
    mUnknown.clear();
    mEither.clear();
  }
}
