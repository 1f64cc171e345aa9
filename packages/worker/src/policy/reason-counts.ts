// Counts by reason since the master was last told.
import type { cacheService } from '@alluvium/wire';

interface Sum {
  count: number;
  bytes: number;
}

export class ReasonCounts<Reason extends string> {
  readonly #sums = new Map<Reason, Sum>();

  add(reason: Reason, bytes: number): void {
    const sum = this.#sums.get(reason);
    if (sum === undefined) this.#sums.set(reason, { count: 1, bytes });
    else {
      sum.count++;
      sum.bytes += bytes;
    }
  }

  /** What was counted since the last call. */
  take(): cacheService.ReasonCount[] {
    const counts = [...this.#sums].map(([reason, { count, bytes }]) => ({ reason, count: BigInt(count), bytes: BigInt(bytes) }));
    this.#sums.clear();
    return counts;
  }

  /** What was taken was not delivered. */
  giveBack(counts: readonly cacheService.ReasonCount[]): void {
    for (const { reason, count = 0n, bytes = 0n } of counts) {
      const sum = this.#sums.get(reason as Reason);
      if (sum === undefined) this.#sums.set(reason as Reason, { count: Number(count), bytes: Number(bytes) });
      else {
        sum.count += Number(count);
        sum.bytes += Number(bytes);
      }
    }
  }
}
