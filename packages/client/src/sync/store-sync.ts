// How a program keeps the namespace of a cluster in step with the under stores.
import type { Cancellable } from '../file-system.js';

export interface SyncOptions extends Cancellable {
  /** How far below the path: not at all, the children of a directory, everything. ALL unless told. */
  readonly descendants?: 'NONE' | 'ONE' | 'ALL';
  /** Compares and counts, changes nothing. */
  readonly dryRun?: boolean;
  /** Requests to the store; no limit unless told. */
  readonly requestsPerSecond?: number;
}

export interface StoreSync {
  /** Begins to compare a path with its store; answers the id of the task, which goes on by itself ({@link ClusterAdmin.task}). */
  start(path: string, options?: SyncOptions): Promise<bigint>;
  /** The next access to the path compares it with its store, whatever the interval. */
  needsSync(path: string, options?: Cancellable): Promise<void>;
  /** Whether the next listing of a directory looks into its store again, or takes what is known for all there is. */
  loadNextTime(path: string, load: boolean, options?: Cancellable): Promise<void>;
  /** Persisted paths at or below that are missing in the store or have another length or kind there. */
  inconsistentPaths(path: string, options?: Cancellable): Promise<string[]>;
}
