// Statuses that need not be asked for again, for as long as the master's stream of changes says what is no longer true. Whoever
// fills it says when it began to ask: an answer that a change has overtaken is not taken.
import type { FileStatus } from '../file-status.js';

/** A moment of the cache; later ones are greater. */
export type Moment = number;

interface Entry {
  readonly status: FileStatus;
  readonly askedAt: Moment;
}

/** Names remembered as changed; more than that, and answers that were asked for before are not taken. */
const MOST_CHANGED = 10_000;

export class MetadataCache {
  readonly #maxEntries: number;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  /** When a name, and when everything below a name, was last known to change. */
  readonly #changed = new Map<string, Moment>();
  readonly #changedBelow = new Map<string, Moment>();
  /** What was asked for before this is not believed. */
  #oldest: Moment = 0;
  #now: Moment = 1;
  #live = false;

  constructor(maxEntries: number) {
    this.#maxEntries = maxEntries;
  }

  /** To be taken before the master is asked. */
  get now(): Moment {
    return this.#now;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(path: string): FileStatus | undefined {
    const entry = this.#entries.get(path);
    if (entry === undefined) return undefined;
    this.#entries.delete(path);
    if (!this.#isTrue(path, entry.askedAt)) return undefined;
    this.#entries.set(path, entry);
    return entry.status;
  }

  /** What the master answered to a question of the moment `askedAt`. */
  put(path: string, status: FileStatus, askedAt: Moment): void {
    if (!this.#live || !this.#isTrue(path, askedAt)) return;
    this.#entries.delete(path);
    this.#entries.set(path, { status, askedAt });
    if (this.#entries.size > this.#maxEntries) this.#entries.delete(this.#entries.keys().next().value!);
  }

  /** A name changed; `below`: so did everything under it. Its parent has other times and another number of children. */
  forget(path: string, below: boolean): void {
    this.#now++;
    this.#changed.set(path, this.#now);
    this.#changed.set(parentOf(path), this.#now);
    if (below) this.#changedBelow.set(path, this.#now);
    if (this.#changed.size + this.#changedBelow.size > MOST_CHANGED) this.forgetAll();
  }

  forgetAll(): void {
    this.#entries.clear();
    this.#changed.clear();
    this.#changedBelow.clear();
    this.#oldest = ++this.#now;
  }

  /** Changes are heard of from now on. */
  resume(): void {
    if (this.#live) return;
    this.forgetAll();
    this.#live = true;
  }

  /** Changes are not heard of: nothing is known and nothing is taken. */
  suspend(): void {
    this.forgetAll();
    this.#live = false;
  }

  #isTrue(path: string, askedAt: Moment): boolean {
    if (askedAt < this.#oldest || askedAt < (this.#changed.get(path) ?? 0)) return false;
    if (this.#changedBelow.size === 0) return true;
    for (let at = path; ; at = parentOf(at)) {
      if (askedAt < (this.#changedBelow.get(at) ?? 0)) return false;
      if (at === '/') return true;
    }
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}
