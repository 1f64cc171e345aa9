// What was read most on each worker of late, as the workers tell, and its return to the cache elsewhere when a worker is lost for good:
// only where there is room that nobody uses, and slowly.
import { messageOf, type BlockId, type WorkerId } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';
import type { WorkerListener } from '../block/worker-listener.js';
import type { WorkerRegistry, WorkerState } from '../block/worker-registry.js';
import type { FileContext } from '../file/context.js';
import type { OrderListener } from '../order/worker-control.js';
import { Pace } from '../task/pace.js';
import { fileOf, type BlockCopies } from './block-copies.js';
import type { Candidate } from './plan-block.js';

interface Dependencies {
  readonly c: FileContext;
  readonly copies: BlockCopies;
  readonly registry: WorkerRegistry;
  /** Of one worker that takes over; 0: nothing is warmed again. */
  readonly bytesPerSecond: number;
}

/** Blocks that are remembered of one worker. */
const MAX_HOT = 10_000;
/** Hot sets that wait to be warmed. */
const MAX_WAITING = 64;
/** Orders for hot blocks at a time. */
const PARALLEL = 4;

export class HotSets implements WorkerListener, OrderListener {
  /** Blocks brought back since the start, and those that could not be. */
  warmed = 0;
  failed = 0;
  readonly #d: Dependencies;
  readonly #hot = new Map<WorkerId, readonly BlockId[]>();
  readonly #waiting: (readonly BlockId[])[] = [];
  #working = false;
  #left = 0;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  /** Blocks that are still to be looked at. */
  get left(): number {
    return this.#left + this.#waiting.reduce((sum, ids) => sum + ids.length, 0);
  }

  /** Hottest first. */
  of(worker: WorkerId): readonly BlockId[] {
    return this.#hot.get(worker) ?? [];
  }

  reported(worker: WorkerId, { hotBlocks }: workerControl.WorkerReport): void {
    if (hotBlocks === undefined) return;
    for (const known of this.#hot.keys()) if (this.#d.registry.find(known) === undefined) this.#hot.delete(known);
    this.#hot.set(worker, (hotBlocks.blockIds ?? []).slice(0, MAX_HOT) as BlockId[]);
  }

  lost({ id }: WorkerState): void {
    const hot = this.of(id);
    this.#hot.delete(id);
    if (hot.length === 0 || this.#d.bytesPerSecond <= 0 || this.#waiting.length >= MAX_WAITING) return;
    this.#waiting.push(hot);
    if (!this.#working) void this.#work();
  }

  /** Brings the block to a worker with room to spare, unless one that stays has it. False when none has the room. */
  async warm(id: BlockId, bytesPerSecond = this.#d.bytesPerSecond): Promise<boolean> {
    const { c, copies } = this.#d;
    for (;;) {
      const file = fileOf(c, id);
      if (file === undefined || copies.stopped) return true;
      const facts = copies.facts(file, id);
      if (facts.coming.size > 0 || facts.copies.some((copy) => !copy.isLeaving)) return true;
      if (facts.copies.length === 0 && file.persistence !== 'PERSISTED') return true;
      const roomy = copies.candidates().filter(({ freeBytes }) => freeBytes >= facts.length);
      const best = roomy.toSorted(byRoom)[0];
      if (best === undefined) return false;
      if (copies.room.has(best.worker)) {
        await copies.take(file, id, { kind: 'copy', to: best.worker, medium: '' }, 'warm', bytesPerSecond);
        return true;
      }
      await copies.room.changed;
    }
  }

  async #work(): Promise<void> {
    this.#working = true;
    const { c } = this.#d;
    for (let hot = this.#waiting.shift(); hot !== undefined; hot = this.#waiting.shift()) {
      this.#left = hot.length;
      const pace = new Pace(c.clock);
      const ids = hot[Symbol.iterator]();
      await Promise.all(Array.from({ length: PARALLEL }, () => this.#warmEach(ids, pace)));
    }
    this.#working = false;
  }

  /** Several take from the same line. */
  async #warmEach(ids: ArrayIterator<BlockId>, pace: Pace): Promise<void> {
    for (const id of { [Symbol.iterator]: () => ({ next: () => ids.next() }) }) {
      if (this.#d.copies.stopped) return;
      try {
        if (await this.warm(id)) this.warmed++;
        else this.failed++;
      } catch (error) {
        this.failed++;
        this.#d.c.log.debug('hot block not warmed again', { block: id.toString(), reason: messageOf(error) });
      }
      this.#left--;
      if (pace.spent()) await pace.rest();
    }
  }
}

function byRoom(a: Candidate, b: Candidate): number {
  return Number(a.isBusy) - Number(b.isBusy) || b.freeBytes - a.freeBytes;
}
