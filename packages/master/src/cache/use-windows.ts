// Hits and misses over the last minute, the last hour, and since the start.
import type { cacheService } from '@alluvium/wire';

export interface Figures {
  readonly hits: number;
  readonly hitBytes: number;
  readonly misses: number;
  readonly missBytes: number;
}

/** hits, hitBytes, misses, missBytes */
const FIELDS = 4;

/** The newest slots of a window, each with the sums of a stretch of time; old ones are emptied as time goes on. */
class Window {
  readonly #slotMs: number;
  readonly #slots: Float64Array;
  #newest = -1;

  constructor(windowMs: number, slots: number) {
    this.#slotMs = windowMs / slots;
    this.#slots = new Float64Array(slots * FIELDS);
  }

  add(figures: Figures, nowMs: number): void {
    const at = this.#forward(nowMs) * FIELDS;
    this.#slots[at]! += figures.hits;
    this.#slots[at + 1]! += figures.hitBytes;
    this.#slots[at + 2]! += figures.misses;
    this.#slots[at + 3]! += figures.missBytes;
  }

  sum(nowMs: number): Figures {
    this.#forward(nowMs);
    const sums = [0, 0, 0, 0];
    for (let i = 0; i < this.#slots.length; i++) sums[i % FIELDS]! += this.#slots[i]!;
    return { hits: sums[0]!, hitBytes: sums[1]!, misses: sums[2]!, missBytes: sums[3]! };
  }

  /** The slot of now; those that lie between it and the newest are emptied. */
  #forward(nowMs: number): number {
    const count = this.#slots.length / FIELDS;
    const now = Math.floor(nowMs / this.#slotMs);
    const passed = Math.min(count, now - this.#newest);
    for (let i = 0; i < passed; i++) {
      const slot = (now - i) % count;
      this.#slots.fill(0, slot * FIELDS, (slot + 1) * FIELDS);
    }
    if (passed > 0) this.#newest = now;
    return now % count;
  }
}

/** What is read of one mount, path or by one user. Times are monotonic milliseconds. */
export class UseWindows {
  readonly #minute = new Window(60_000, 6);
  readonly #hour = new Window(3_600_000, 60);
  readonly #start = { hits: 0, hitBytes: 0, misses: 0, missBytes: 0 };

  add(figures: Figures, nowMs: number): void {
    this.#minute.add(figures, nowMs);
    this.#hour.add(figures, nowMs);
    this.inherit(figures);
  }

  /** Whether nothing was read in the last hour. */
  isIdle(nowMs: number): boolean {
    const { hits, misses } = this.#hour.sum(nowMs);
    return hits + misses === 0;
  }

  /** Takes over what another one has counted since the start. */
  inherit({ hits, hitBytes, misses, missBytes }: Figures): void {
    this.#start.hits += hits;
    this.#start.hitBytes += hitBytes;
    this.#start.misses += misses;
    this.#start.missBytes += missBytes;
  }

  get sinceStart(): Figures {
    return this.#start;
  }

  message(name: string, nowMs: number): cacheService.CacheUse {
    return {
      name,
      minute: figuresMessage(this.#minute.sum(nowMs)),
      hour: figuresMessage(this.#hour.sum(nowMs)),
      start: figuresMessage(this.#start),
    };
  }
}

export function figuresOf(message: cacheService.UseFigures | undefined): Figures {
  return {
    hits: count(message?.hits),
    hitBytes: count(message?.hitBytes),
    misses: count(message?.misses),
    missBytes: count(message?.missBytes),
  };
}

/** Nobody's report makes a sum smaller, or more than there can be. */
export function count(value: bigint | undefined): number {
  return value === undefined || value < 0n ? 0 : Math.min(Number(value), Number.MAX_SAFE_INTEGER);
}

/** A sum as messages have it. */
export function sumMessage(sum: number): bigint {
  return BigInt(Math.min(sum, Number.MAX_SAFE_INTEGER));
}

function figuresMessage({ hits, hitBytes, misses, missBytes }: Figures): cacheService.UseFigures {
  return { hits: sumMessage(hits), hitBytes: sumMessage(hitBytes), misses: sumMessage(misses), missBytes: sumMessage(missBytes) };
}
