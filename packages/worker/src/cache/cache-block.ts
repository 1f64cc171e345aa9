// Cache and AsyncCache: a client that has read a block elsewhere, or a part of it, asks this worker to keep a copy.
import { fail, messageOf, type BlockId, type Random } from '@alluvium/base';
import type { UnaryHandler } from '@alluvium/net';
import type { Logger } from '@alluvium/platform';
import type { blockWorker } from '@alluvium/wire';
import type { BlockStore } from '../store/block-store.js';
import type { Place } from '../store/placement.js';
import type { Peers } from '../transfer/peers.js';
import type { Fetches } from '../under/fetches.js';
import { ufsBlockOf, type UfsBlock } from '../under/ufs-block.js';
import type { BlockCommits } from '../write/commit-block.js';
import { copyFromPeer } from './copy-from-peer.js';
import type { WorkQueue } from './work-queue.js';

export interface CacheDependencies {
  readonly random: Random;
  readonly log: Logger;
  readonly store: BlockStore;
  readonly commits: BlockCommits;
  readonly fetches: Fetches;
  readonly peers: Peers;
  readonly queue: WorkQueue;
  /** Whether an address is this worker's own. */
  readonly isSelf: (host: string, port: number) => boolean;
}

/** Asynchronous requests are answered at once and may fail later, unseen, as in Alluxio; others when the block is here. */
export function cacheHandler(d: CacheDependencies): UnaryHandler<blockWorker.CacheRequest, blockWorker.CacheResponse> {
  return async (request) => {
    const work = enqueue(d, request);
    if (request.async === true)
      work.catch((error: unknown) => d.log.debug('block not cached', { block: String(request.blockId), reason: messageOf(error) }));
    else await work;
    return {};
  };
}

export function asyncCacheHandler(d: CacheDependencies): UnaryHandler<blockWorker.AsyncCacheRequest, blockWorker.AsyncCacheResponse> {
  const cache = cacheHandler(d);
  return (request, call) => cache({ ...request, async: true }, call);
}

async function enqueue(d: CacheDependencies, request: blockWorker.CacheRequest): Promise<void> {
  const id = (request.blockId ?? -1n) as BlockId;
  if (d.store.has(id)) return;
  await d.queue.run(id, () => cacheBlock(d, id, request));
}

async function cacheBlock(d: CacheDependencies, id: BlockId, request: blockWorker.CacheRequest): Promise<void> {
  if (d.store.has(id)) return;
  const block = ufsBlockOf(id, request.openUfsBlockOptions, request.length === undefined ? undefined : Number(request.length));
  const host = request.sourceHost ?? '';
  const port = request.sourcePort ?? 0;
  if (host !== '' && !d.isSelf(host, port)) {
    try {
      const ufs = request.openUfsBlockOptions;
      const copy = { id, from: id, length: Number(request.length ?? 0n), ...(ufs === undefined ? {} : { ufs }) };
      return await copyFromPeer(d, copy, { host, port });
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
  await cacheFromUfs(d.fetches, block);
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
