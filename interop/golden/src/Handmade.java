import alluxio.grpc.BlockHeartbeatPRequest;
import alluxio.grpc.BlockInfo;
import alluxio.grpc.BlockLocation;
import alluxio.grpc.BlockStoreLocationProto;
import alluxio.grpc.Bits;
import alluxio.grpc.Chunk;
import alluxio.grpc.CreateFilePOptions;
import alluxio.grpc.CreateFilePRequest;
import alluxio.grpc.FileBlockInfo;
import alluxio.grpc.FileInfo;
import alluxio.grpc.FileSystemMasterCommonPOptions;
import alluxio.grpc.FsOpPId;
import alluxio.grpc.GetStatusPRequest;
import alluxio.grpc.LocationBlockIdListEntry;
import alluxio.grpc.BlockIdList;
import alluxio.grpc.PAcl;
import alluxio.grpc.PMode;
import alluxio.grpc.ReadResponse;
import alluxio.grpc.RequestType;
import alluxio.grpc.SaslMessage;
import alluxio.grpc.SaslMessageType;
import alluxio.grpc.ChannelAuthenticationScheme;
import alluxio.grpc.TtlAction;
import alluxio.grpc.WorkerNetAddress;
import alluxio.grpc.WritePType;
import alluxio.grpc.WriteRequest;
import alluxio.grpc.WriteRequestCommand;
import alluxio.proto.journal.File.InodeFileEntry;
import alluxio.proto.journal.File.PersistDirectoryEntry;
import alluxio.proto.journal.Journal.JournalEntry;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import java.util.LinkedHashMap;
import java.util.Map;

/** Messages as Alluxio's clients, workers and master send them; handmade.ts of the wire tests builds the same ones. */
final class Handmade {
  private Handmade() {}

  static Map<String, Message> messages() {
    Map<String, Message> all = new LinkedHashMap<>();
    all.put("a status request", GetStatusPRequest.newBuilder().setPath("/warehouse/part-0").build());
    all.put("a file to create", createFile());
    all.put("the status of a file", fileInfo());
    all.put("a SASL answer", SaslMessage.newBuilder().setMessageType(SaslMessageType.CHALLENGE)
        .setMessage(ByteString.copyFrom(new byte[] {0, 'r', 0, 'p'})).setClientId("5f8e6bb0")
        .setAuthenticationScheme(ChannelAuthenticationScheme.SIMPLE).setChannelRef("ref").build());
    all.put("the first message of a block write", WriteRequest.newBuilder().setCommand(
        WriteRequestCommand.newBuilder().setType(RequestType.ALLUXIO_BLOCK).setId(16810770432L).setOffset(0).setTier(0)
            .setSpaceToReserve(67108864).setPinOnCreate(false)).build());
    all.put("a chunk to write", WriteRequest.newBuilder().setChunk(Chunk.newBuilder().setData(ByteString.copyFromUtf8("bytes"))).build());
    all.put("a chunk that was read", ReadResponse.newBuilder().setChunk(Chunk.newBuilder().setData(ByteString.copyFromUtf8("bytes"))).build());
    all.put("a heartbeat", BlockHeartbeatPRequest.newBuilder().setWorkerId(Long.MIN_VALUE + 1)
        .putUsedBytesOnTiers("MEM", 1L << 40).addRemovedBlockIds(-1).addRemovedBlockIds((1L << 53) + 1)
        .addAddedBlocks(LocationBlockIdListEntry.newBuilder()
            .setKey(BlockStoreLocationProto.newBuilder().setTierAlias("MEM").setMediumType("MEM"))
            .setValue(BlockIdList.newBuilder().addBlockId(1).addBlockId(1L << 45))).build());
    all.put("an inode in the journal", JournalEntry.newBuilder().setSequenceNumber(7).setInodeFile(
        InodeFileEntry.newBuilder().setId(50331647).setParentId(0).setName("\u00fcber").setPersistenceState("NOT_PERSISTED")
            .setPinned(false).setCreationTimeMs(1700000000123L).setLastModificationTimeMs(1700000000123L).setOwner("root")
            .setGroup("root").setMode(420).setBlockSizeBytes(67108864).setLength(0).setCompleted(false).addBlocks(16777216)
            .addBlocks(16777217)
            .setTtl(-1).setReplicationMax(-1).putXAttr("k", ByteString.copyFromUtf8("v"))).build());
    all.put("a batch of journal entries", JournalEntry.newBuilder().addJournalEntries(
        JournalEntry.newBuilder().setPersistDirectory(PersistDirectoryEntry.newBuilder().setId(3))).build());
    return all;
  }

  private static Message createFile() {
    return CreateFilePRequest.newBuilder().setPath("/a b/\u00e9").setOptions(CreateFilePOptions.newBuilder()
        .setBlockSizeBytes(67108864).setRecursive(true).setWriteType(WritePType.ASYNC_THROUGH).setReplicationMax(-1)
        .setReplicationMin(0)
        .setMode(PMode.newBuilder().setOwnerBits(Bits.READ_WRITE).setGroupBits(Bits.READ).setOtherBits(Bits.READ))
        .putXattr("tag", ByteString.copyFrom(new byte[] {1, 2}))
        .setCommonOptions(FileSystemMasterCommonPOptions.newBuilder().setSyncIntervalMs(-1).setTtl(-1)
            .setTtlAction(TtlAction.FREE).setOperationId(
                FsOpPId.newBuilder().setMostSignificantBits(Long.MIN_VALUE).setLeastSignificantBits(Long.MAX_VALUE)))).build();
  }

  private static Message fileInfo() {
    BlockInfo block = BlockInfo.newBuilder().setBlockId(16810770432L).setLength(12).addLocations(
        BlockLocation.newBuilder().setWorkerId(3456789012345678901L).setWorkerAddress(
            WorkerNetAddress.newBuilder().setHost("localhost").setRpcPort(29999).setDataPort(29999).setWebPort(30000)
                .setDomainSocketPath("")).setTierAlias("MEM").setMediumType("MEM")).build();
    return FileInfo.newBuilder().setFileId(16827547647L).setName("f").setPath("/f").setUfsPath("/ufs/f").setLength(12)
        .setBlockSizeBytes(67108864).setCreationTimeMs(1700000000123L).setCompleted(true).setFolder(false)
        .addBlockIds(16810770432L).setTtl(-1).setOwner("root").setGroup("").setMode(420)
        .addFileBlockInfos(FileBlockInfo.newBuilder().setBlockInfo(block).setOffset(0)).setTtlAction(TtlAction.FREE)
        .setInMemoryPercentage(100).setAcl(PAcl.newBuilder().setOwner("root").setMode(420).setIsDefault(false))
        .setReplicationMax(-1).setReplicationMin(0).putXattr("s3_etag", ByteString.EMPTY).addMediumType("MEM").build();
  }
}
