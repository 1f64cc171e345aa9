// A copy or a move of one file: the target is made, its blocks come to workers from wherever the source has them, it is completed,
// and, where it is to be in a store, waited for. Only then the source of a move goes. Each step is an operation with an id that follows
// from what was journaled when the file was begun, so that a restarted master repeats it and is answered.
import { ROOT_PATH, fail, joinPath, messageOf, type BlockId, type InodeId, type NormalPath, type WorkerId } from '@alluvium/base';
import type { DirectoryInode, FileInode } from '@alluvium/metastore';
import { fileSystemMaster as fs, type common } from '@alluvium/wire';
import { completeFile } from '../file/operations/complete-file.js';
import { createDirectory } from '../file/operations/create-directory.js';
import { createFile } from '../file/operations/create-file.js';
import { getNewBlockId } from '../file/operations/get-new-block-id.js';
import { remove } from '../file/operations/remove.js';
import { READ } from '../file/permissions.js';
import { isFound, targetOf } from '../file/walk.js';
import { inParallel } from './in-parallel.js';
import { isStillAt, type FileUnderWay, type JobRun, type JobWork, type Measure } from './job-run.js';
import { COMPLETE, CREATE, REMOVE_SOURCE, REMOVE_TARGET, blockStep, stepOf, type Operation } from './operation-ids.js';
import { copyToStore } from './copy-to-store.js';
import type { JobWriteType } from './job-spec.js';
import { BLOCKS_AT_ONCE, orderLoad, sourceOf } from './order-block.js';
import { untilPersisted } from './persist-file.js';
import { removeEmptyDirectories } from './remove-directories.js';

const { WritePType } = fs;

/** But for THROUGH the bytes come to the cache first; what is to be in a store is brought there by the persistence queue. */
const CREATED_AS: Readonly<Record<JobWriteType, fs.WritePType>> = {
  MUST_CACHE: WritePType.MUST_CACHE,
  ASYNC_THROUGH: WritePType.ASYNC_THROUGH,
  CACHE_THROUGH: WritePType.ASYNC_THROUGH,
  THROUGH: WritePType.THROUGH,
};

export const copyWork: JobWork = {
  stepped: true,
  // A second look does only what is not there as it should be.
  wants: (run, file, path, verifying) => !verifying || !isCopied(run, file, path),
  measure,
  async file(run, file, path, underWay) {
    await copyFile(run, file, path, underWay);
  },
  directory: makeDirectory,
};

export const moveWork: JobWork = {
  stepped: true,
  wants: () => true,
  measure,
  file: moveFile,
  goneIsDone: ({ c }, { operation }) => c.tree.retries.has(stepOf(operation, REMOVE_SOURCE)),
  directory: makeDirectory,
  finish: removeEmptyDirectories,
};

function measure(_run: JobRun, file: FileInode): Measure {
  return { blocks: file.blocks.length, bytes: file.length };
}

function operationOf({ step }: FileUnderWay): Operation {
  if (step === undefined) throw fail('internal', 'A file of a copy has no step');
  return step.operation;
}

/** Where a path below the source goes. A file copied to a directory goes into it. */
export function targetPath({ c, spec }: JobRun, path: NormalPath): NormalPath {
  const target = spec.target ?? ROOT_PATH;
  if (path !== spec.path) return joinPath(target, path.slice(spec.path === ROOT_PATH ? 1 : spec.path.length + 1));
  const there = targetOf(c.tree.walk(target));
  const source = targetOf(c.tree.walk(path));
  return there?.kind === 'directory' && source?.kind === 'file' ? joinPath(target, source.name) : target;
}

function isCopied(run: JobRun, file: FileInode, path: NormalPath): boolean {
  const target = targetOf(run.c.tree.walk(targetPath(run, path)));
  return target?.kind === 'file' && target.completed && target.length === file.length;
}

async function makeDirectory(run: JobRun, directory: DirectoryInode, path: NormalPath): Promise<void> {
  const { c, spec } = run;
  if (spec.path === path && path === ROOT_PATH) return;
  const target = targetPath(run, path);
  if (targetOf(c.tree.walk(target))?.kind === 'directory') return;
  const writeType = spec.writeType === 'THROUGH' || spec.writeType === 'CACHE_THROUGH' ? WritePType.CACHE_THROUGH : WritePType.MUST_CACHE;
  const mode = spec.keepModes ? { mode: modeMessage(directory.mode) } : {};
  const options = { recursive: true, allowExists: true, writeType, ...mode };
  await createDirectory(c, { path: target, options }, spec.user);
}

async function moveFile(run: JobRun, file: FileInode, path: NormalPath, underWay: FileUnderWay): Promise<void> {
  const { c, spec } = run;
  const id = await copyFile(run, file, path, underWay);
  // What is only on its way to a store is not there: the source stays until it is.
  if (spec.writeType === 'ASYNC_THROUGH') await untilPersisted(run, id, targetPath(run, path));
  const made = c.tree.get(id);
  if (made?.kind === 'file' && made.persistence !== 'PERSISTED') await c.blocks.whenLocated(made.blocks);
  requireWhole(run, file, id);
  if (!isStillAt(c, file, path)) throw fail('aborted', `"${path}" was changed while it was copied; it stays`);
  await remove(c, { path, options: { commonOptions: { operationId: stepOf(operationOf(underWay), REMOVE_SOURCE) } } }, spec.user, file.id);
}

/** The last look before a source goes. */
function requireWhole({ c }: JobRun, source: FileInode, id: InodeId): void {
  const target = c.tree.get(id);
  const isWhole = target?.kind === 'file' && target.completed && target.length === source.length;
  const isThere = isWhole && (target.persistence === 'PERSISTED' || target.blocks.every((block) => c.blocks.locations(block).length > 0));
  if (!isThere) throw fail('aborted', 'The copy is not whole; the source stays');
}

/** Answers the target's id when the target is there as the write type demands. */
async function copyFile(run: JobRun, file: FileInode, path: NormalPath, underWay: FileUnderWay): Promise<InodeId> {
  const { c, spec } = run;
  const operation = operationOf(underWay);
  if (!file.completed) throw fail('failedPrecondition', `"${path}" is not complete`);
  if (!c.permissions.allows(spec.user, file, READ))
    throw fail('permissionDenied', `Permission denied: ${spec.user} may not read "${path}"`);
  const target = targetPath(run, path);
  // After a start the workers have some time to tell what they have.
  if (file.persistence !== 'PERSISTED') await c.blocks.whenLocated(file.blocks);
  const id = await makeTarget(run, file, target, operation);
  try {
    if (requireTarget(run, target, id).completed) underWay.did(file.length);
    else await copyBytes(run, file, target, id, underWay);
    await complete(run, file, target, id, operation);
  } catch (error) {
    if ((run.cancelled || !run.signal.aborted) && c.committer.accepting) await discard(run, target, id, operation);
    throw error;
  }
  if (spec.writeType === 'CACHE_THROUGH') await untilPersisted(run, id, target);
  return id;
}

async function copyBytes(run: JobRun, file: FileInode, target: NormalPath, id: InodeId, underWay: FileUnderWay): Promise<void> {
  if (run.spec.writeType !== 'THROUGH') return copyBlocks(run, file, target, id, underWay);
  await copyToStore(run, file, target, id);
  underWay.did(file.length);
}

async function makeTarget(run: JobRun, file: FileInode, target: NormalPath, operation: Operation): Promise<InodeId> {
  const { spec, c } = run;
  const options: fs.CreateFilePOptions = {
    recursive: true,
    overwrite: spec.overwrite,
    blockSizeBytes: BigInt(file.blockSizeBytes),
    ...(spec.keepModes ? { mode: modeMessage(file.mode) } : {}),
    writeType: CREATED_AS[spec.writeType],
    commonOptions: { operationId: stepOf(operation, CREATE) },
  };
  const { fileInfo } = await createFile(c, { path: target, options }, spec.user);
  return (fileInfo?.fileId ?? -1n) as InodeId;
}

/** The target as it is now. Throws when others have put something else in its place. */
function requireTarget({ c }: JobRun, target: NormalPath, id: InodeId): FileInode {
  const walk = c.tree.walk(target);
  const inode = isFound(walk) ? targetOf(walk) : undefined;
  if (inode?.kind !== 'file' || inode.id !== id) throw fail('aborted', `"${target}" was removed or replaced while it was written`);
  return inode;
}

async function copyBlocks(run: JobRun, file: FileInode, target: NormalPath, id: InodeId, underWay: FileUnderWay): Promise<void> {
  const { c, spec } = run;
  const operation = operationOf(underWay);
  for (let index = requireTarget(run, target, id).blocks.length; index < file.blocks.length; index++)
    await getNewBlockId(c, { path: target, options: { commonOptions: { operationId: stepOf(operation, blockStep(index)) } } }, spec.user);
  const { blocks } = requireTarget(run, target, id);
  if (blocks.length !== file.blocks.length) throw fail('aborted', `"${target}" has ${blocks.length} blocks; ${file.blocks.length} wanted`);
  await c.blocks.whenLocated(blocks.filter((block) => c.blocks.length(block) !== undefined));
  await inParallel(file.blocks.keys(), BLOCKS_AT_ONCE, async (index) => {
    const targetBlockId = blocks[index]!;
    const request = sourceOf(run, file, index);
    // Unless it was copied before a restart, and is still there.
    if (c.blocks.locations(targetBlockId).length === 0)
      await run.withWorker(beside(run, file.blocks[index]!), (worker) =>
        orderLoad(run, worker, { ...sourceOf(run, file, index), targetBlockId, pinned: true }),
      );
    underWay.did(Number(request.length));
  });
}

/** A worker that has the source's block already copies it without the network; any other does when those are busy or gone. */
function beside({ c, parts }: JobRun, block: BlockId): { readonly rather?: ReadonlySet<WorkerId> } {
  const holders = new Set<bigint | undefined>(c.blocks.locations(block).map(({ workerId }) => workerId));
  if (holders.size === 0) return {};
  return { rather: new Set(parts.orders.connected().filter((worker) => !holders.has(worker))) };
}

async function complete(run: JobRun, file: FileInode, target: NormalPath, id: InodeId, operation: Operation): Promise<void> {
  const { c, spec } = run;
  if (requireTarget(run, target, id).completed) return;
  const ufsLength = spec.writeType === 'THROUGH' ? { ufsLength: BigInt(file.length) } : {};
  const commonOptions = { operationId: stepOf(operation, COMPLETE) };
  await completeFile(c, { path: target, options: { commonOptions, ...ufsLength } }, spec.user);
  if (c.tree.get(id)?.persistence === 'TO_BE_PERSISTED') c.persistRequested(id);
}

/** What was begun and failed does not stay as a file that nobody completes. */
async function discard({ c, spec }: JobRun, target: NormalPath, id: InodeId, operation: Operation): Promise<void> {
  const inode = c.tree.get(id);
  if (inode?.kind !== 'file' || inode.completed) return;
  try {
    const options = { alluxioOnly: spec.writeType !== 'THROUGH', commonOptions: { operationId: stepOf(operation, REMOVE_TARGET) } };
    await remove(c, { path: target, options }, spec.user, id);
  } catch (error) {
    c.log.debug('what is left of a copy was not removed', { path: target, reason: messageOf(error) });
  }
}

function modeMessage(mode: number): common.PMode {
  // The wire's bits count from 1.
  const bits = (shift: number): common.Bits => (((mode >> shift) & 7) + 1) as common.Bits;
  return { ownerBits: bits(6), groupBits: bits(3), otherBits: bits(0) };
}
