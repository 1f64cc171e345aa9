import { fail, normalPath } from '@alluvium/base';
import { common } from '@alluvium/wire';
import type { fileSystemMaster } from '@alluvium/wire';
import type { FileStatus } from '../file-status.js';
import type { StatusOptions } from '../file-system.js';
import { commonSynced, loadMetadataMessage } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import { statusFromInfo } from '../status-from-info.js';
import type { ClientContext } from './context.js';

export async function getStatus(context: ClientContext, path: string, options: StatusOptions = {}): Promise<FileStatus> {
  const { cache } = context;
  if (cache === undefined || !mayBeCached(options)) return statusFromInfo(await fileInfoOf(context, path, options));
  const known = cache.get(normalPath(path));
  if (known !== undefined) return known;
  const askedAt = cache.now;
  const status = statusFromInfo(await fileInfoOf(context, path, options));
  cache.put(status.path, status, askedAt);
  return status;
}

/** One who says how the store is to be asked wants it asked. */
export function mayBeCached(options: StatusOptions): boolean {
  return Object.entries(options).every(([name, value]) => name === 'signal' || value === undefined);
}

/** For reading: the master checks the permission and notes the access. */
export function fileInfoToRead(context: ClientContext, path: string, signal?: AbortSignal): Promise<fileSystemMaster.FileInfo> {
  return fileInfoOf(context, path, signal === undefined ? {} : { signal }, { accessMode: common.Bits.READ, updateTimestamps: true });
}

export async function fileInfoOf(
  { master }: ClientContext,
  path: string,
  { loadMetadata, syncIntervalMs, signal }: StatusOptions,
  further: fileSystemMaster.GetStatusPOptions = {},
): Promise<fileSystemMaster.FileInfo> {
  const request = {
    path: normalPath(path),
    options: { loadMetadataType: loadMetadataMessage(loadMetadata), commonOptions: commonSynced(syncIntervalMs), ...further },
  };
  const { fileInfo } = await master.unary(fileMethods.getStatus, request, signal);
  if (fileInfo === undefined) throw fail('internal', `Cannot read the status of "${path}": the master answered without one`);
  return fileInfo;
}
