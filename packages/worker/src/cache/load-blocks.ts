// Load: a master's load job names blocks to be brought from the under store; one answer for all of them.
import { kindOf, messageOf, type BlockId, type ErrorKind, type MountId } from '@alluvium/base';
import type { UnaryHandler } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { UfsBlock } from '../under/ufs-block.js';
import { cacheFromUfs, type CacheDependencies } from './cache-block.js';

/** gRPC status numbers, as `BlockStatus.code` carries them. */
const CODES: Readonly<Record<ErrorKind, number>> = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  aborted: 10,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  dataLoss: 15,
  unauthenticated: 16,
};

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
  if (d.store.has(id)) return { block, code: CODES.internal, message: `Temp blockId ${id} is not available, because it is already committed`, retryable: false };
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
    const kind = kindOf(error);
    return { block, code: CODES[kind], message: messageOf(error), retryable: kind === 'resourceExhausted' || kind === 'cancelled' };
  }
}
