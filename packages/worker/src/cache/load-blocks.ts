// Load: a master's load job names blocks to be brought from the under store; one answer for all of them.
import { fail, kindOf, type BlockId, type MountId } from '@alluvium/base';
import { statusOf, type UnaryHandler } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { UfsBlock } from '../under/ufs-block.js';
import { cacheFromUfs, type CacheDependencies } from './cache-block.js';

export function loadHandler(d: CacheDependencies): UnaryHandler<blockWorker.LoadRequest, blockWorker.LoadResponse> {
  return async (request) => {
    const blocks = request.blocks ?? [];
    const failures = (await Promise.all(blocks.map((block) => load(d, block)))).filter((failure) => failure !== undefined);
    const { SUCCESS, PARTIAL_FAILURE, FAILURE } = blockWorker.TaskStatus;
    const status = failures.length === 0 ? SUCCESS : failures.length < blocks.length ? PARTIAL_FAILURE : FAILURE;
    return { status, blockStatus: failures };
  };
}

async function load(d: CacheDependencies, block: blockWorker.Block): Promise<blockWorker.BlockStatus | undefined> {
  const id = (block.blockId ?? -1n) as BlockId;
  if (d.store.has(id)) return failed(block, fail('internal', `Temp blockId ${id} is not available, because it is already committed`));
  const source: UfsBlock = {
    id,
    length: Number(block.length ?? 0n),
    mount: (block.mountId ?? -1n) as MountId,
    ufsPath: block.ufsPath ?? '',
    offsetInFile: Number(block.offsetInFile ?? 0n),
  };
  try {
    await d.queue.run(id, () => cacheFromUfs(d.fetches, source));
    return undefined;
  } catch (error) {
    return failed(block, error);
  }
}

/** `code` is the number of the gRPC status. */
function failed(block: blockWorker.Block, error: unknown): blockWorker.BlockStatus {
  const kind = kindOf(error);
  return { block, ...statusOf(error), retryable: kind === 'resourceExhausted' || kind === 'cancelled' };
}
