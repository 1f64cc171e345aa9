import type { MountId, NormalPath } from '@alluvium/base';
import type { UnderStore } from '@alluvium/ufs';

/** A place of the namespace that shows an under store. */
export interface Mount {
  readonly id: MountId;
  readonly path: NormalPath;
  /** As given, without trailing `/`. */
  readonly ufsUri: string;
  readonly readOnly: boolean;
  readonly shared: boolean;
  /** Options of the store, secrets included. */
  readonly properties: ReadonlyMap<string, string>;
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
