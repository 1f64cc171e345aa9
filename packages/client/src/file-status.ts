/** What the master knows of a file or directory. Sizes in bytes, times in milliseconds since 1970. */
export interface FileStatus {
  readonly fileId: bigint;
  readonly path: string;
  readonly name: string;
  readonly folder: boolean;
  readonly lengthBytes: bigint;
  readonly blockSizeBytes: bigint;
  readonly completed: boolean;
  readonly owner: string;
  readonly group: string;
  /** Permission bits, 0 to 0o777. */
  readonly mode: number;
  /** Named users and groups and the mask, beyond what `mode` says; mostly empty. */
  readonly acl: readonly AclEntry[];
  /** What a new child of a directory begins with: all entries, or none at all. */
  readonly defaultAcl: readonly AclEntry[];
  readonly creationTimeMs: bigint;
  readonly lastModificationTimeMs: bigint;
  readonly lastAccessTimeMs: bigint;
  /** -1n: for ever. */
  readonly ttlMs: bigint;
  readonly ttlAction: string;
  readonly pinned: boolean;
  /** Media that pinned copies are to be on; any when empty. */
  readonly pinnedMedia: readonly string[];
  readonly cacheable: boolean;
  readonly persisted: boolean;
  /** NOT_PERSISTED, TO_BE_PERSISTED, PERSISTED or LOST. */
  readonly persistenceState: string;
  readonly mountPoint: boolean;
  readonly mountId: bigint;
  readonly ufsPath: string;
  readonly ufsFingerprint: string;
  readonly replicationMin: number;
  readonly replicationMax: number;
  /** Percent of the bytes that are cached. */
  readonly inAlluxioPercentage: number;
  readonly inMemoryPercentage: number;
  readonly blocks: readonly FileBlock[];
  readonly xattr: Readonly<Record<string, Uint8Array>>;
}

export type AclKind = 'user' | 'group' | 'mask' | 'other';

export interface AclEntry {
  readonly kind: AclKind;
  /** '' for the owner, the owning group, the mask and others. */
  readonly name: string;
  /** rwx, 0 to 7. */
  readonly mode: number;
  /** Of a directory's default ACL. */
  readonly isDefault: boolean;
}

export interface FileBlock {
  readonly blockId: bigint;
  /** Where the block begins in its file. */
  readonly offset: bigint;
  readonly lengthBytes: bigint;
  readonly locations: readonly BlockLocation[];
}

export interface BlockLocation {
  readonly workerId: bigint;
  readonly host: string;
  readonly rpcPort: number;
  readonly dataPort: number;
  /** MEM, SSD or HDD. */
  readonly tier: string;
}
