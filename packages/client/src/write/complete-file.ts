import type { fileSystemMaster } from '@alluvium/wire';
import { onceOnly } from '../master/request-options.js';
import { fileMethods } from '../master/services.js';
import type { ClientContext } from '../operations/context.js';
import type { NewFile } from './new-file.js';

/** What the under store holds, when the client itself has written it there. */
export interface UfsResult {
  readonly lengthBytes: bigint;
  readonly contentHash: string | undefined;
}

export async function completeFile(
  { master, random }: ClientContext,
  { path, writeType, commonOptions }: NewFile,
  ufs: UfsResult | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { operationId } = onceOnly(random);
  const options: fileSystemMaster.CompleteFilePOptions = {
    ...(ufs === undefined ? {} : { ufsLength: ufs.lengthBytes }),
    ...(ufs?.contentHash === undefined ? {} : { contentHash: ufs.contentHash }),
    ...(writeType === 'ASYNC_THROUGH' ? { asyncPersistOptions: { commonOptions, persistenceWaitTime: 0n } } : {}),
    commonOptions: { operationId },
  };
  await master.unary(fileMethods.completeFile, { path, options }, signal);
}
