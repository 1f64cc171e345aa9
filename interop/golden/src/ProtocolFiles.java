import com.google.protobuf.Descriptors.FileDescriptor;
import java.util.ArrayList;
import java.util.List;

/** The protocol files of Alluxio 2.9.4, by the Java classes that protoc made of them. */
final class ProtocolFiles {
  private static final String[] CLASSES = {
    "alluxio.grpc.AuthenticationServerProto", "alluxio.grpc.BlockMasterProto", "alluxio.grpc.BlockWorkerProto",
    "alluxio.grpc.CommonProto", "alluxio.grpc.FileSystemMasterProto", "alluxio.grpc.FsCommonProto",
    "alluxio.grpc.JobMasterProto", "alluxio.grpc.JournalMasterProto", "alluxio.grpc.MessagingTransportProto",
    "alluxio.grpc.MetaMasterProto", "alluxio.grpc.MetricMasterProto", "alluxio.grpc.RaftJournalProto",
    "alluxio.grpc.VersionProto", "alluxio.grpc.table.TableMasterProto", "alluxio.grpc.table.layout.hive.HiveLayoutProto",
    "alluxio.proto.client.Cache", "alluxio.proto.dataserver.Protocol", "alluxio.proto.journal.Block",
    "alluxio.proto.journal.File", "alluxio.proto.journal.Job", "alluxio.proto.journal.Journal",
    "alluxio.proto.journal.Meta", "alluxio.proto.journal.Table", "alluxio.proto.meta.Block",
    "alluxio.proto.meta.InodeMeta", "alluxio.proto.shared.Acl", "alluxio.proto.status.Status",
  };

  private ProtocolFiles() {}

  static List<FileDescriptor> load() throws ReflectiveOperationException {
    List<FileDescriptor> files = new ArrayList<>();
    for (String name : CLASSES) {
      files.add((FileDescriptor) Class.forName(name).getMethod("getDescriptor").invoke(null));
    }
    return files;
  }
}
