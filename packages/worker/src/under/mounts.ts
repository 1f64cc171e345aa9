// The under stores that this worker reads and writes, one per mount, opened with what the master says of the mount.
import { fail, messageOf, type Clock, type MountId } from '@alluvium/base';
import type { UnderStore, UnderStoreFactory } from '@alluvium/ufs';
import type { Logger } from '@alluvium/platform';
import type { fileSystemMaster } from '@alluvium/wire';
import { relativePath } from './relative-path.js';

/** Where mounts are known. Undefined for an unknown one. */
export interface MountSource {
  ufsInfo(mount: MountId): Promise<fileSystemMaster.UfsInfo | undefined>;
}

/** A store in use; it is not closed before every lease is released. */
export interface StoreLease extends Disposable {
  readonly store: UnderStore;
  /** Throws `invalidArgument` for a path outside of the mount. */
  relative(ufsPath: string): string;
}

interface Opened {
  readonly store: UnderStore;
  readonly identity: string;
  checkedMs: number;
  uses: number;
  replaced: boolean;
}

interface Dependencies {
  readonly clock: Clock;
  readonly log: Logger;
  readonly source: MountSource;
  readonly underStores: UnderStoreFactory;
}

/** Mount options may change under the same id (credentials do); each is asked for again after this long. */
const RECHECK_MS = 60_000;
/** Beyond this many, stores that nobody uses are closed. */
const MAX_OPEN = 128;

export class Mounts {
  readonly #d: Dependencies;
  readonly #opened = new Map<MountId, Opened>();
  readonly #opening = new Map<MountId, Promise<Opened>>();

  constructor(dependencies: Dependencies) {
    this.#d = dependencies;
  }

  /** Throws `unavailable` with Alluxio's text for a mount that the master does not know. */
  async lease(mount: MountId): Promise<StoreLease> {
    const fresh = this.#opened.get(mount);
    const opened = fresh !== undefined && this.#d.clock.monotonicMs() - fresh.checkedMs < RECHECK_MS ? fresh : await this.#open(mount);
    opened.uses++;
    let released = false;
    return {
      store: opened.store,
      relative: (ufsPath) => relativePath(opened.store.uri, ufsPath),
      [Symbol.dispose]: () => {
        if (released) return;
        released = true;
        opened.uses--;
        if (opened.replaced) this.#closeUnused(opened);
      },
    };
  }

  async close(): Promise<void> {
    const all = [...this.#opened.values()];
    this.#opened.clear();
    await Promise.all(all.map((opened) => opened.store.close()));
  }

  #open(mount: MountId): Promise<Opened> {
    let opening = this.#opening.get(mount);
    if (opening === undefined) {
      opening = this.#check(mount).finally(() => this.#opening.delete(mount));
      this.#opening.set(mount, opening);
    }
    return opening;
  }

  async #check(mount: MountId): Promise<Opened> {
    const known = this.#opened.get(mount);
    const info = await this.#ask(mount, known);
    if (info === 'unchanged') return known!;
    const uri = info?.uri;
    if (uri === undefined || uri === '') throw fail('unavailable', `Failed to create UFS info for mount point with id ${mount}`);
    const properties = new Map(Object.entries(info?.properties?.properties ?? {}));
    const identity = JSON.stringify([uri, [...properties].sort()]);
    const now = this.#d.clock.monotonicMs();
    if (known?.identity === identity) {
      known.checkedMs = now;
      return known;
    }
    const opened: Opened = { store: this.#d.underStores.open(uri, properties), identity, checkedMs: now, uses: 0, replaced: false };
    if (known !== undefined) this.#retire(known);
    this.#opened.delete(mount);
    this.#opened.set(mount, opened);
    this.#shrink();
    return opened;
  }

  /** A store that is open already serves on while the master cannot be asked. */
  async #ask(mount: MountId, known: Opened | undefined): Promise<fileSystemMaster.UfsInfo | undefined | 'unchanged'> {
    try {
      return await this.#d.source.ufsInfo(mount);
    } catch (error) {
      if (known === undefined) throw error;
      this.#d.log.debug('mount not checked again', { mount: mount.toString(), reason: messageOf(error) });
      return 'unchanged';
    }
  }

  #shrink(): void {
    for (const [mount, opened] of this.#opened) {
      if (this.#opened.size <= MAX_OPEN) return;
      if (opened.uses > 0) continue;
      this.#opened.delete(mount);
      this.#retire(opened);
    }
  }

  #retire(opened: Opened): void {
    opened.replaced = true;
    this.#closeUnused(opened);
  }

  #closeUnused(opened: Opened): void {
    if (opened.uses > 0) return;
    opened.store.close().catch((error: unknown) => this.#d.log.warn('under store not closed', { reason: messageOf(error) }));
  }
}
