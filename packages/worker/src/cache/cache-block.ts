// Cache and AsyncCache: a client that has read a block elsewhere, or a part of it, asks this worker to keep a copy.
import { fail, messageOf, type BlockId, type Clock, type Random, type Timer } from '@alluvium/base';
import type { Address, UnaryHandler } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import type { blockWorker } from '@alluvium/wire';
import type { Admission } from '../policy/admission.js';
import type { BlockStore } from '../store/block-store.js';
import type { Place } from '../store/placement.js';
import type { Peers } from '../transfer/peers.js';
import type { Fetches } from '../under/fetches.js';
import { ufsBlockOf, type UfsBlock } from '../under/ufs-block.js';
import type { BlockCommits } from '../write/commit-block.js';
import type { CacheCounters } from './cache-counters.js';
import { copyFromPeer } from './copy-from-peer.js';
import { inTime } from './in-time.js';
import type { WorkQueue } from './work-queue.js';

/** As long as Alluxio has a request wait for one that is under way. */
const OTHERS_MS = 30_000;
/** How long a worker that is copied from may say nothing. */
const SILENCE_MS = 180_000;

export interface CacheDependencies {
  readonly admission: Admission;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly store: BlockStore;
  readonly commits: BlockCommits;
  readonly fetches: Fetches;
  readonly peers: Peers;
  readonly queue: WorkQueue;
  readonly requests: CacheCounters;
  /** Whether an address is this worker's own. */
  readonly isSelf: (host: string, port: number) => boolean;
  /** Whether clients that have read a part of a block here have the rest of it fetched. */
  readonly fetchRest: boolean;
}

/**
 * Asynchronous requests are answered at once and may fail or be dropped later, as in Alluxio, which the counters tell; others are
 * answered when the block is here.
 */
export function cacheHandler(d: CacheDependencies): UnaryHandler<blockWorker.CacheRequest, blockWorker.CacheResponse> {
  return async (request) => {
    const isAsync = request.async === true;
    d.requests.requests++;
    if (isAsync) d.requests.async++;
    if (isAsync && !d.fetchRest && hasReadHere(d, request)) return {};
    const work = enqueue(d, request, isAsync);
    if (isAsync)
      work.catch((error: unknown) => d.log.debug('block not cached', { block: String(request.blockId), reason: messageOf(error) }));
    else await work;
    return {};
  };
}

export function asyncCacheHandler(d: CacheDependencies): UnaryHandler<blockWorker.AsyncCacheRequest, blockWorker.AsyncCacheResponse> {
  const cache = cacheHandler(d);
  return (request, call) => cache({ ...request, async: true }, call);
}

/**
 * A client that has read a part of a block asks so for the rest, whatever it is going to read. The pages that it did read are here, and
 * so would be those it reads on to.
 */
function hasReadHere(d: CacheDependencies, { blockId, openUfsBlockOptions, sourceHost, sourcePort }: blockWorker.CacheRequest): boolean {
  const block = ufsBlockOf((blockId ?? -1n) as BlockId, openUfsBlockOptions, 0);
  return block !== undefined && d.isSelf(sourceHost ?? '', sourcePort ?? 0) && d.fetches.patterns.has(block);
}

async function enqueue(d: CacheDependencies, request: blockWorker.CacheRequest, isAsync: boolean): Promise<void> {
  const id = (request.blockId ?? -1n) as BlockId;
  if (d.store.has(id)) return;
  const underWay = d.queue.of(id);
  if (underWay !== undefined) {
    const late = `Cannot cache block ${id}: the request that is under way takes more than ${OTHERS_MS} ms`;
    return isAsync ? undefined : await inTime(underWay, d.clock, OTHERS_MS, () => fail('cancelled', late));
  }
  if (d.queue.isFull) d.requests.dropped++;
  await d.queue.run(id, () => counted(d, id, request));
}

async function counted(d: CacheDependencies, id: BlockId, request: blockWorker.CacheRequest): Promise<void> {
  try {
    await cacheBlock(d, id, request);
    d.requests.cached++;
    d.requests.cachedBytes += Number(request.length ?? 0n);
  } catch (error) {
    d.requests.fail(error);
    throw error;
  }
}

async function cacheBlock(d: CacheDependencies, id: BlockId, request: blockWorker.CacheRequest): Promise<void> {
  if (d.store.has(id)) return;
  const block = ufsBlockOf(id, request.openUfsBlockOptions, request.length === undefined ? undefined : Number(request.length));
  const host = request.sourceHost ?? '';
  const port = request.sourcePort ?? 0;
  if (host !== '' && !d.isSelf(host, port)) {
    if (!d.admission.admit(id, Number(request.length ?? 0n)))
      throw fail('resourceExhausted', `Cannot cache block ${id}: the quota of its path is used up`);
    d.requests.fromWorkers++;
    try {
      return await copyWhileItComes(d, id, request, { host, port });
    } catch (error) {
      if (block === undefined) throw error;
      d.log.debug('block not copied, trying the under store', {
        block: id.toString(),
        source: `${host}:${port}`,
        reason: messageOf(error),
      });
    }
  }
  if (block === undefined) throw fail('notFound', `BlockMeta not found for blockId ${id}`);
  d.requests.fromStores++;
  await cacheFromUfs(d.fetches, block);
}

/** Gives the other worker up when it falls silent. */
async function copyWhileItComes(d: CacheDependencies, id: BlockId, request: blockWorker.CacheRequest, source: Address): Promise<void> {
  const silent = new AbortController();
  const begin = (): Timer =>
    d.clock.schedule(SILENCE_MS, () =>
      silent.abort(fail('deadlineExceeded', `Cannot cache block ${id}: ${source.host}:${source.port} sends nothing`)),
    );
  let timer = begin();
  const ufs = request.openUfsBlockOptions;
  const copy = {
    id,
    from: id,
    length: Number(request.length ?? 0n),
    ...(ufs === undefined ? {} : { ufs }),
    signal: silent.signal,
    admit: async () => {
      timer.cancel();
      timer = begin();
    },
  };
  try {
    await copyFromPeer(d, copy, source);
  } finally {
    timer.cancel();
  }
}

/** Throws the store's error, or `resourceExhausted` when the block cannot be kept. */
export async function cacheFromUfs(fetches: Fetches, block: UfsBlock, place?: Place): Promise<void> {
  const outcome = await fetches.load(block, place);
  if (outcome?.kind === 'cached') return;
  if (outcome?.kind === 'failed') throw outcome.error;
  if (outcome?.kind === 'short')
    throw fail('outOfRange', `Cannot cache block ${block.id}: "${block.ufsPath}" ends before byte ${block.offsetInFile + block.length}`);
  throw fail('resourceExhausted', `Cannot cache block ${block.id}: the worker has no room for it`);
}
