// A file of the simulated disk: what is on the platter, what the page cache has, and what a loss of power may make of the two.
import { copyOf, isShared, overwrite, resize } from './disk-bytes.js';
import type { SeededRandom } from './seeded-random.js';

/** A disk writes a sector whole or not at all. */
const SECTOR_BYTES = 512;
const ALL = Number.MAX_SAFE_INTEGER;

export type UnsyncedChange = { readonly position: number; readonly bytes: Buffer } | { readonly length: number };

export class Content {
  /** What survives a crash. */
  durable: Buffer = Buffer.alloc(0);
  /** What processes see. */
  volatile: Buffer = Buffer.alloc(0);
  /** Since the last sync, in order. */
  unsynced: UnsyncedChange[] = [];
  /** A sync has failed since: the cache takes for clean what may not be on the platter. */
  isDoubtful = false;

  /** Everything reaches the platter that the cache knows to be missing there. */
  sync(): void {
    for (const change of this.unsynced)
      this.durable = 'length' in change ? resize(this.durable, change.length) : overwrite(this.durable, change.position, change.bytes);
    this.unsynced = [];
  }

  /** As on Linux: what could not be written is marked as clean all the same, and only the next crash or shortage of memory shows it. */
  failSync(random: SeededRandom): void {
    this.durable = survivor(this.durable, this.unsynced, random);
    this.unsynced = [];
    this.isDoubtful = true;
  }

  crash(random: SeededRandom): void {
    if (this.unsynced.length > 0) this.durable = survivor(this.durable, this.unsynced, random);
    this.unsynced = [];
    this.forget();
  }

  /** The cache drops the file: what is on the platter is what there is. */
  forget(): void {
    this.isDoubtful = false;
    this.volatile = isShared(this.durable) ? this.durable : copyOf(this.durable);
  }
}

/**
 * What is on the platter after a crash: each sector as it was after some of the changes, each on its own, and a length that the file
 * had in between. Often enough all sectors agree, as when the cache had just been written, or not at all.
 */
function survivor(durable: Buffer, changes: readonly UnsyncedChange[], random: SeededRandom): Buffer {
  const count = changes.length;
  const lengths = [durable.length];
  for (const change of changes)
    lengths.push('length' in change ? change.length : Math.max(lengths.at(-1)!, change.position + change.bytes.length));
  const draw = random.next();
  const kept = draw < 0.15 ? 0 : draw < 0.35 ? count : random.below(count + 1);
  let length = lengths[kept]!;
  if (draw >= 0.35 && kept < count && lengths[kept + 1]! > length) length += random.below(lengths[kept + 1]! - length + 1);
  if (changes.every((change) => 'bytes' in change && isShared(change.bytes)) && (isShared(durable) || durable.length === 0))
    return resize(durable, length);
  const cuts = sectorCuts(draw, kept, count, random);
  let out = copyOf(durable);
  if (out.length < Math.max(...lengths)) out = resize(out, Math.max(...lengths));
  for (const [at, change] of changes.entries()) apply(out, change, (sector) => at < cuts(sector));
  return resize(out, length);
}

/** How many of the changes each sector has seen. */
function sectorCuts(draw: number, kept: number, count: number, random: SeededRandom): (sector: number) => number {
  if (draw < 0.15) return () => 0;
  if (draw < 0.35) return () => ALL;
  if (draw < 0.5) return () => kept;
  const known = new Map<number, number>();
  const lostShare = random.pick([0.1, 0.5, 0.9]);
  return (sector) => {
    let cut = known.get(sector);
    if (cut === undefined) known.set(sector, (cut = random.chance(lostShare) ? random.below(count + 1) : ALL));
    return cut;
  };
}

/** One change, in the sectors that have seen it. */
function apply(out: Buffer, change: UnsyncedChange, hasSeen: (sector: number) => boolean): void {
  const from = 'length' in change ? change.length : change.position;
  const to = 'length' in change ? out.length : from + change.bytes.length;
  for (let at = from; at < to;) {
    const sector = Math.floor(at / SECTOR_BYTES);
    const end = Math.min(to, (sector + 1) * SECTOR_BYTES);
    if (hasSeen(sector)) {
      if ('length' in change) out.fill(0, at, end);
      else change.bytes.copy(out, at, at - from, end - from);
    }
    at = end;
  }
}
