import { normalPath } from '@alluvium/base';
import type { FileStatus } from '../file-status.js';
import type { ListOptions } from '../file-system.js';
import { commonSynced, loadMetadataMessage } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import { statusFromInfo } from '../status-from-info.js';
import type { ClientContext } from './context.js';

/** Holds one message of the listing at a time: the next one is read when the caller has come to the end of this one. */
export async function* listStatus(
  { master }: ClientContext,
  path: string,
  { loadMetadata, recursive = false, omitMountInfo = false, loadOnly = false, syncIntervalMs, signal }: ListOptions = {},
): AsyncGenerator<FileStatus, void, void> {
  const request = {
    path: normalPath(path),
    options: {
      loadMetadataType: loadMetadataMessage(loadMetadata),
      commonOptions: commonSynced(syncIntervalMs),
      recursive,
      loadMetadataOnly: loadOnly,
      excludeMountInfo: omitMountInfo,
    },
  };
  const { first, rest } = await master.stream(fileMethods.listStatus, request, signal);
  let ended = false;
  try {
    for (let message = first; message !== undefined; message = await rest.read())
      for (const info of message.fileInfos ?? []) yield statusFromInfo(info);
    ended = true;
  } finally {
    if (!ended) rest.cancel();
  }
}
