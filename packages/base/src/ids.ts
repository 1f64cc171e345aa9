/**
 * Alluxio's id layout (wire/worker-master.md section 7): a container of 40 bits, then 24 bits.
 * A file owns one container: block ids count up from sequence 0, the file id has the largest sequence.
 */
declare const brand: unique symbol;
type Id<Name extends string> = bigint & { readonly [brand]: Name };

export type InodeId = Id<'InodeId'>;
export type BlockId = Id<'BlockId'>;
export type ContainerId = Id<'ContainerId'>;
export type MountId = Id<'MountId'>;
export type WorkerId = Id<'WorkerId'>;

const SEQUENCE_BITS = 24n;
export const MAX_SEQUENCE = (1n << SEQUENCE_BITS) - 1n;
export const ROOT_INODE_ID = 0n as InodeId;
export const NO_PARENT = -1n as InodeId;
export const ROOT_MOUNT_ID = 1n as MountId;

export function containerOf(id: BlockId | InodeId): ContainerId {
  return (id >> SEQUENCE_BITS) as ContainerId;
}

export function fileIdOf(container: ContainerId): InodeId {
  return ((container << SEQUENCE_BITS) | MAX_SEQUENCE) as InodeId;
}

export function fileIdOfBlock(block: BlockId): InodeId {
  return fileIdOf(containerOf(block));
}

/** The block of `container` at index `sequence`, 0 to 2^24 - 2. */
export function blockIdOf(container: ContainerId, sequence: number): BlockId {
  return ((container << SEQUENCE_BITS) | BigInt(sequence)) as BlockId;
}

/** The index of a block inside its file. */
export function sequenceOf(block: BlockId): number {
  return Number(block & MAX_SEQUENCE);
}

/** Directories take their ids from reserved containers, `container << 24 | sequence`, counting up. */
export function directoryIdOf(container: ContainerId, sequence: number): InodeId {
  return ((container << SEQUENCE_BITS) | BigInt(sequence)) as InodeId;
}
