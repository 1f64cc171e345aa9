import type { BlockId } from '@alluvium/base';
import { IdNumbers } from '@alluvium/metastore';
import type { common } from '@alluvium/wire';
import type { Slices } from './slices.js';
import { isServing, type WorkerState } from './worker-state.js';

/** Tier order when a block has several copies; unknown aliases last. */
const TIER_ORDER: readonly string[] = ['MEM', 'SSD', 'HDD'];
const NOWHERE: readonly common.BlockLocation[] = [];
/** The number of a pair is a place and, in its lowest bits, the registration that told of it. */
const MARK_BITS = 10;
export const MARKS = 1 << MARK_BITS;
const MARK_MASK = MARKS - 1;
/** What going through a segment of the table counts for, besides what is found in it. */
const SEGMENT_BLOCKS = 64;

/** A tier and medium of a worker. */
export interface Place {
  readonly index: number;
  readonly worker: WorkerState;
  readonly mediumType: string;
  readonly rank: number;
  /** One shared message, never changed. */
  readonly location: common.BlockLocation;
  /** The answer for a block that is nowhere else. */
  readonly alone: readonly common.BlockLocation[];
}

/**
 * Which workers have copies of which blocks, in both directions: pairs of a block and a place, packed to some 20 bytes each. What a
 * worker has is found by going through all pairs, in slices, which for thirty million takes less than a second of CPU.
 */
export class Copies {
  readonly #slices: Slices;
  readonly #pairs = new IdNumbers<BlockId>();
  readonly #places: (Place | undefined)[] = [undefined];
  readonly #vacant: number[] = [];
  readonly #numbers: number[] = [];
  #stopped = false;

  constructor(slices: Slices) {
    this.#slices = slices;
  }

  get size(): number {
    return this.#pairs.size;
  }

  place(worker: WorkerState, tierAlias: string, mediumType: string): Place {
    const key = `${tierAlias}/${mediumType}`;
    let place = worker.places.get(key);
    if (place === undefined) {
      const location = { workerId: worker.id, workerAddress: worker.address, tierAlias, mediumType };
      const index = this.#vacant.pop() ?? this.#places.length;
      const rank = TIER_ORDER.indexOf(tierAlias);
      place = { index, worker, mediumType, rank: rank < 0 ? TIER_ORDER.length : rank, location, alone: [location] };
      this.#places[index] = place;
      worker.places.set(key, place);
    }
    return place;
  }

  /** Whether something has changed: false when it was known there. It counts as told of by the current registration. */
  add(id: BlockId, place: Place): boolean {
    const { worker } = place;
    const number = numberOf(place, worker.mark);
    const before = this.#find(id, worker);
    if (before === number) return false;
    if (before === 0) {
      this.#pairs.add(id, number);
      worker.copies++;
      worker.listed++;
      return true;
    }
    this.#pairs.replace(id, before, number);
    if ((before & MARK_MASK) !== worker.mark) worker.listed++;
    return before >>> MARK_BITS !== place.index;
  }

  /** False when the worker has no copy. */
  remove(id: BlockId, worker: WorkerState): boolean {
    const number = this.#find(id, worker);
    if (number === 0) return false;
    this.#pairs.remove(id, number);
    worker.copies--;
    if ((number & MARK_MASK) === worker.mark) worker.listed--;
    return true;
  }

  has(id: BlockId, worker: WorkerState): boolean {
    return this.#find(id, worker) !== 0;
  }

  /** Where readers are sent, best tier first; the message is shared. */
  locations(id: BlockId): readonly common.BlockLocation[] {
    const count = this.#pairs.numbersOf(id, this.#numbers);
    if (count === 0) return NOWHERE;
    if (count === 1) {
      const place = this.#placeOf(this.#numbers[0]!);
      return isServing(place.worker) ? place.alone : NOWHERE;
    }
    const serving: Place[] = [];
    for (let i = 0; i < count; i++) {
      const place = this.#placeOf(this.#numbers[i]!);
      if (isServing(place.worker)) serving.push(place);
    }
    return serving.sort((a, b) => a.rank - b.rank || a.index - b.index).map((place) => place.location);
  }

  /** Of all workers with a copy, also of those that are lost. */
  workersOf(id: BlockId): WorkerState[] {
    const count = this.#pairs.numbersOf(id, this.#numbers);
    return this.#numbers.slice(0, count).map((number) => this.#placeOf(number).worker);
  }

  /** Every block that a worker serves a copy of, in any order; survives changes made meanwhile. Some may come twice. */
  *located(): Generator<BlockId, void> {
    for (const [id, place] of this.#all()) if (isServing(place.worker)) yield id;
  }

  /**
   * Begins a registration: what is added from now on has another mark than what was there. Marks come again after so many registrations
   * that did not end that what they left behind is taken for one.
   */
  nextMark(worker: WorkerState): void {
    if (++worker.unswept === MARK_MASK) {
      let from = 0;
      do from = this.#pairs.scan(from, this.#isOf(worker), (id, number) => this.#pairs.replace(id, number, number & ~MARK_MASK));
      while (from !== 0);
      worker.mark = 0;
      worker.unswept = 1;
    }
    worker.mark = (worker.mark + 1) & MARK_MASK;
    worker.listed = 0;
  }

  /** Goes through the copies of a worker in slices, the first at once; ends early when `isOver`. */
  each(worker: WorkerState, visit: (id: BlockId) => void, isOver: () => boolean = () => false): Promise<void> {
    return this.#walk(this.#isOf(worker), visit, () => isOver() || worker.copies === 0);
  }

  /** Forgets, in slices, what the last registration has not told of. */
  async sweep(worker: WorkerState, isOver: () => boolean, removed: (id: BlockId) => void): Promise<void> {
    const { mark } = worker;
    const isUnlisted = (number: number): boolean => (number & MARK_MASK) !== mark && this.#placeOf(number).worker === worker;
    const drop = (id: BlockId): void => {
      const number = this.#find(id, worker);
      if (number !== 0 && (number & MARK_MASK) !== mark && this.remove(id, worker)) removed(id);
    };
    if (worker.copies > worker.listed) await this.#walk(isUnlisted, drop, () => isOver() || worker.copies === worker.listed);
    if (!isOver()) worker.unswept = 0;
  }

  /** Forgets a worker with all it had, in slices. */
  async forget(worker: WorkerState): Promise<void> {
    if (worker.copies > 0) await this.each(worker, (id) => this.remove(id, worker));
    if (this.#stopped) return;
    for (const { index } of worker.places.values()) {
      this.#places[index] = undefined;
      this.#vacant.push(index);
    }
    worker.places.clear();
  }

  /** Nobody waits for what is not done yet. */
  stop(): void {
    this.#stopped = true;
  }

  async #walk(isWanted: (number: number) => boolean, visit: (id: BlockId) => void, isOver: () => boolean): Promise<void> {
    let from = 0;
    let visited = 0;
    const count = (id: BlockId): void => {
      visited++;
      visit(id);
    };
    for (;;) {
      visited = 0;
      from = this.#pairs.scan(from, isWanted, count);
      const isSpent = this.#slices.spent(SEGMENT_BLOCKS + visited);
      if (from === 0 || isOver() || this.#stopped) return;
      if (isSpent) await this.#slices.rest();
    }
  }

  *#all(): Generator<[BlockId, Place], void> {
    let found: [BlockId, Place][] = [];
    let from = 0;
    do {
      from = this.#pairs.scan(
        from,
        () => true,
        (id, number) => found.push([id, this.#placeOf(number)]),
      );
      yield* found;
      found = [];
    } while (from !== 0);
  }

  #isOf(worker: WorkerState): (number: number) => boolean {
    return (number) => this.#placeOf(number).worker === worker;
  }

  /** The number of the pair of a block and a worker; 0: none. */
  #find(id: BlockId, worker: WorkerState): number {
    const count = this.#pairs.numbersOf(id, this.#numbers);
    for (let i = 0; i < count; i++) if (this.#placeOf(this.#numbers[i]!).worker === worker) return this.#numbers[i]!;
    return 0;
  }

  #placeOf(number: number): Place {
    return this.#places[number >>> MARK_BITS]!;
  }
}

function numberOf(place: Place, mark: number): number {
  return ((place.index << MARK_BITS) | mark) >>> 0;
}
