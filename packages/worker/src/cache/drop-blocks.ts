// RemoveBlock, MoveBlock, FreeWorker: what others ask of blocks that are here.
import { fail, type BlockId } from '@alluvium/base';
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

export function moveBlockHandler(store: BlockStore): UnaryHandler<blockWorker.MoveBlockRequest, blockWorker.MoveBlockResponse> {
  return async (request) => {
    await moveBlock(store, (request.blockId ?? -1n) as BlockId, request.mediumType ?? '');
    return {};
  };
}

/** With one medium a block is where it should be, or cannot be there. Answers the bytes that were moved. */
export async function moveBlock(store: BlockStore, id: BlockId, mediumType: string): Promise<number> {
  const block = store.get(id);
  if (block === undefined) throw fail('internal', `BlockMeta not found for blockId ${id}`);
  if (block.directory.mediumType !== mediumType)
    throw fail('failedPrecondition', `Cannot move block ${id}: this worker has no other directory with medium "${mediumType}"`);
  return 0;
}

/** Drops every copy that may be dropped: what is pinned or not persisted yet, and what is being read, stays. */
export function freeWorkerHandler(store: BlockStore): UnaryHandler<blockWorker.FreeWorkerRequest, blockWorker.FreeWorkerResponse> {
  return async () => {
    const free = [...store.blocks()].filter((block) => block.holds === 0 && !store.isProtected(block));
    await Promise.all(free.map((block) => store.remove(block.id)));
    return {};
  };
}
