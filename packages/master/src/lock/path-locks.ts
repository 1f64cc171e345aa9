import { ROOT_PATH, fail, parentPath, type Clock, type NormalPath } from '@alluvium/base';
import { ChildWatch } from './child-watch.js';
import { LockTable, type LockClaim, type LockMode, type Ticket } from './lock-table.js';

/** For whom something is done: what a list of locks shows. */
export interface LockUser {
  /** As the wire's method is named, or a word for work of the master's own. */
  readonly operation: string;
  readonly user: string;
}

/** The call that is being answered, as the network knows it. */
export interface LockCaller {
  /** `/package.Service/Method`. */
  readonly path: string;
  readonly caller: { readonly user: string };
}

interface Holder extends Ticket, LockUser {
  readonly sinceMs: number;
  readonly granted: () => void;
}

/** One claim, seen from outside. */
export interface LockView extends LockClaim, LockUser {
  /** False: it waits for its turn. */
  readonly held: boolean;
  /** Since when it is held, or waits; milliseconds since the epoch. */
  readonly sinceMs: number;
}

const NOBODY: LockUser = { operation: 'master', user: '' };

/**
 * Locks of the operations that wait for an under store. An operation that does not wait runs from check to commit in one
 * synchronous stretch and only looks whether somebody who waits holds, or queues for, a conflicting claim ({@link isFree}).
 *
 * First come, first served among claims that conflict, so neither mode starves. All claims of one operation are granted
 * together, and who holds some never asks for more: there is no deadlock, and no order to keep among paths.
 */
export class PathLocks {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #maxWaiters: number;
  readonly #table = new LockTable<Holder>();
  readonly #holders = new Set<Holder>();
  /** In order of arrival. */
  readonly #waiters = new Set<Holder>();
  /** By directory. */
  readonly #watches = new Map<NormalPath, Set<ChildWatch>>();
  #sequence = 0;
  /** For whom locks are taken at the moment: set while the synchronous part of an operation runs. */
  caller: LockCaller | undefined;

  constructor(clock: Clock, options: { readonly timeoutMs: number; readonly maxWaiters: number }) {
    this.#clock = clock;
    this.#timeoutMs = options.timeoutMs;
    this.#maxWaiters = options.maxWaiters;
  }

  /** Whether an operation may run now without waiting. */
  isFree(path: NormalPath, mode: LockMode): boolean {
    return this.#table.empty || !this.#table.conflicts({ path, mode });
  }

  /** Runs the synchronous part of an operation that goes on for a call after it has waited. */
  during<T>(caller: LockCaller | undefined, work: () => T): T {
    this.caller = caller;
    try {
      return work();
    } finally {
      this.caller = undefined;
    }
  }

  /**
   * Runs `work` while holding the claims, which must not conflict with each other: at once when they are free, else in turn. Throws
   * `unavailable` when the turn does not come in time or too many wait already. `otherwise`: for whom, when no call is being answered.
   */
  async hold<T>(claims: readonly LockClaim[], work: () => T | Promise<T>, otherwise = NOBODY): Promise<T> {
    const caller = this.caller === undefined ? otherwise : userOf(this.caller);
    const free = claims.every(({ path, mode }) => this.isFree(path, mode));
    const holder = free ? this.#take(claims, caller) : await this.#wait(claims, caller);
    try {
      return await work();
    } finally {
      this.#holders.delete(holder);
      this.#table.release(holder);
      if (this.#watches.size > 0) this.#tell(holder);
      if (this.#waiters.size > 0) this.#offer(holder);
    }
  }

  /**
   * For who reads a directory of a store while only reading its path here: which children somebody has held for writing
   * meanwhile, so that what was read of them is perhaps old. To be closed.
   */
  watch(directory: NormalPath): ChildWatch {
    const watches = this.#watches.get(directory) ?? new Set();
    this.#watches.set(directory, watches);
    const watch = new ChildWatch(
      (name) => this.#table.isWritten(`${directory === ROOT_PATH ? '' : directory}/${name}` as NormalPath),
      () => {
        watches.delete(watch);
        if (watches.size === 0) this.#watches.delete(directory);
      },
    );
    watches.add(watch);
    return watch;
  }

  /** Answers whether all who hold or await claims now have ended. */
  presentOnes(): () => boolean {
    const present = new Set([...this.#holders, ...this.#waiters]);
    return () => {
      for (const one of present) if (!this.#holders.has(one) && !this.#waiters.has(one)) present.delete(one);
      return present.size === 0;
    };
  }

  /** How many operations wait for their turn. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** What is held, and then what waits, each in order of arrival. */
  *list(): Generator<LockView> {
    for (const held of [true, false]) {
      for (const { claims, operation, user, sinceMs } of held ? this.#holders : this.#waiters)
        for (const { path, mode } of claims) yield { path, mode, operation, user, held, sinceMs };
    }
  }

  #take(claims: readonly LockClaim[], { operation, user }: LockUser): Holder {
    const holder = { sequence: ++this.#sequence, claims, operation, user, sinceMs: this.#clock.nowMs(), granted: () => {} };
    this.#holders.add(holder);
    this.#table.hold(holder);
    return holder;
  }

  #wait(claims: readonly LockClaim[], caller: LockUser): Promise<Holder> {
    const path = claims[0]!.path;
    if (this.#waiters.size >= this.#maxWaiters)
      throw fail('unavailable', `Cannot lock "${path}": ${this.#waiters.size} operations are waiting already; try again later`);
    return new Promise((resolve, reject) => {
      const timer = this.#clock.schedule(this.#timeoutMs, () => {
        this.#leave(waiter);
        reject(fail('unavailable', `Cannot lock "${path}": another operation has held it for ${this.#timeoutMs} ms; try again later`));
        this.#offer(waiter);
      });
      const granted = (): void => {
        timer.cancel();
        this.#leave(waiter);
        resolve(this.#take(claims, caller));
      };
      const { operation, user } = caller;
      const waiter: Holder = { sequence: ++this.#sequence, claims, operation, user, sinceMs: this.#clock.nowMs(), granted };
      this.#waiters.add(waiter);
      this.#table.queue(waiter);
    });
  }

  #tell({ claims }: Holder): void {
    for (const { path, mode } of claims) {
      if (mode === 'READ' || path === ROOT_PATH) continue;
      for (const watch of this.#watches.get(parentPath(path)) ?? []) watch.written(path.slice(path.lastIndexOf('/') + 1));
    }
  }

  #leave(waiter: Holder): void {
    this.#waiters.delete(waiter);
    this.#table.unqueue(waiter);
  }

  /** Grants every waiter that conflicts neither with what is held nor with who came earlier and still waits. */
  #offer(gone: Holder): void {
    this.#table.offer(gone, (waiter) => {
      if (waiter.claims.some((claim) => this.#table.conflicts(claim, waiter.sequence))) return false;
      waiter.granted();
      return true;
    });
  }
}

function userOf({ path, caller }: LockCaller): LockUser {
  return { operation: path.slice(path.lastIndexOf('/') + 1), user: caller.user };
}
