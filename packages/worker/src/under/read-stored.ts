// The bytes of a block straight from the file of an under store that has them, past the cache.
import { fail, type MountId } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';
import type { Mounts } from './mounts.js';

interface Range {
  /** Within the block. */
  readonly from: number;
  /** Of the block. */
  readonly length: number;
  readonly signal: AbortSignal;
}

interface Dependencies {
  readonly mounts: Mounts;
  readonly counters: { readFromUfs(storeUri: string, bytes: number): void };
}

/** From `from` to the end of the block, fewer bytes where the file ends. Throws the store's error, `aborted` when the file changes meanwhile. */
export async function* readStored(
  d: Dependencies,
  stored: workerControl.StoredBlock,
  { from, length, signal }: Range,
): AsyncGenerator<Uint8Array> {
  const { mountId, ufsPath = '', offsetInFile = 0n } = stored;
  if (mountId === undefined || ufsPath === '')
    throw fail('invalidArgument', 'Cannot read a stored block: mount_id and ufs_path are wanted');
  using lease = await d.mounts.lease(mountId as MountId);
  const path = lease.relative(ufsPath);
  const status = await lease.store.status(path, { signal });
  if (status === undefined || status.directory) throw fail('notFound', `${ufsPath} (No such file or directory)`);
  const offset = Number(offsetInFile) + from;
  const left = Math.min(length - from, status.length - offset);
  if (left <= 0) return;
  const version = status.contentHash === undefined ? {} : { ifMatch: status.contentHash };
  for await (const part of lease.store.read(path, { offset, length: left, signal, ...version })) {
    d.counters.readFromUfs(lease.store.uri, part.length);
    yield part;
  }
}
