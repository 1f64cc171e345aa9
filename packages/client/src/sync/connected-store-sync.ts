import { normalPath } from '@alluvium/base';
import { fsCommon } from '@alluvium/wire';
import type { Cancellable } from '../file-system.js';
import { fileMethods, namespaceMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { StoreSync, SyncOptions } from './store-sync.js';

/** The calls over the connection of a file system; `here` throws when that is closed. */
export class ConnectedStoreSync implements StoreSync {
  readonly #here: () => ClientContext;

  constructor(here: () => ClientContext) {
    this.#here = here;
  }

  async start(path: string, options: SyncOptions = {}): Promise<bigint> {
    const { descendants = 'ALL', dryRun = false, requestsPerSecond = 0, signal } = options;
    const request = {
      path: normalPath(path),
      descendants: fsCommon.LoadDescendantPType[descendants],
      dryRun,
      requestsPerSecond,
    };
    return (await this.#here().master.unary(namespaceMethods.startSync, request, signal)).taskId ?? 0n;
  }

  async needsSync(path: string, { signal }: Cancellable = {}): Promise<void> {
    await this.#here().master.unary(fileMethods.needsSync, { path: normalPath(path) }, signal);
  }

  async loadNextTime(path: string, load: boolean, { signal }: Cancellable = {}): Promise<void> {
    const request = { path: normalPath(path), options: { directChildrenLoaded: !load, commonOptions: {} } };
    await this.#here().master.unary(fileMethods.setAttribute, request, signal);
  }

  async inconsistentPaths(path: string, { signal }: Cancellable = {}): Promise<string[]> {
    const request = { path: normalPath(path), options: { commonOptions: {} } };
    return [...((await this.#here().master.unary(fileMethods.checkConsistency, request, signal)).inconsistentPaths ?? [])];
  }
}
