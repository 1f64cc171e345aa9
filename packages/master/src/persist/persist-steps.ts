import type { InodeId, NormalPath, WorkerId } from '@alluvium/base';
import type { workerControl } from '@alluvium/wire';
import type { LedgerListener, PersistRecord, WaitingFile } from './persist-ledger.js';

export type Begun =
  | { readonly kind: 'order'; readonly order: workerControl.PersistOrder; readonly workers: readonly WorkerId[] }
  /** Nothing is left to do. */
  | { readonly kind: 'done' }
  /** No worker that is here has all of its bytes. */
  | { readonly kind: 'missing'; readonly reason: string };

/** What the file system master does for the queue. */
export interface PersistSteps {
  /** Whether changes can be journaled now. */
  readonly accepting: boolean;
  /** Files that are to be persisted by themselves. */
  waiting(): Iterable<WaitingFile>;
  listen(listener: LedgerListener | undefined): void;
  /** The mount whose store the file goes to; undefined when the file is gone. */
  mountOf(file: InodeId): NormalPath | undefined;
  /** Why nothing is persisted to a mount now; undefined when it may be. */
  mountHeld(mount: NormalPath): string | undefined;
  /** Why this file is not persisted under its present name; undefined when it may be. */
  fileHeld(file: InodeId): string | undefined;
  /** Journals that an attempt begins, and answers the order for a worker. */
  begin(file: InodeId, orderId: bigint): Promise<Begun>;
  /** The temporary file is complete: makes it the file, and the file PERSISTED. */
  finish(file: InodeId, result: workerControl.PersistResult): Promise<void>;
  /** An attempt is over, or could not begin: journals what is known of it, and removes what it left. Does not throw. */
  failed(file: InodeId, orderId: bigint, record: PersistRecord | undefined): Promise<void>;
  /** A worker has written a file for an attempt that was given up: removes it. */
  late(orderId: bigint): Promise<void>;
  /** Removes what could not be removed before. Does not throw. */
  tidy(): Promise<void>;
}
