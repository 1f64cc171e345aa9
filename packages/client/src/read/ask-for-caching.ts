import { methodsOf } from '@alluvium/net';
import { blockWorker } from '@alluvium/wire';
import type { ClientContext } from '../operations/context.js';
import { rankOf } from '../placement/block-hash.js';
import type { WorkerTarget } from '../worker/worker-target.js';
import type { OpenBlocks } from './open-blocks.js';
import type { BlockRead } from './read-blocks.js';

const { cache } = methodsOf(blockWorker.BlockWorkerDefinition);
const TIMEOUT_MS = 30_000;
/** Blocks of one open file for which it is remembered that nothing more is to be asked. */
const MOST_REMEMBERED = 4096;

/**
 * A worker keeps of its own accord a block that it streamed whole from the under store. Of one that was read in part the client asks
 * it to fetch the rest; and of what came from elsewhere it asks the worker on its own machine, if there is one, to keep a copy. Once
 * per block and open file, without waiting, and not when as many workers have the block as may.
 */
export class AskForCaching {
  readonly #context: ClientContext;
  readonly #blocks: OpenBlocks;
  readonly #considered = new Set<bigint>();

  constructor(context: ClientContext, blocks: OpenBlocks) {
    this.#context = context;
    this.#blocks = blocks;
  }

  after(read: BlockRead): void {
    const { blockId } = read.block;
    if (this.#blocks.readType === 'NO_CACHE' || this.#considered.has(blockId) || this.#blocks.isFullyReplicated(read.block)) return;
    if (this.#considered.size >= MOST_REMEMBERED) this.#considered.clear();
    this.#considered.add(blockId);
    // Caching is a favour: the bytes were read all the same.
    void this.#ask(read).catch(() => undefined);
  }

  async #ask(read: BlockRead): Promise<void> {
    const { block, worker: source } = read;
    const blocks = this.#blocks;
    const keeper = await this.#keeper(read);
    if (keeper === undefined) return;
    const { channels } = this.#context.workers;
    const lease = channels.lease(keeper);
    const request = {
      blockId: block.blockId,
      length: block.lengthBytes,
      sourceHost: source.address.host,
      sourcePort: source.address.port,
      openUfsBlockOptions: blocks.ufsOptions(block),
      async: true,
    };
    try {
      await lease.channel.unary(cache, request, { timeoutMs: TIMEOUT_MS });
    } finally {
      lease.release();
    }
  }

  /** The worker to ask; undefined when there is nothing to ask for. */
  async #keeper({ block, worker, whole }: BlockRead): Promise<WorkerTarget | undefined> {
    const blocks = this.#blocks;
    const isListed = blocks.locations(block).some(({ key }) => key === worker.key);
    const near = blocks.settings.passiveCache ? await this.#workerHere(block.blockId) : undefined;
    if (near !== undefined && near.key !== worker.key && !this.#context.workers.locality.isHere(worker, blocks.settings)) return near;
    return whole || isListed || !blocks.inUnderStore ? undefined : worker;
  }

  /** Of several the one that a hash says, whoever asks. */
  async #workerHere(blockId: bigint): Promise<WorkerTarget | undefined> {
    const { list, locality } = this.#context.workers;
    const live = await list.get();
    await locality.learn(live, this.#blocks.settings);
    const here = live.filter((worker) => locality.isHere(worker, this.#blocks.settings));
    return here.sort((a, b) => rankOf(blockId, b.key) - rankOf(blockId, a.key))[0];
  }
}
