import { blockIdOf, containerOf, fail, normalPath, type BlockId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { FileInode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import { fileJournal, type fileSystemMaster as fs } from '@alluvium/wire';
import { storePath } from '../../mount/mount.js';
import { settled, type FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { ETAG_XATTR } from '../load-metadata.js';
import { WRITE } from '../permissions.js';
import { blockLength, requireBlockCount, withOperationId } from '../plan.js';
import { requireFound, targetOf } from '../walk.js';

type Reply = fs.CompleteFilePResponse;

const UNKNOWN_LENGTH = -1n;

/**
 * CompleteFile: the length becomes known and the file readable. A file that the client wrote through is looked at in the store first,
 * whose answer gives the fingerprint.
 */
export function completeFile(c: FileContext, request: fs.CompleteFilePRequest, user: string): Reply | Promise<Reply> {
  const path = normalPath(request.path ?? '');
  const options = request.options ?? {};
  if (c.tree.retries.has(options.commonOptions?.operationId)) return repeated(c, path);
  if (c.locks.isFree(path, 'WRITE_INODE')) {
    const inode = check(c, path, user);
    if (inode.persistence !== 'PERSISTED') return commitCached(c, inode, options);
  }
  return c.locks.hold([{ path, mode: 'WRITE_INODE' }], () => completeLocked(c, path, options, user));
}

async function completeLocked(c: FileContext, path: NormalPath, options: fs.CompleteFilePOptions, user: string): Promise<Reply> {
  if (c.tree.retries.has(options.commonOptions?.operationId)) return settled(c, await repeated(c, path));
  if (check(c, path, user).persistence !== 'PERSISTED') return commitCached(c, check(c, path, user), options);
  const mount = c.mounts.resolve(path);
  const status = await mount.store.status(storePath(mount, path));
  const fingerprint = status === undefined ? '' : fingerprintOf(mount.store, status);
  return commitStored(c, check(c, path, user), path, options, status, fingerprint);
}

/** Whoever asks again waits for the copies again. */
function repeated(c: FileContext, path: NormalPath): Reply | Promise<Reply> {
  const file = targetOf(c.tree.walk(path));
  const waiting = file === undefined ? undefined : c.whenDurable(file.id);
  return waiting === undefined ? {} : waiting.then(() => ({}));
}

function check(c: FileContext, path: NormalPath, user: string): FileInode {
  const walk = c.tree.walk(path);
  c.permissions.requireTraverse(user, walk);
  const inode = requireFound(walk);
  if (inode.kind === 'directory') throw fail('notFound', `Path "${path}" must be a file.`);
  if (inode.completed || inode.owner !== user) c.permissions.require(user, walk, WRITE);
  if (inode.completed) throw fail('alreadyExists', `File ${inode.name} has already been completed.`);
  return inode;
}

/** A file whose bytes are in the workers only: as long as its committed blocks. */
function commitCached(c: FileContext, inode: FileInode, options: fs.CompleteFilePOptions): Promise<Reply> {
  let length = 0;
  for (let i = 0; i < inode.blocks.length; i++) {
    const bytes = c.blocks.length(inode.blocks[i]!);
    if (bytes === undefined || bytes < 0) throw fail('invalidArgument', 'Cannot complete a file without all the blocks committed');
    if (i < inode.blocks.length - 1 && bytes < inode.blockSizeBytes) {
      throw fail('invalidArgument', `Block index ${i} has a block size smaller than the file block size (${inode.blockSizeBytes})`);
    }
    length += bytes;
  }
  return commit(c, [], inode, options, { length, blocks: inode.blocks, fingerprint: '' });
}

/** A file that is in the store: blocks that no worker has committed are given the lengths that follow from the file's. */
function commitStored(
  c: FileContext,
  inode: FileInode,
  path: NormalPath,
  options: fs.CompleteFilePOptions,
  status: UfsStatus | undefined,
  fingerprint: string,
): Promise<Reply> {
  // -1 is Alluxio's unknown length.
  const given = options.ufsLength ?? UNKNOWN_LENGTH;
  const length = given === UNKNOWN_LENGTH ? (status?.length ?? 0) : Number(given);
  if (length < 0) throw fail('invalidArgument', `File ${inode.name} cannot have negative length: ${length}`);
  if (status === undefined || status.directory || status.length !== length) {
    const there = status === undefined ? 'nothing' : status.directory ? 'a directory' : `${status.length} bytes`;
    throw fail('internal', `Cannot complete "${path}": the under store has ${there}; ${length} bytes were written`);
  }
  requireBlockCount(path, Math.ceil(length / inode.blockSizeBytes));
  const plan: JournalEntry[] = [];
  const blocks: BlockId[] = [];
  for (let index = 0; index * inode.blockSizeBytes < length; index++) {
    const blockId = blockIdOf(containerOf(inode.id), index);
    blocks.push(blockId);
    const bytes = blockLength(length, inode.blockSizeBytes, index);
    if (c.blocks.length(blockId) !== bytes) plan.push({ blockInfo: { blockId, length: BigInt(bytes) } });
  }
  return commit(c, plan, inode, options, { length, blocks, fingerprint });
}

interface Completed {
  readonly length: number;
  readonly blocks: readonly BlockId[];
  readonly fingerprint: string;
}

function commit(
  c: FileContext,
  plan: JournalEntry[],
  inode: FileInode,
  options: fs.CompleteFilePOptions,
  completed: Completed,
): Promise<Reply> {
  const now = BigInt(c.clock.nowMs());
  const persist = options.asyncPersistOptions !== undefined && inode.persistence === 'NOT_PERSISTED';
  const update: fileJournal.UpdateInodeEntry = {
    id: inode.id,
    lastModificationTimeMs: now,
    overwriteModificationTime: true,
    lastAccessTimeMs: now,
  };
  if (completed.fingerprint !== inode.fingerprint) update.ufsFingerprint = completed.fingerprint;
  if (persist) update.persistenceState = 'TO_BE_PERSISTED';
  if (options.contentHash !== undefined && options.contentHash !== '') {
    update.xAttr = { [ETAG_XATTR]: Buffer.from(options.contentHash) };
    update.xAttrUpdateStrategy = fileJournal.XAttrUpdateStrategy.UNION_REPLACE;
  }
  const file: fileJournal.UpdateInodeFileEntry = { id: inode.id, length: BigInt(completed.length), completed: true };
  // Those that were asked for one by one are there already.
  if (completed.blocks !== inode.blocks) file.setBlocks = completed.blocks as BlockId[];
  plan.push({ updateInode: update }, { updateInodeFile: file });
  const durable = c.committer.commit(withOperationId(plan, options.commonOptions?.operationId));
  return durable.then(() => {
    if (persist || inode.persistence === 'TO_BE_PERSISTED') c.persistRequested(inode.id);
    const waiting = c.whenDurable(inode.id);
    return waiting === undefined ? {} : waiting.then(() => ({}));
  });
}
