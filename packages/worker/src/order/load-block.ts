// Executes LoadOrder and MoveOrder: a block comes into this cache, or goes to another medium in it.
import { fail, kindOf, messageOf, randomId63, type BlockId, type MountId, type Random } from '@alluvium/base';
import type { Logger } from '@alluvium/platform';
import type { workerControl } from '@alluvium/wire';
import { cacheFromUfs } from '../cache/cache-block.js';
import { copyFromPeer, type PeerCopy } from '../cache/copy-from-peer.js';
import type { Counters } from '../counters.js';
import type { BlockStore } from '../store/block-store.js';
import type { Block } from '../store/block.js';
import type { Place } from '../store/placement.js';
import type { Peers } from '../transfer/peers.js';
import type { Fetches } from '../under/fetches.js';
import type { Mounts } from '../under/mounts.js';
import { readStored } from '../under/read-stored.js';
import type { BlockCommits } from '../write/commit-block.js';
import type { Admit, Budgets } from './budgets.js';

export interface OrderDependencies {
  readonly random: Random;
  readonly log: Logger;
  readonly store: BlockStore;
  readonly commits: BlockCommits;
  readonly fetches: Fetches;
  readonly mounts: Mounts;
  readonly peers: Peers;
  readonly counters: Counters;
  readonly budgets: Budgets;
  /** Whether an address is this worker's own. */
  readonly isSelf: (host: string, port: number) => boolean;
  /** Keeps a block until its file is persisted. */
  readonly keep: (block: Block) => void;
  /** Answers the bytes that were moved, 0 for a block that is there already. */
  readonly moveBlock: (id: BlockId, mediumType: string) => Promise<number>;
}

/** Orders worked on at a time; who gives them keeps the rest. */
const MAX_RUNNING = 32;

type Execute<Order> = (order: Order, signal: AbortSignal) => Promise<workerControl.OrderResult>;

export interface BlockOrders {
  readonly load: Execute<workerControl.LoadOrder>;
  readonly move: Execute<workerControl.MoveOrder>;
}

/** The executors answer what the master is told, and do not throw. */
export function blockOrders(d: OrderDependencies): BlockOrders {
  let running = 0;
  const bounded =
    <Order extends { orderId?: bigint | undefined }>(work: (order: Order, signal: AbortSignal) => Promise<number>): Execute<Order> =>
    async (order, signal) => {
      const orderId = order.orderId ?? -1n;
      if (running >= MAX_RUNNING)
        return { orderId, errorKind: 'resourceExhausted', errorMessage: `This worker works on ${MAX_RUNNING} orders already` };
      running++;
      try {
        return { orderId, bytes: BigInt(await work(order, signal)) };
      } catch (error) {
        d.log.debug('order not fulfilled', { order: orderId.toString(), kind: kindOf(error), reason: messageOf(error) });
        return { orderId, errorKind: kindOf(error), errorMessage: messageOf(error) };
      } finally {
        running--;
      }
    };
  return {
    load: bounded((order: workerControl.LoadOrder, signal) => loadBlock(d, order, signal)),
    move: bounded((order: workerControl.MoveOrder) => d.moveBlock((order.blockId ?? -1n) as BlockId, order.mediumType ?? '')),
  };
}

/** From the first source that has it, else from the store. Answers the bytes that were read. */
async function loadBlock(d: OrderDependencies, order: workerControl.LoadOrder, signal: AbortSignal): Promise<number> {
  const from = (order.blockId ?? -1n) as BlockId;
  const id = (order.targetBlockId ?? from) as BlockId;
  if (d.store.has(id)) {
    const block = d.store.get(id);
    if (order.pinned === true && block !== undefined) d.keep(block);
    return 0;
  }
  const admit = d.budgets.admit(order.budget);
  const length = Number(order.length ?? 0n);
  const copy: PeerCopy = {
    id,
    from,
    length,
    signal,
    pinned: order.pinned === true,
    admit: (bytes) => admit(bytes, signal),
    ...placeOf(order),
  };
  let failure: Error | undefined;
  for (const { host = '', rpcPort: port = 0 } of order.sources ?? []) {
    if (d.isSelf(host, port)) continue;
    try {
      await copyFromPeer(d, copy, { host, port });
      return length;
    } catch (error) {
      if (signal.aborted || kindOf(error) === 'resourceExhausted') throw error;
      failure = error as Error;
    }
  }
  if (order.stored === undefined)
    throw failure ?? fail('notFound', `Cannot load block ${from}: the order names no source that is elsewhere`);
  await loadStored(d, order.stored, copy, admit);
  return length;
}

async function loadStored(d: OrderDependencies, stored: workerControl.StoredBlock, copy: PeerCopy, admit: Admit): Promise<void> {
  const signal = copy.signal!;
  // What every reader of the block may share.
  if (copy.id === copy.from && copy.pinned !== true && copy.length > 0) {
    await admit(copy.length, signal);
    const { mountId = -1n, ufsPath = '', offsetInFile = 0n } = stored;
    const block = { id: copy.id, length: copy.length, mount: mountId as MountId, ufsPath, offsetInFile: Number(offsetInFile) };
    return withSignal(cacheFromUfs(d.fetches, block, copy.place), signal);
  }
  const { id, length, pinned = false, place } = copy;
  const reservation = { id, session: randomId63(d.random), reserveBytes: length, pinned, ...(place === undefined ? {} : { place }) };
  const temp = await d.store.createTemp(reservation);
  try {
    for await (const part of readStored(d, stored, { from: 0, length, signal })) {
      await admit(part.length, signal);
      await temp.write([part]);
    }
    if (temp.length !== length)
      throw fail('outOfRange', `Cannot load block ${id}: "${stored.ufsPath}" has ${temp.length} of its ${length} bytes`);
    signal.throwIfAborted();
    await d.commits.commit(temp);
  } catch (error) {
    await temp.abort();
    throw error;
  }
}

/** Work that others may wait for too goes on when this order is given up. */
async function withSignal(work: Promise<void>, signal: AbortSignal): Promise<void> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  work.catch(() => undefined);
  try {
    signal.throwIfAborted();
    await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function placeOf(order: workerControl.LoadOrder): { place?: Place } {
  const mediumType = order.mediumType ?? '';
  return mediumType === '' ? {} : { place: { tier: 0, mediumType } };
}
