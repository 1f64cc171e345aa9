import { blockWorker } from '@alluvium/wire';
import { Backoff } from '../backoff.js';
import type { ClientContext } from '../operations/context.js';
import type { NewFile } from './new-file.js';
import { newUpload } from './new-upload.js';
import type { WorkerUpload } from './worker-upload.js';

/** No block: the whole file is one stream. */
const NO_BLOCK = -1n;

/** The upload of a whole file into the under store, by one worker. */
export function ufsFile(context: ClientContext, { path, info, blockSizeBytes }: NewFile, signal: AbortSignal): WorkerUpload {
  const command: blockWorker.WriteRequestCommand = {
    type: blockWorker.RequestType.UFS_FILE,
    id: NO_BLOCK,
    tier: 0,
    createUfsFileOptions: {
      ufsPath: info.ufsPath ?? '',
      owner: info.owner ?? '',
      group: info.group ?? '',
      mode: info.mode ?? 0,
      mountId: info.mountId ?? 0n,
    },
    mediumType: '',
    pinOnCreate: false,
    spaceToReserve: blockSizeBytes,
  };
  const { clock, random, retry } = context;
  return newUpload(context, path, command, new Backoff(retry, clock, random), signal);
}
