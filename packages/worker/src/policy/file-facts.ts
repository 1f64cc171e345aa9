// What the master said of files: the class that their blocks are in, and the place where their reads are counted. A bounded memory.
import { containerOf, type BlockId } from '@alluvium/base';

export interface FileFact {
  readonly classId: number;
  readonly place: number;
}

/** Numbers of classes and places, below this, share a number. */
const RADIX = 65_536;

/** Files by the number of their container. Those asked for last are remembered: between `max` and two times so many. */
export class FileFacts {
  readonly #max: number;
  #young = new Map<number, number>();
  #old = new Map<number, number>();

  constructor(max: number) {
    this.#max = max;
  }

  get(container: number): FileFact | undefined {
    let packed = this.#young.get(container);
    if (packed === undefined) {
      packed = this.#old.get(container);
      if (packed === undefined) return undefined;
      this.#put(container, packed);
    }
    return { classId: Math.floor(packed / RADIX), place: packed % RADIX };
  }

  /** A class or place beyond what is remembered counts as none. */
  set(container: number, { classId, place }: FileFact): void {
    this.#put(container, (classId < RADIX ? classId : 0) * RADIX + (place < RADIX ? place : 0));
  }

  delete(container: number): void {
    this.#young.delete(container);
    this.#old.delete(container);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #put(container: number, packed: number): void {
    this.#young.set(container, packed);
    if (this.#young.size < this.#max) return;
    this.#old = this.#young;
    this.#young = new Map();
  }
}

/** The number of the container of a block, of 40 bits. */
export function containerNumber(id: BlockId): number {
  return Number(containerOf(id));
}
