import type { MountId, NormalPath } from '@alluvium/base';
import type { UnderStore } from '@alluvium/ufs';

/** What the root mount is made from. */
export interface RootMount {
  /** A mounted one is without trailing `/`. */
  readonly ufsUri: string;
  readonly readOnly: boolean;
  readonly shared: boolean;
  /** Options of the store, secrets included. */
  readonly properties: ReadonlyMap<string, string>;
}

export interface MountDescription extends RootMount {
  readonly id: MountId;
  readonly path: NormalPath;
}

/** A place of the namespace that shows an under store. */
export interface Mount extends MountDescription {
  /** Opened on first use; throws `invalidArgument` when no connector knows the URI. */
  readonly store: UnderStore;
}

/** `path` below the mount as the store knows it: no leading `/`, '' for the mount point itself. */
export function storePath(mount: Mount, path: NormalPath): string {
  if (path === mount.path) return '';
  return path.slice(mount.path === '/' ? 1 : mount.path.length + 1);
}

/** The full under-store URI of `path`. */
export function ufsUriOf(mount: Mount, path: NormalPath): string {
  if (path === mount.path) return mount.ufsUri === '' ? '/' : mount.ufsUri;
  return mount.path === '/' ? mount.ufsUri + path : mount.ufsUri + path.slice(mount.path.length);
}

/** The permission bits that what is loaded from a store gets: below a shared mount everybody has what the owner has. */
export function sharedMode(mount: RootMount, mode: number): number {
  return mount.shared ? mode | ((mode >> 6) & 7) : mode;
}
