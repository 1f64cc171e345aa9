import type { Clock, Timer } from '@alluvium/base';

interface Pending {
  readonly atMs: number;
  readonly order: number;
  readonly callback: () => void;
  cancelled: boolean;
}

/** So often the event loop goes round once, which reports rejections that nobody handles. */
const ROUND_EVERY = 256;

/** Lets every pending promise reaction run: a tick comes when there is none left. Nothing else is scheduled with the event loop. */
function settle(round: boolean): Promise<void> {
  return new Promise((resolve) => void (round ? setImmediate(resolve) : process.nextTick(resolve)));
}

/** Time that moves only when the simulation says so: to the next timer, when everything else has come to rest. */
export class SimClock implements Clock {
  #nowMs = 0;
  #offsetMs: number;
  #order = 0;
  readonly #heap: Pending[] = [];

  constructor(epochMs = 1_800_000_000_000) {
    this.#offsetMs = epochMs;
  }

  nowMs(): number {
    return Math.floor(this.#offsetMs + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  /** A step of the wall clock; monotonic time goes on. */
  stepWall(byMs: number): void {
    this.#offsetMs += byMs;
  }

  /** Time that passes while something computes: what was due meanwhile is late. */
  elapse(ms: number): void {
    this.#nowMs += ms;
  }

  schedule(delayMs: number, callback: () => void): Timer {
    const pending: Pending = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, callback, cancelled: false };
    this.#push(pending);
    return {
      cancel() {
        pending.cancelled = true;
      },
    };
  }

  /** Runs until `done` settles. Throws when nothing is left that could make it settle, or after `limitMs` of simulated time. */
  async run<T>(done: Promise<T>, limitMs = 3_600_000): Promise<T> {
    let outcome: { value: T } | { error: unknown } | undefined;
    done.then(
      (value) => (outcome = { value }),
      (error: unknown) => (outcome = { error }),
    );
    const untilMs = this.#nowMs + limitMs;
    for (let rounds = 0; ; rounds++) {
      await settle(rounds % ROUND_EVERY === 0 || outcome !== undefined);
      if (outcome !== undefined) {
        if ('error' in outcome) throw outcome.error;
        return outcome.value;
      }
      const next = this.#pop();
      if (next === undefined) throw new Error('The simulation is stuck: nothing is scheduled and the awaited work is not done');
      if (next.atMs > untilMs) throw new Error(`The awaited work is not done after ${limitMs} ms of simulated time`);
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.callback();
    }
  }

  /** Lets `ms` pass. */
  async advance(ms: number): Promise<void> {
    await this.run(new Promise<void>((resolve) => this.schedule(ms, resolve)), ms + 1);
  }

  #push(item: Pending): void {
    const heap = this.#heap;
    let i = heap.push(item) - 1;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!before(item, heap[parent]!)) break;
      heap[i] = heap[parent]!;
      i = parent;
    }
    heap[i] = item;
  }

  #pop(): Pending | undefined {
    const heap = this.#heap;
    while (heap.length > 0) {
      const top = heap[0]!;
      const last = heap.pop()!;
      if (heap.length > 0) this.#sink(last);
      if (!top.cancelled) return top;
    }
    return undefined;
  }

  #sink(item: Pending): void {
    const heap = this.#heap;
    let i = 0;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, item)) break;
      heap[i] = heap[child]!;
      i = child;
    }
    heap[i] = item;
  }
}

function before(a: Pending, b: Pending): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
