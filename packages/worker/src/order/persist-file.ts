// Executes a PersistOrder: the blocks of a file, in order, into a new file of the under store. The master makes it the file.
import { fail, kindOf, messageOf, type BlockId, type MountId } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { UnderStore } from '@alluvium/ufs';
import type { workerControl } from '@alluvium/wire';
import type { Counters } from '../counters.js';
import { PageDamaged } from '../read/checked-window.js';
import { mendedWindow } from '../read/mended-window.js';
import type { PageRepair } from '../scrub/page-repair.js';
import type { BlockStore } from '../store/block-store.js';
import type { PagePool } from '../transfer/page-pool.js';
import type { Peers } from '../transfer/peers.js';
import type { Mounts } from '../under/mounts.js';
import { readStored } from '../under/read-stored.js';
import type { Budgets } from './budgets.js';

export interface PersistDependencies {
  readonly log: Logger;
  readonly store: BlockStore;
  readonly pool: PagePool;
  readonly repair: PageRepair;
  readonly peers: Peers;
  readonly mounts: Mounts;
  readonly counters: Counters;
  readonly budgets: Budgets;
}

/** Persist orders worked on at a time; the master sends few, so the rest waits in it. */
const MAX_RUNNING = 16;
const REMOVE_TRIES = 4;

type Write = (parts: readonly Uint8Array[]) => Promise<void>;

export function persistExecutor(d: PersistDependencies) {
  let running = 0;
  return async (order: workerControl.PersistOrder, signal: AbortSignal): Promise<workerControl.PersistResult> => {
    const orderId = order.orderId ?? -1n;
    if (running >= MAX_RUNNING)
      return { orderId, errorKind: 'resourceExhausted', errorMessage: `This worker persists ${MAX_RUNNING} files already` };
    running++;
    try {
      const { length, contentHash } = await persistFile(d, order, signal);
      return { orderId, length: BigInt(length), contentHash };
    } catch (caught) {
      const storeFailed = caught instanceof StoreFailed;
      const error = storeFailed ? caught.cause : caught;
      d.log.warn('file not persisted', { file: String(order.fileId), kind: kindOf(error), reason: messageOf(error) });
      return { orderId, errorKind: kindOf(error), errorMessage: messageOf(error), storeFailed };
    } finally {
      running--;
    }
  };
}

async function persistFile(d: PersistDependencies, order: workerControl.PersistOrder, signal: AbortSignal) {
  if (order.mountId === undefined || order.ufsPath === undefined)
    throw fail('invalidArgument', 'Cannot persist: mount_id and ufs_path are wanted');
  using lease = await d.mounts.lease(order.mountId as MountId);
  const path = lease.relative(order.ufsPath);
  const options = {
    signal,
    ...(order.owner === undefined || order.owner === '' ? {} : { owner: order.owner }),
    ...(order.group === undefined || order.group === '' ? {} : { group: order.group }),
    ...(order.mode === undefined ? {} : { mode: order.mode }),
  };
  const writer = await inStore(() => lease.store.create(path, options));
  try {
    let length = 0;
    const admit = d.budgets.admit(order.budget);
    const write: Write = async (parts) => {
      signal.throwIfAborted();
      for (const part of parts) await admit(part.length, signal);
      await inStore(() => writer.write(parts));
      for (const part of parts) {
        length += part.length;
        d.counters.wroteToUfs(lease.store.uri, part.length);
      }
    };
    for (const block of order.blocks ?? []) await copyBlock(d, block, write, signal);
    if (order.length !== undefined && BigInt(length) !== order.length)
      throw fail('dataLoss', `Cannot persist "${order.ufsPath}": its blocks have ${length} bytes; ${order.length} wanted`);
    signal.throwIfAborted();
    const committed = await inStore(() => writer.commit());
    signal.throwIfAborted();
    return committed;
  } catch (error) {
    await writer.abort();
    if (signal.aborted) await removeUnwanted(d, lease.store, path);
    throw error;
  }
}

/** The order was called off, and the store may have made the file nevertheless: nobody will ask for it. */
async function removeUnwanted(d: PersistDependencies, store: UnderStore, path: string): Promise<void> {
  for (let left = REMOVE_TRIES; left > 0; left--) {
    try {
      await store.removeFile(path);
      return;
    } catch (error) {
      d.log.warn('temporary file not removed', { path, reason: messageOf(error) });
    }
  }
}

/** From here, else from one copy after the other, each going on where the last one failed, and in the end from the store that has it. */
async function copyBlock(d: PersistDependencies, block: workerControl.PersistBlock, write: Write, signal: AbortSignal): Promise<void> {
  const id = (block.blockId ?? -1n) as BlockId;
  const length = Number(block.length ?? 0n);
  let copied = 0;
  let failure: Error | undefined;
  const take: Write = async (parts) => {
    await write(parts);
    for (const part of parts) copied += part.length;
  };
  const sources = [
    () => copyLocal(d, id, copied, length, take),
    ...(block.sources ?? []).map(
      (address) => () => copyFromPeer(d, { host: address.host ?? '', port: address.rpcPort ?? 0 }, id, copied, length, take, signal),
    ),
  ];
  const { stored } = block;
  if (stored !== undefined)
    sources.push(async () => {
      for await (const part of readStored(d, stored, { from: copied, length, signal })) await take([part]);
    });
  for (const source of sources) {
    try {
      if (copied < length) await source();
    } catch (error) {
      // No other source will help.
      if (error instanceof StoreFailed || signal.aborted) throw error;
      failure = error as Error;
    }
  }
  if (copied !== length) throw failure ?? fail('dataLoss', `Cannot read block ${id}: ${copied} bytes are left of it; ${length} wanted`);
}

/** The under store failed, not the reading of a block: the master leaves it alone for a while. */
class StoreFailed extends Error {
  constructor(cause: unknown) {
    super('the under store failed', { cause });
  }
}

async function inStore<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw new StoreFailed(error);
  }
}

async function copyLocal(d: PersistDependencies, id: BlockId, from: number, length: number, take: Write): Promise<void> {
  const reader = await d.store.read(id);
  try {
    const end = Math.min(length, reader.block.length);
    for (let position = from; position < end;) {
      const window = await mendedWindow(d, reader, position, end);
      try {
        await take([window.bytes]);
        position += window.bytes.length;
      } finally {
        window.release();
      }
    }
  } catch (error) {
    throw error instanceof PageDamaged ? fail('dataLoss', error.message, error) : error;
  } finally {
    reader.close();
  }
}

async function copyFromPeer(
  d: PersistDependencies,
  source: { host: string; port: number },
  id: BlockId,
  from: number,
  length: number,
  take: Write,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of d.peers.read(source, { id, offset: from, length: length - from, signal })) await take(chunk.parts);
}
