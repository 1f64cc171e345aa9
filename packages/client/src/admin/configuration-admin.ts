// What an operator changes of the configuration while the cluster runs.
import type { Cancellable } from '../file-system.js';

/** What the master may do with a store. */
export type UfsMode = 'NO_ACCESS' | 'READ_ONLY' | 'READ_WRITE';

export interface ConfigurationAdmin {
  /** For a whole store, `s3://bucket/` or `/`; `invalidArgument` when nothing is mounted of it. */
  setUfsMode(ufsUri: string, mode: UfsMode, options?: Cancellable): Promise<void>;

  /** Client properties that differ from path to path, by path: the longest path that sets one counts. */
  pathProperties(options?: Cancellable): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>>;
  /** Adds to those that the path has. `internal` for what is no property of a client. */
  setPathProperties(path: string, properties: Readonly<Record<string, string>>, options?: Cancellable): Promise<void>;
  /** Those named, or all of the path. */
  removePathProperties(path: string, names: readonly string[], options?: Cancellable): Promise<void>;

  /** Changes properties of the running master, until it ends; answers for each whether it can be changed. */
  updateConfiguration(properties: Readonly<Record<string, string>>, options?: Cancellable): Promise<ReadonlyMap<string, boolean>>;
}
