import { fail, type InodeId, type MountId } from '@alluvium/base';
import { common, type fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from './context.js';
import { fileInfoOf } from './file-info.js';

// What workers, job master and job workers ask the file system master. Not subject to permissions, as in Alluxio.

/** Files that no worker may evict: pinned ones, and those whose only bytes are in the workers. */
export function getPinnedFileIds(c: FileContext): fs.GetPinnedFileIdsPResponse {
  const ids = new Set<bigint>(c.tree.pinnedFiles());
  for (const [id] of c.tree.toBePersisted()) ids.add(id);
  // What is left of a lost file may be made whole by a worker that comes back.
  for (const id of c.tree.persistence.lost()) ids.add(id);
  return { pinnedFileIds: [...ids] };
}

export function getFileInfo(c: FileContext, request: fs.GetFileInfoPRequest): fs.GetFileInfoPResponse {
  const id = (request.fileId ?? 0n) as InodeId;
  const inode = c.tree.get(id);
  const path = c.tree.pathOf(id);
  if (inode === undefined || path === undefined) throw fail('notFound', `inodeId ${id} does not exist`);
  return { fileInfo: fileInfoOf(c, inode, path, c.mounts.resolve(path)) };
}

/** The store behind a mount id, with its real credentials: workers read and write it themselves. */
export function getUfsInfo(c: FileContext, request: fs.GetUfsInfoPRequest): fs.GetUfsInfoPResponse {
  const id = (request.mountId ?? 0n) as MountId;
  const mount = c.mounts.byId(id);
  if (mount === undefined) throw fail('notFound', `No mount point has the id ${id}`);
  return {
    ufsInfo: {
      uri: mount.ufsUri === '' ? '/' : mount.ufsUri,
      properties: {
        readOnly: mount.readOnly,
        shared: mount.shared,
        properties: Object.fromEntries(mount.properties),
        commonOptions: { ttl: -1n, ttlAction: common.TtlAction.FREE },
      },
    },
  };
}
