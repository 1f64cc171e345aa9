// When no worker has room for a block of an ASYNC_THROUGH file the file goes to the store at once, as if it had been created THROUGH:
// the blocks that are in the cache already are read back, what was kept of the current one follows, and so does the rest.
import { fail } from '@alluvium/base';
import { fileInfoOf } from '../operations/get-status.js';
import type { ClientContext } from '../operations/context.js';
import { BlockStream } from '../read/block-stream.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import { newFile } from './new-file.js';
import type { NewFile } from './new-file.js';
import { ufsFile } from './ufs-file.js';
import type { WorkerUpload } from './worker-upload.js';

/** A block of the file that a worker has and the master knows of. */
export interface WrittenBlock {
  readonly blockId: bigint;
  readonly lengthBytes: bigint;
  readonly worker: WorkerTarget;
}

export interface StoredInstead {
  readonly file: NewFile;
  readonly ufs: WorkerUpload;
}

/** Rejects when a block cannot be read back, when the file is not this writer's any more, or when the store takes nothing. */
export async function fallBackToStore(
  context: ClientContext,
  file: NewFile,
  written: readonly WrittenBlock[],
  kept: readonly Uint8Array[],
  signal: AbortSignal,
): Promise<StoredInstead> {
  const ufs = ufsFile(context, file, signal);
  try {
    for (const block of written) for await (const bytes of readBack(context, file, block, signal)) await ufs.write(bytes);
    for (const bytes of kept) await ufs.write(bytes);
    return { file: await createdAnew(context, file, signal), ufs };
  } catch (error) {
    ufs.cancel();
    throw error;
  }
}

async function* readBack(
  { workers, clock }: ClientContext,
  { settings }: NewFile,
  { blockId, lengthBytes, worker }: WrittenBlock,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, void> {
  const lease = workers.channels.lease(await workers.reached(worker, settings));
  const further = { promote: false, positionShort: false, openUfsBlockOptions: {} };
  const stream = new BlockStream(lease, clock, { blockId, offset: 0n, lengthBytes }, further, signal);
  try {
    for (let at = 0n; at < lengthBytes;) {
      const { parts, lengthBytes: bytes } = await stream.read();
      yield Buffer.concat(parts, bytes);
      at += BigInt(bytes);
    }
  } finally {
    stream.close();
  }
}

/** The same file, but THROUGH: how it was created decides what its completion means. */
async function createdAnew(context: ClientContext, { path, info, options }: NewFile, signal: AbortSignal): Promise<NewFile> {
  const now = await fileInfoOf(context, path, { loadMetadata: 'NEVER', signal });
  if (now.fileId !== info.fileId || now.completed === true)
    throw fail('notFound', `Cannot write "${path}": another file has taken its place`);
  return await newFile(context, path, { ...options, writeType: 'THROUGH', overwrite: true, signal });
}
