import { methodsOf } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { ClientContext } from '../operations/context.js';
import type { OpenBlocks } from './open-blocks.js';
import type { BlockRead } from './read-blocks.js';

const { cache } = methodsOf(blockWorker.BlockWorkerDefinition);
const TIMEOUT_MS = 30_000;
/** Blocks remembered as asked for, in one open file. */
const MOST_REMEMBERED = 4096;

/**
 * A worker keeps of its own accord a block that it streamed whole from the under store. Of one that was read in part
 * the client asks it to fetch the rest, once per open file, and does not wait.
 */
export class AskForCaching {
  readonly #context: ClientContext;
  readonly #blocks: OpenBlocks;
  readonly #asked = new Set<bigint>();

  constructor(context: ClientContext, blocks: OpenBlocks) {
    this.#context = context;
    this.#blocks = blocks;
  }

  after({ block, worker, whole }: BlockRead): void {
    const blocks = this.#blocks;
    if (whole || blocks.readType === 'NO_CACHE' || !blocks.inUnderStore || this.#asked.has(block.blockId)) return;
    if (blocks.locations(block).length > 0) return;
    if (this.#asked.size >= MOST_REMEMBERED) this.#asked.clear();
    this.#asked.add(block.blockId);
    const lease = this.#context.workers.channels.lease(worker);
    const request = {
      blockId: block.blockId,
      length: block.lengthBytes,
      sourceHost: worker.address.host,
      sourcePort: worker.address.port,
      openUfsBlockOptions: blocks.ufsOptions(block),
      async: true,
    };
    lease.channel
      .unary(cache, request, { timeoutMs: TIMEOUT_MS })
      // Caching is a favour: the bytes were read all the same.
      .catch(() => undefined)
      .finally(() => lease.release());
  }
}
