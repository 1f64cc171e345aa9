package interop;

import alluxio.AlluxioURI;
import alluxio.cli.AbstractShell;
import alluxio.cli.fs.FileSystemShell;
import alluxio.cli.fsadmin.FileSystemAdminShell;
import alluxio.client.file.FileInStream;
import alluxio.client.file.FileSystem;
import alluxio.client.file.URIStatus;
import alluxio.conf.Configuration;
import alluxio.conf.InstancedConfiguration;
import alluxio.grpc.ListStatusPOptions;
import alluxio.wire.FileBlockInfo;
import alluxio.wire.FileInfo;
import alluxio.wire.MountPointInfo;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Paths;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes down all that a client can see of a namespace, one line for one thing, so that two masters can be compared. What is in the
 * workers is left out.
 *
 * usage: NamespaceReport OUT_FILE
 */
public class NamespaceReport {
  public static void main(String[] a) throws Exception {
    InstancedConfiguration conf = Configuration.modifiableGlobal();
    FileSystem fs = FileSystem.Factory.create(conf);
    try (PrintWriter out = new PrintWriter(Files.newBufferedWriter(Paths.get(a[0]), StandardCharsets.UTF_8))) {
      List<URIStatus> all = new ArrayList<>();
      all.add(fs.getStatus(new AlluxioURI("/")));
      all.addAll(fs.listStatus(new AlluxioURI("/"), ListStatusPOptions.newBuilder().setRecursive(true).build()));
      Map<String, FileInfo> byPath = new TreeMap<>();
      for (URIStatus status : all) {
        // where Alluxio keeps what it is about to persist
        if (!status.getPath().startsWith("/.alluxio_ufs_persistence")) {
          byPath.put(status.getPath(), status.getFileInfo());
        }
      }
      for (FileInfo info : byPath.values()) {
        describe(out, info);
        if (!info.isFolder() && info.isCompleted() && info.isPersisted()) {
          out.println(info.getPath() + " bytes " + digest(fs, info.getPath()));
        }
      }
      for (Map.Entry<String, MountPointInfo> mount : new TreeMap<>(fs.getMountTable()).entrySet()) {
        MountPointInfo m = mount.getValue();
        out.printf("mount %s of %s type %s readOnly %b shared %b id %d properties %s%n", mount.getKey(), m.getUfsUri(), m.getUfsType(),
            m.getReadOnly(), m.getShared(), m.getMountId(), new TreeMap<>(m.getProperties()));
      }
      shell(out, conf, "fs", "ls", "-R", "/");
      for (FileInfo info : byPath.values()) {
        shell(out, conf, "fs", "getfacl", info.getPath());
      }
      shell(out, conf, "fs", "mount");
      shell(out, conf, "fsadmin", "pathConf", "list");
      shell(out, conf, "fsadmin", "pathConf", "show", "--all", "/stored/a/b");
    }
    System.exit(0);
  }

  static void describe(PrintWriter out, FileInfo f) {
    StringBuilder blocks = new StringBuilder();
    for (FileBlockInfo block : f.isCompleted() ? f.getFileBlockInfos() : new ArrayList<FileBlockInfo>()) {
      blocks.append(' ').append(block.getBlockInfo().getBlockId()).append(':').append(block.getBlockInfo().getLength());
    }
    Map<String, String> xattr = new TreeMap<>();
    if (f.getXAttr() != null) {
      f.getXAttr().forEach((name, value) -> xattr.put(name, new java.math.BigInteger(1, value).toString(16) + "/" + value.length));
    }
    out.printf("%s id %d %s name %s state %s persisted %b completed %b length %d block %d blocks %s:%s%n", f.getPath(), f.getFileId(),
        f.isFolder() ? "directory" : "file", f.getName(), f.getPersistenceState(), f.isPersisted(), f.isCompleted(), f.getPath().equals("/") ? 0 : f.getLength(),
        f.getBlockSizeBytes(), f.getBlockIds(), blocks);
    // the root changes with the directory that is left out
    boolean root = f.getPath().equals("/");
    out.printf("%s created %d modified %d accessed %d ttl %d %s%n", f.getPath(), f.getCreationTimeMs(),
        root ? 0 : f.getLastModificationTimeMs(), root ? 0 : f.getLastAccessTimeMs(), f.getTtl(), f.getTtlAction());
    out.printf("%s owner %s group %s mode %o acl %s default %s%n", f.getPath(), f.getOwner(), f.getGroup(), f.getMode(),
        f.convertAclToStringEntries(), f.convertDefaultAclToStringEntries());
    out.printf("%s pinned %b %s replication %d..%d cacheable %b%n", f.getPath(), f.isPinned(), f.getMediumTypes(), f.getReplicationMin(),
        f.getReplicationMax(), f.isCacheable());
    out.printf("%s store %s mount %d point %b fingerprint %s xattr %s%n", f.getPath(), f.getUfsPath(), f.getMountId(), f.isMountPoint(),
        fingerprint(f), xattr);
  }

  /** That of a directory is forgotten by a backup of Alluxio's, and found again; a mode is written in words after a chmod by Alluxio. */
  static String fingerprint(FileInfo f) {
    return f.isFolder() || !f.isPersisted() ? "" : f.getUfsFingerprint().replaceAll("(?s)MODE\\|.*?(?= CONTENT_HASH)", "MODE|...");
  }

  static String digest(FileSystem fs, String path) throws Exception {
    MessageDigest md5 = MessageDigest.getInstance("MD5");
    try (FileInStream in = fs.openFile(new AlluxioURI(path))) {
      byte[] buffer = new byte[64 * 1024];
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        md5.update(buffer, 0, n);
      }
    }
    return new java.math.BigInteger(1, md5.digest()).toString(16);
  }

  static void shell(PrintWriter out, InstancedConfiguration conf, String kind, String... args) throws Exception {
    PrintStream real = System.out;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setOut(new PrintStream(said, true, "UTF-8"));
    int code;
    try (AbstractShell shell = kind.equals("fs") ? new FileSystemShell(conf) : new FileSystemAdminShell(conf)) {
      code = shell.run(args);
    } finally {
      System.setOut(real);
    }
    out.println("$ " + kind + " " + String.join(" ", args) + ": exit " + code);
    // how much of a file is in the workers, and how much room a store has left
    out.print(said.toString("UTF-8").replaceAll("(?m)^.*/\\.alluxio_ufs_persistence\n", "").replaceAll(" +\\d+% ", " % ").replaceAll("(?m)capacity=[^,]*, used=[^,]*", "capacity"));
  }
}
