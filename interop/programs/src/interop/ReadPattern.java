package interop;

import java.io.RandomAccessFile;
import java.net.URI;
import java.util.Arrays;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Reads a file through Hadoop's file system in the way of one kind of program, compares every byte with a local copy, and prints how
 * many it asked for, and in how many milliseconds they came.
 *
 * usage: ReadPattern HOST:PORT PATH LOCAL_FILE columns|sequential|strided|random-4|random-64
 *
 * columns is what parquet does for two columns of eight, in row groups of 32 MiB: the footer from the end, then for each row group a
 * seek and a read of the whole chunk for each column.
 */
public final class ReadPattern {
  private static final int KIB = 1024;
  private static final int MIB = 1024 * KIB;
  private static final int GROUP = 32 * MIB;
  private static final int FOOTER = 40 * KIB;
  /** Where the chunks of the two columns begin in a row group, and how long they are; not at borders of anything. */
  private static final int[][] COLUMNS = {{5 * MIB + 4711, 3 * MIB - 999}, {17 * MIB + 815, 5 * MIB + 4321}};
  private static final int READS = 400;

  private final FSDataInputStream mIn;
  private final RandomAccessFile mLocal;
  private final byte[] mGot = new byte[8 * MIB];
  private final byte[] mWanted = new byte[8 * MIB];
  private long mAsked;

  private ReadPattern(FSDataInputStream in, RandomAccessFile local) {
    mIn = in;
    mLocal = local;
  }

  public static void main(String[] args) throws Exception {
    Configuration conf = new Configuration();
    conf.set("fs.alluxio.impl", "alluxio.hadoop.FileSystem");
    FileSystem fs = FileSystem.get(URI.create("alluxio://" + args[0] + "/"), conf);
    try (FSDataInputStream in = fs.open(new Path(args[1])); RandomAccessFile local = new RandomAccessFile(args[2], "r")) {
      ReadPattern pattern = new ReadPattern(in, local);
      long start = System.nanoTime();
      pattern.run(args[3], local.length());
      System.out.println("asked " + pattern.mAsked + " " + (System.nanoTime() - start) / 1_000_000);
    }
    fs.close();
    System.exit(0);
  }

  private void run(String pattern, long length) throws Exception {
    Random random = new Random(1);
    switch (pattern) {
      case "columns":
        seekAndRead(length - 8, 8);
        seekAndRead(length - FOOTER, FOOTER - 8);
        for (long group = 0; group + GROUP <= length - FOOTER; group += GROUP) {
          for (int[] column : COLUMNS) {
            seekAndRead(group + column[0], column[1]);
          }
        }
        break;
      case "sequential":
        for (long at = 0; at < length; at += MIB) {
          read(at, (int) Math.min(MIB, length - at));
        }
        break;
      case "strided":
        for (long at = 0; at + 64 * KIB <= length; at += MIB) {
          positioned(at, 64 * KIB);
        }
        break;
      case "random-4":
      case "random-64":
        int bytes = Integer.parseInt(pattern.substring("random-".length())) * KIB;
        for (int i = 0; i < READS; i++) {
          positioned((long) (random.nextDouble() * (length - bytes)), bytes);
        }
        break;
      default:
        throw new IllegalArgumentException(pattern);
    }
  }

  private void seekAndRead(long offset, int length) throws Exception {
    mIn.seek(offset);
    read(offset, length);
  }

  private void read(long offset, int length) throws Exception {
    mIn.readFully(mGot, 0, length);
    compare(offset, length);
  }

  private void positioned(long offset, int length) throws Exception {
    mIn.readFully(offset, mGot, 0, length);
    compare(offset, length);
  }

  private void compare(long offset, int length) throws Exception {
    mLocal.seek(offset);
    mLocal.readFully(mWanted, 0, length);
    if (!Arrays.equals(Arrays.copyOf(mGot, length), Arrays.copyOf(mWanted, length))) {
      throw new IllegalStateException("Wrong bytes: " + length + " at " + offset);
    }
    mAsked += length;
  }
}
