import { fail, kindOf, messageOf, normalPath, randomId63, type MountId, type NormalPath } from '@alluvium/base';
import type { JournalEntry } from '@alluvium/journal';
import type { UfsStatus } from '@alluvium/ufs';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { sharedMode, storePath, ufsUriOf, type MountDescription } from '../../mount/mount.js';
import { addMountPointOf } from '../../mount/mount-table.js';
import { normalUfsUri, relativeUfsUri } from '../../mount/ufs-uri.js';
import type { FileContext } from '../context.js';
import { fingerprintOf } from '../fingerprint-of.js';
import { requireNotReserved } from '../load-metadata.js';
import { planDirectories, planTouch, ttlOf } from '../plan.js';
import { isFound, lastOf, missingComponent, parentOf, requireTraversable, type Walk } from '../walk.js';
import { requireWritable } from '../writable.js';

/** Mount: shows a directory of a store at a new path. The store is looked at first; then directory and mount are journaled together. */
export async function mount(c: FileContext, request: fs.MountPRequest, user: string): Promise<fs.MountPResponse> {
  const options = request.options ?? {};
  const ufsPath = request.ufsPath ?? '';
  const log = [
    `mount command: alluxio fs mount ${shortened(request.alluxioPath)} ${shortened(ufsPath)} option MountContext{ProtoOptions=${optionsText(options)}}`,
  ];
  try {
    const path = normalPath(request.alluxioPath ?? '');
    requireAddress(ufsPath);
    return await c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => mountLocked(c, path, ufsPath, options, user, log));
  } catch (error) {
    // What goes away by itself is said as it is, so that clients try again.
    if (kindOf(error) === 'unavailable' || kindOf(error) === 'resourceExhausted') throw error;
    throw fail('unknown', [...log, messageOf(error)].join('\n'), error);
  }
}

async function mountLocked(
  c: FileContext,
  path: NormalPath,
  ufsPath: string,
  options: fs.MountPOptions,
  user: string,
  log: string[],
): Promise<fs.MountPResponse> {
  const mounted: MountDescription = {
    id: (randomId63(c.random) | 1n) as MountId,
    path,
    ufsUri: normalUfsUri(ufsPath),
    readOnly: (options.readOnly ?? false) || /^https?:/.test(ufsPath),
    shared: options.shared ?? false,
    properties: new Map(Object.entries(options.properties ?? {})),
  };
  check(c, path, user);
  requirePropertiesSize(mounted.properties);
  requireApart(c, mounted.ufsUri, ufsPath);
  await requireNotShadowing(c, path);
  log.push(`Acquired mount ID for the new mount point: ${mounted.id}`);
  const { status, fingerprint } = await lookAt(c, mounted, ufsPath);
  // Read again: the store was waited for.
  const walk = check(c, path, user);
  requireApart(c, mounted.ufsUri, ufsPath);
  if (parentOf(walk) === undefined) {
    log.push(`Failed to mount ${ufsPath} at ${path}: `);
    throw missingComponent(walk);
  }
  const nowMs = c.clock.nowMs();
  const plan: JournalEntry[] = [];
  planTouch(plan, lastOf(walk), nowMs);
  const made = planDirectories(
    c,
    plan,
    walk,
    walk.names.length,
    {
      owner: status.owner,
      group: status.group,
      mode: sharedMode(mounted, status.mode),
      persistence: 'PERSISTED',
      childrenLoaded: false,
      ttlMs: -1,
      ttlAction: 'DELETE',
      xattr: undefined,
      mountPoint: true,
    },
    nowMs,
  );
  plan.push({ updateInode: { id: made.id, ufsFingerprint: fingerprint } }, { addMountPoint: addMountPointOf(mounted) });
  c.absent.clear();
  await c.committer.commit(plan);
  return {};
}

function check(c: FileContext, path: NormalPath, user: string): Walk {
  const walk = c.tree.walk(path);
  c.permissions.requireParentWrite(user, walk);
  requireTraversable(walk);
  if (isFound(walk))
    throw fail('alreadyExists', `Mount point target path ${path} already exists in Alluxio namespace. Try mounting to another path.`);
  requireWritable(c, path);
  requireNotReserved(c, path);
  return walk;
}

/** Every worker gets the properties of every mount, and the journal keeps them. */
const MAX_PROPERTIES_LENGTH = 256 * 1024;

export function requirePropertiesSize(properties: ReadonlyMap<string, string>): void {
  let length = 0;
  for (const [name, value] of properties) length += name.length + value.length;
  if (length > MAX_PROPERTIES_LENGTH)
    throw fail('invalidArgument', `Cannot mount with ${length} characters of properties: at most ${MAX_PROPERTIES_LENGTH} wanted`);
}

/** An absolute path or a URI; nothing at all means `/`, as in Alluxio. */
function requireAddress(ufsPath: string): void {
  if (ufsPath !== '' && !ufsPath.startsWith('/') && !/^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(ufsPath))
    throw fail('invalidArgument', `Path "${shortened(ufsPath)}" is invalid.`);
}

/** Errors stay short, whatever was sent. */
function shortened(text = ''): string {
  return text.length > 1000 ? `${text.slice(0, 1000)}...` : text;
}

/** No two mounts show the same objects. `ufsPath` is the address as it was asked for, which the error repeats. */
function requireApart(c: FileContext, ufsUri: string, ufsPath: string): void {
  const other = c.mounts.overlapping(ufsUri);
  if (other === undefined) return;
  const [shorter, longer] = relativeUfsUri(ufsUri, other.ufsUri) !== undefined ? [other.ufsUri, ufsPath] : [ufsPath, other.ufsUri];
  throw fail('invalidArgument', `Mount point ${shorter === '' ? '/' : shorter} is a prefix of ${longer === '' ? '/' : longer}`);
}

async function requireNotShadowing(c: FileContext, path: NormalPath): Promise<void> {
  const parent = c.mounts.resolve(path);
  if ((await parent.store.status(storePath(parent, path))) === undefined) return;
  throw fail(
    'invalidArgument',
    `Mount path ${path} shadows an existing path ${ufsUriOf(parent, path)} in the parent underlying filesystem`,
  );
}

async function lookAt(c: FileContext, mounted: MountDescription, ufsPath: string): Promise<{ status: UfsStatus; fingerprint: string }> {
  const store = c.mounts.open(mounted.ufsUri, mounted.properties);
  try {
    const status = await store.status('');
    if (status === undefined || !status.directory) throw fail('notFound', `Ufs path ${ufsPath} does not exist`);
    return { status, fingerprint: fingerprintOf(store, status) };
  } finally {
    await store.close();
  }
}

/** As Alluxio prints the request, but without the properties: they hold secrets, and this goes into error messages. */
function optionsText(options: fs.MountPOptions): string {
  const { ttlMs, ttlAction } = ttlOf(options.commonOptions);
  const common = options.commonOptions === undefined ? '' : `commonOptions {\n  ttl: ${ttlMs}\n  ttlAction: ${ttlAction}\n}\n`;
  return `readOnly: ${options.readOnly ?? false}\nshared: ${options.shared ?? false}\n${common}`;
}
