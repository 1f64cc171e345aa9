import type { NormalPath } from '@alluvium/base';

const FIRST_QUIET_MS = 1000;
export const MAX_QUIET_MS = 64_000;

/**
 * Files of one mount that are due, in order, and how its store is doing. When the store is busy or away the mount is left in peace
 * for 1, 2, 4, .. 64 s; then one file at a time is tried, and each success halves that time.
 */
export class MountLane<T> {
  readonly mount: NormalPath;
  /** Attempts under way. */
  inFlight = 0;
  #ready: (T | undefined)[] = [];
  #head = 0;
  #quietMs = 0;
  #quietUntilMs = 0;
  #trouble = '';

  constructor(mount: NormalPath) {
    this.mount = mount;
  }

  /** Files that are due and not begun; some may have gone since. */
  get ready(): number {
    return this.#ready.length - this.#head;
  }

  add(item: T): void {
    this.#ready.push(item);
  }

  take(): T | undefined {
    const item = this.#ready[this.#head];
    this.#ready[this.#head] = undefined;
    if (++this.#head >= this.#ready.length) {
      this.#ready = [];
      this.#head = 0;
    } else if (this.#head > 10_000 && this.#head * 2 > this.#ready.length) {
      this.#ready = this.#ready.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** What is wrong with the store; undefined while nothing is. */
  trouble(nowMs: number): string | undefined {
    return nowMs < this.#quietUntilMs ? this.#trouble : undefined;
  }

  mayBegin(nowMs: number): boolean {
    if (this.ready === 0 || nowMs < this.#quietUntilMs) return false;
    return this.#quietMs === 0 || this.inFlight === 0;
  }

  succeeded(): void {
    this.#quietMs = this.#quietMs > FIRST_QUIET_MS ? this.#quietMs / 2 : 0;
  }

  /** The store was busy or away for an attempt that began at `beganMs`; those of one bout count once. */
  storeFailed(beganMs: number, nowMs: number, why: string): void {
    this.#trouble = why;
    if (beganMs < this.#quietUntilMs) return;
    this.#quietMs = this.#quietMs === 0 ? FIRST_QUIET_MS : Math.min(MAX_QUIET_MS, this.#quietMs * 2);
    this.#quietUntilMs = nowMs + this.#quietMs;
  }
}
