// Files and their blocks: which there are, how long they are, and that each has its file.
import { blockIdOf, containerOf, fileIdOfBlock, sequenceOf, type BlockId, type InodeId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode } from '@alluvium/metastore';
import { blockLength } from '../file/plan.js';
import type { Invariant, Patient } from './invariant.js';

/** Blocks of one file that are looked at in one stretch: a file may have a million. */
export const BLOCKS_AT_ONCE = 2000;

const COPY = 'copy the file to another name and remove it';

export const fileInvariants: readonly Invariant<InodeId>[] = [
  {
    kind: 'file-length',
    remedy: `a file that its store has gets the blocks that its length takes; otherwise ${COPY}`,
    wrong: (p, id) => {
      const file = completeFile(p, id);
      if (file === undefined) return undefined;
      const { length, blockSizeBytes, blocks } = file;
      if (length < 0 || blockSizeBytes < 0) return `its length is ${length}, that of its blocks ${blockSizeBytes}`;
      return blocks.length * blockSizeBytes >= length
        ? undefined
        : `${blocks.length} blocks of ${blockSizeBytes} cannot hold ${length} bytes`;
    },
    mend: (p, id) => {
      const file = storedFile(p, id);
      if (file === undefined || file.length < 0 || file.blockSizeBytes <= 0) return;
      const plan: JournalEntry[] = [];
      const setBlocks: BlockId[] = [];
      for (let i = 0; i * file.blockSizeBytes < file.length; i++) {
        setBlocks.push(blockIdOf(containerOf(id), i));
        plan.push({ blockInfo: { blockId: setBlocks[i]!, length: BigInt(expectedLength(file, i)) } });
      }
      return p.c.committer.commit([...plan, { updateInodeFile: { id, setBlocks } }]);
    },
  },
];

/** Some blocks of a file. */
export interface BlockRange {
  readonly file: InodeId;
  readonly from: number;
}

export const blockRangeInvariants: readonly Invariant<BlockRange>[] = [
  {
    kind: 'foreign-block',
    remedy: COPY,
    wrong: (p, range) => {
      const file = p.inode(range.file);
      if (file?.kind !== 'file') return undefined;
      const container = containerOf(file.id);
      const at = firstIndex(file, range.from, (i) => file.blocks[i] !== blockIdOf(container, i));
      return at === undefined ? undefined : `its block ${at} is ${file.blocks[at]!}, and not of its container or not in sequence`;
    },
  },
  {
    kind: 'block-without-length',
    remedy: 'the block gets the length that follows from the length of the file',
    wrong: (p, range) => {
      const file = completeFile(p, range.file);
      const at = file && firstIndex(file, range.from, (i) => p.blocks.length(file.blocks[i]!) === undefined);
      return at === undefined ? undefined : `nothing is known of its block ${at}`;
    },
    mend: (p, range) => mendLengths(p, range, (known) => known === undefined),
  },
  {
    kind: 'block-length',
    remedy: `the blocks of a file that its store has get the lengths that follow from the length of the file; otherwise ${COPY}`,
    wrong: (p, range) => {
      const file = completeFile(p, range.file);
      const at =
        file &&
        firstIndex(file, range.from, (i) => (p.blocks.length(file.blocks[i]!) ?? expectedLength(file, i)) !== expectedLength(file, i));
      if (file === undefined || at === undefined) return undefined;
      return `its block ${at} has ${p.blocks.length(file.blocks[at]!)} bytes; ${expectedLength(file, at)} wanted for ${file.length} bytes in blocks of ${file.blockSizeBytes}`;
    },
    mend: (p, range) => (storedFile(p, range.file) === undefined ? undefined : mendLengths(p, range, () => true)),
  },
];

export const blockInvariants: readonly Invariant<BlockId>[] = [
  {
    kind: 'orphan-block',
    remedy: 'the block is forgotten, and workers drop their copies',
    // The blocks of a very large file follow the file in journal operations of their own.
    passing: true,
    wrong: (p, id) => {
      if (p.blocks.length(id) === undefined) return undefined;
      const file = p.inodes.get(fileIdOfBlock(id));
      if (file === undefined) return 'its file does not exist';
      return file.kind === 'file' && file.blocks[sequenceOf(id)] === id ? undefined : `its file ${file.id} does not have it`;
    },
    mend: async (p, id) => {
      await p.c.committer.commit([{ deleteBlock: { blockId: id } }]);
      p.c.blocks.free([id]);
    },
  },
];

function completeFile(p: Patient, id: InodeId): FileInode | undefined {
  const file = p.inode(id);
  return file?.kind === 'file' && file.completed ? file : undefined;
}

/** A complete file whose length its store vouches for. */
function storedFile(p: Patient, id: InodeId): FileInode | undefined {
  const file = completeFile(p, id);
  return file?.persistence === 'PERSISTED' ? file : undefined;
}

/** Blocks behind the end of the file are empty. */
function expectedLength({ length, blockSizeBytes }: FileInode, index: number): number {
  return Math.max(0, blockLength(length, blockSizeBytes, index));
}

/** The first index of the range for which something holds. */
function firstIndex(file: FileInode, from: number, holds: (index: number) => boolean): number | undefined {
  const end = Math.min(file.blocks.length, from + BLOCKS_AT_ONCE);
  for (let i = from; i < end; i++) if (holds(i)) return i;
  return undefined;
}

function mendLengths(p: Patient, range: BlockRange, which: (known: number | undefined) => boolean): Promise<void> {
  const file = p.inode(range.file) as FileInode;
  const plan: JournalEntry[] = [];
  for (let i = range.from; i < Math.min(file.blocks.length, range.from + BLOCKS_AT_ONCE); i++) {
    const blockId = file.blocks[i]!;
    const known = p.blocks.length(blockId);
    if (which(known) && known !== expectedLength(file, i)) plan.push({ blockInfo: { blockId, length: BigInt(expectedLength(file, i)) } });
  }
  return p.c.committer.commit(plan);
}
