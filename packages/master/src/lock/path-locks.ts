import { fail, type Clock, type NormalPath, type Timer } from '@alluvium/base';
import { LockTable, type LockClaim, type LockMode } from './lock-table.js';

interface Waiter {
  readonly claims: readonly LockClaim[];
  readonly granted: () => void;
}

/**
 * Locks of the operations that wait for an under store. An operation that does not wait runs from check to commit in one
 * synchronous stretch and only looks whether somebody who waits holds, or queues for, a conflicting claim ({@link isFree}).
 *
 * First come, first served among claims that conflict, so neither mode starves. All claims of one operation are granted
 * together, so there is no deadlock.
 */
export class PathLocks {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxWaiters: number;
  readonly #held = new LockTable();
  readonly #queued = new LockTable();
  /** In order of arrival. */
  readonly #waiters = new Set<Waiter>();

  constructor(clock: Clock, options: { readonly timeoutMs: number; readonly maxWaiters: number }) {
    this.#clock = clock;
    this.#timeoutMs = options.timeoutMs;
    this.#maxWaiters = options.maxWaiters;
  }

  /** Whether an operation may run now without waiting. */
  isFree(path: NormalPath, mode: LockMode): boolean {
    if (this.#held.empty && this.#queued.empty) return true;
    return this.#isFree({ path, mode });
  }

  /**
   * Runs `work` while holding the claims: at once when they are free, else in turn. Throws `unavailable` when the turn does not
   * come in time or too many wait already.
   */
  async hold<T>(claims: readonly LockClaim[], work: () => T | Promise<T>): Promise<T> {
    if (!claims.every((claim) => this.#isFree(claim))) await this.#wait(claims);
    else for (const claim of claims) this.#held.add(claim);
    try {
      return await work();
    } finally {
      this.#release(claims);
    }
  }

  /** How many operations wait for their turn. */
  get waiting(): number {
    return this.#waiters.size;
  }

  #isFree(claim: LockClaim): boolean {
    return !this.#held.conflicts(claim) && !this.#queued.conflicts(claim);
  }

  #wait(claims: readonly LockClaim[]): Promise<void> {
    const path = claims[0]!.path;
    if (this.#waiters.size >= this.#maxWaiters)
      throw fail('unavailable', `Cannot lock "${path}": ${this.#waiters.size} operations are waiting already; try again later`);
    return new Promise((resolve, reject) => {
      const timer: Timer = this.#clock.schedule(this.#timeoutMs, () => {
        this.#leaveQueue(waiter);
        reject(fail('unavailable', `Cannot lock "${path}": another operation has held it for ${this.#timeoutMs} ms; try again later`));
        this.#grant();
      });
      const waiter: Waiter = {
        claims,
        granted: () => {
          timer.cancel();
          resolve();
        },
      };
      this.#waiters.add(waiter);
      for (const claim of claims) this.#queued.add(claim);
    });
  }

  #leaveQueue(waiter: Waiter): void {
    this.#waiters.delete(waiter);
    for (const claim of waiter.claims) this.#queued.remove(claim);
  }

  #release(claims: readonly LockClaim[]): void {
    for (const claim of claims) this.#held.remove(claim);
    if (this.#waiters.size > 0) this.#grant();
  }

  /** Grants every waiter that conflicts neither with what is held nor with who came earlier and still waits. */
  #grant(): void {
    const earlier = new LockTable();
    for (const waiter of this.#waiters) {
      if (waiter.claims.some((claim) => this.#held.conflicts(claim) || earlier.conflicts(claim))) {
        for (const claim of waiter.claims) earlier.add(claim);
        continue;
      }
      this.#leaveQueue(waiter);
      for (const claim of waiter.claims) this.#held.add(claim);
      waiter.granted();
    }
  }
}
