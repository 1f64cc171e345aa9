// How far a read that is asked for up to the end of its block may run ahead of its client. Clients ask so for whatever they read in
// order, and go away when they have what they want: only their acknowledgements tell how much that is.
import type { Clock } from '@alluvium/base';
import type { Run } from '../partial/access-pattern.js';
import type { ChunkSender } from './chunk-sender.js';

/** A client that has been silent for so long does not acknowledge: what it takes from the connection then counts. */
const SILENT_MS = 100;
/** One that does acknowledge, and stops, is busy with what it has; acknowledgements may be lost, so that it gets a little more at times. */
const BUSY_MS = 1000;
const BUSY_BYTES = 128 << 10;

interface Dependencies {
  readonly clock: Clock;
  readonly out: ChunkSender;
  readonly run: Run;
  /** Where the read begins, in the block. */
  readonly from: number;
  readonly end: number;
  /** Where the block begins in its file. */
  readonly offsetInFile: number;
}

/** Places in the block. What is fetched beyond what may be sent comes in requests that are not small. */
export interface Limits {
  /** Bytes may be sent up to here, */
  readonly send: number;
  /** and fetched up to here. */
  readonly fetch: number;
  /** How far that is ahead of the client. */
  readonly ahead: number;
}

export class Pace {
  readonly #d: Dependencies;
  #isSilent = false;
  #extra = 0;

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  /** The place in the block up to which the client has taken the bytes, as far as can be told. */
  taken(position: number): number {
    const { out, from } = this.#d;
    return Math.min(position, out.acknowledged ?? (this.#isSilent ? position : from));
  }

  /** As of now; the first is past `position`, unless the client has ended. */
  async limits(position: number): Promise<Limits> {
    const { clock, out, run, end, offsetInFile } = this.#d;
    for (;;) {
      const taken = this.taken(position);
      const ahead = run.aheadOf(offsetInFile + taken) + this.#extra;
      const send = Math.min(end, taken + (ahead >> 1));
      if (send > position || out.hasEnded) return { send, fetch: Math.min(end, taken + ahead), ahead };
      const acknowledges = out.acknowledged !== undefined;
      if (await out.heard(clock, acknowledges ? BUSY_MS : SILENT_MS)) continue;
      if (acknowledges) this.#extra += BUSY_BYTES;
      else this.#isSilent = true;
    }
  }
}
