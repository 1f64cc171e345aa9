// The messages of interop/golden/src/Handmade.java, built with the generated types.
import { blockWorker, common, fileSystemMaster, sasl } from '@alluvium/wire';
import type { blockMaster, journal } from '@alluvium/wire';

const MIN = -(2n ** 63n);

const createFile: fileSystemMaster.CreateFilePRequest = {
  path: '/a b/é',
  options: {
    blockSizeBytes: 67_108_864n,
    recursive: true,
    writeType: fileSystemMaster.WritePType.ASYNC_THROUGH,
    replicationMax: -1,
    replicationMin: 0,
    mode: { ownerBits: common.Bits.READ_WRITE, groupBits: common.Bits.READ, otherBits: common.Bits.READ },
    xattr: { tag: Buffer.of(1, 2) },
    commonOptions: {
      syncIntervalMs: -1n,
      ttl: -1n,
      ttlAction: common.TtlAction.FREE,
      operationId: { mostSignificantBits: MIN, leastSignificantBits: 2n ** 63n - 1n },
    },
  },
};

const block: common.BlockInfo = {
  blockId: 16_810_770_432n,
  length: 12n,
  locations: [
    {
      workerId: 3_456_789_012_345_678_901n,
      workerAddress: { host: 'localhost', rpcPort: 29_999, dataPort: 29_999, webPort: 30_000, domainSocketPath: '' },
      tierAlias: 'MEM',
      mediumType: 'MEM',
    },
  ],
};

const fileInfo: fileSystemMaster.FileInfo = {
  fileId: 16_827_547_647n,
  name: 'f',
  path: '/f',
  ufsPath: '/ufs/f',
  length: 12n,
  blockSizeBytes: 67_108_864n,
  creationTimeMs: 1_700_000_000_123n,
  completed: true,
  folder: false,
  blockIds: [16_810_770_432n],
  ttl: -1n,
  owner: 'root',
  group: '',
  mode: 420,
  fileBlockInfos: [{ blockInfo: block, offset: 0n }],
  ttlAction: common.TtlAction.FREE,
  inMemoryPercentage: 100,
  acl: { owner: 'root', mode: 420, isDefault: false },
  replicationMax: -1,
  replicationMin: 0,
  xattr: { s3_etag: Buffer.alloc(0) },
  mediumType: ['MEM'],
};

const writeBlock: blockWorker.WriteRequest = {
  command: {
    type: blockWorker.RequestType.ALLUXIO_BLOCK,
    id: 16_810_770_432n,
    offset: 0n,
    tier: 0,
    spaceToReserve: 67_108_864n,
    pinOnCreate: false,
  },
};

const heartbeat: blockMaster.BlockHeartbeatPRequest = {
  workerId: MIN + 1n,
  usedBytesOnTiers: { MEM: 2n ** 40n },
  removedBlockIds: [-1n, 2n ** 53n + 1n],
  addedBlocks: [{ key: { tierAlias: 'MEM', mediumType: 'MEM' }, value: { blockId: [1n, 2n ** 45n] } }],
};

const inode: journal.JournalEntry = {
  sequenceNumber: 7n,
  inodeFile: {
    id: 50_331_647n,
    parentId: 0n,
    name: 'über',
    persistenceState: 'NOT_PERSISTED',
    pinned: false,
    creationTimeMs: 1_700_000_000_123n,
    lastModificationTimeMs: 1_700_000_000_123n,
    owner: 'root',
    group: 'root',
    mode: 420,
    blockSizeBytes: 67_108_864n,
    length: 0n,
    completed: false,
    blocks: [16_777_216n, 16_777_217n],
    ttl: -1n,
    replicationMax: -1,
    xAttr: { k: Buffer.from('v') },
  },
};

export const HANDMADE: Readonly<Record<string, { readonly type: string; readonly message: unknown }>> = {
  'a status request': { type: 'alluxio.grpc.file.GetStatusPRequest', message: { path: '/warehouse/part-0' } },
  'a file to create': { type: 'alluxio.grpc.file.CreateFilePRequest', message: createFile },
  'the status of a file': { type: 'alluxio.grpc.file.FileInfo', message: fileInfo },
  'a SASL answer': {
    type: 'alluxio.grpc.sasl.SaslMessage',
    message: {
      messageType: sasl.SaslMessageType.CHALLENGE,
      message: Buffer.from('\0r\0p'),
      clientId: '5f8e6bb0',
      authenticationScheme: sasl.ChannelAuthenticationScheme.SIMPLE,
      channelRef: 'ref',
    } satisfies sasl.SaslMessage,
  },
  'the first message of a block write': { type: 'alluxio.grpc.block.WriteRequest', message: writeBlock },
  'a chunk to write': { type: 'alluxio.grpc.block.WriteRequest', message: { chunk: { data: Buffer.from('bytes') } } },
  'a chunk that was read': { type: 'alluxio.grpc.block.ReadResponse', message: { chunk: { data: Buffer.from('bytes') } } },
  'a heartbeat': { type: 'alluxio.grpc.block.BlockHeartbeatPRequest', message: heartbeat },
  'an inode in the journal': { type: 'alluxio.proto.journal.JournalEntry', message: inode },
  'a batch of journal entries': {
    type: 'alluxio.proto.journal.JournalEntry',
    message: { journalEntries: [{ persistDirectory: { id: 3n } }] } satisfies journal.JournalEntry,
  },
};
