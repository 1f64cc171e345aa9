package interop;

import alluxio.AlluxioURI;
import alluxio.cli.AbstractShell;
import alluxio.cli.fs.FileSystemShell;
import alluxio.cli.fsadmin.FileSystemAdminShell;
import alluxio.client.file.FileOutStream;
import alluxio.client.file.FileSystem;
import alluxio.conf.Configuration;
import alluxio.conf.InstancedConfiguration;
import alluxio.grpc.CreateDirectoryPOptions;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.DeletePOptions;
import alluxio.grpc.SetAttributePOptions;
import alluxio.grpc.WritePType;
import alluxio.proto.journal.File.XAttrUpdateStrategy;

import com.google.protobuf.ByteString;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Random;

/**
 * Makes a namespace that has one of everything that a backup carries.
 *
 * usage: NamespaceMaker WORK_DIR      a local directory that the servers see too; what is mounted lies in it
 */
public class NamespaceMaker {
  static FileSystem sFs;
  static InstancedConfiguration sConf;

  public static void main(String[] a) throws Exception {
    Path work = Paths.get(a[0]).toAbsolutePath();
    sConf = Configuration.modifiableGlobal();
    sFs = FileSystem.Factory.create(sConf);
    directories();
    files();
    attributes();
    mounts(work);
    changes();
    FileOutStream unfinished = sFs.createFile(new AlluxioURI("/open/unfinished"), create(WritePType.MUST_CACHE).build());
    unfinished.write(new byte[300_000]);
    unfinished.flush();
    // what holds for a whole store comes last: nothing else could be stored any more
    shell("fsadmin", "ufs", "--mode", "readOnly", "/");
    System.out.println("made");
    // the file stays open for ever
    Runtime.getRuntime().halt(0);
  }

  static void directories() throws Exception {
    for (String path : new String[] {"/cache/only/deep", "/open", "/young", "/gone/below", "/acl"}) {
      sFs.createDirectory(new AlluxioURI(path), CreateDirectoryPOptions.newBuilder().setRecursive(true).setAllowExists(true)
          .setWriteType(WritePType.MUST_CACHE).setMode(mode(0755)).build());
    }
    for (String path : new String[] {"/stored/a/b", "/stored/empty", "/moved/x/y", "/\u00fcml\u00e4ut/\u65e5\u672c\u8a9e"}) {
      sFs.createDirectory(new AlluxioURI(path), CreateDirectoryPOptions.newBuilder().setRecursive(true)
          .setWriteType(WritePType.CACHE_THROUGH).setMode(mode(0750)).putXattr("made.by", ByteString.copyFromUtf8("maker")).build());
    }
  }

  static void files() throws Exception {
    write("/cache/only/must-cache", 250_000, create(WritePType.MUST_CACHE));
    write("/cache/only/empty", 0, create(WritePType.MUST_CACHE));
    write("/stored/a/cache-through", 250_000, create(WritePType.CACHE_THROUGH));
    write("/stored/a/through", 123_456, create(WritePType.THROUGH));
    write("/stored/a/empty", 0, create(WritePType.THROUGH));
    write("/stored/a/b/to-be-persisted", 111_111, create(WritePType.ASYNC_THROUGH).setPersistenceWaitTime(36_000_000L));
    write("/stored/a/b/noticed", 1000, create(WritePType.CACHE_THROUGH).putXattr("note", ByteString.copyFrom(new byte[] {0, 1, -1}))
        .putXattr("other", ByteString.EMPTY).setMode(mode(0600)));
    write("/stored/a/b/durable", 1000, create(WritePType.MUST_CACHE).setReplicationDurable(2).setReplicationMax(5));
    write("/\u00fcml\u00e4ut/\u65e5\u672c\u8a9e/\ud83d\ude00 \u2713 file", 77, create(WritePType.CACHE_THROUGH));
    write("/moved/x/y/file", 5000, create(WritePType.CACHE_THROUGH));
    write("/gone/below/file", 10, create(WritePType.MUST_CACHE));
    write("/acl/file", 10, create(WritePType.MUST_CACHE));
  }

  static void attributes() throws Exception {
    shell("fs", "chmod", "-R", "701", "/stored/a/b");
    shell("fs", "chown", "daemon:daemon", "/cache/only/must-cache");
    shell("fs", "chown", "sys", "/stored/a/through");
    shell("fs", "chown", "bin:bin", "/stored/empty");
    shell("fs", "pin", "/stored/a/cache-through", "MEM");
    shell("fs", "pin", "/cache/only");
    shell("fs", "setTtl", "--action", "free", "/stored/a/cache-through", "864000000");
    shell("fs", "setTtl", "--action", "delete", "/cache/only/empty", "864000001");
    shell("fs", "setTtl", "/young", "864000002");
    shell("fs", "setReplication", "--min", "1", "--max", "3", "/stored/a/through");
    shell("fs", "setfacl", "-m", "user:alice:rwx,group:staff:r-x", "/acl");
    shell("fs", "setfacl", "-m", "default:user:bob:r-x,default:group:staff:rwx,default:mask::r--", "/acl");
    shell("fs", "setfacl", "-m", "user:alice:r--", "/acl/file");
    write("/acl/heir", 10, create(WritePType.MUST_CACHE));
    shell("fs", "mkdir", "/acl/below");
    shell("fs", "persist", "/acl/heir");
    sFs.setAttribute(new AlluxioURI("/cache/only/must-cache"), SetAttributePOptions.newBuilder().setXattrUpdateStrategy(
        XAttrUpdateStrategy.UNION_REPLACE).putXattr("later", ByteString.copyFromUtf8("\u00fc")).build());
    shell("fsadmin", "pathConf", "add", "--property", "alluxio.user.file.writetype.default=THROUGH", "/stored");
    shell("fsadmin", "pathConf", "add", "--property", "alluxio.user.file.readtype.default=NO_CACHE",
        "--property", "alluxio.user.file.metadata.sync.interval=7min", "/stored/a/b");
  }

  static void mounts(Path work) throws Exception {
    for (String name : new String[] {"outer/in", "inner"}) {
      Files.createDirectories(work.resolve(name));
      Files.write(work.resolve(name).resolve("bytes"), bytes(4096, name.length()));
    }
    sFs.createDirectory(new AlluxioURI("/mounts"), CreateDirectoryPOptions.newBuilder().setWriteType(WritePType.CACHE_THROUGH).build());
    shell("fs", "mount", "--shared", "--option", "alluxio.underfs.version=1.2", "--option", "some.key=some value",
        "/mounts/outer", work.resolve("outer").toString());
    shell("fs", "mount", "--readonly", "/mounts/outer/inner", work.resolve("inner").toString());
    for (String path : new String[] {"/mounts/outer", "/mounts/outer/in", "/mounts/outer/inner"}) {
      shell("fs", "ls", path);
    }
  }

  static void changes() throws Exception {
    // into a directory that is younger, so that parents are not always older
    shell("fs", "mkdir", "/younger");
    shell("fs", "mkdir", "/youngest");
    shell("fs", "mv", "/moved/x", "/younger/x");
    shell("fs", "mv", "/younger", "/youngest/inside");
    shell("fs", "mv", "/stored/a/empty", "/stored/a/renamed");
    sFs.delete(new AlluxioURI("/gone"), DeletePOptions.newBuilder().setRecursive(true).build());
    shell("fs", "touch", "/gone");
    shell("fs", "rm", "/gone");
  }

  static CreateFilePOptions.Builder create(WritePType type) {
    return CreateFilePOptions.newBuilder().setRecursive(true).setWriteType(type).setBlockSizeBytes(100_000).setMode(mode(0644));
  }

  static alluxio.grpc.PMode mode(int bits) {
    return new alluxio.security.authorization.Mode((short) bits).toProto();
  }

  static void write(String path, int length, CreateFilePOptions.Builder options) throws Exception {
    try (FileOutStream out = sFs.createFile(new AlluxioURI(path), options.build())) {
      out.write(bytes(length, path.length()));
    }
  }

  static byte[] bytes(int length, long seed) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  static void shell(String kind, String... args) throws Exception {
    try (AbstractShell shell = kind.equals("fs") ? new FileSystemShell(sConf) : new FileSystemAdminShell(sConf)) {
      int code = shell.run(args);
      if (code != 0) {
        throw new IllegalStateException(kind + " " + String.join(" ", args) + ": exit " + code);
      }
    }
  }
}
