// RemoveBlock, MoveBlock, FreeWorker: what others ask of blocks that are here.
import type { BlockId } from '@alluvium/base';
import type { UnaryHandler } from '@alluvium/net';
import type { blockWorker } from '@alluvium/wire';
import type { BlockStore } from '../store/block-store.js';

/** OK also for a block that is not here; waits for its readers. */
export function removeBlockHandler(store: BlockStore): UnaryHandler<blockWorker.RemoveBlockRequest, blockWorker.RemoveBlockResponse> {
  return async (request) => {
    await store.remove((request.blockId ?? -1n) as BlockId);
    return {};
  };
}

/** To a directory of the medium in whatever tier; others make room there. OK also for a block that is there already. */
export function moveBlockHandler(store: BlockStore): UnaryHandler<blockWorker.MoveBlockRequest, blockWorker.MoveBlockResponse> {
  return async (request) => {
    await store.move((request.blockId ?? -1n) as BlockId, request.mediumType ?? '');
    return {};
  };
}

/** Blocks that go in one stretch of the event loop. */
const SLICE = 500;

/** Drops every copy that may be dropped: what is pinned or not persisted yet, and what is being read, stays. */
export function freeWorkerHandler(store: BlockStore): UnaryHandler<blockWorker.FreeWorkerRequest, blockWorker.FreeWorkerResponse> {
  return async () => {
    await inSlices(store.residents(), async (resident) => {
      if (resident.holds === 0) await resident.drop('asked');
    });
    await inSlices(store.blocks(), async (block) => {
      if (block.holds === 0 && !store.isProtected(block)) await store.remove(block.id);
    });
    return {};
  };
}

async function inSlices<T>(all: Iterable<T>, work: (one: T) => Promise<void>): Promise<void> {
  let slice: Promise<void>[] = [];
  for (const one of all) {
    slice.push(work(one));
    if (slice.length < SLICE) continue;
    await Promise.all(slice);
    slice = [];
  }
  await Promise.all(slice);
}
