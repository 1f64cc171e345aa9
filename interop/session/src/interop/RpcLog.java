package interop;

import org.apache.log4j.AppenderSkeleton;
import org.apache.log4j.Level;
import org.apache.log4j.Logger;
import org.apache.log4j.spi.LoggingEvent;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Collects the paths of the calls that the gRPC client of this JVM makes, from the frame log of its HTTP/2 transport, and
 * so also those to workers, whose addresses a master hands out. Calls that clients make on a timer are left out.
 */
final class RpcLog extends AppenderSkeleton {
  private static final Pattern CALL = Pattern.compile("OUTBOUND HEADERS: .*:path: (/[\\w.]+/\\w+)");
  private static final Pattern ON_TIMER = Pattern.compile("/(MetricsHeartbeat|GetConfigHash)$");

  private static final Pattern ASKED_AGAIN = Pattern.compile("^/alluxio.grpc.(file|job)\\.");

  private final List<String> mPaths = new ArrayList<>();

  static RpcLog install() {
    RpcLog log = new RpcLog();
    Logger frames = Logger.getLogger("io.grpc.netty.NettyClientHandler");
    frames.setLevel(Level.DEBUG);
    frames.setAdditivity(false);
    frames.addAppender(log);
    return log;
  }

  @Override
  protected void append(LoggingEvent event) {
    Matcher call = CALL.matcher(event.getRenderedMessage());
    if (!call.find() || ON_TIMER.matcher(call.group(1)).find()) {
      return;
    }
    synchronized (mPaths) {
      mPaths.add(call.group(1));
    }
  }

  /** The paths since the last time. However often a client asked until it was content, it is once here: a call, or a pair of calls. */
  List<String> take() {
    synchronized (mPaths) {
      List<String> taken = new ArrayList<>();
      for (String path : mPaths) {
        int n = taken.size();
        boolean same = n > 0 && taken.get(n - 1).equals(path);
        boolean samePair = n > 2 && ASKED_AGAIN.matcher(path).find() && taken.get(n - 2).equals(path) && taken.get(n - 3).equals(taken.get(n - 1));
        if (samePair) {
          taken.remove(n - 1);
        } else if (!same) {
          taken.add(path);
        }
      }
      mPaths.clear();
      return taken;
    }
  }

  @Override
  public void close() {}

  @Override
  public boolean requiresLayout() {
    return false;
  }
}
