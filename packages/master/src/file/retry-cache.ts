import type { InodeId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';

/** An operation id: chosen by the client once per call and sent again by its retries. */
export interface OperationId {
  readonly mostSignificantBits?: bigint | undefined;
  readonly leastSignificantBits?: bigint | undefined;
}

/**
 * The last finished operations by id, so that a retry is answered instead of repeated. Filled by applying entries, hence the
 * same after a restart.
 */
export class RetryCache {
  /** By some bits of the id; records of equal bits are chained. Small numbers make far cheaper keys than 128-bit ones. */
  readonly #chains = new Map<number, RetryRecord>();
  /** In order of arrival, the oldest overwritten first. */
  readonly #ring: RetryRecord[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** What is wrong with it; undefined when it keeps no more than it may, and finds what it keeps. One stretch. */
  get damage(): string | undefined {
    if (this.#ring.length > this.#capacity) return `${this.#ring.length} operations are remembered; at most ${this.#capacity} wanted`;
    let chained = 0;
    for (const first of this.#chains.values()) for (let at: RetryRecord | undefined = first; at !== undefined; at = at.chained) chained++;
    return chained === this.#ring.length ? undefined : `${this.#ring.length} operations are remembered and ${chained} are found`;
  }

  has(id: OperationId | undefined): boolean {
    return id !== undefined && this.#find(id) !== undefined;
  }

  /** The inode that a finished operation made or changed; undefined where none is left. */
  inodeOf(id: OperationId): InodeId | undefined {
    return this.#find(id)?.inode;
  }

  /** The first entry of an operation decides. */
  add(id: OperationId, inode: InodeId | undefined): void {
    if (this.#find(id) !== undefined) return;
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#forget(oldest);
    const chain = chainOf(id);
    const record = { most: id.mostSignificantBits ?? 0n, least: id.leastSignificantBits ?? 0n, inode, chained: this.#chains.get(chain) };
    this.#chains.set(chain, record);
    this.#ring[this.#next] = record;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  /** Entries that only carry the ids: an update_inode without fields changes nothing. Oldest first, as of now. */
  snapshot(): Generator<JournalEntry> {
    return entriesOf(this.#ring.slice(this.#next).concat(this.#ring.slice(0, this.#next)));
  }

  #find({ mostSignificantBits: most = 0n, leastSignificantBits: least = 0n }: OperationId): RetryRecord | undefined {
    let record = this.#chains.get(chainOf({ leastSignificantBits: least }));
    while (record !== undefined && (record.least !== least || record.most !== most)) record = record.chained;
    return record;
  }

  #forget(record: RetryRecord): void {
    const chain = chainOf({ leastSignificantBits: record.least });
    const first = this.#chains.get(chain);
    if (first === record) {
      if (record.chained === undefined) this.#chains.delete(chain);
      else this.#chains.set(chain, record.chained);
      return;
    }
    for (let at = first; at !== undefined; at = at.chained) if (at.chained === record) at.chained = record.chained;
  }
}

interface RetryRecord {
  readonly most: bigint;
  readonly least: bigint;
  readonly inode: InodeId | undefined;
  chained: RetryRecord | undefined;
}

function chainOf(id: OperationId): number {
  return Number(BigInt.asIntN(32, id.leastSignificantBits ?? 0n));
}

function* entriesOf(records: readonly RetryRecord[]): Generator<JournalEntry> {
  for (const { most, least, inode } of records)
    yield {
      operationId: { mostSignificantBits: most, leastSignificantBits: least },
      updateInode: inode === undefined ? {} : { id: inode },
    };
}
