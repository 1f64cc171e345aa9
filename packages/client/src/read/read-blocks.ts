// The read path of the client: a range of a file, block by block, each from a worker; when one fails the next goes on from there.
import type { AlluviumError } from '@alluvium/base';
import { fail } from '@alluvium/base';
import { Backoff } from '../backoff.js';
import type { ClientContext } from '../operations/context.js';
import { WorkerSearch } from '../worker/worker-search.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { BlockSource } from './block-source.js';
import { BlockStream } from './block-stream.js';
import { sourcesOf } from './choose-source.js';
import { LocalBlockSource } from './local-block-source.js';
import type { LocalBlocks } from './local-blocks.js';
import type { OpenBlock, OpenBlocks } from './open-blocks.js';
import type { BlockPiece } from './read-codec.js';

/** `alluxio.user.file.sequential.pread.threshold`. */
const SHORT_BYTES = 2n << 20n;
/** How long a program may let a reading lie before its stream is ended. */
const PAUSE_MS = 10_000;

/** What was read of a block, from where: {@link AskForCaching} decides by it. */
export interface BlockRead {
  readonly block: OpenBlock;
  readonly worker: WorkerTarget;
  /** Whether the worker streamed the block from its first byte to its last. */
  readonly whole: boolean;
}

export interface ReadPlan {
  readonly context: ClientContext;
  readonly blocks: OpenBlocks;
  readonly positioned: boolean;
  readonly signal: AbortSignal | undefined;
  readonly local: LocalBlocks;
  readonly done: (read: BlockRead) => void;
}

/** The pieces of `[start, end)`, which lies within the file. */
export async function* readBlocks(plan: ReadPlan, start: bigint, end: bigint): AsyncGenerator<BlockPiece, void, void> {
  for (let at = start; at < end;) {
    const block = plan.blocks.at(at);
    const blockEnd = block.offset + block.lengthBytes;
    const to = blockEnd < end ? blockEnd : end;
    yield* readBlock(plan, block, at - block.offset, to - block.offset);
    at = to;
  }
}

async function* readBlock(plan: ReadPlan, block: OpenBlock, start: bigint, end: bigint): AsyncGenerator<BlockPiece, void, void> {
  const search = searchFor(plan, block);
  let worker = await search.next();
  for (let at = start; ;) {
    const from = at;
    let failed = false;
    const asFailure = (error: unknown): undefined => {
      search.failed(worker, error);
      failed = true;
    };
    const source = await openSource(plan, block, worker, at, end).catch(asFailure);
    try {
      while (at < end) {
        if (source === undefined || source.closed) break;
        const piece = await source.read().catch(asFailure);
        if (piece === undefined) break;
        if (at === from) plan.context.workers.failures.forgive(worker);
        at += BigInt(piece.lengthBytes);
        search.progressed();
        // Whoever pauses holds buffers of the worker: after a while they are given back, and the read goes on anew.
        const pause = plan.context.clock.schedule(PAUSE_MS, () => source.close());
        try {
          yield piece;
        } finally {
          pause.cancel();
        }
      }
    } finally {
      source?.close();
      if (at > from) plan.done({ block, worker, whole: from === 0n && at === block.lengthBytes });
    }
    if (at >= end) return;
    if (failed) worker = await search.next();
  }
}

/** The block's file where this program may open it, a stream of the worker otherwise. */
async function openSource(plan: ReadPlan, block: OpenBlock, worker: WorkerTarget, at: bigint, end: bigint): Promise<BlockSource> {
  const { context, blocks, positioned, signal, local } = plan;
  const range = { blockId: block.blockId, offset: at, lengthBytes: end - at };
  const file = await local.use(worker, block);
  if (file !== undefined) return new LocalBlockSource(file, context.clock, range, signal, () => local.refuse(block));
  const further = {
    promote: blocks.readType === 'CACHE_PROMOTE',
    positionShort: positioned && end - at < SHORT_BYTES,
    openUfsBlockOptions: blocks.ufsOptions(block),
  };
  const { channels } = context.workers;
  const reached = await context.workers.reached(worker, blocks.settings);
  const lease = positioned ? channels.lease(reached) : channels.leasePaced(reached);
  return new BlockStream(lease, context.clock, range, further, signal);
}

function searchFor({ context, blocks, signal }: ReadPlan, block: OpenBlock): WorkerSearch {
  const { clock, random, workers } = context;
  return new WorkerSearch({
    action: `Cannot read "${blocks.path}"`,
    candidates: async (round) => {
      if (round > 0) {
        workers.list.forget();
        await blocks.refresh(signal);
      }
      const sources = await sourcesOf(blocks, block, workers, signal);
      if (sources.length === 0 && blocks.lost)
        throw fail('dataLoss', `Cannot read "${blocks.path}": block ${block.blockId} is lost; no worker and no store has it`);
      return sources;
    },
    // While a file is on its way to the store, other workers than the one that has it are asked on the off chance: their not
    // finding it says nothing.
    mayPass: ({ kind, temporary }: AlluviumError) => temporary || (kind === 'notFound' && blocks.inUnderStore && !blocks.persisted),
    failures: workers.failures,
    backoff: new Backoff(context.retry, clock, random),
    signal,
  });
}
