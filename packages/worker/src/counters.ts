/** Stores that are counted apart; what comes from or goes to further ones counts in the sum alone. */
const MAX_STORES = 1000;

/** What this worker counted since it started; the master gets the differences with each heartbeat. */
export class Counters {
  bytesReadFromCache = 0;
  bytesReadFromUfs = 0;
  bytesWritten = 0;
  bytesWrittenToUfs = 0;
  blocksCommitted = 0;
  blocksEvicted = 0;
  /** Moved to a faster tier, and to a slower one. */
  blocksPromoted = 0;
  blocksDemoted = 0;
  /** With a directory that failed or vanished. */
  blocksLost = 0;
  pagesDamaged = 0;
  /** Of the damaged ones, those whose bytes came back from another copy. */
  pagesRepaired = 0;
  bytesScrubbed = 0;
  scrubPasses = 0;
  /** By the URI of the store. */
  readByStore = new Map<string, number>();
  writtenByStore = new Map<string, number>();

  readFromUfs(storeUri: string, bytes: number): void {
    this.bytesReadFromUfs += bytes;
    add(this.readByStore, storeUri, bytes);
  }

  wroteToUfs(storeUri: string, bytes: number): void {
    this.bytesWrittenToUfs += bytes;
    add(this.writtenByStore, storeUri, bytes);
  }

  clear(): void {
    Object.assign(this, new Counters());
  }
}

function add(byStore: Map<string, number>, storeUri: string, bytes: number): void {
  const before = byStore.get(storeUri);
  if (before === undefined && byStore.size >= MAX_STORES) return;
  byStore.set(storeUri, (before ?? 0) + bytes);
}
