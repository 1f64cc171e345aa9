import { fail, joinPath, kindOf, messageOf, type NormalPath } from '@alluvium/base';
import type { DirectoryInode } from '@alluvium/metastore';
import type { UfsStatus } from '@alluvium/ufs';
import type { Mount } from '../../mount/mount.js';
import { DirectorySync } from './directory-sync.js';
import { requireOngoing } from './require-ongoing.js';
import { syncSelf } from './sync-self.js';
import type { SyncScope } from './sync-scope.js';

interface Frame {
  /** Relative to the listed directory, '' for itself. */
  readonly below: string;
  readonly sync: DirectorySync;
}

/**
 * Everything below a directory from one listing in the order of keys: all that is below a name comes right behind it, so only the
 * directories from the top to the one that is being listed are open at a time.
 */
export async function syncByOneListing(scope: SyncScope, mount: Mount, directory: DirectoryInode, path: NormalPath): Promise<void> {
  const listing = new OneListing(scope, mount, directory, path);
  try {
    await listing.run();
  } catch (error) {
    requireOngoing(scope, error);
    const self = path !== mount.path && kindOf(error) === 'notFound';
    if (self) await syncSelf(scope, path, 'NONE');
    listing.failed(self ? undefined : messageOf(error));
  }
}

class OneListing {
  readonly #scope: SyncScope;
  readonly #mount: Mount;
  readonly #path: NormalPath;
  readonly #moment: number;
  readonly #open: Frame[];
  /** The last directory that was not entered: what comes below it is passed over. */
  #passedOver: { readonly below: string; readonly wouldBeNew: boolean } = { below: '', wouldBeNew: false };
  /** Directories with children that were not listed. */
  readonly #incomplete: DirectorySync[] = [];

  constructor(scope: SyncScope, mount: Mount, directory: DirectoryInode, path: NormalPath) {
    this.#scope = scope;
    this.#mount = mount;
    this.#path = path;
    this.#moment = scope.c.sync.changed.now();
    this.#open = [{ below: '', sync: new DirectorySync(scope, mount, directory, path, this.#moment) }];
  }

  async run(): Promise<void> {
    for await (const status of this.#scope.list(this.#mount, this.#path, true)) await this.#listed(status);
    while (this.#open.length > 0) await this.#leave();
    // Not before all has been listed: a listing that ends early must not take anything away.
    for (let sync = this.#incomplete.pop(); sync !== undefined; sync = this.#incomplete.pop())
      await this.#end(sync, sync.removeMissing.bind(sync));
  }

  /** What is open ends without having removed anything. `message`: why, unless the directory is gone as a whole. */
  failed(message: string | undefined): void {
    for (const sync of this.#incomplete) sync.close();
    for (let frame = this.#open.pop(); frame !== undefined; frame = this.#open.pop()) {
      if (message !== undefined && this.#open.length === 0) frame.sync.failed(this.#path, message);
      else frame.sync.close();
    }
  }

  async #listed(status: UfsStatus): Promise<void> {
    const slash = status.name.lastIndexOf('/');
    const parent = slash < 0 ? '' : status.name.slice(0, slash);
    let top = this.#open.at(-1)!;
    while (top.below !== '' && parent !== top.below && !parent.startsWith(`${top.below}/`)) {
      await this.#leave();
      top = this.#open.at(-1)!;
    }
    if (parent !== top.below) return this.#passOver(parent, status);
    const name = status.name.slice(slash + 1);
    const shown = await top.sync.listed({ ...status, name });
    if (!status.directory) return;
    await top.sync.flush();
    this.#enter(top, name, status.name, shown);
  }

  #passOver(parent: string, status: UfsStatus): void {
    const { below, wouldBeNew } = this.#passedOver;
    // A name that comes when its directory has been left would mean that what was taken for missing there is not.
    if (below === '' || (parent !== below && !parent.startsWith(`${below}/`)))
      throw fail('internal', `The under store ${this.#mount.ufsUri} lists "${status.name}" late; the order of keys wanted`);
    if (wouldBeNew) this.#scope.figures.count('created');
  }

  #enter(parent: Frame, name: string, below: string, shown: boolean): void {
    const { c, options } = this.#scope;
    const child = shown ? c.tree.child(parent.sync.directory.id, name) : undefined;
    if (child?.kind !== 'directory' || child.mountPoint || child.persistence !== 'PERSISTED') {
      this.#passedOver = { below, wouldBeNew: shown && options.dryRun && child === undefined };
      return;
    }
    const sync = new DirectorySync(this.#scope, this.#mount, child, joinPath(parent.sync.path, name), this.#moment);
    this.#open.push({ below, sync });
  }

  /** All of the innermost directory has been listed. */
  async #leave(): Promise<void> {
    const { sync } = this.#open.pop()!;
    await this.#end(sync, async () => {
      if (await sync.complete()) this.#incomplete.push(sync);
    });
  }

  async #end(sync: DirectorySync, work: () => Promise<void>): Promise<void> {
    try {
      await work();
      if (this.#incomplete.at(-1) !== sync) sync.close();
    } catch (error) {
      requireOngoing(this.#scope, error);
      if (kindOf(error) === 'aborted' && this.#scope.c.tree.pathOf(sync.directory.id) !== sync.path) sync.close();
      else sync.failed(sync.path, messageOf(error));
    }
  }
}
