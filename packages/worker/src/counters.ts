/** What this worker counted since it started; the master gets the differences with each heartbeat. */
export class Counters {
  bytesReadFromCache = 0;
  bytesReadFromUfs = 0;
  bytesWritten = 0;
  bytesWrittenToUfs = 0;
  blocksCommitted = 0;
  blocksEvicted = 0;
  pagesDamaged = 0;

  clear(): void {
    Object.assign(this, new Counters());
  }
}
