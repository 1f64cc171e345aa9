import type { cacheService } from '@alluvium/wire';

/** Reads counted together. */
export class UseSums {
  hits = 0;
  hitBytes = 0;
  misses = 0;
  missBytes = 0;

  add(other: Readonly<UseSums>): void {
    this.hits += other.hits;
    this.hitBytes += other.hitBytes;
    this.misses += other.misses;
    this.missBytes += other.missBytes;
  }

  clear(): void {
    this.hits = this.hitBytes = this.misses = this.missBytes = 0;
  }

  message(): cacheService.UseFigures {
    return { hits: BigInt(this.hits), hitBytes: BigInt(this.hitBytes), misses: BigInt(this.misses), missBytes: BigInt(this.missBytes) };
  }
}
