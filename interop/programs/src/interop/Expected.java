package interop;

import alluxio.grpc.WritePType;
import java.util.Random;

/** What a file was written with; its bytes follow from the seed. */
final class Expected {
  final long mSeed;
  final int mLength;
  final WritePType mType;

  Expected(long seed, int length, WritePType type) {
    mSeed = seed;
    mLength = length;
    mType = type;
  }

  byte[] bytes() {
    byte[] bytes = new byte[mLength];
    new Random(mSeed).nextBytes(bytes);
    return bytes;
  }
}
