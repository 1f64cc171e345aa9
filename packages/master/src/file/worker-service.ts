import { fail, type InodeId, type MountId } from '@alluvium/base';
import { common, type fileSystemMaster as fs } from '@alluvium/wire';
import type { FileContext } from './context.js';
import { fileInfoOf } from './file-info.js';

// What workers, job master and job workers ask the file system master. Not subject to permissions, as in Alluxio.

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
