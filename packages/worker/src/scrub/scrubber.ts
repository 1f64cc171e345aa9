// Reads every page of every whole block again and again, at a pace, so that damage is found while another copy can still mend it.
import { kindOf, messageOf, sleep, type BlockId, type Clock } from '@alluvium/base';
import { crc32c, type Disk, type DiskFile, type Logger } from '@alluvium/platform';
import type { Counters } from '../counters.js';
import type { Block } from '../store/block.js';
import type { BlockStore } from '../store/block-store.js';
import type { PageRepair } from './page-repair.js';

export interface ScrubberDependencies {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly log: Logger;
  readonly store: BlockStore;
  readonly repair: PageRepair;
  readonly counters: Counters;
  /** 0: never. */
  readonly bytesPerSecond: number;
  /** From the start of one pass to the start of the next, unless the pass takes longer. */
  readonly intervalMs: number;
}

/** An empty store is not looked at all the time. */
const SHORTEST_PASS_MS = 1000;
/** One read of the disk. */
const READ_BYTES = 1 << 20;

export interface ScrubProgress {
  /** Passes that went through everything. */
  readonly passes: number;
  /** Of the pass under way. */
  readonly blocks: number;
  readonly blocksDone: number;
}

export class Scrubber {
  readonly #d: ScrubberDependencies;
  readonly #stop = new AbortController();
  readonly #buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  #running: Promise<void> = Promise.resolve();
  #progress = { passes: 0, blocks: 0, blocksDone: 0 };

  constructor(dependencies: ScrubberDependencies) {
    this.#d = dependencies;
  }

  get progress(): ScrubProgress {
    return this.#progress;
  }

  start(): void {
    if (this.#d.bytesPerSecond > 0) this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Ends by its stop alone. */
  async #run(): Promise<void> {
    const { clock, intervalMs } = this.#d;
    while (!this.#stop.signal.aborted) {
      const startedMs = clock.monotonicMs();
      await this.#pass();
      await this.#pause(Math.max(SHORTEST_PASS_MS, intervalMs) - (clock.monotonicMs() - startedMs));
    }
  }

  /** One block that cannot be read does not end it. Blocks that come while it lasts are new: the next pass has them. */
  async #pass(): Promise<void> {
    const { store, counters } = this.#d;
    const ids = BigInt64Array.from(
      (function* () {
        for (const { id } of store.blocks()) yield id;
      })(),
    );
    this.#progress = { passes: this.#progress.passes, blocks: ids.length, blocksDone: 0 };
    for (const id of ids) {
      await this.#block(id as BlockId);
      if (this.#stop.signal.aborted) return;
      this.#progress.blocksDone++;
    }
    this.#progress.passes++;
    counters.scrubPasses++;
  }

  async #block(id: BlockId): Promise<void> {
    const { store, disk, log } = this.#d;
    const block = store.get(id);
    if (block === undefined) return;
    const { directory } = block;
    try {
      // By itself, not through the store: being checked is no use of a block, and does not keep it.
      await using file = await disk.open(directory.layout.block(id), 'read');
      file.forget?.();
      for (let at = 0; at < block.length && this.#isWanted(block); at += READ_BYTES) await this.#stretch(block, file, at);
    } catch (error) {
      if (!this.#isWanted(block) || block.directory !== directory) return;
      if (kindOf(error) === 'notFound') store.dropDamaged(block);
      else log.warn('block not scrubbed', { block: id.toString(), reason: messageOf(error) });
    }
  }

  async #stretch(block: Block, file: DiskFile, at: number): Promise<void> {
    const { clock, counters, bytesPerSecond, repair } = this.#d;
    const startedMs = clock.monotonicMs();
    const wanted = Math.min(READ_BYTES, block.length - at);
    const bytes = this.#buffer.subarray(0, wanted);
    const length = await this.#read(file, bytes, at);
    for (let from = 0; from < wanted; from += block.pageBytes) {
      const to = Math.min(from + block.pageBytes, wanted);
      const page = (at + from) / block.pageBytes;
      if (to <= length && crc32c(bytes.subarray(from, to)) === block.sumOf(page)) continue;
      await repair.repair(block, page);
    }
    counters.bytesScrubbed += wanted;
    await this.#pause((wanted * 1000) / bytesPerSecond - (clock.monotonicMs() - startedMs));
  }

  /** A disk that cannot read counts as damage of the pages. */
  async #read(file: DiskFile, into: Buffer, position: number): Promise<number> {
    try {
      return await file.read(into, position);
    } catch {
      return 0;
    }
  }

  #isWanted(block: Block): boolean {
    return block.leaving === undefined && !this.#stop.signal.aborted;
  }

  /** Ends early when the scrub is stopped. */
  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(this.#d.clock, ms, this.#stop.signal).catch(() => undefined);
  }
}
