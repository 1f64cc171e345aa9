import { blockWorker } from '@alluvium/wire';
import type { ClientContext } from '../operations/context.js';
import type { NewFile } from './new-file.js';
import { newUpload } from './new-upload.js';
import type { WorkerUpload } from './worker-upload.js';

/** No block: the whole file is one stream. */
const NO_BLOCK = -1n;

/** The upload of a whole file into the under store, by one worker, which need not have room for it. */
export function ufsFile(context: ClientContext, { path, info, blockSizeBytes, settings }: NewFile, signal: AbortSignal): WorkerUpload {
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
  return newUpload(context, { path, settings, command, lengthBytes: 0n, signal, shortCircuit: false });
}
