// Which blocks are read most here, told to the master every some seconds, so that they are warm elsewhere when this worker is gone.
import type { BlockId, Clock, Timer } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';
import type { MissCause, ReadObserver } from '../policy/read-observer.js';

interface Dependencies {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** Blocks that one report names. */
  readonly most: number;
  readonly report: (report: workerControl.WorkerReport) => void;
  /** Whether the block is here. */
  readonly has: (id: BlockId) => boolean;
}

/** Times the blocks of a report that are counted: those that may rise into it. */
const COUNTED = 4;
/** What a count is worth after each report. */
const DECAY = 0.5;
/** What counts less has not been read for long. */
const FORGOTTEN = 0.2;

/** Reads are counted, later ones for more: each count halves with every report. */
export class HotBlocks implements ReadObserver {
  readonly #d: Dependencies;
  readonly #reads = new Map<BlockId, number>();
  #timer: Timer | undefined;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  start(): void {
    if (this.#d.intervalMs <= 0 || this.#d.most <= 0) return;
    this.#timer = this.#d.clock.schedule(this.#d.intervalMs, () => {
      this.#tell();
      this.start();
    });
  }

  stop(): void {
    this.#timer?.cancel();
  }

  hit(block: BlockId): void {
    this.#count(block);
  }

  /** What was fetched because somebody wanted it is read all the same. */
  miss(block: BlockId, _cause: MissCause): void {
    this.#count(block);
  }

  /** Hottest first; what was read alike, in the order in which it was first read. */
  hottest(): BlockId[] {
    const here = [...this.#reads].filter(([id]) => this.#d.has(id));
    return here
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, this.#d.most)
      .map(([id]) => id);
  }

  #count(block: BlockId): void {
    const before = this.#reads.get(block);
    if (before === undefined && this.#reads.size >= COUNTED * this.#d.most) return;
    this.#reads.set(block, (before ?? 0) + 1);
  }

  #tell(): void {
    if (this.#reads.size === 0) return;
    const blockIds = this.hottest();
    for (const [id, reads] of this.#reads) {
      const left = reads * DECAY;
      if (left < FORGOTTEN) this.#reads.delete(id);
      else this.#reads.set(id, left);
    }
    this.#d.report({ hotBlocks: { blockIds } });
  }
}
