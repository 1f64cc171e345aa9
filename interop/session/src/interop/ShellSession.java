package interop;

import alluxio.cli.AbstractShell;
import alluxio.cli.fs.FileSystemShell;
import alluxio.cli.fsadmin.FileSystemAdminShell;
import alluxio.cli.job.JobShell;
import alluxio.conf.Configuration;
import alluxio.conf.InstancedConfiguration;
import alluxio.conf.PropertyKey;
import alluxio.conf.Source;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Replays a scripted session of unchanged Alluxio shells in one JVM and writes a normalised transcript.
 *
 * usage: ShellSession SESSION_FILE WORK_DIR OUT_FILE [RPC_FILE]
 *
 * RPC_FILE gets, for each command, the paths of the calls that it made.
 *
 * Script lines:
 *   fs ... | fsadmin ... | job ...        run one command; quotes "..." group words; ${NAME} is substituted
 *   @mkfile PATH SIZE SEED                local file with reproducible bytes
 *   @mktext PATH LINES                    local text file
 *   @mkdir PATH / @rmfile PATH            local directory / delete
 *   @sleep MS
 *   @capture NAME REGEX                   group 1 of the last raw output
 *   @until SECONDS REGEX :: COMMAND       repeat until stdout matches; only the last try is recorded
 *   @sort                                 sort the lines of the next command's output before recording
 *   @user NAME                            the following commands are NAME's
 *   @rconly                               record only the exit code and whether output was empty, for the next command
 */
public class ShellSession {
  static Map<String, String> sVars = new LinkedHashMap<>();
  static String sLastRaw = "";
  static RpcLog sRpcs;
  static PrintWriter sRpcOut;

  public static void main(String[] a) throws Exception {
    List<String> lines = Files.readAllLines(Paths.get(a[0]), StandardCharsets.UTF_8);
    Path work = Paths.get(a[1]).toAbsolutePath();
    Files.createDirectories(work);
    sVars.put("W", work.toString());
    sVars.put("BASE", System.getProperty("interop.base", "/interop"));
    sVars.put("MASTER", System.getProperty("alluxio.master.hostname") + ":" + System.getProperty("alluxio.master.rpc.port", "19998"));
    InstancedConfiguration conf = Configuration.modifiableGlobal();
    conf.set(PropertyKey.USER_RPC_RETRY_MAX_DURATION, "5s", Source.DEFAULT);
    // what a client does on a timer would come between the calls of whatever command runs just then
    conf.set(PropertyKey.USER_METRICS_HEARTBEAT_INTERVAL_MS, "1h", Source.RUNTIME);
    conf.set(PropertyKey.USER_CONF_SYNC_INTERVAL, "1h", Source.RUNTIME);
    PrintStream realOut = System.out;
    PrintStream realErr = System.err;
    if (a.length > 3) {
      sRpcs = RpcLog.install();
      sRpcOut = new PrintWriter(Files.newBufferedWriter(Paths.get(a[3]), StandardCharsets.UTF_8));
    }
    int n = 0;
    boolean sort = false;
    boolean rcOnly = false;
    long t0 = System.nanoTime();
    try (PrintWriter w = new PrintWriter(Files.newBufferedWriter(Paths.get(a[2]), StandardCharsets.UTF_8))) {
      for (String raw : lines) {
        String line = raw.trim();
        if (line.isEmpty() || line.startsWith("#")) {
          continue;
        }
        line = subst(line);
        if (line.startsWith("@")) {
          String[] p = line.split("\\s+", 3);
          switch (p[0]) {
            case "@mkfile": {
              String[] q = p[2].split("\\s+");
              byte[] b = new byte[Integer.parseInt(q[0])];
              new Random(Long.parseLong(q[1])).nextBytes(b);
              Files.createDirectories(Paths.get(p[1]).getParent());
              Files.write(Paths.get(p[1]), b);
              continue;
            }
            case "@mktext": {
              StringBuilder sb = new StringBuilder();
              for (int i = 0; i < Integer.parseInt(p[2].trim()); i++) {
                sb.append("line ").append(i).append(" of a small text file\n");
              }
              Files.createDirectories(Paths.get(p[1]).getParent());
              Files.write(Paths.get(p[1]), sb.toString().getBytes(StandardCharsets.UTF_8));
              continue;
            }
            case "@mkdir": Files.createDirectories(Paths.get(p[1])); continue;
            case "@rmfile": Files.deleteIfExists(Paths.get(p[1])); continue;
            case "@sleep": Thread.sleep(Long.parseLong(p[1])); continue;
            case "@user": conf.set(PropertyKey.SECURITY_LOGIN_USERNAME, p[1], Source.RUNTIME); continue;
            case "@sort": sort = true; continue;
            case "@rconly": rcOnly = true; continue;
            case "@capture": {
              Matcher m = Pattern.compile(p[2], Pattern.MULTILINE).matcher(sLastRaw);
              sVars.put(p[1], m.find() ? m.group(1) : "NOTFOUND");
              continue;
            }
            case "@until": {
              String[] q = p[2].split(" :: ", 2);
              Pattern re = Pattern.compile(q[0], Pattern.MULTILINE);
              long end = System.currentTimeMillis() + 1000L * Integer.parseInt(p[1]);
              Result r;
              do {
                r = run(q[1], conf, realOut, realErr);
                if (re.matcher(r.mOut).find()) {
                  break;
                }
                Thread.sleep(500);
              } while (System.currentTimeMillis() < end);
              record(w, ++n, q[1], r, sort, rcOnly);
              sort = rcOnly = false;
              continue;
            }
            default: throw new IllegalArgumentException(line);
          }
        }
        Result r = run(line, conf, realOut, realErr);
        record(w, ++n, line, r, sort, rcOnly);
        sort = rcOnly = false;
      }
    }
    realOut.printf("%d commands in %.1f s%n", n, (System.nanoTime() - t0) / 1e9);
    System.exit(0);
  }

  static class Result {
    int mRc;
    String mOut;
    String mErr;
    long mMs;
  }

  static String subst(String s) {
    for (Map.Entry<String, String> e : sVars.entrySet()) {
      s = s.replace("${" + e.getKey() + "}", e.getValue());
    }
    return s;
  }

  static String[] words(String s) {
    List<String> l = new ArrayList<>();
    Matcher m = Pattern.compile("\"([^\"]*)\"|(\\S+)").matcher(s);
    while (m.find()) {
      l.add(m.group(1) != null ? m.group(1) : m.group(2));
    }
    return l.toArray(new String[0]);
  }

  static Result run(String cmd, InstancedConfiguration conf, PrintStream realOut, PrintStream realErr) {
    String[] w = words(cmd);
    String[] args = new String[w.length - 1];
    System.arraycopy(w, 1, args, 0, args.length);
    ByteArrayOutputStream o = new ByteArrayOutputStream();
    ByteArrayOutputStream e = new ByteArrayOutputStream();
    System.setOut(new PrintStream(o, true));
    System.setErr(new PrintStream(e, true));
    Result r = new Result();
    if (sRpcs != null) {
      sRpcs.take();
    }
    long t = System.nanoTime();
    try (AbstractShell sh = w[0].equals("fs") ? new FileSystemShell(conf)
        : w[0].equals("fsadmin") ? new FileSystemAdminShell(conf) : new JobShell(conf)) {
      r.mRc = sh.run(args);
    } catch (Throwable x) {
      r.mRc = 99;
      e.write('!');
      byte[] b = String.valueOf(x).getBytes(StandardCharsets.UTF_8);
      e.write(b, 0, b.length);
    } finally {
      System.out.flush();
      System.err.flush();
      System.setOut(realOut);
      System.setErr(realErr);
    }
    r.mMs = (System.nanoTime() - t) / 1000000;
    r.mOut = new String(o.toByteArray(), StandardCharsets.ISO_8859_1);
    r.mErr = new String(e.toByteArray(), StandardCharsets.ISO_8859_1);
    sLastRaw = r.mOut;
    return r;
  }

  static void record(PrintWriter w, int n, String cmd, Result r, boolean sort, boolean rcOnly) {
    w.printf("== %03d %s%n", n, mask(cmd));
    if (sRpcs != null) {
      sRpcOut.printf("== %03d %s%n", n, mask(cmd));
      // a command whose output has no order makes its calls in no order
      java.util.stream.Stream<String> rpcs = sRpcs.take().stream();
      (sort ? rpcs.sorted().distinct() : rpcs).forEach(sRpcOut::println);
      sRpcOut.flush();
    }
    w.printf("rc=%d%n", r.mRc);
    if (rcOnly) {
      w.printf("out=%s%n", r.mOut.trim().isEmpty() ? "empty" : "some");
    } else {
      emit(w, "", r.mOut, sort);
      emit(w, "! ", r.mErr, sort);
    }
    w.flush();
    if (System.getenv("INTEROP_VERBOSE") != null) {
      System.out.printf("%03d rc=%d %d ms %s%n", n, r.mRc, r.mMs, cmd);
    }
  }

  static void emit(PrintWriter w, String prefix, String text, boolean sort) {
    String m = mask(text);
    if (m.trim().isEmpty()) {
      return;
    }
    List<String> ls = new ArrayList<>(java.util.Arrays.asList(m.split("\r?\n")));
    if (sort) {
      java.util.Collections.sort(ls);
    }
    for (String s : ls) {
      // log lines of the client are not part of the contract
      if (prefix.startsWith("!") && Pattern.compile("^(<TIME>|\\d{4}-\\d\\d-\\d\\d) ").matcher(s).find()) {
        continue;
      }
      boolean ctl = false;
      for (char c : s.toCharArray()) {
        ctl |= c < 9 || c > 126;
      }
      w.println(prefix + (ctl ? "<BYTES " + Integer.toHexString(s.hashCode()) + ">" : s.replaceAll("\\s+$", "")));
    }
  }

  static String[][] sMasks = {
      {"\\d{2}-\\d{2}-\\d{4} \\d{2}:\\d{2}:\\d{2}:\\d{3}", "<TIME>"},
      {"\\d{4}-\\d{2}-\\d{2}[T ]\\d{2}:\\d{2}:\\d{2}[.,]?\\d*Z?", "<TIME>"},
      {"\\d{4}-\\d{2}-\\d{2}-\\d{13}", "<DATE-MS>"},
      {"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "<UUID>"},
      {"\\b1[0-9]{12}\\b", "<MS>"},
      {"ufsPath=[^,]*(/interop[^,]*)", "ufsPath=<UFS>$1"},
      {"((?:rpc|data|web)Port)=\\d+", "$1=<PORT>"},
      {"(Port: )\\d+", "$1<PORT>"},
      {"\\bid=\\d+", "id=<ID>"},
      {"(?i)(file[- ]id) \\d+", "$1 <ID>"},
      {"-\\d{8,}\\b", "-<ID>"},
      {"\\.\\w{8}_copyToLocal_", ".<RANDOM>_copyToLocal_"},
      {"\\s+(?:NOT_|TO_BE_)?PERSISTED( <TIME>\\s+DIR )", " <STATE>$1"},
      {"\\s+(?:TO_BE_)?PERSISTED <TIME>", " <PERSISTED-SOON> <TIME>"},
      {"(getBlockInfo) \\d{6,}", "$1 <ID>"},
      {"Time elapsed \\d+", "Time elapsed <N>"},
      {"[A-Z][a-z]{2} \\d+, \\d{4} \\d+:\\d\\d:\\d\\d [AP]M", "<TIME>"},
      {"((?:Used|Free|Total) Capacity|Size): [0-9.]+[A-Z]+", "$1: <SIZE>"},
      {"(Backup Entry Count :) \\d+", "$1 <N>"},
      {"fileId=\\d+", "fileId=<ID>"},
      {"parentFileId=\\d+", "parentFileId=<ID>"},
      {"(?i)(block ?id[s=: ]+)\\d+", "$1<ID>"},
      {"\\b\\d{1,3}(,\\d{3}){3,}\\b", "<BIGNUM>"},
      {"\\b(mtime|MTIME):?[^ ,|}]*", "$1:<T>"},
      {"([0-9.]+)( ?)(days?|hours?|minutes?|hr|min|sec|seconds?)\\b", "<N>$2$3"},
  };

  static String mask(String s) {
    s = s.replace(sVars.get("W"), "<W>");
    String ip = System.getProperty("interop.ip");
    for (String[] m : sMasks) {
      s = s.replaceAll(m[0], m[1]);
    }
    s = s.replaceAll("\\[(\\d{8,}(, )?)+\\]", "[<IDS>]");
    s = s.replaceAll("\\b(localhost|127\\.0\\.0\\.1|" + Pattern.quote(sVars.get("MASTER").split(":")[0]) + ")(/(?:[0-9.]+|<unresolved>))?:\\d+", "<HOST:PORT>");
    if (ip != null) {
      s = s.replace(ip, "<IP>");
    }
    // ids of more than 10 digits that are left over (block ids, file ids, job ids)
    s = s.replaceAll("\\b\\d{11,}\\b", "<ID>");
    return s;
  }
}
