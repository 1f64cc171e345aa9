import {
  ROOT_MOUNT_ID,
  ROOT_PATH,
  invariant,
  isWithin,
  joinPath,
  messageOf,
  parentPath,
  type MountId,
  type NormalPath,
} from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { Logger } from '@alluvium/platform';
import type { UnderStore, UnderStoreFactory } from '@alluvium/ufs';
import type { Mount, MountDescription, RootMount } from './mount.js';
import { GuardedStore } from './guarded-store.js';
import { UfsModes, type UfsMode } from './ufs-modes.js';
import { normalUfsUri, relativeUfsUri, ufsRoot } from './ufs-uri.js';

/** A mount whose store is opened when it is first needed: applying a journal entry must not fail for want of a connector. */
class OpenedOnUse implements Mount {
  readonly id: MountId;
  readonly path: NormalPath;
  readonly ufsUri: string;
  readonly readOnly: boolean;
  readonly shared: boolean;
  readonly properties: ReadonlyMap<string, string>;
  readonly #open: (ufsUri: string, properties: ReadonlyMap<string, string>) => UnderStore;
  #store: UnderStore | undefined;

  constructor(description: MountDescription, open: (ufsUri: string, properties: ReadonlyMap<string, string>) => UnderStore) {
    this.id = description.id;
    this.path = description.path;
    this.ufsUri = normalUfsUri(description.ufsUri);
    this.readOnly = description.readOnly;
    this.shared = description.shared;
    this.properties = description.properties;
    this.#open = open;
  }

  get store(): UnderStore {
    this.#store ??= this.#open(this.ufsUri, this.properties);
    return this.#store;
  }

  async close(): Promise<void> {
    await this.#store?.close();
  }
}

/**
 * Which store shows where, and what may be done with it. The root mount comes from the configuration at every start; all else
 * changes only through add_mount_point, delete_mount_point and update_ufs_mode entries.
 */
export class MountTable {
  readonly #factory: UnderStoreFactory;
  readonly #log: Logger;
  readonly #byPath = new Map<NormalPath, OpenedOnUse>();
  readonly #byId = new Map<MountId, OpenedOnUse>();
  readonly #modes = new UfsModes();
  readonly root: Mount;

  constructor(root: RootMount, factory: UnderStoreFactory, log: Logger) {
    this.#factory = factory;
    this.#log = log;
    this.root = this.#add({ ...root, id: ROOT_MOUNT_ID, path: ROOT_PATH });
  }

  /** The mount that shows `path`: the one with the longest prefix. */
  resolve(path: NormalPath): Mount {
    if (this.#byPath.size === 1) return this.root;
    for (let at = path; at !== ROOT_PATH; at = parentPath(at)) {
      const mount = this.#byPath.get(at);
      if (mount !== undefined) return mount;
    }
    return this.root;
  }

  at(path: NormalPath): Mount | undefined {
    return this.#byPath.get(path);
  }

  byId(id: MountId): Mount | undefined {
    return this.#byId.get(id);
  }

  all(): IterableIterator<Mount> {
    return this.#byPath.values();
  }

  /** A mount point at `path` or below; the root mount only for the root itself. */
  within(path: NormalPath): Mount[] {
    if (this.#byPath.size === 1 && path !== ROOT_PATH) return [];
    return [...this.#byPath.values()].filter((mount) => isWithin(mount.path, path));
  }

  /** The namespace path that shows an under-store URI; undefined when none does. */
  reverseResolve(ufsUri: string): NormalPath | undefined {
    let best: { readonly mount: Mount; readonly below: string } | undefined;
    for (const mount of this.#byPath.values()) {
      const below = relativeUfsUri(ufsUri, mount.ufsUri);
      if (below !== undefined && (best === undefined || below.length < best.below.length)) best = { mount, below };
    }
    if (best === undefined) return undefined;
    return best.below === '' ? best.mount.path : joinPath(best.mount.path, best.below);
  }

  /** A mount of the same store that contains, or is contained in, `ufsUri`. */
  overlapping(ufsUri: string): Mount | undefined {
    for (const mount of this.#byPath.values()) {
      if (relativeUfsUri(ufsUri, mount.ufsUri) !== undefined || relativeUfsUri(mount.ufsUri, ufsUri) !== undefined) return mount;
    }
    return undefined;
  }

  /** Opens a store that is not mounted, to look at it; the caller closes it. Throws `invalidArgument` for an unknown scheme. */
  open(ufsUri: string, properties: ReadonlyMap<string, string>): UnderStore {
    return new GuardedStore(this.#factory.open(ufsUri === '' ? '/' : ufsUri, properties), () => this.#modes.of(ufsUri));
  }

  modeOf(mount: Mount): UfsMode {
    return this.#modes.of(mount.ufsUri);
  }

  /** Stores whose mode is not READ_WRITE, by scheme and authority. */
  modes(): IterableIterator<[string, UfsMode]> {
    return this.#modes.all();
  }

  /** Whether the store of a mount may be changed now: neither the mount nor the store's mode forbids it. */
  isWritable(mount: Mount): boolean {
    return !mount.readOnly && this.modeOf(mount) === 'READ_WRITE';
  }

  /** Whether something is mounted of a store: scheme and authority. */
  hasStore(root: string): boolean {
    for (const mount of this.#byPath.values()) if (ufsRoot(mount.ufsUri) === root) return true;
    return false;
  }

  apply(entry: JournalEntry): boolean {
    if (entry.addMountPoint !== undefined) {
      const added = entry.addMountPoint;
      this.#add({
        id: (added.mountId ?? 0n) as MountId,
        path: (added.alluxioPath ?? '') as NormalPath,
        ufsUri: added.ufsPath ?? '',
        readOnly: added.readOnly ?? false,
        shared: added.shared ?? false,
        properties: new Map((added.properties ?? []).map((pair) => [pair.key ?? '', pair.value ?? ''])),
      });
      return true;
    }
    if (entry.deleteMountPoint !== undefined) {
      this.#remove((entry.deleteMountPoint.alluxioPath ?? '') as NormalPath);
      return true;
    }
    if (entry.updateUfsMode !== undefined) {
      this.#modes.apply(entry.updateUfsMode);
      return true;
    }
    return false;
  }

  snapshot(): Iterator<JournalEntry> {
    const mounts = [...this.#byPath.values()]
      .filter((mount) => mount.path !== ROOT_PATH)
      .map((mount): JournalEntry => ({ addMountPoint: addMountPointOf(mount) }));
    return [...mounts, ...this.#modes.snapshot()].values();
  }

  /** Closes the stores. */
  async close(): Promise<void> {
    for (const mount of this.#byPath.values()) await mount.close();
  }

  #add(description: MountDescription): OpenedOnUse {
    invariant(!this.#byPath.has(description.path), `Two mounts at ${description.path}`);
    const mount = new OpenedOnUse(description, (ufsUri, properties) => this.open(ufsUri, properties));
    this.#byPath.set(mount.path, mount);
    this.#byId.set(mount.id, mount);
    return mount;
  }

  #remove(path: NormalPath): void {
    const mount = this.#byPath.get(path);
    invariant(mount !== undefined && path !== ROOT_PATH, `No mount at ${path}`);
    this.#byPath.delete(path);
    this.#byId.delete(mount.id);
    mount.close().catch((error: unknown) => this.#log.warn('under store not closed', { path, reason: messageOf(error) }));
  }
}

/** The journal's form of a mount. */
export function addMountPointOf(mount: MountDescription): NonNullable<JournalEntry['addMountPoint']> {
  return {
    alluxioPath: mount.path,
    ufsPath: mount.ufsUri,
    readOnly: mount.readOnly,
    shared: mount.shared,
    mountId: mount.id,
    properties: [...mount.properties].map(([key, value]) => ({ key, value })),
  };
}
