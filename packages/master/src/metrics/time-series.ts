// How the cluster's figures went over time: a point per interval, the oldest dropped. In memory only.
import type { Clock, Timer } from '@alluvium/base';
import { THROUGHPUTS, type ClusterCounters } from './cluster-counters.js';

export interface Point {
  readonly timeMs: number;
  readonly value: number;
}

export interface Series {
  readonly name: string;
  /** The oldest first. */
  readonly points: readonly Point[];
}

interface Dependencies {
  readonly clock: Clock;
  readonly counters: ClusterCounters;
  /** Percent of the workers' space that is used. */
  readonly percentUsed: () => number;
  readonly intervalMs: number;
}

/** A day of points at Alluxio's interval, which keeps 20. */
const MAX_POINTS = 288;
const SPACE = '% Alluxio Space Used';

/**
 * Records at an interval. Rates are those of the interval itself, in bytes per second, where Alluxio shows the mean since the last
 * clear; hence names of their own: `...Rate` beside Alluxio's `...Throughput`.
 */
export class TimeSeries {
  readonly #d: Dependencies;
  readonly #points = new Map<string, Point[]>();
  #before = new Map<string, number>();
  #beforeMs = 0;
  #timer: Timer | undefined;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  start(): void {
    this.#beforeMs = this.#d.clock.monotonicMs();
    this.#before = new Map(THROUGHPUTS.map(([counter]) => [counter, this.#d.counters.get(counter)]));
    this.#schedule();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  all(): Series[] {
    return [...this.#points].map(([name, points]) => ({ name, points: [...points] }));
  }

  /** The last point of each series that is a rate. */
  latestRates(): [name: string, bytesPerSecond: number][] {
    return [...this.#points].filter(([name]) => name !== SPACE).map(([name, points]) => [name, points.at(-1)?.value ?? 0]);
  }

  #schedule(): void {
    this.#timer = this.#d.clock.schedule(this.#d.intervalMs, () => {
      this.#record();
      this.#schedule();
    });
  }

  #record(): void {
    const { clock, counters } = this.#d;
    const nowMs = clock.monotonicMs();
    const seconds = Math.max(nowMs - this.#beforeMs, 1) / 1000;
    this.#beforeMs = nowMs;
    this.#add(SPACE, this.#d.percentUsed());
    for (const [counter, throughput] of THROUGHPUTS) {
      const now = counters.get(counter);
      const before = this.#before.get(counter) ?? 0;
      this.#before.set(counter, now);
      // Counters that were cleared begin again.
      this.#add(throughput.replace(/Throughput$/, 'Rate'), (now < before ? now : now - before) / seconds);
    }
  }

  #add(name: string, value: number): void {
    const points = this.#points.get(name) ?? [];
    this.#points.set(name, points);
    points.push({ timeMs: this.#d.clock.nowMs(), value });
    if (points.length > MAX_POINTS) points.shift();
  }
}
