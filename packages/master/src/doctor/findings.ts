import type { Finding } from './invariant.js';

/** What one run has found: so many findings as may be kept, and how many there were of each kind. */
export class Findings {
  readonly #most: number;
  readonly #kept: Finding[] = [];
  readonly #found = new Map<string, number>();
  readonly #repaired = new Map<string, number>();
  #total = 0;

  constructor(most: number) {
    this.#most = most;
  }

  add(finding: Finding): void {
    this.#total++;
    count(this.#found, finding.kind);
    if (finding.repaired) count(this.#repaired, finding.kind);
    if (this.#kept.length < this.#most) this.#kept.push(finding);
  }

  /** In the order in which they were found. */
  get kept(): readonly Finding[] {
    return this.#kept;
  }

  get total(): number {
    return this.#total;
  }

  /** Those that were not kept for want of room. */
  get dropped(): number {
    return this.#total - this.#kept.length;
  }

  found(kind: string): number {
    return this.#found.get(kind) ?? 0;
  }

  repaired(kind: string): number {
    return this.#repaired.get(kind) ?? 0;
  }
}

function count(counts: Map<string, number>, kind: string): void {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
}
