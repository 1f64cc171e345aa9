import type { InodeId } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { journal } from '@alluvium/wire';

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
  readonly #records = new Map<bigint, RetryRecord>();
  /** In order of arrival, the oldest overwritten first. */
  readonly #ring: RetryRecord[] = [];
  readonly #capacity: number;
  #next = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  has(id: OperationId | undefined): boolean {
    return id !== undefined && this.#records.has(keyOf(id));
  }

  /** The inode that a finished operation made or changed; undefined where none is left. */
  inodeOf(id: OperationId): InodeId | undefined {
    return this.#records.get(keyOf(id))?.inode;
  }

  /** The first entry of an operation decides. */
  add(id: OperationId, inode: InodeId | undefined): void {
    const key = keyOf(id);
    if (this.#records.has(key)) return;
    const record = { key, inode };
    const oldest = this.#ring[this.#next];
    if (oldest !== undefined) this.#records.delete(oldest.key);
    this.#ring[this.#next] = record;
    this.#next = (this.#next + 1) % this.#capacity;
    this.#records.set(key, record);
  }

  /** Entries that only carry the ids: an update_inode without fields changes nothing. Oldest first, as of now. */
  snapshot(): Generator<JournalEntry> {
    return entriesOf(this.#ring.slice(this.#next).concat(this.#ring.slice(0, this.#next)));
  }
}

interface RetryRecord {
  readonly key: bigint;
  readonly inode: InodeId | undefined;
}

function* entriesOf(records: readonly RetryRecord[]): Generator<JournalEntry> {
  for (const { key, inode } of records) yield { operationId: idOf(key), updateInode: inode === undefined ? {} : { id: inode } };
}

function keyOf(id: OperationId): bigint {
  return ((id.mostSignificantBits ?? 0n) << 64n) | BigInt.asUintN(64, id.leastSignificantBits ?? 0n);
}

function idOf(key: bigint): journal.JournalOpPId {
  return { mostSignificantBits: key >> 64n, leastSignificantBits: BigInt.asIntN(64, key) };
}
