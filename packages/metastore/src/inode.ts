import type { BlockId, InodeId } from '@alluvium/base';

export type PersistenceState = 'NOT_PERSISTED' | 'TO_BE_PERSISTED' | 'PERSISTED' | 'LOST';
export type TtlAction = 'DELETE' | 'FREE' | 'DELETE_ALLUXIO';

/** rwx bits, 0 to 7. */
export type Bits = number;

/** Extended ACL entries beyond owner, group and other. `mask` limits named users, the owning group and named groups. */
export interface ExtendedAcl {
  readonly users: ReadonlyMap<string, Bits>;
  readonly groups: ReadonlyMap<string, Bits>;
  readonly mask: Bits | undefined;
}

/** A default ACL (directories): what new children start from. */
export interface DefaultAcl extends ExtendedAcl {
  readonly mode: number;
}

interface InodeCommon {
  readonly id: InodeId;
  readonly parentId: InodeId;
  /** '' for the root. */
  readonly name: string;
  readonly owner: string;
  readonly group: string;
  /** 0o000 to 0o777. */
  readonly mode: number;
  readonly acl: ExtendedAcl | undefined;
  readonly creationTimeMs: number;
  readonly modificationTimeMs: number;
  readonly accessTimeMs: number;
  readonly persistence: PersistenceState;
  readonly pinned: boolean;
  readonly pinnedMedia: readonly string[];
  /** Milliseconds from creation; -1: none. */
  readonly ttlMs: number;
  readonly ttlAction: TtlAction;
  /** Alluxio's fingerprint of the under-store object; '' when unknown. */
  readonly fingerprint: string;
  readonly xattr: ReadonlyMap<string, Uint8Array> | undefined;
}

export interface FileInode extends InodeCommon {
  readonly kind: 'file';
  readonly blockSizeBytes: number;
  readonly length: number;
  readonly completed: boolean;
  readonly blocks: readonly BlockId[];
  /** -1: no limit. */
  readonly replicationMax: number;
  readonly replicationMin: number;
  readonly replicationDurable: number;
  /** The running persist order and its temporary under-store path, or -1n and ''. */
  readonly persistJobId: bigint;
  readonly tempUfsPath: string;
  /** When ASYNC_THROUGH data is to be persisted, ms since the epoch; -1: not by itself. */
  readonly shouldPersistTimeMs: number;
}

export interface DirectoryInode extends InodeCommon {
  readonly kind: 'directory';
  readonly mountPoint: boolean;
  /** The under store's children have been loaded once. */
  readonly childrenLoaded: boolean;
  readonly defaultAcl: DefaultAcl | undefined;
}

export type Inode = FileInode | DirectoryInode;
