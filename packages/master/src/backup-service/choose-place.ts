// Where a backup goes or comes from, by what a person wrote: a path, or the URI of a store.
import { fail } from '@alluvium/base';
import type { Disk } from '@alluvium/platform';
import { parseUfsUri } from '@alluvium/ufs';
import { notAllowed } from '../mount/guarded-store.js';
import type { MountTable } from '../mount/mount-table.js';
import { normalUfsUri, relativeUfsUri, ufsRoot } from '../mount/ufs-uri.js';
import { DiskPlace } from './disk-place.js';
import type { BackupPlace } from './place.js';
import { StorePlace } from './store-place.js';

export interface PlaceParts {
  readonly disk: Disk;
  readonly mounts: MountTable;
}

/**
 * `directory`: an absolute path of the store that / shows, as Alluxio has it of the whole store and not of what is mounted of it, or
 * of the master's disk when `local`; or the URI of a directory in any store that is mounted or reached in the same way.
 */
export function choosePlace(parts: PlaceParts, directory: string, local: boolean): BackupPlace {
  if (isLocalUri(directory)) return onDisk(parts, directory, local);
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(directory)) {
    if (local) throw fail('invalidArgument', `Cannot back up to "${directory}": with --local a path of the master's disk is wanted`);
    return inStore(parts, directory);
  }
  if (!directory.startsWith('/'))
    throw fail('invalidArgument', `Cannot back up to "${directory}": an absolute path or the URI of a store is wanted`);
  const root = ufsRoot(parts.mounts.root.ufsUri);
  return local || root === '/' ? onDisk(parts, directory, local) : inStore(parts, root + directory.replace(/^\/+/, ''));
}

/** The directory of a file that is named by path or URI, a path being one of the master's disk; and its name there. */
export function placeOfFile(parts: PlaceParts, uri: string): { readonly place: BackupPlace; readonly name: string } {
  const cut = uri.lastIndexOf('/');
  const name = uri.slice(cut + 1);
  if (cut < 0 || name === '' || name === '..')
    throw fail('invalidArgument', `Cannot restore from "${uri}": the absolute path or the URI of a file is wanted`);
  return { place: choosePlace(parts, uri.slice(0, cut + 1), uri.startsWith('/')), name };
}

function isLocalUri(uri: string): boolean {
  return /^file:/i.test(uri);
}

function onDisk({ disk, mounts }: PlaceParts, directory: string, local: boolean): BackupPlace {
  const parsed = parseUfsUri(directory.replace(/^file:/i, 'file:'));
  if (parsed.scheme !== 'file') throw fail('invalidArgument', `Cannot back up to "${directory}"`);
  if (!local) requireWritable(mounts, directory);
  return new DiskPlace(disk, parsed.path.replace(/\/+$/, ''));
}

/** Local stores have a mode too, which `--local` has nothing to do with. */
function requireWritable(mounts: MountTable, directory: string): void {
  for (const [root, mode] of mounts.modes()) if (root === '/' && mode !== 'READ_WRITE') throw notAllowed('WRITE', directory, mode);
}

function inStore({ mounts }: PlaceParts, uri: string): BackupPlace {
  const normal = normalUfsUri(uri);
  return new StorePlace(mounts.open(normal, propertiesFor(mounts, normal)));
}

/** Of the mount that shows the directory, or of another of the same store, or of the root when it is a store of that kind. */
function propertiesFor(mounts: MountTable, uri: string): ReadonlyMap<string, string> {
  const all = [...mounts.all()].sort((a, b) => b.ufsUri.length - a.ufsUri.length);
  const mount =
    all.find(({ ufsUri }) => relativeUfsUri(uri, ufsUri) !== undefined) ??
    all.find(({ ufsUri }) => ufsRoot(ufsUri) === ufsRoot(uri)) ??
    (schemeOf(mounts.root.ufsUri) === schemeOf(uri) ? mounts.root : undefined);
  return mount?.properties ?? new Map();
}

function schemeOf(uri: string): string {
  return uri.slice(0, Math.max(0, uri.indexOf(':')));
}
