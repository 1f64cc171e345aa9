import { ROOT_PATH, fail, normalPath, randomId63, type MountId, type NormalPath } from '@alluvium/base';
import type { fileSystemMaster as fs } from '@alluvium/wire';
import { addMountPointOf } from '../../mount/mount-table.js';
import type { FileContext } from '../context.js';
import { requirePropertiesSize } from './mount.js';

/** UpdateMount: other options in place of all that were there, and a new mount id, because workers keep what they know by the id. */
export function updateMount(c: FileContext, request: fs.UpdateMountPRequest, user: string): Promise<fs.UpdateMountPResponse> {
  const path = normalPath(request.alluxioPath ?? '');
  return c.locks.hold([{ path, mode: 'WRITE_EDGE' }], () => updateLocked(c, path, request.options ?? {}, user));
}

async function updateLocked(c: FileContext, path: NormalPath, options: fs.MountPOptions, user: string): Promise<fs.UpdateMountPResponse> {
  c.permissions.requireParentWrite(user, c.tree.walk(path));
  if (path === ROOT_PATH)
    throw fail('invalidArgument', 'Failed to update mount point at /. Please ensure the path is an existing mount point and not root.');
  const before = c.mounts.at(path);
  if (before === undefined)
    throw fail('invalidArgument', `Failed to update mount properties for ${path}. Please ensure the path is an existing mount point.`);
  const after = {
    id: (randomId63(c.random) | 1n) as MountId,
    path,
    ufsUri: before.ufsUri,
    readOnly: options.readOnly ?? false,
    shared: options.shared ?? false,
    properties: new Map(Object.entries(options.properties ?? {})),
  };
  requirePropertiesSize(after.properties);
  await c.committer.commit([
    { deleteMountPoint: { alluxioPath: path } },
    { addMountPoint: addMountPointOf(after) },
    ...c.tree.persistence.planMountChange(before.id, after.id),
  ]);
  return {};
}
