// How files are read: in order, in equal steps, or here and there. It decides how far ahead of its reader a block is fetched, so
// that a scan finds its bytes here and a reader of a few columns costs no more than the columns.
import { PAGE_BYTES } from '../store/pages.js';
import { fileKey } from './file-versions.js';
import type { UfsBlock } from '../under/ufs-block.js';

/** At most this far ahead of a reader. */
export const MAX_AHEAD_BYTES = 16 << 20;
/** The first step of a reader that begins at the start of a file, who is likely to read it all. */
const FIRST_OF_FILE_BYTES = 512 << 10;
/** The first step of a reader that begins elsewhere. */
const FIRST_ELSEWHERE_BYTES = 128 << 10;
/** Who goes on after a gap no larger than this reads on. */
const SLACK_BYTES = 64 << 10;
const LONG_RUN_BYTES = 8 << 20;

const MAX_FILES = 1024;
const MAX_RUNS = 8;
const MAX_LENGTHS = 4;
const MAX_STEPS_AHEAD = 4;

/** One reader that takes bytes in order from where it began. */
export interface Run {
  /** How far beyond `position`, an offset in the file up to which the reader has taken the bytes, to fetch. */
  aheadOf(position: number): number;
  /** The reader has gone after the byte before `position`; `stopped`: not because the block was at its end. */
  ended(position: number, stopped: boolean): void;
}

/** What a single read of a range says about those to come. */
export interface Guess {
  readonly kind: 'sequential' | 'strided' | 'random';
  /** Bytes behind the range that will be asked for soon. */
  readonly aheadBytes: number;
  /** Offsets in the file where ranges of the same length will be asked for soon. */
  readonly next: readonly number[];
}

interface Trail {
  end: number;
  bytes: number;
  /** It began at the start of the file. */
  readonly fromStart: boolean;
  stopped: boolean;
}

export class AccessPatterns {
  readonly #files = new Map<string, FileAccess>();

  /** Whether the file of the block was read of late. */
  has(block: UfsBlock): boolean {
    return this.#files.has(fileKey(block));
  }

  /** A reader that begins at `offset` of the block and goes on for as long as it likes. */
  stream(block: UfsBlock, offset: number): Run {
    return this.#file(block).stream(block.offsetInFile + offset);
  }

  /** One read of exactly `length` bytes. */
  range(block: UfsBlock, offset: number, length: number): Guess {
    return this.#file(block).range(block.offsetInFile + offset, length);
  }

  #file(block: UfsBlock): FileAccess {
    const key = fileKey(block);
    const file = this.#files.get(key) ?? new FileAccess();
    this.#files.delete(key);
    this.#files.set(key, file);
    if (this.#files.size > MAX_FILES) this.#files.delete(this.#files.keys().next().value!);
    return file;
  }
}

class FileAccess {
  /** Where readers have come to, the latest last. */
  readonly #trails: Trail[] = [];
  /** How much the last readers took that stopped by themselves. */
  readonly #lengths: number[] = [];
  #last = 0;
  #step = 0;
  #steps = 0;

  stream(offset: number): Run {
    const trail = this.#continued(offset) ?? this.#begun(offset);
    const before = trail.bytes;
    const expected = before === 0 && !trail.fromStart ? this.#expected() : 0;
    return {
      aheadOf: (position) => {
        const taken = position - offset;
        return Math.min(MAX_AHEAD_BYTES, Math.max(aheadOf(trail.fromStart, before + taken), expected - taken));
      },
      ended: (position, stopped) => {
        if (position === offset) return;
        this.#keep({ end: position, bytes: before + position - offset, fromStart: trail.fromStart, stopped });
      },
    };
  }

  range(offset: number, length: number): Guess {
    const step = offset - this.#last;
    this.#steps = step === this.#step && step > 0 ? this.#steps + 1 : 0;
    this.#step = step;
    this.#last = offset;
    const trail = this.#continued(offset);
    const bytes = (trail?.bytes ?? 0) + length;
    this.#keep({ end: offset + length, bytes, fromStart: trail?.fromStart ?? offset === 0, stopped: false });
    if (trail !== undefined) {
      const ahead = aheadOf(false, bytes, 0);
      return { kind: 'sequential', aheadBytes: ahead - (ahead % PAGE_BYTES), next: [] };
    }
    if (this.#steps < 2) return { kind: 'random', aheadBytes: 0, next: [] };
    const count = Math.min(this.#steps - 1, MAX_STEPS_AHEAD);
    return { kind: 'strided', aheadBytes: 0, next: Array.from({ length: count }, (_, k) => offset + (k + 1) * step) };
  }

  #continued(offset: number): Trail | undefined {
    const index = this.#trails.findLastIndex((trail) => trail.end <= offset && offset - trail.end <= SLACK_BYTES);
    return index < 0 ? undefined : this.#trails.splice(index, 1)[0];
  }

  /** Somebody begins elsewhere: readers that stopped are not coming back. */
  #begun(offset: number): Trail {
    for (const trail of this.#trails) {
      if (!trail.stopped) continue;
      trail.stopped = false;
      this.#lengths.push(trail.bytes);
      if (this.#lengths.length > MAX_LENGTHS) this.#lengths.shift();
    }
    return { end: offset, bytes: 0, fromStart: offset === 0, stopped: false };
  }

  #keep(trail: Trail): void {
    this.#trails.push(trail);
    if (this.#trails.length > MAX_RUNS) this.#trails.shift();
  }

  /** What the next reader takes at least, when the last ones are any guide. */
  #expected(): number {
    return this.#lengths.length < 2 ? 0 : Math.min(...this.#lengths);
  }
}

/** A whole file is fetched twice as fast each time; elsewhere what was fetched in vain stays below a sixth of what was read. */
function aheadOf(fromStart: boolean, taken: number, first = FIRST_ELSEWHERE_BYTES): number {
  if (fromStart) return Math.max(FIRST_OF_FILE_BYTES, taken);
  return Math.max(first, taken < LONG_RUN_BYTES ? taken >> 3 : Math.floor(taken / 6));
}
