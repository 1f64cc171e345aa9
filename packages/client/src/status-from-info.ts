import type { common, fileSystemMaster } from '@alluvium/wire';
import { defaultEntries, extendedEntries } from './acl.js';
import type { BlockLocation, FileBlock, FileStatus } from './file-status.js';

const TTL_ACTIONS = ['DELETE', 'FREE', 'DELETE_ALLUXIO'];

/** A file or directory as the master sends it; an absent field counts as 0, false or empty, as in Java clients. */
export function statusFromInfo(info: fileSystemMaster.FileInfo): FileStatus {
  return {
    fileId: info.fileId ?? 0n,
    path: info.path ?? '',
    name: info.name ?? '',
    folder: info.folder ?? false,
    lengthBytes: info.length ?? 0n,
    blockSizeBytes: info.blockSizeBytes ?? 0n,
    completed: info.completed ?? false,
    owner: info.owner ?? '',
    group: info.group ?? '',
    mode: (info.mode ?? 0) & 0o777,
    acl: extendedEntries(info.acl),
    defaultAcl: defaultEntries(info.defaultAcl),
    creationTimeMs: info.creationTimeMs ?? 0n,
    lastModificationTimeMs: info.lastModificationTimeMs ?? 0n,
    lastAccessTimeMs: info.lastAccessTimeMs ?? 0n,
    ttlMs: info.ttl ?? -1n,
    ttlAction: TTL_ACTIONS[info.ttlAction ?? 0] ?? 'DELETE',
    pinned: info.pinned ?? false,
    pinnedMedia: [...(info.mediumType ?? [])],
    cacheable: info.cacheable ?? false,
    persisted: info.persisted ?? false,
    persistenceState: info.persistenceState ?? '',
    mountPoint: info.mountPoint ?? false,
    mountId: info.mountId ?? 0n,
    ufsPath: info.ufsPath ?? '',
    ufsFingerprint: info.ufsFingerprint ?? '',
    replicationMin: info.replicationMin ?? 0,
    replicationMax: info.replicationMax ?? 0,
    inAlluxioPercentage: info.inAlluxioPercentage ?? 0,
    inMemoryPercentage: info.inMemoryPercentage ?? 0,
    blocks: (info.fileBlockInfos ?? []).map(blockFromInfo),
    xattr: { ...info.xattr },
  };
}

function blockFromInfo({ blockInfo, offset }: fileSystemMaster.FileBlockInfo): FileBlock {
  return {
    blockId: blockInfo?.blockId ?? 0n,
    offset: offset ?? 0n,
    lengthBytes: blockInfo?.length ?? 0n,
    locations: (blockInfo?.locations ?? []).map(locationFromInfo),
  };
}

export function locationFromInfo({ workerId, workerAddress, tierAlias }: common.BlockLocation): BlockLocation {
  return {
    workerId: workerId ?? 0n,
    host: workerAddress?.host ?? '',
    rpcPort: workerAddress?.rpcPort ?? 0,
    dataPort: workerAddress?.dataPort ?? 0,
    tier: tierAlias ?? '',
  };
}
