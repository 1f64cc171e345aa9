package bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.util.Map;
import java.util.TreeMap;

/** CPU seconds, user and system, of this program ("client") and of the processes named by SERVERS=name:pid,... */
final class Cpu {
  private static final double TICKS_PER_SECOND = 100; // what Linux shows to programs, whatever the kernel's own rate

  private final Map<String, Double> mStart = now();

  /** What each process took since this object was made, times `scale`, as a JSON object. */
  String since(double scale) throws IOException {
    StringBuilder json = new StringBuilder("{");
    for (Map.Entry<String, Double> end : now().entrySet()) {
      double used = (end.getValue() - mStart.get(end.getKey())) * scale;
      json.append(String.format("%s\"%s\":%.4f", json.length() == 1 ? "" : ",", end.getKey(), used));
    }
    return json.append('}').toString();
  }

  Cpu() throws IOException {}

  private static Map<String, Double> now() throws IOException {
    Map<String, Double> seconds = new TreeMap<>();
    OperatingSystemMXBean self = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    seconds.put("client", self.getProcessCpuTime() / 1e9);
    for (String server : System.getenv().getOrDefault("SERVERS", "").split(",")) {
      String[] nameAndPid = server.split(":");
      if (nameAndPid.length < 2) {
        continue;
      }
      String stat = new String(Files.readAllBytes(Paths.get("/proc/" + nameAndPid[1] + "/stat")));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
      seconds.put(nameAndPid[0], (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND);
    }
    return seconds;
  }
}
